"""What conditions ask about events, each answer one bit of a word; without a query engine wherever that can be.

An expression of Polars costs a fraction of a millisecond, for one event as for thousands. So what rests on one text or
on a yes and no is asked once for each different value and kept; what compares whole numbers is asked of arrays. What
is neither is asked of Polars. All three give the same answers: a test holds them to that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any

import numpy as np
import polars as pl

from ghostnote.compiling import compiled
from ghostnote.features.answers import MOST_TEXTS, Answers
from ghostnote.features.codes import TextCodes
from ghostnote.features.columns import Columns, Rows, filled, nothing
from ghostnote.features.kernels import Array

#: Facts that one word holds; the bit after them is never set.
_IN_A_WORD = 62
_SMALL = 1 << 40


@dataclass(frozen=True)
class Fact:
    """A question about an event that is never unknown: `expr`, told from others by its tag.

    `test` is the same over whole numbers or features: a function of the arrays `columns`, no where one is unknown.
    `known` says that it asks whether an answer is known: where all `columns` are, or else where `test` says so.
    """

    tag: tuple[str, ...]
    expr: pl.Expr = field(compare=False, repr=False)
    columns: tuple[str, ...] = ()
    test: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    known: bool = False


class Facts:
    """Answers the questions that a fold's conditions consist of."""

    def __init__(self, facts: Sequence[Fact], first: Sequence[str] = ()) -> None:
        """`first` are the features that are folded before all of this can be answered."""
        self.facts = tuple(facts)
        self._places = {fact.tag: divmod(place, _IN_A_WORD) for place, fact in enumerate(self.facts)}
        #: How many words an event's answers take.
        self.size = 1 + len(self.facts) // _IN_A_WORD
        self._by_column: dict[str, list[Fact]] = {}
        known: dict[tuple[str, ...], list[Fact]] = {}
        others: list[Fact] = []
        later: list[Fact] = []
        for fact in self.facts:
            roots = fact.expr.meta.root_names()
            if not set(first).isdisjoint(roots):
                later.append(fact)
            elif fact.known and fact.test is None:
                known.setdefault(fact.columns, []).append(fact)
            elif fact.test is None and not fact.known and len(roots) == 1:
                self._by_column.setdefault(roots[0], []).append(fact)
            else:
                others.append(fact)
        #: Facts with the bits of words that say yes to them; those that ask whether the same columns are known have
        #: one answer.
        self._known = [(columns, self.needs(facts)) for columns, facts in known.items()]
        self._others = [(fact, self.needs([fact])) for fact in others]
        tested = [f for f in later if (f.test or f.known) and set(f.columns) <= set(first)]
        self._later = [(fact, self.needs([fact])) for fact in tested]
        self._asked_later = [fact for fact in later if fact not in tested]
        self._texts = {name: TextCodes() for name in self._by_column}
        self._tables: dict[tuple[str, str], Array] = {}
        asked = {name: partial(self._table, name, facts) for name, facts in self._by_column.items()}
        self._answers = Answers(asked, self.size)

    def needs(self, facts: Sequence[Fact] | None) -> list[int]:
        """The bits of an event's words that are set where all these facts hold; None: where nothing does."""
        needs = [0] * self.size
        for word, bit in {self._places[fact.tag] for fact in facts or ()}:
            needs[word] |= 1 << bit
        return needs if facts is not None else [1 << _IN_A_WORD] * self.size

    def words(self, columns: Columns | Rows) -> Array:
        """The answers about all events that need no features, (words, n) int64."""
        words = np.zeros((self.size, columns.height), dtype=np.int64)
        self.fill(columns, words)
        return words

    def fill(self, columns: Columns | Rows, words: Array) -> None:
        """Write these answers into `words`, (words, n or more) int64, all zero."""
        if isinstance(columns, Rows) and columns.height == 1:
            return self._of_one(columns, words)
        asked = self._of_values(columns, words)
        holds: list[tuple[Array | None, Sequence[int]]] = []
        known = {names: _all_known(columns, names) for names, _ in self._known}
        holds += [(known[names], bits) for names, bits in self._known]
        for fact, bits in self._others:
            if fact.test is not None and not fact.known and all(map(columns.whole, fact.columns)):
                yes = fact.test(*map(columns.numbers, fact.columns))
                there = known[fact.columns] if fact.columns in known else _all_known(columns, fact.columns)
                holds.append((yes if there is None else yes & there, bits))
            else:
                asked.append(fact)
        self._say(words, holds, columns.height)
        if asked and columns.height:
            self._ask(columns.completed, asked, words)
        return None

    def add(self, columns: Columns | Rows, first: Mapping[str, Array], words: Array) -> None:
        """Add the answers that rest on features folded first: (n,) float32 by name, NaN is missing."""
        rows = columns.height
        if rows == 1:
            one = {name: array.item() for name, array in first.items()}
            told = [bits for fact, bits in self._later if _answer(fact, [one[name] for name in fact.columns])]
            _tell(words, told)
        elif self._later:
            holds = [(_answer(fact, [first[name] for name in fact.columns]), bits) for fact, bits in self._later]
            self._say(words, holds, rows)
        if self._asked_later and rows:
            known = {name: pl.Series(array, nan_to_null=True) for name, array in first.items()}
            self._ask(columns.completed.with_columns(**known), self._asked_later, words)

    def _of_values(self, columns: Columns | Rows, words: Array) -> list[Fact]:
        """Answer what rests on one column's values; the facts of columns that have too many of them."""
        if isinstance(columns, Columns):
            found = [self._by_value(columns, name, facts, words) for name, facts in self._by_column.items()]
            return [f for facts, done in zip(self._by_column.values(), found, strict=True) if not done for f in facts]
        said: list[list[int]] | None = None
        while said is None and self._answers.columns:
            said = self._answers.say([columns.values(name) for name in self._answers.columns], columns.make)
        if said:
            words[:, : columns.height] = said
        if len(few := self._answers.columns) == len(self._by_column):
            return []
        return [fact for name, facts in self._by_column.items() if name not in few for fact in facts]

    def _of_one(self, row: Rows, words: Array) -> None:
        """The same for one event, in Python's own numbers: NumPy takes longer for each than all of them take here."""
        asked = self._of_values(row, words)
        told = [bits for names, bits in self._known if None not in map(row.value, names)]
        for fact, bits in self._others:
            values = list(map(row.value, fact.columns))
            if fact.test is None or fact.known or not all(map(_is_small, values)):
                asked.append(fact)
            elif None not in values and fact.test(*values):
                told.append(bits)
        _tell(words, told)
        if asked:
            self._ask(row.completed, asked, words)

    def _ask(self, frame: pl.DataFrame, asked: Sequence[Fact], words: Array) -> None:
        """Answer what is asked of Polars."""
        answers = frame.select(fact.expr.alias(str(i)) for i, fact in enumerate(asked))
        for fact, answer in zip(asked, answers.get_columns(), strict=True):  # Literals alone have one row.
            holds = np.resize(answer.to_numpy(), frame.height)
            self._say(words, [(holds, self.needs([fact]))], frame.height)

    def _say(self, words: Array, holds: Sequence[tuple[Array | None, Sequence[int]]], rows: int) -> None:
        """Set bits, word by word, where a fact holds; None: for every event."""
        always = [bits for where, bits in holds if where is None]
        for bits in always:
            for word, more in enumerate(bits):
                if more:
                    words[word, :rows] |= more
        if len(always) < len(holds):
            somewhere = [(where, bits) for where, bits in holds if where is not None]
            yes = np.array([where for where, _ in somewhere], dtype=np.bool_)
            _set_bits(words, yes, np.array([bits for _, bits in somewhere], dtype=np.int64))

    def _by_value(self, columns: Columns, name: str, facts: Sequence[Fact], words: Array) -> bool:
        """Answer all facts of one column by its values; False if it has none that are few."""
        if not columns.there(name):
            if (name, "") not in self._tables:
                self._tables[name, ""] = self._table(name, facts, nothing(name, 0))
            words[:, : columns.height] |= self._tables[name, ""]
            return True
        series = columns.series(name)
        dtype, values = series.dtype, pl.Series([False, True])
        texts: TextCodes | None = None
        if isinstance(dtype, pl.Boolean):
            codes = filled(series.cast(pl.Int32), -1)
        elif isinstance(dtype, pl.Enum):
            codes, values = filled(series.to_physical().cast(pl.Int32), -1), dtype.categories.cast(dtype)
        elif isinstance(dtype, pl.String | pl.Categorical) and len(self._texts[name]) <= MOST_TEXTS:
            texts = self._texts[name]
            codes = texts.encode(series)
        else:
            return False
        key = name, str(dtype) if isinstance(dtype, pl.Enum) else type(dtype).__name__
        table = self._tables.get(key)
        if table is None or table.shape[1] != len(values if texts is None else texts) + 1:
            every = values if texts is None else texts.texts().cast(dtype)
            table = self._tables[key] = self._table(name, facts, every)
        _look_up(words, codes, table)
        return True

    def _table(self, name: str, facts: Sequence[Fact], values: pl.Series) -> Array:
        """What holds for each value, after what holds for an unknown one."""
        frame = pl.DataFrame({name: values.clear(1).append(values)})
        table = np.zeros((self.size, frame.height), dtype=np.int64)
        for fact in facts:
            holds = frame.select(fact.expr.alias(name))[name].to_numpy()
            self._say(table, [(holds, self.needs([fact]))], frame.height)
        return table


def _is_small(value: object) -> bool:
    """Whether a test gives the same for Python's number as for one of 64 bits: nothing comes near their end."""
    return value is None or (isinstance(value, int) and -_SMALL < value < _SMALL)


def _tell(words: Array, told: Sequence[Sequence[int]]) -> None:
    """Set all these bits in the words of the first event."""
    for word in range(len(words)):
        more = reduce(or_, (bits[word] for bits in told), 0)
        if more:
            words[word, 0] |= more


def _answer(fact: Fact, values: Sequence[Any]) -> Any:
    """What a fact says of features, arrays or single numbers, of which NaN is missing and makes comparisons say no."""
    if fact.test:
        return fact.test(*values)
    holds = values[0] == values[0]
    for value in values[1:]:
        holds = holds & (value == value)  # noqa: PLR0124
    return holds


def _all_known(columns: Columns | Rows, names: Sequence[str]) -> Array | None:
    """For which events all these columns are known, (n,) bool; None: for all."""
    found: Array | None = None
    for name in names:
        known = columns.known(name)
        if known is not None:
            found = known if found is None else found & known
    return found


@compiled
def _look_up(words: Array, codes: Array, table: Array) -> None:
    for word in range(words.shape[0]):
        for i in range(codes.size):
            words[word, i] |= table[word, codes[i] + 1]


@compiled
def _set_bits(words: Array, holds: Array, bits: Array) -> None:
    """holds: (facts, n) bool; bits: (facts, words) int64, set in the words of events where a fact holds."""
    for fact in range(holds.shape[0]):
        for word in range(bits.shape[1]):
            more = bits[fact, word]
            if more:
                for i in range(holds.shape[1]):
                    words[word, i] |= more if holds[fact, i] else 0

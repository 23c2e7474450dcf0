"""What conditions ask about events, each answer one bit of a word; without a query engine wherever that can be.

An expression of Polars costs a fraction of a millisecond, for one event as for thousands. So what rests on one text or
on a yes and no is asked once for each different value and kept; what compares whole numbers is asked of arrays. What
is neither is asked of Polars. All three give the same answers: a test holds them to that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ghostnote.compiling import compiled
from ghostnote.features.codes import TextCodes
from ghostnote.features.columns import Columns, Rows, is_text
from ghostnote.features.kernels import Array

#: Facts that one word holds; the bit after them is never set.
_IN_A_WORD = 62
#: A column with more different texts is asked of Polars.
_MOST_TEXTS = 4096
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
        self._later = [(fact, self.needs([fact])) for fact in later]
        self._texts = {name: TextCodes() for name in self._by_column}
        self._tables: dict[tuple[str, str], Array] = {}
        self._answers: dict[str, dict[object, tuple[int, ...]]] = {}

    @property
    def dictionaries(self) -> dict[str, TextCodes]:
        """The dictionaries of texts by whose value facts are answered, those that are still few."""
        return {n: texts for n, texts in self._texts.items() if len(texts) <= _MOST_TEXTS and is_text(n)}

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
        asked: list[Fact] = []
        for name, facts in self._by_column.items():
            if not self._by_value(columns, name, facts, words):
                asked += facts
        for names, bits in self._known:
            self._say(words, bits, _all_known(columns, names), columns.height)
        for fact, bits in self._others:
            if fact.test is not None and not fact.known and all(map(columns.whole, fact.columns)):
                yes, known = fact.test(*map(columns.numbers, fact.columns)), _all_known(columns, fact.columns)
                self._say(words, bits, yes if known is None else yes & known, columns.height)
            else:
                asked.append(fact)
        if asked and columns.height:
            self._ask(columns.completed, asked, words)
        return None

    def add(self, columns: Columns | Rows, first: Mapping[str, Array], words: Array) -> None:
        """Add the answers that rest on features folded first: (n,) float32 by name, NaN is missing."""
        rows, asked = columns.height, []
        said = [0] * self.size
        one = {name: array.item() for name, array in first.items()} if rows == 1 else None
        for fact, bits in self._later:
            if not (fact.test or fact.known) or not all(name in first for name in fact.columns):
                asked.append(fact)
            elif one is None:
                self._say(words, bits, _answer(fact, [first[name] for name in fact.columns]), rows)
            elif _answer(fact, [one[name] for name in fact.columns]):
                said = [word | more for word, more in zip(said, bits, strict=True)]
        if one is not None:
            words[:, 0] |= said
        if asked and rows:
            known = {name: pl.Series(array, nan_to_null=True) for name, array in first.items()}
            self._ask(columns.completed.with_columns(**known), asked, words)

    def _of_one(self, row: Rows, words: Array) -> None:
        """The same for one event, in Python's own numbers: NumPy takes longer for each than all of them take here."""
        said = [0] * self.size
        asked: list[Fact] = []
        for name, facts in self._by_column.items():
            answer = self._one_value(row, name, facts)
            if answer is None:
                asked += facts
            else:
                said = [word | more for word, more in zip(said, answer, strict=True)]
        for names, bits in self._known:
            if all(row.value(name) is not None for name in names):
                said = [word | more for word, more in zip(said, bits, strict=True)]
        for fact, bits in self._others:
            values = [row.value(name) for name in fact.columns]
            if fact.test is None or fact.known or not all(_is_small(value) for value in values):
                asked.append(fact)
            elif None not in values and fact.test(*values):
                said = [word | more for word, more in zip(said, bits, strict=True)]
        words[:, 0] = said
        if asked:
            self._ask(row.completed, asked, words)

    def _ask(self, frame: pl.DataFrame, asked: Sequence[Fact], words: Array) -> None:
        """Answer what is asked of Polars."""
        answers = frame.select(fact.expr.alias(str(i)) for i, fact in enumerate(asked))
        for fact, answer in zip(asked, answers.get_columns(), strict=True):  # Literals alone have one row.
            self._say(words, self.needs([fact]), np.resize(answer.to_numpy(), frame.height), frame.height)

    def _say(self, words: Array, bits: Sequence[int], holds: Array | None, rows: int) -> None:
        """Set bits, word by word, where a fact holds; None: for every event."""
        for word, more in enumerate(bits):
            if more and holds is None:
                words[word, :rows] |= more
            elif more:
                _set_bits(words[word], np.ascontiguousarray(holds), more)

    def _by_value(self, columns: Columns | Rows, name: str, facts: Sequence[Fact], words: Array) -> bool:
        """Answer all facts of one column by its values; False if it has none that are few."""
        texts = self._texts[name]
        chosen = columns.choices(name, texts if len(texts) <= _MOST_TEXTS else None)
        if chosen is None:
            return False
        codes, dtype = chosen
        key = name, str(dtype) if isinstance(dtype, pl.Enum) else type(dtype).__name__
        table = self._tables.get(key)
        by_text = isinstance(dtype, pl.String | pl.Categorical)
        if table is None or (by_text and table.shape[1] != len(texts) + 1):
            table = self._tables[key] = self._table(name, facts, _values(dtype, texts))
        _look_up(words, codes, table)
        return True

    def _one_value(self, row: Rows, name: str, facts: Sequence[Fact]) -> tuple[int, ...] | None:
        """The words that one event's value gives; None: it is none of few."""
        value = row.value(name)
        answers = self._answers.setdefault(name, {})
        if value not in answers:
            if not isinstance(value, str | bool | None) or len(answers) > _MOST_TEXTS:
                return None
            answers[value] = tuple(self._table(name, facts, row.series(name))[:, 1].tolist())
        return answers[value]

    def _table(self, name: str, facts: Sequence[Fact], values: pl.Series) -> Array:
        """What holds for each value, after what holds for an unknown one."""
        frame = pl.DataFrame({name: values.clear(1).append(values)})
        table = np.zeros((self.size, frame.height), dtype=np.int64)
        for fact in facts:
            holds = frame.select(fact.expr.alias(name))[name].to_numpy()
            self._say(table, self.needs([fact]), holds, frame.height)
        return table


def _is_small(value: object) -> bool:
    """Whether a test gives the same for Python's number as for one of 64 bits: nothing comes near their end."""
    return value is None or (isinstance(value, int) and -_SMALL < value < _SMALL)


def _answer(fact: Fact, values: Sequence[Any]) -> Any:
    """What a fact says of features: arrays or single numbers, NaN is missing."""
    holds = fact.test(*values) if fact.test else True
    if fact.test and fact.known:
        return holds
    for value in values:
        holds = holds & (value == value)  # noqa: PLR0124 (what is missing differs from itself)
    return holds


def _values(dtype: pl.DataType, texts: TextCodes) -> pl.Series:
    """The values by code."""
    if isinstance(dtype, pl.Boolean):
        return pl.Series([False, True])
    return (dtype.categories if isinstance(dtype, pl.Enum) else texts.texts()).cast(dtype)


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
def _set_bits(words: Array, holds: Array, bits: int) -> None:
    for i in range(holds.size):
        if holds[i]:
            words[i] |= bits

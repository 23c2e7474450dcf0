"""What conditions ask about events, each answer one bit of a word; without a query engine wherever that can be.

An expression of Polars costs a fraction of a millisecond, for one event as for thousands. So what rests on one text or
on a yes and no is asked once for each different value and kept; what compares whole numbers is asked of arrays. What
is neither is asked of Polars. All three give the same answers: a test holds them to that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ghostnote.compiling import compiled
from ghostnote.features.codes import TextCodes
from ghostnote.features.columns import Columns, Row
from ghostnote.features.kernels import Array

#: Facts that one word holds; the bit after them is never set.
_IN_A_WORD = 62
#: A column with more different texts is asked of Polars.
_MOST_TEXTS = 4096
_SMALL = 1 << 40


@dataclass(frozen=True)
class Fact:
    """A question about an event that is never unknown: `expr`, told from others by its tag.

    `test` is the same over whole numbers: a function of the arrays `columns`, no where one of them is unknown.
    Without one, `known` says that it asks no more than whether all `columns` are known.
    """

    tag: tuple[str, ...]
    expr: pl.Expr = field(compare=False, repr=False)
    columns: tuple[str, ...] = ()
    test: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    known: bool = False


class Facts:
    """Answers the questions that a fold's conditions consist of."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = tuple(facts)
        self._places = {fact.tag: place for place, fact in enumerate(self.facts)}
        self._size = 1 + len(self.facts) // _IN_A_WORD
        self._by_column: dict[str, list[Fact]] = {}
        for fact in self.facts:
            roots = fact.expr.meta.root_names()
            if fact.test is None and not fact.known and len(roots) == 1:
                self._by_column.setdefault(roots[0], []).append(fact)
        by_value = {fact.tag for facts in self._by_column.values() for fact in facts}
        self._others = [fact for fact in self.facts if fact.tag not in by_value]
        self._others_placed = [(fact, divmod(self._places[fact.tag], _IN_A_WORD)) for fact in self._others]
        self._texts = {name: TextCodes() for name in self._by_column}
        self._tables: dict[tuple[str, str], Array] = {}
        self._answers: dict[str, dict[object, tuple[int, ...]]] = {}

    def needs(self, facts: Sequence[Fact] | None) -> list[int]:
        """The bits of an event's words that are set where all these facts hold; None: where nothing does."""
        needs = [0] * self._size
        for place in {self._places[fact.tag] for fact in facts or ()}:
            needs[place // _IN_A_WORD] |= 1 << place % _IN_A_WORD
        return needs if facts is not None else [1 << _IN_A_WORD] * self._size

    def words(self, columns: Columns | Row) -> Array:
        """The answers about all events, (words, n) int64."""
        if isinstance(columns, Row):
            return self._of_one(columns)
        rows = columns.height
        words = np.zeros((self._size, rows), dtype=np.int64)
        asked: list[Fact] = []
        for name, facts in self._by_column.items():
            if not self._by_value(columns, name, facts, words):
                asked += facts
        for fact in self._others:
            if fact.known:
                self._say(words, fact, _all_known(columns, fact, None))
            elif fact.test is not None and all(map(columns.whole, fact.columns)):
                holds = fact.test(*map(columns.numbers, fact.columns))
                self._say(words, fact, _all_known(columns, fact, holds))
            else:
                asked.append(fact)
        if asked and rows:
            self._ask(columns, asked, words)
        return words

    def _of_one(self, row: Row) -> Array:
        """The same for one event, in Python's own numbers: NumPy takes longer for each than all of them take here."""
        event, said = row.event, [0] * self._size
        asked: list[Fact] = []
        for name, facts in self._by_column.items():
            answer = self._one_value(row, name, facts)
            if answer is None:
                asked += facts
            else:
                said = [word | more for word, more in zip(said, answer, strict=True)]
        for fact, place in self._others_placed:
            values = [event.get(name) for name in fact.columns]
            if not fact.known and (fact.test is None or not all(_is_small(value) for value in values)):
                asked.append(fact)
            elif None not in values and (fact.known or fact.test(*values)):  # type: ignore[misc]
                word, bit = place
                said[word] |= 1 << bit
        words = np.array(said, dtype=np.int64).reshape(-1, 1)
        if asked:
            self._ask(row, asked, words)
        return words

    def _ask(self, columns: Columns | Row, asked: Sequence[Fact], words: Array) -> None:
        """Answer what is asked of Polars."""
        answers = columns.completed.select(fact.expr.alias(str(i)) for i, fact in enumerate(asked))
        for fact, answer in zip(asked, answers.get_columns(), strict=True):  # Literals alone have one row.
            self._say(words, fact, np.resize(answer.to_numpy(), columns.height))

    def _say(self, words: Array, fact: Fact, holds: Array | None) -> None:
        word, bit = divmod(self._places[fact.tag], _IN_A_WORD)
        if holds is None:
            words[word] |= 1 << bit
        else:
            _set_bit(words[word], np.ascontiguousarray(holds), bit)

    def _by_value(self, columns: Columns, name: str, facts: Sequence[Fact], words: Array) -> bool:
        """Answer all facts of one column by its values; False if it has none that are few."""
        series = columns.series(name)
        dtype, values = series.dtype, pl.Series([False, True])
        texts: TextCodes | None = None
        if isinstance(dtype, pl.Boolean):
            codes = series.cast(pl.Int32).fill_null(-1).to_numpy()
        elif isinstance(dtype, pl.Enum):
            codes, values = series.to_physical().cast(pl.Int32).fill_null(-1).to_numpy(), dtype.categories.cast(dtype)
        elif isinstance(dtype, pl.String | pl.Categorical) and len(self._texts[name]) <= _MOST_TEXTS:
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

    def _one_value(self, row: Row, name: str, facts: Sequence[Fact]) -> tuple[int, ...] | None:
        """The words that one event's value gives; None: it is none of few."""
        value = row.event.get(name)
        answers = self._answers.setdefault(name, {})
        if value not in answers:
            if not isinstance(value, str | bool | None) or len(answers) > _MOST_TEXTS:
                return None
            answers[value] = tuple(self._table(name, facts, row.series(name))[:, 1].tolist())
        return answers[value]

    def _table(self, name: str, facts: Sequence[Fact], values: pl.Series) -> Array:
        """What holds for each value, after what holds for an unknown one."""
        frame = pl.DataFrame({name: values.clear(1).append(values)})
        table = np.zeros((self._size, frame.height), dtype=np.int64)
        for fact in facts:
            self._say(table, fact, frame.select(fact.expr.alias(name))[name].to_numpy())
        return table


def _is_small(value: object) -> bool:
    """Whether a test gives the same for Python's number as for one of 64 bits: nothing comes near their end."""
    return value is None or (isinstance(value, int) and -_SMALL < value < _SMALL)


def _all_known(columns: Columns | Row, fact: Fact, holds: Array | None) -> Array | None:
    for name in fact.columns:
        known = columns.known(name)
        if known is not None:
            holds = known if holds is None else holds & known
    return holds


@compiled
def _look_up(words: Array, codes: Array, table: Array) -> None:
    for word in range(words.shape[0]):
        for i in range(codes.size):
            words[word, i] |= table[word, codes[i] + 1]


@compiled
def _set_bit(words: Array, holds: Array, place: int) -> None:
    for i in range(words.size):
        words[i] |= np.int64(holds[i]) << place

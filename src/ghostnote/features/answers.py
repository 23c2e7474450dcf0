"""What facts say of values, learnt once: looked up for few events in Python's own dictionaries."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from ghostnote.features.records import Array

#: A column with more different texts is asked of Polars.
MOST_TEXTS = 4096
#: So many mixtures of all columns' values are kept. A service has hundreds: a kind of event, its source, how it ended.
_MOST_MIXED = 1 << 14
#: A series of some values of a column; refuses those that are of another type.
Make = Callable[[str, list[object]], pl.Series]


class Answers:
    """The words of answers about columns of texts or of yes and no, by the mixture of an event's values."""

    def __init__(self, asked: Mapping[str, Callable[[pl.Series], Array]], words: int) -> None:
        """`asked` gives for each column the words of a series' values, (words, 1 + values), after an unknown one's."""
        self._asked = asked
        #: The columns whose values are few.
        self.columns = tuple(asked)
        self._by_value: dict[str, dict[object, list[int]]] = {name: {} for name in asked}
        self._mixed: list[dict[tuple[object, ...], int]] = [{} for _ in range(words)]

    def say(self, values: Sequence[Sequence[object]], make: Make) -> list[list[int]] | None:
        """The words, (words, n), of events that have these values, column by column.

        None if a column has too many different ones: it is left out of `columns` from now on.
        """
        mixtures = list(zip(*values, strict=True))
        try:
            return [list(map(word.__getitem__, mixtures)) for word in self._mixed]
        except (KeyError, TypeError):  # Something new, or something that no dictionary takes.
            return self._learnt(mixtures, make)

    def _learnt(self, mixtures: Sequence[tuple[object, ...]], make: Make) -> list[list[int]] | None:
        rows = []
        for mixture in mixtures:
            said = [0] * len(self._mixed)
            for name, value in zip(self.columns, mixture, strict=True):
                more = self._of(name, value, make)
                if more is None:
                    self.columns = tuple(other for other in self.columns if other != name)
                    self._forget()
                    return None
                said = [word | another for word, another in zip(said, more, strict=True)]
            rows.append(said)
        if len(self._mixed[0]) > _MOST_MIXED:
            self._forget()
        for mixture, said in zip(mixtures, rows, strict=True):
            for word, answers in zip(said, self._mixed, strict=True):
                answers[mixture] = word
        return [list(word) for word in zip(*rows, strict=True)]

    def _forget(self) -> None:
        for answers in self._mixed:
            answers.clear()

    def _of(self, name: str, value: object, make: Make) -> list[int] | None:
        """One value's words; None if there are too many different values."""
        known = self._by_value[name]
        found = known.get(value) if isinstance(value, str | bool | None) else None
        if found is None and len(known) < MOST_TEXTS:
            found = known[value] = self._asked[name](make(name, [value]))[:, 1].tolist()
        return found

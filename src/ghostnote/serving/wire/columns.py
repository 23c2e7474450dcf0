"""Many events as columns: how a call's events are read, folded, written to the log and filed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ghostnote.serving.wire.events import EPOCH, Event, columns_of, times_of


class Events(Sequence[Any]):
    """Events of the contract in order; each is made anew when somebody asks for it.

    `kinds`: signup, login, play or action, one an event. `times`: (events,) int64, us since 1970. `columns`: the
    contract's other columns as lists, None where an event has no value; those of which no event has one are left out.
    """

    __slots__ = ("columns", "kinds", "times")

    def __init__(self, kinds: Sequence[str], times: NDArray[np.int64], columns: dict[str, list[Any]]) -> None:
        self.kinds, self.times, self.columns = kinds, times, columns

    @classmethod
    def of(cls, events: Sequence[Any]) -> "Events":
        """The same events; a batch is handed back as it is."""
        if isinstance(events, Events):
            return events
        kinds = [event.kind for event in events]
        return cls(kinds, times_of(events), with_values(columns_of(events, kinds), len(kinds)))

    @classmethod
    def joined(cls, parts: Sequence["Events"]) -> "Events":
        """All of them, one after the other."""
        if len(parts) == 1:
            return parts[0]
        names = dict.fromkeys(name for part in parts for name in part.columns)
        columns = {name: list(chain.from_iterable(part.column(name) for part in parts)) for name in names}
        kinds = list(chain.from_iterable(part.kinds for part in parts))
        times = np.concatenate([np.zeros(0, dtype=np.int64), *(part.times for part in parts)])
        return cls(kinds, times, columns)

    def taken(self, places: Sequence[int]) -> "Events":
        """Those at some places, in that order."""
        chosen = {name: [values[place] for place in places] for name, values in self.columns.items()}
        kinds = [self.kinds[place] for place in places]
        return Events(kinds, self.times[np.asarray(places, dtype=np.intp)], with_values(chosen, len(kinds)))

    def column(self, name: str) -> list[Any]:
        """A column's values, None for all if it is left out."""
        found = self.columns.get(name)
        return [None] * len(self.kinds) if found is None else found

    @property
    def ids(self) -> list[str]:
        """Every event's id."""
        return self.column("event_id")

    @property
    def accounts(self) -> list[str]:
        """Every event's account."""
        return self.column("account_id")

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> "Events": ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return self.taken(range(*place.indices(len(self))))
        values = {name: values[place] for name, values in self.columns.items()}
        return Event(
            kind=self.kinds[place], event_time=EPOCH + timedelta(microseconds=int(self.times[place])), **values
        )

    def __iter__(self) -> Iterator[Any]:
        names, times = list(self.columns), self.times.tolist()
        for kind, time, *values in zip(self.kinds, times, *self.columns.values(), strict=True):
            moment = EPOCH + timedelta(microseconds=time)
            yield Event(kind=kind, event_time=moment, **dict(zip(names, values, strict=True)))


def with_values(columns: dict[str, list[Any]], rows: int) -> dict[str, list[Any]]:
    """The columns of which any row has a value."""
    return {
        name: values
        for name, values in columns.items()
        if rows and (values[0] is not None or values.count(None) < rows)
    }

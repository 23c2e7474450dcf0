"""The answers to a call: which event got which decision, made for each when somebody looks at it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from msgspec.structs import replace

from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Decided, Verdict
from ghostnote.serving.wire.verdicts import Verdicts


class Answers(Sequence[Decided]):
    """One decision an event, in order.

    `verdicts`: what was decided about new events, the first of which stands at `position` of all that were taken in.
    `places`: where each event's id is among the new ones, -1 if it is not; None if all events are new and different.
    `known`: what had been decided about the others, by id.
    """

    def __init__(
        self,
        events: Events,
        verdicts: Verdicts,
        position: int,
        places: Sequence[int] | None,
        known: Mapping[str, Decided],
    ) -> None:
        self._events, self._verdicts, self._position = events, verdicts, position
        self._places, self._known = places, known
        self._again = () if places is None else _again(places)

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, place: int) -> Decided: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Decided]: ...
    def __getitem__(self, place: int | slice) -> Decided | Sequence[Decided]:
        if isinstance(place, slice):
            return Part(self, range(*place.indices(len(self))))
        place = range(len(self))[place]
        if self._places is None:
            return self._told(place, place)
        new = self._places[place]
        if new < 0:
            return replace(self._known[self._events.ids[place]], repeated=True)
        made = self._told(place, new)
        return replace(made, repeated=True) if self._again[place] else made

    def __iter__(self) -> Iterator[Decided]:
        return self.among(range(len(self)))

    def among(self, places: range) -> Iterator[Decided]:
        """The answers to some events that follow one another."""
        if self._places is not None:
            return (self[place] for place in places)
        some = slice(places.start, places.stop)
        positions = range(self._position + places.start, self._position + places.stop)
        return map(told, self._events.ids[some], self._events.kinds[some], self._verdicts[some], positions)

    def repeated(self, places: range) -> int:
        """How many of some events were known when they came."""
        return sum(self._again[places.start : places.stop])

    def _told(self, place: int, new: int) -> Decided:
        return told(self._events.ids[place], self._events.kinds[place], self._verdicts[new], self._position + new)


class Part(Sequence[Decided]):
    """The answers that are one request's."""

    def __init__(self, answers: Answers, places: range) -> None:
        self._answers, self._places = answers, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Decided: ...
    @overload
    def __getitem__(self, place: slice) -> "Part": ...
    def __getitem__(self, place: int | slice) -> "Decided | Part":
        if isinstance(place, slice):
            return Part(self._answers, self._places[place])
        return self._answers[self._places[place]]

    def __iter__(self) -> Iterator[Decided]:
        return self._answers.among(self._places)

    def repeated(self) -> int:
        """How many events were known when they came."""
        return self._answers.repeated(self._places)


def repeated(decided: Sequence[Decided]) -> int:
    """How many of the events of a request were known when they came."""
    return decided.repeated() if isinstance(decided, Part) else sum(each.repeated for each in decided)


def told(name: str, kind: str, made: Verdict, position: int) -> Decided:
    """A verdict about an event, as it is told."""
    return Decided(*made.parts(), event_id=name, kind=kind, position=position)


def _again(places: Sequence[int]) -> list[bool]:
    """Which events were known when they came: they had been before, or stand twice among these."""
    there: set[int] = set()
    again = []
    for place in places:
        again.append(place < 0 or place in there)
        there.add(place)
    return again

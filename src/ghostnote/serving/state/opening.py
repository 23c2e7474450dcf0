"""A service's state as it was when it stopped, however it stopped: the last good snapshot, then the log from there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import EVENT_TABLES
from ghostnote.features.arriving import Arriving
from ghostnote.features.declaration import Feature
from ghostnote.features.history import Intake, streams
from ghostnote.features.stream import KNOWN_BAD_COLUMN
from ghostnote.progress import Progress, silent
from ghostnote.serving.state.content import decode_content
from ghostnote.serving.state.log import begun, records, segments
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.seen import hashes_of
from ghostnote.serving.state.snapshots import read_about, restore, snapshots
from ghostnote.serving.state.state import State
from ghostnote.serving.wire.columns import Events

#: How often a state is opened anew that changed meanwhile.
_TRIES = 5


@dataclass(frozen=True)
class Known:
    """What the lake says of tracks, addresses and accounts; None where it has no such table."""

    tracks: pl.DataFrame | None = None
    ips: pl.DataFrame | None = None
    labels: pl.DataFrame | None = None

    @classmethod
    def of(cls, places: Places, tables: Sequence[str] = ("tracks", "ips", "labels")) -> "Known":
        """From the service's own lake, if it has one yet; of its tables only those named."""
        if not places.lake.is_dir():
            return cls()
        try:
            lake = Lake(places.lake)
        except GhostnoteError:
            return cls()
        there = lake.tables()
        found = {name: read(lake, name).rows for name in tables if name in there}
        return cls(**found)


def arriving(known: Known, absent: frozenset[str]) -> Callable[[frozenset[str]], Arriving]:
    """Makes what turns events into rows with given columns."""
    lacking = absent if known.labels is not None else absent | {KNOWN_BAD_COLUMN}
    return lambda columns: Arriving(columns, lacking, tracks=known.tracks, ips=known.ips, labels=known.labels)


@dataclass(frozen=True)
class Opened:
    """`state` at the log's end. `notes` say what was found on the way; `replayed` events came from the log."""

    state: State
    notes: tuple[str, ...]
    replayed: int


def open_state(
    places: Places,
    features: Sequence[Feature],
    known: Known,
    absent: frozenset[str],
    *,
    recent: int = 50_000,
    progress: Progress = silent,
) -> Opened:
    """The state at the end of the log.

    From the newest snapshot that is whole and of these features; without one, the service's lake is folded again, and
    what the log has beyond it. Raises GhostnoteError if the log is damaged, or lacks what neither has.
    """
    for _ in range(_TRIES):
        there = _files(places)
        try:
            return _opened(places, features, known, absent, recent, progress)
        except (FileNotFoundError, GhostnoteError) as error:
            # Upkeep that outlived the service before it may have dropped what a newer snapshot of its holds.
            if _files(places) == there:
                if isinstance(error, GhostnoteError):
                    raise
                raise GhostnoteError(
                    f"The state {places.root} lacks a file ({error}): restore it from a copy."
                ) from error
    raise GhostnoteError(f"The state {places.root} goes on changing: end whatever else uses it, then start again.")


def _files(places: Places) -> tuple[list[Path], list[Path]]:
    return snapshots(places.snapshots), segments(places.log)


def _opened(
    places: Places,
    features: Sequence[Feature],
    known: Known,
    absent: frozenset[str],
    recent: int,
    progress: Progress,
) -> Opened:
    fresh = partial(State.of, features, arriving(known, absent), recent)
    names = [feature.name for feature in features]
    notes = []
    for path in reversed(snapshots(places.snapshots)):
        state = fresh()
        try:
            if read_about(path).features != names:
                notes.append(f"The snapshot {path.name} is of other features: the history is folded again.")
                continue
            restore(state, path)
            following = begun(records(places.log, state.address))
        except GhostnoteError as error:
            notes.append(f"{error} An older one is used.")
            continue
        break
    else:
        state = fresh()
        _fold_lake(places, state, progress)
        following = records(places.log, state.address)
    if not len(state.seen):
        _remember(places, state)
    return Opened(state, tuple(notes), state.replay(following))


def _remember(places: Places, state: State) -> None:
    """Know the events that the log holds before where the state is: what was taken in once is not taken in again."""
    for record in records(places.log):
        if record.address >= state.address:
            return
        events = Events.of(decode_content(record.content).events)
        state.seen.add(hashes_of(events.ids), record.address)


def _fold_lake(places: Places, state: State, progress: Progress) -> None:
    """Fold all that is filed in the service's lake."""
    filed = places.filed()
    state.address, state.position = filed.address, filed.position
    try:
        lake = Lake(places.lake)
    except GhostnoteError:
        return
    there = [day for table in EVENT_TABLES if table in lake.tables() for day in lake.days(table)]
    if not there:
        return
    step = "Folding the history"
    for day, stream in streams(lake, state.fold.columns, Intake(), max(there), progress, step):
        state.fold.update(stream)
        state.day = day

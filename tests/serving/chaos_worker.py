"""What runs in a process that may be killed at any moment: a state that takes events in, and the work beside it."""

import json
import os
import resource
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.features.arriving import Rows
from ghostnote.features.declaration import count, distinct, share, top_share
from ghostnote.features.predicates import SHORT
from ghostnote.serving.engine.engine import CannotWriteError, Engine, Taken
from ghostnote.serving.state.log import Log, segments
from ghostnote.serving.state.opening import Known, open_state
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.snapshots import save
from ghostnote.serving.state.state import State
from ghostnote.serving.upkeep.keeping import keep_with
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event

FEATURES = (
    count("account", "1h", "x"),
    count("device", "24h", "x"),
    share(SHORT, "account", "24h", "x"),
    distinct("account", "ip", "7d", "x"),
    top_share("track", "account", "7d", "x"),
)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SEGMENT_BYTES, LOG_BYTES = 8 << 10, 96 << 10


def event(number: int) -> Any:
    """The event of a number: now and then late, with ties, or of a clock that is five days ahead."""
    drawn = np.random.default_rng(number)
    ahead = timedelta(days=5) if number % 97 == 0 else timedelta(0)
    late = timedelta(hours=float(drawn.random() * 40)) if number % 11 == 0 else timedelta(0)
    moment = START + timedelta(seconds=20 * (number // 2)) + ahead - late
    own = {"event_id": f"e{number}", "event_time": moment, "account_id": f"a{drawn.integers(7)}"}
    own |= {"ip": f"10.0.{drawn.integers(3)}.{drawn.integers(4)}", "device_id": f"d{drawn.integers(4)}"}
    own |= {"platform": "ios", "country": "DE"}
    if number % 13 == 0:
        return Event("login", success=True, **own)
    ms = int(drawn.choice([500, 31_000, 200_000]))
    return Event("play", track_id=f"t{drawn.integers(9)}", ms_played=ms, source="search", **own)


class Deciding:
    """Tells in each decision what it was made from: a life of the process, and the event's features."""

    def __init__(self, life: str) -> None:
        self.life = life

    def decide(self, events: Sequence[Any], rows: Rows, values: NDArray[np.float32]) -> list[Verdict]:
        """One verdict an event."""
        return [
            Verdict("count" if each.kind == "play" else "allow", None, False, "allow", (), None, self.life, bits.hex())
            for each, bits in zip(events, map(bytes, values), strict=True)
        ]


def opened(root: Path) -> State:
    """The state under `root`, at the log's end."""
    return open_state(Places(root), FEATURES, Known(), frozenset(), recent=20).state


def work(root: Path, life: str, batches: list[tuple[list[int], str]], room: int | None, out: int) -> None:
    """Take batches of events in on their days, some ahead of what is written, and write a line to `out` once each is
    on disk.

    After `room` batches the disk is full for a while.
    """
    places = Places(root)
    places.claim()
    engine = Engine(opened(root), Log(places.log, segment_bytes=SEGMENT_BYTES), Deciding(life))
    os.write(out, b'"open"\n')
    ahead: list[Taken] = []
    for place, (numbers, day) in enumerate(batches):
        if place == room:
            _fill(places.log)
        events = Events.of([event(number) for number in numbers])
        # As the service does: what is folded during one write makes the next record together.
        if len(ahead) > place % 4 or engine.is_owed(events):
            _write(engine, ahead, out)
        if engine.owes and not ahead:  # The disk was full: that comes first.
            _write(engine, ahead, out)
        ahead.append(engine.fold(events, datetime.combine(date.fromisoformat(day), time(12), tzinfo=UTC)))
        if place % 40 == 39:
            _write(engine, ahead, out)
            if not engine.owes:
                save(engine.state, places.snapshots)
    _write(engine, ahead, out)
    while engine.owes:
        _write(engine, ahead, out)
    save(engine.state, places.snapshots)
    os.write(out, b'"done"\n')


def _write(engine: Engine, ahead: list[Taken], out: int) -> None:
    """Write what is owed, and tell what was folded ahead."""
    try:
        while engine.owes:
            draft = engine.draft()
            engine.write(draft)
            engine.written(draft)
    except CannotWriteError:
        _free()
        os.write(out, b'"full"\n' * len(ahead))
        ahead.clear()
    for made in map(engine.decided, ahead):
        os.write(out, json.dumps([[each.event_id, each.bundle, each.policy, each.position] for each in made]).encode())
        os.write(out, b"\n")
    ahead.clear()


def _fill(log: Path) -> None:
    """No file grows by more than part of a record beyond the log's last segment as it is."""
    size = segments(log)[-1].stat().st_size + 60
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _free() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def upkeep(root: Path) -> None:
    """File the log, make a snapshot, and drop what is no longer needed, unless another process is at it."""
    places = Places(root)
    try:
        with places.upkeep():
            keep_with(places, FEATURES, frozenset(), LOG_BYTES)
    except GhostnoteError as error:
        if "Another process" not in str(error):
            raise

"""What the service remembers: the fold, which events it knows, and how far it has come. All of it follows the log."""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Arriving, Rows
from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.serving.bodies import Event, lists
from ghostnote.serving.log import Record
from ghostnote.serving.recent import Recent
from ghostnote.serving.seen import Seen, hashes_of

#: Raised by one whenever a snapshot's parts change their meaning; the fold's has a number of its own.
FORMAT = 1
_KEPT = 2
#: Events that are folded together when the log is read again: any split gives the same.
_TOGETHER = 1 << 15
_CANARY = "ghostnote"


class Verdict(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A decision as the log keeps it; see `bodies.Decided`. `bundle` and `policy` are what decided."""

    verdict: str
    score: float | None
    marked: bool
    account: str
    reasons: tuple[str, ...]
    campaign_id: str | None
    bundle: str
    policy: str
    would_be: str | None = None


class Content(msgspec.Struct, array_like=True, frozen=True):
    """A record of the log. `day` (proleptic ordinal) is when its events arrived; `offsets` are how far their source was
    read, by source.
    """

    day: int
    events: list[Event]
    decisions: list[Verdict]
    offsets: dict[str, int] = {}


class About(msgspec.Struct, frozen=True):
    """A snapshot's own page: which format, how far in the log, which features, what else is remembered."""

    format: int
    address: int
    position: int
    day: int
    features: list[str]
    canary: int
    offsets: dict[str, int] = {}


encode_content = msgspec.msgpack.Encoder().encode
decode_content = msgspec.msgpack.Decoder(Content).decode


@dataclass
class State:
    """`address` and `position` are those of the next record of the log. `day` is the latest day of arrival."""

    fold: Fold
    arriving: Arriving
    recent: Recent
    seen: Seen = field(default_factory=Seen)
    address: int = 0
    position: int = 0
    day: date = date.min
    offsets: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, features: Sequence[Feature], arriving: Callable[[frozenset[str]], Arriving], recent: int = 50_000
    ) -> "State":
        """Nothing remembered yet; `arriving` makes what turns events into rows with the given columns."""
        fold = Fold(features)
        state = cls(fold, Arriving(()), Recent(len(fold.features), recent))
        state.arriving = arriving(state.wanted)
        return state

    @property
    def wanted(self) -> frozenset[str]:
        """The columns that rows need."""
        return self.fold.columns | {"event_id", "account_id", "track_id", "artist_id"}

    @property
    def bytes(self) -> int:
        """Memory held, in bytes: the fold's state, known ids, recent accounts."""
        return self.fold.bytes + self.seen.bytes + self.recent.bytes

    def today(self, now: datetime) -> date:
        """The day of arrival: a clock that goes back does not bring a day back."""
        return max(self.day, now.astimezone(UTC).date())

    def follow(self, events: Sequence[Any], day: date) -> tuple[Rows, NDArray[np.float32]]:
        """Fold new events that arrived on `day`; returns their rows and features, (events, features)."""
        columns = lists(events, self.arriving.reads)
        rows = self.arriving.rows([event.kind for event in events], columns, day)
        given: dict[str, Any] = {**rows, "event_time": np.asarray(rows["event_time"], dtype=np.int64)}
        values = self.fold.update_rows(given)
        self.recent.put(columns["account_id"], columns["event_time"], values)
        self.day = max(self.day, day)
        return rows, values

    def note(self, record: Record, hashes: NDArray[np.int64], offsets: dict[str, int]) -> None:
        """A record with events of these ids (see `seen.hashes_of`) was written."""
        self.seen.add(hashes, record.address)
        self.address, self.position = record.end, record.position + record.count
        self.offsets |= offsets

    def replay(self, found: Iterable[Record], until: Callable[[], bool] = lambda: False) -> int:
        """Follow the log again from where this state is; returns how many events that were."""
        waiting: list[Any] = []
        day, done = self.day, 0
        for record in found:
            content = decode_content(record.content)
            arrived = date.fromordinal(content.day)
            if waiting and (arrived != day or len(waiting) >= _TOGETHER):
                self.follow(waiting, day)
                waiting = []
            day = arrived
            waiting += content.events
            done += len(content.events)
            self.note(record, hashes_of([event.event_id for event in content.events]), content.offsets)
            if until():
                break
        if waiting:
            self.follow(waiting, day)
        return done

    # --- snapshots ---------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> Path:
        """Write a snapshot under `folder`, whole or not at all, and leave no more than the last two there.

        Raises GhostnoteError if it cannot be written.
        """
        target = folder / f"{self.address:020d}"
        temporary = folder / f".{target.name}.{os.getpid()}.tmp"
        try:
            for left in folder.glob(".*.tmp"):  # By a process that was killed; two never save at once.
                shutil.rmtree(left, ignore_errors=True)
            temporary.mkdir(parents=True)
            self.fold.snapshot(temporary / "fold.npz")
            with (temporary / "seen.npz").open("wb") as file:
                np.savez(file, allow_pickle=False, **self.seen.to_arrays())
                file.flush()
                os.fsync(file.fileno())
            (temporary / "about.json").write_bytes(msgspec.json.encode(self._about()))
            if target.exists():
                shutil.rmtree(target)
            temporary.rename(target)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise GhostnoteError(f"Could not write the snapshot {target}: {why_not(target, error)}.") from error
        except GhostnoteError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        for old in snapshots(folder)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return target

    def _about(self) -> About:
        return About(
            format=FORMAT,
            address=self.address,
            position=self.position,
            day=self.day.toordinal(),
            features=list(self.fold.names),
            canary=_canary(),
            offsets=self.offsets,
        )

    def restore(self, path: Path) -> None:
        """Go on from a snapshot. Raises GhostnoteError if it is damaged, or of other features."""
        about = read_about(path)
        self.fold.restore(path / "fold.npz")
        try:
            with (path / "seen.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                seen = Seen.from_arrays({name: file[name] for name in file.files})
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise GhostnoteError(f"The snapshot {path} is damaged ({error}).") from error
        # Another version may hash otherwise: then what it knew is of no use.
        self.seen = seen if about.canary == _canary() else Seen()
        self.address, self.position, self.day = about.address, about.position, date.fromordinal(about.day)
        self.offsets = dict(about.offsets)


def snapshots(folder: Path) -> list[Path]:
    """The complete snapshots under a folder, in order."""
    return sorted(path for path in folder.glob("[0-9]*") if path.is_dir())


def read_about(path: Path) -> About:
    """A snapshot's own page. Raises GhostnoteError if there is none that can be read."""
    try:
        about = msgspec.json.decode((path / "about.json").read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError) as error:
        raise GhostnoteError(f"The snapshot {path} is damaged ({error}).") from error
    if about.format != FORMAT:
        raise GhostnoteError(f"The snapshot {path} has format {about.format}, this version reads {FORMAT}.")
    return about


def _canary() -> int:
    return int(hashes_of([_CANARY])[0])

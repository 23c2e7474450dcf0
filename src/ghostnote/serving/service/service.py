"""The service behind its pages: opens its state, takes events in, and has the work beside it done."""

import asyncio
import hashlib
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.decisions.standing import Standing
from ghostnote.decisions.summary import SUMMARY_FILE
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features.arriving import Arriving
from ghostnote.progress import Progress, silent
from ghostnote.serving.engine.calls import Calls, StoppedError
from ghostnote.serving.engine.engine import Engine
from ghostnote.serving.engine.models import bundles_of, choose, folded_by, remember, rollout_of
from ghostnote.serving.engine.rollout import Model, Rollout
from ghostnote.serving.service.tables import Told, take_table
from ghostnote.serving.service.watching import watched
from ghostnote.serving.settings.settings import Settings
from ghostnote.serving.state.log import Log, segments, start_of
from ghostnote.serving.state.opening import Known, arriving, open_state
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.room import Room
from ghostnote.serving.upkeep.filing import Work
from ghostnote.serving.wire.bodies import Rejected

if TYPE_CHECKING:
    from ghostnote.serving.service.outlets import Outlets

#: How often the work beside the service is looked after, in seconds.
_LOOK_S = 2.0
#: How long after it failed it is tried again.
_AGAIN_S = 60.0
_QUARANTINE_BYTES = 256 << 20


@dataclass
class Upkeep:
    """What the work beside the service has been doing; times in seconds of a clock that never goes back."""

    running: bool = False
    kept_at: float = field(default_factory=time.monotonic)
    refreshed_at: float = field(default_factory=time.monotonic)
    kept_events: int = 0
    failures: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    failed_at: float | None = None
    refreshes: int = 0


class Service:
    """Everything but HTTP. `clock` says when events arrive."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        rollout: Rollout,
        engine: Engine,
        clock: Callable[[], datetime],
        notes: Sequence[str] = (),
    ) -> None:
        self.settings, self.places, self.rollout, self.engine, self.clock = settings, places, rollout, engine, clock
        #: What was found when the state was opened, in sentences.
        self.notes = tuple(notes)
        self.upkeep = Upkeep()
        self.room = Room(settings.memory_bytes)
        #: What stopped the engine, if anything did.
        self.stopped: BaseException | None = None
        self.metrics = watched(self)
        engine.metrics = self.metrics
        self.calls = Calls(
            engine,
            clock,
            call_events=settings.call_events,
            wait_ms=settings.wait_ms,
            most_waiting=settings.max_waiting,
            failed=self._failed,
        )
        #: Where decisions go and where else events come from, if anywhere.
        self.outlets: Outlets | None = None
        self._random = np.random.default_rng(0)
        self._beside: asyncio.Task[None] | None = None
        self._tables: dict[str, pl.DataFrame] = {}
        self._telling = asyncio.Lock()

    @classmethod
    def open(
        cls,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        progress: Progress = silent,
    ) -> "Service":
        """Open a state, or begin one: with the history, catalogue and address table of `settings.lake`.

        Raises GhostnoteError if it is in use, cannot be read, or there is no bundle.
        """
        policy = load_policy(_path(settings.policy))
        places = Places(Path(settings.state))
        chosen = choose(places, _path(settings.bundle), _path(settings.challenger))
        places.claim()
        if settings.lake:
            begin_with(places, Path(settings.lake))
        bundles = bundles_of(chosen)
        features, absent = folded_by(bundles.values())
        rollout = rollout_of(chosen, bundles, policy, _name_of(policy), features)
        known, recent = Known.of(places), settings.recent_accounts
        opened = open_state(places, features, known, absent, recent=recent, progress=progress)
        engine = Engine(opened.state, Log(places.log), rollout)
        remember(places, rollout)
        service = cls(settings, places, rollout, engine, clock, opened.notes)
        service.stand()
        return service

    # --- taking events in --------------------------------------------------------------------------------------------

    async def tell(self, table: str, body: bytes, *, arrow: bool) -> Told:
        """Take rows of tracks, ips or labels in, and use them from the next event on; see `tables.take_table`."""
        async with self._telling:
            told = await asyncio.to_thread(take_table, self.places, table, body, arrow=arrow, now=self.clock())
            if told.accepted:
                made = await asyncio.to_thread(self._arriving_anew)
                await self.calls.between(lambda: setattr(self.engine.state, "arriving", made))
        return told

    def _arriving_anew(self) -> Arriving:
        _, absent = folded_by(model.live.judge.bundle for model in self._models())
        return arriving(Known.of(self.places), absent)(self.engine.state.wanted)

    def _models(self) -> list[Model]:
        models = (self.rollout.champion, self.rollout.challenger, self.rollout.previous)
        return [model for model in models if model is not None]

    def set_apart(self, rejected: Sequence[Rejected], lines: Sequence[bytes]) -> None:
        """Keep rows that break the contract, with the reason, for people to look at."""
        path = self.places.quarantine / f"rejected-{self.clock():%Y-%m-%d}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                if file.tell() > _QUARANTINE_BYTES:
                    return
                for row in rejected:
                    content = lines[row.row - 1][:2000].decode("utf-8", "replace")
                    file.write(msgspec.json.encode({"reason": row.reason, "content": content}) + b"\n")
        except OSError as error:
            self.upkeep.failures.append(f"Rejected rows could not be kept: {error}.")

    # --- starting and stopping ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to take events in; in the event loop that answers requests."""
        self.calls.start()
        self._beside = asyncio.create_task(self._look_after())
        if self.outlets is not None:
            self.outlets.start()

    async def stop(self) -> None:
        """Answer what waits, then write a snapshot, so that the next start has nothing to catch up on."""
        if self._beside is not None:
            self._beside.cancel()
            await asyncio.gather(self._beside, return_exceptions=True)
        if self.outlets is not None:
            await self.outlets.read_no_more()
        await self.calls.stop()
        if self.outlets is not None:
            await self.outlets.stop()
        # What was folded and is not in the log was never acknowledged: it comes again, and must not be in a snapshot.
        if self.stopped is None and not self.engine.owes:
            await asyncio.to_thread(self._save)
        self.engine.log.close()

    def _save(self) -> None:
        try:
            self.engine.state.save(self.places.snapshots)
        except GhostnoteError as error:
            self.upkeep.failures.append(str(error))

    def _failed(self, error: BaseException) -> None:
        self.stopped = error

    @property
    def ready(self) -> bool:
        """Whether events can be taken in."""
        return self.stopped is None and self._beside is not None

    # --- the work beside it ------------------------------------------------------------------------------------------

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._look()
            except StoppedError:
                return
            except Exception as error:  # Whatever it is, the log must go on being filed.
                self.upkeep.failures.append(f"The work beside the service failed: {error!r}.")
                self.upkeep.failed_at = time.monotonic()

    async def _look(self) -> None:
        if self.room.wanted(self.engine.state.bytes):
            told = await self.calls.between(lambda: self.room.make(self.engine.state))
            self.upkeep.failures.append(told)
        wanted = self._due()
        if wanted is not None:
            await self.work(refresh=wanted)

    def _due(self) -> bool | None:
        """Whether work is to be done, with scoring or without; None for nothing."""
        settings, upkeep, now = self.settings, self.upkeep, time.monotonic()
        if upkeep.failed_at is not None and now - upkeep.failed_at < _AGAIN_S:
            return None
        new = self.engine.events - upkeep.kept_events
        if settings.refresh_minutes and now - upkeep.refreshed_at >= 60 * settings.refresh_minutes and new:
            return True
        late = now - upkeep.kept_at >= 60 * settings.snapshot_minutes
        return False if new and (new >= settings.snapshot_events or late) else None

    async def work(self, *, refresh: bool) -> str | None:
        """File the log and make a snapshot, and score if asked; why it failed, None if it did not.

        Only one such work runs at a time.
        """
        upkeep = self.upkeep
        if upkeep.running:
            return "This work is already being done: try again when it is."
        upkeep.running = True
        counted = self.engine.events
        try:
            reason = await self._run_beside(refresh=refresh)
            upkeep.failed_at = None if reason is None else time.monotonic()
            if reason is None:
                upkeep.kept_at, upkeep.kept_events = time.monotonic(), counted
                there = segments(self.places.log)
                begins = start_of(there[0]) if there else 0
                await self.calls.between(lambda: self.engine.state.seen.forget_before(begins))
                if refresh:
                    upkeep.refreshes += 1
                    await asyncio.to_thread(self.stand)
            else:
                upkeep.failures.append(reason)
            if refresh:
                upkeep.refreshed_at = time.monotonic()
        finally:
            upkeep.running = False
        return reason

    async def _run_beside(self, *, refresh: bool) -> str | None:
        work = Work(
            state=str(self.places.root),
            bundles=[model.path for model in self._models()],
            log_bytes=self.settings.log_bytes,
            refresh=refresh,
            policy=self.settings.policy or None,
            days=self.settings.refresh_days,
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ghostnote.serving.upkeep.filing",
            msgspec.json.encode(work).decode(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        try:
            _, said = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode == 0:
            return None
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"The work beside the service ended with {process.returncode}."

    def stand(self) -> None:
        """Take over how accounts stand from the latest run of scoring, if there was one."""
        if not (self.places.decisions / SUMMARY_FILE).exists():
            return
        known = Known.of(self.places, ("tracks",))
        self.rollout.standing = Standing.of(self.places.decisions, known.tracks)
        self._tables = {
            name: pl.read_parquet(self.places.decisions / f"{name}.parquet") for name in ("tracks", "campaigns")
        }

    # --- what people ask ---------------------------------------------------------------------------------------------

    async def account(self, account: str) -> dict[str, Any]:
        """What is known of an account: its standing, and its features as of its last event beside its peers'."""
        found, peers = await self.calls.between(
            lambda: (self.engine.state.recent.of(account), self.engine.state.recent.peers(self._random))
        )
        known = self.rollout.standing.accounts.get(account)
        features = {}
        if found is not None:
            for name, value, among in zip(
                self.engine.state.fold.names, found[1].tolist(), peers.T.tolist(), strict=True
            ):
                if value == value:  # noqa: PLR0124 (NaN is unknown)
                    features[name] = {"value": value, "peers": [None if p != p else p for p in among]}  # noqa: PLR0124
        seen = None if found is None else datetime.fromtimestamp(found[0] / 1e6, UTC)
        return {
            "account_id": account,
            "action": known.action if known else "allow",
            "campaign_id": known.campaign_id if known else None,
            "reasons": list(known.reasons) if known else [],
            "standing": self.rollout.standing.run or None,
            "last_event": seen,
            "features": features,
        }

    def track(self, track: str) -> dict[str, Any] | None:
        """What the latest run of scoring found about a track; None if it had no plays then."""
        table = self._tables.get("tracks")
        rows = table.filter(pl.col("track_id") == track) if table is not None else None
        return rows.row(0, named=True) if rows is not None and rows.height else None

    def campaigns(self) -> list[dict[str, Any]]:
        """The campaigns of the latest run of scoring, those that cost most first."""
        table = self._tables.get("campaigns")
        if table is None:
            return []
        counted = table.with_columns(pl.col("accounts", "tracks", "owners").list.len())
        return counted.rows(named=True)


def begin_with(places: Places, lake: Path) -> None:
    """Take over a lake's files as the service's own lake, as links where that is possible; once only.

    Raises GhostnoteError if it is no lake, or they cannot be taken over.
    """
    if places.lake.exists():
        return
    source = Lake(lake)
    temporary = places.root / f".lake.{os.getpid()}.tmp"
    try:
        for table in source.tables():
            for path in source.files(table):
                target = temporary / path.relative_to(source.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(path, target)
        temporary.rename(places.lake)
    except OSError as error:
        raise GhostnoteError(f"The lake {lake} could not be taken over into {places.root}: {error}.") from error


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _path(setting: str) -> Path | None:
    return Path(setting) if setting else None


def _name_of(policy: Policy) -> str:
    return hashlib.sha256(msgspec.json.encode(policy, order="sorted")).hexdigest()[:12]

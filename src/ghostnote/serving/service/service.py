"""The service behind its pages: opens its state, takes events in, and has the work beside it done."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.errors import GhostnoteError
from ghostnote.features.arriving import Arriving
from ghostnote.progress import Progress, silent
from ghostnote.serving.engine.calls import Calls
from ghostnote.serving.engine.engine import Engine
from ghostnote.serving.engine.models import bundles_of, choose, folded_by, remember, rollout_of
from ghostnote.serving.engine.rollout import Rollout
from ghostnote.serving.engine.shadowing import Shadowing
from ghostnote.serving.engine.warming import warm
from ghostnote.serving.service.beside import Beside
from ghostnote.serving.service.lookups import Lookups
from ghostnote.serving.service.quarantine import set_apart
from ghostnote.serving.service.tables import Told, take_table
from ghostnote.serving.service.taking_over import take_over
from ghostnote.serving.service.watching import watched
from ghostnote.serving.settings.settings import Settings
from ghostnote.serving.state.log import Log
from ghostnote.serving.state.opening import Known, arriving, open_state
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.snapshots import save
from ghostnote.serving.wire.decisions import Rejected

if TYPE_CHECKING:
    from ghostnote.serving.service.outlets import Outlets


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
        self.notes: tuple[str, ...] = tuple(notes)
        #: What went wrong beside the requests since somebody looked, in sentences.
        self.failures: deque[str] = deque(maxlen=20)
        #: What stopped the engine, if anything did.
        self.stopped: BaseException | None = None
        self.calls = Calls(
            engine,
            clock,
            call_events=settings.call_events,
            wait_ms=settings.wait_ms,
            most_waiting=settings.max_waiting,
            failed=self._failed,
        )
        self.lookups = Lookups(places, rollout, self.calls)
        self.shadowing = Shadowing(places, rollout, clock, self.failures.append)
        self.beside = Beside(settings, places, rollout, self.calls, self.failures, self.lookups.stand, self.shadowing)
        self.metrics = engine.metrics = watched(self)
        #: Where decisions go and where else events come from, if anywhere.
        self.outlets: Outlets | None = None
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
            take_over(places, Path(settings.lake))
        bundles = bundles_of(chosen)
        features, absent = folded_by(bundles.values())
        rollout = rollout_of(chosen, bundles, policy, _name_of(policy), features)
        known, recent = Known.of(places), settings.recent_accounts
        with ThreadPoolExecutor(1, thread_name_prefix="warming") as beside:
            warming = beside.submit(warm, features, absent, rollout.models)
            opened = open_state(places, features, known, absent, recent=recent, progress=progress)
            warming.result()
        engine = Engine(opened.state, Log(places.log), rollout)
        remember(places, rollout)
        service = cls(settings, places, rollout, engine, clock, opened.notes)
        service.lookups.stand()
        lost = service.shadowing.restore()
        service.notes += () if lost is None else (lost,)
        return service

    # --- taking in ---------------------------------------------------------------------------------------------------

    async def tell(self, table: str, body: bytes, *, arrow: bool) -> Told:
        """Take rows of tracks, ips or labels in, and use them from the next event on; see `tables.take_table`."""
        async with self._telling:
            told = await asyncio.to_thread(take_table, self.places, table, body, arrow=arrow, now=self.clock())
            if told.accepted:
                made = await asyncio.to_thread(self._arriving_anew)
                await self.calls.between(lambda: setattr(self.engine.state, "arriving", made))
        return told

    def _arriving_anew(self) -> Arriving:
        _, absent = folded_by(model.live.judge.bundle for model in self.rollout.models)
        return arriving(Known.of(self.places), absent)(self.engine.state.wanted)

    def set_apart(self, rejected: Sequence[Rejected], rows: Sequence[bytes]) -> None:
        """Keep rows that break the contract, with the reason, for people to look at."""
        try:
            set_apart(self.places.quarantine, self.clock().date(), rejected, rows)
        except OSError as error:
            self.failures.append(f"Rejected rows could not be kept: {error}.")

    # --- starting and stopping ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to take events in; in the event loop that answers requests."""
        self.calls.start()
        self.beside.start()
        if self.outlets is not None:
            self.outlets.start()

    async def stop(self) -> None:
        """Answer what waits, then write a snapshot, so that the next start has nothing to catch up on."""
        await self.beside.stop()
        if self.outlets is not None:
            await self.outlets.read_no_more()
        await self.calls.stop()
        if self.outlets is not None:
            await self.outlets.stop()
        # What was folded and is not in the log was never acknowledged: it comes again, and must not be in a snapshot.
        if self.stopped is None and not self.engine.owes:
            await asyncio.to_thread(self._save)
        await self.shadowing.keep()
        self.engine.log.close()

    def _save(self) -> None:
        try:
            save(self.engine.state, self.places.snapshots)
        except GhostnoteError as error:
            self.failures.append(str(error))

    def _failed(self, error: BaseException) -> None:
        self.stopped = error

    @property
    def ready(self) -> bool:
        """Whether events can be taken in."""
        return self.stopped is None and self.beside.started


def _path(setting: str) -> Path | None:
    return Path(setting) if setting else None


def _name_of(policy: Policy) -> str:
    return hashlib.sha256(msgspec.json.encode(policy, order="sorted")).hexdigest()[:12]

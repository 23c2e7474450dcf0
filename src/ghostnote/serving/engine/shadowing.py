"""Keeps how a challenger decides otherwise on disk, so that a restart forgets nothing and others can look at it."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from ghostnote.decisions.shadow import Marked, Otherwise, Said, Shadow, Verdicts, read_shadow
from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.rollout import Differences, Rollout
from ghostnote.serving.state.pages import write_whole
from ghostnote.serving.state.places import Places

#: How many of the latest events that differ are kept on disk.
_LATEST = 50
#: The file is no older than this while events come, in seconds: so much is lost if the service is killed.
_EVERY_S = 60.0


class Shadowing:
    """Writes `rollout.differences` to the state's page, and takes them up again; `clock` says when. `failed` is told
    in a sentence what could not be written.

    Its methods are for the event loop's thread, but for `restore`, which comes before.
    """

    def __init__(
        self, places: Places, rollout: Rollout, clock: Callable[[], datetime], failed: Callable[[str], None]
    ) -> None:
        self._places, self._rollout, self._clock, self._failed = places, rollout, clock, failed
        self._written, self._at = -1, 0.0
        self._alone = asyncio.Lock()

    def restore(self) -> str | None:
        """Go on counting where the page ends if it is about these two bundles and this policy.

        Returns why not, if it is damaged.
        """
        rollout = self._rollout
        try:
            found = read_shadow(self._places.root)
        except GhostnoteError as error:
            return f"How the challenger differed before is lost: {error}"
        if found is None or rollout.challenger is None:
            return None
        named = (rollout.champion.name, rollout.challenger.name, rollout.policy)
        if (found.champion, found.challenger, found.policy) == named:
            rollout.differences = _taken_up(found)
        return None

    async def keep(self, *, due: bool = False) -> None:
        """Write the page, or take it away without a challenger.

        If `due`, only when events came and it was not written for a while.
        """
        async with self._alone:
            counted = self._rollout.differences.events
            late = time.monotonic() - self._at >= _EVERY_S
            if due and (self._rollout.challenger is None or counted == self._written or not late):
                return
            shadow = self._now()
            try:
                await asyncio.to_thread(_put, self._places.shadow, shadow)
            except OSError as error:
                self._failed(f"How the challenger differs could not be written to {self._places.shadow}: {error}.")
                return
            self._written, self._at = counted, time.monotonic()

    def _now(self) -> Shadow | None:
        rollout, found, at = self._rollout, self._rollout.differences, self._clock()
        if rollout.challenger is None:
            return None
        found.since = found.since or at
        return Shadow(
            champion=rollout.champion.name,
            challenger=rollout.challenger.name,
            challenger_bundle=Path(rollout.challenger.path).name,
            policy=rollout.policy,
            percent=rollout.percent,
            since=found.since,
            until=at,
            events=found.events,
            verdicts=[Verdicts(one, other, count) for (one, other), count in sorted(found.verdicts.items())],
            marked=Marked(
                both=found.marks[True, True],
                champion_only=found.marks[True, False],
                challenger_only=found.marks[False, True],
                neither=found.marks[False, False],
            ),
            apart=found.apart,
            scored=found.scored,
            latest=[
                Otherwise(one["event_id"], Said(*one["champion"]), Said(*one["challenger"]))
                for one in list(found.latest)[-_LATEST:]
            ],
        )


def _taken_up(found: Shadow) -> Differences:
    made = Differences(events=found.events, apart=found.apart, scored=found.scored, since=found.since)
    made.verdicts = Counter({(one.champion, one.challenger): one.events for one in found.verdicts})
    marks = found.marked
    made.marks = Counter(
        {
            (True, True): marks.both,
            (True, False): marks.champion_only,
            (False, True): marks.challenger_only,
            (False, False): marks.neither,
        }
    )
    latest = (
        {
            "event_id": one.event_id,
            "champion": list(msgspec.structs.astuple(one.champion)),
            "challenger": list(msgspec.structs.astuple(one.challenger)),
        }
        for one in found.latest
    )
    made.latest = deque(latest, maxlen=made.latest.maxlen)
    return made


def _put(path: Path, shadow: Shadow | None) -> None:
    if shadow is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, msgspec.json.encode(shadow))

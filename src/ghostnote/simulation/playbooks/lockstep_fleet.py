"""Thousands of accounts that all play the same few tracks (documented with 10,000 and 63; secondary sources)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.machine import Fleet, Shifts, plays_to_fill
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.rows import DAY, HOUR, MINUTE
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 2.0


class LockstepFleet(Timing, frozen=True, kw_only=True, tag="lockstep_fleet"):
    """10,000 accounts, all on the same 63 tracks.

    Once a day, all of them at `hour` (give or take `jitter` minutes) go through the tracks in the same order, each from
    an own address; alone, none of them does anything remarkable.
    """

    kind: ClassVar[str] = "lockstep_fleet"
    accounts: Count = 10_000
    tracks: Count = 63
    artists: Count = 9
    owners: Count = 3
    seconds: Positive = 150.0
    hour: NotNegative = 11.0
    hours: Positive = 3.0
    jitter: NotNegative = 20.0
    camouflage: Share = 0.1
    country: Country = "BR"
    ip_kind: IpKind = "residential"
    per_card: Positive = 1.0
    per_device: Positive = 1.0
    bulk_mail: Share = 0.3
    opened_over: NotNegative = 120.0
    day_off: Share = 0.1

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds + _PAUSE_SECONDS
        daily = min(self.hours * 3600 / step, self.tracks)
        count = fleet_size(stage, self.size, self.accounts, self.days, daily * (1 - self.day_off))
        lengths = run.lengths(self.seconds, 0.2, 34)
        tracks = run.rng.permutation(run.tracks(self.tracks, self.artists, self.owners, lengths, 400))
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="free",
            platforms=("android", "ios"),
            ip_kind=self.ip_kind,
            addresses=count,
            scattered=True,
            per_card=self.per_card,
            per_device=self.per_device,
            bulk_mail=self.bulk_mail,
        )
        work = self._at_the_same_time(fleet, run.start, run.end, run.rng)
        shift, place = plays_to_fill(work, step)
        once = place < self.tracks
        shift, place = shift[once], place[once]
        track = tracks[place]
        run.work(
            fleet, work, (shift, place), track, run.whole(track), source="playlist",
            lists=run.own_playlist(shift.size), pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage,
        )  # fmt: skip
        run.close(fleet.account)

    def _at_the_same_time(self, fleet: Fleet, start: int, end: int, rng: np.random.Generator) -> Shifts:
        days = max(1, -(-(end - start) // DAY))
        member, day = (part.ravel() for part in np.indices((fleet.account.size, days)))
        works = rng.random(member.size) >= self.day_off
        member, day = member[works], day[works]
        midnight = start - start % DAY
        late = np.clip(rng.normal(0, self.jitter / 2, member.size), -self.jitter, self.jitter) * MINUTE
        begin: npt.NDArray[np.int64] = midnight + day * DAY + int(self.hour % 24 * HOUR) + late.astype(np.int64)
        begin = np.maximum(begin, np.maximum(start, fleet.signed_up[member]))
        length = np.clip(end - begin, 0, int(self.hours * HOUR)).astype(np.int64)
        return Shifts(member, begin, length)

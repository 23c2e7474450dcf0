"""A few plays a day per account among many of everybody's (no single case: what thresholds and prices suggest)."""

from typing import ClassVar

import numpy as np

from ghostnote.simulation.machine import Shifts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.rows import DAY, HOUR
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 12.0


class LowAndSlow(Timing, frozen=True, kw_only=True, tag="low_and_slow"):
    """Aged accounts that listen an hour and a half on most days and slip the farm's tracks in among the hits.

    A share `camouflage` of the plays is everybody's. Accounts are old (`opened_over`), have an own device and address
    and no common card, and listen by day, in `sittings` short stretches. Under 40 plays a day: above the 99th
    percentile of a service's users, but below the median of keen ones.
    """

    kind: ClassVar[str] = "low_and_slow"
    accounts: Count = 2000
    hours: Positive = 1.5
    sittings: Count = 2
    camouflage: Share = 0.75
    tracks: Count = 1500
    artists: Count = 120
    owners: Count = 8
    seconds: Positive = 175.0
    country: Country = "GB"
    ip_kind: IpKind = "residential"
    opened_over: NotNegative = 500.0
    day_off: Share = 0.3

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds + _PAUSE_SECONDS
        daily = self.hours * 3600 / step * (1 - self.day_off)
        count = fleet_size(stage, self.size, self.accounts, self.days, daily)
        tracks = run.tracks(self.tracks, self.artists, self.owners, run.lengths(self.seconds, 0.25, 40), 700)
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="free",
            platforms=("android", "ios", "android", "windows"),
            ip_kind=self.ip_kind,
            addresses=count * 2,
            scattered=True,
            ips_each=2,
            bulk_mail=0.05,
        )
        rng = run.rng
        days = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.4, rng)
        work = self._by_day(days, run.start, run.end, rng)
        shift, place = plays_to_fill(work, step)
        # An account knows a corner of the catalogue, as people do.
        corner = rng.integers(0, tracks.size, count)[work.member[shift]]
        track = tracks[(corner + (40 * rng.random(shift.size) ** 1.5).astype(np.int64)) % tracks.size]
        ms = run.whole(track)
        left = rng.random(track.size) < 0.15
        ms = np.where(left, np.minimum(rng.uniform(31_000, 90_000, track.size).astype(np.int64), ms), ms)
        run.work(
            fleet, work, (shift, place), track, ms, source="artist",
            pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage, shuffle=0.5,
        )  # fmt: skip
        run.close(fleet.account)

    def _by_day(self, days: Shifts, start: int, end: int, rng: np.random.Generator) -> Shifts:
        """Each day's listening in stretches between 7 and 23 o'clock (UTC: for the default country, local time)."""
        member, length = np.repeat(days.member, self.sittings), np.repeat(days.length // self.sittings, self.sittings)
        day = np.repeat((days.begin - start) // DAY, self.sittings)
        part = np.tile(np.arange(self.sittings), days.member.size)
        wide = 16 / self.sittings
        free = np.maximum(wide - length / HOUR - 0.1, 0)
        hour = 7 + part * wide + rng.random(part.size) * free
        begin = start - start % DAY + day * DAY + (hour * HOUR).astype(np.int64)
        length = np.minimum(length, np.minimum(int(wide * HOUR), np.maximum(end - begin, 0)))
        kept = (begin >= start) & (length > 0)
        return Shifts(member[kept], begin[kept], length[kept])

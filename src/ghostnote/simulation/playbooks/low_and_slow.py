"""A few plays a day per account among many of everybody's (no single case: what thresholds and prices suggest)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Queue, Shifts, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY, HOUR, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

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
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        step = self.seconds + _PAUSE_SECONDS
        daily = self.hours * 3600 / step * (1 - self.day_off)
        count = fleet_size(stage, self.size, self.accounts, self.days, daily)
        tracks = self._catalogue(stage, start, rng)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="free",
            per_card=1.0,
            platform=np.array([PLATFORM[name] for name in ("android", "ios", "android", "windows")]),
            per_device=1.0,
            pool=stage.scattered(self.ip_kind, self.country, count * 2, rng),
            ips_each=2,
            bulk_mail=0.05,
        )
        days = shifts(fleet, start, end, self.hours, self.day_off, 0.4, rng)
        work = self._by_day(days, start, end, rng)
        shift, place = plays_to_fill(work, step)
        # An account knows a corner of the catalogue, as people do.
        corner = rng.integers(0, tracks.size, count)[work.member[shift]]
        track = tracks[(corner + (40 * rng.random(shift.size) ** 1.5).astype(np.int64)) % tracks.size]
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        left = rng.random(track.size) < 0.15
        ms = np.where(left, np.minimum(rng.uniform(31_000, 90_000, track.size).astype(np.int64), ms), ms)
        queue = Queue(shift, place, track, ms, SOURCE["artist"], np.full(shift.size, -1))
        listen(
            stage, fleet, work, queue, camouflage=self.camouflage, pause_seconds=_PAUSE_SECONDS, shuffle=0.5, rng=rng
        )
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

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

    def _catalogue(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        seconds = np.maximum(40.0, self.seconds * np.exp(0.25 * rng.standard_normal(self.tracks)))
        released = start - (rng.random(self.tracks) * 700).astype(np.int64) * DAY
        return stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))

"""Racks of real phones on SIM cards by the thousand (474 phones, 347,200 SIMs; secondary sources)."""

from typing import ClassVar

import numpy as np

from ghostnote.simulation.machine import Fleet, Shifts, plays_to_fill
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing
from ghostnote.simulation.rows import DAY, HOUR
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 3.0


class PhoneFarm(Timing, frozen=True, kw_only=True, tag="phone_farm"):
    """474 phones with 347,200 SIM cards of 3 operators.

    Each phone serves `per_device` accounts in turn, in slots of 24 hours / `per_device` less a little, and changes its
    SIM before each of them: `sims` of them in all, of which a campaign uses as many as it has slots.
    """

    kind: ClassVar[str] = "phone_farm"
    phones: Count = 474
    per_device: Count = 4
    sims: Count = 347_200
    tracks: Count = 300
    artists: Count = 20
    owners: Count = 4
    seconds: Positive = 110.0
    camouflage: Share = 0.2
    idle: Share = 0.12
    country: Country = "ID"
    ip_kind: IpKind = "mobile"
    bulk_mail: Share = 0.5
    opened_over: NotNegative = 90.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds + _PAUSE_SECONDS
        phones = self.phones
        if self.size is not None:
            daily = 24 * 3600 / step * (1 - self.idle)
            phones = stage.prevalence.units(self.size * stage.service.plays, self.days * daily, 2)
        tracks = run.tracks(self.tracks, self.artists, self.owners, run.lengths(self.seconds, 0.25, 34), 300)
        slots = max(1, -(-(run.end - run.start) // DAY))
        count = phones * self.per_device
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="free",
            platforms=("android",),
            ip_kind=self.ip_kind,
            addresses=min(self.sims, count * slots),
            scattered=True,
            per_device=self.per_device,
            ips_each=slots,
            bulk_mail=self.bulk_mail,
            phones=True,
        )
        work = self._in_turn(fleet, phones, run.start, run.end, run.rng)
        shift, place = plays_to_fill(work, step)
        begin = run.rng.integers(0, tracks.size, work.member.size)[shift]
        track = tracks[(begin + place) % tracks.size]
        run.work(
            fleet, work, (shift, place), track, run.whole(track), source="artist",
            pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage, shuffle=0.3,
        )  # fmt: skip
        run.close(fleet.account)

    def _in_turn(self, fleet: Fleet, phones: int, start: int, end: int, rng: np.random.Generator) -> Shifts:
        """A phone's accounts one after the other, every day in the same order."""
        days = max(1, -(-(end - start) // DAY))
        member, day = (part.ravel() for part in np.indices((fleet.account.size, days)))
        slot = 24 / self.per_device
        busy = slot * (1 - self.idle) * rng.uniform(0.9, 1.1, member.size).clip(max=1 / (1 - self.idle * 0.999))
        hour = (member // phones) * slot + rng.uniform(0, 0.4, member.size) * np.maximum(slot - busy, 0)
        begin = start + day * DAY + (hour * HOUR).astype(np.int64)
        begin = np.maximum(begin, fleet.signed_up[member])
        length = np.minimum(begin + (busy * HOUR).astype(np.int64), end) - begin
        kept = length > 0
        return Shifts(member[kept], begin[kept], length[kept])

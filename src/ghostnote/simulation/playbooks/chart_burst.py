"""One song pushed up a chart within days, from abroad (2026; secondary sources)."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Queue, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, named
from ghostnote.simulation.rows import DAY, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

_PAUSE_SECONDS = 1.5


class ChartBurst(Timing, frozen=True, kw_only=True, tag="chart_burst"):
    """250,000 plays of one track in 4 days, from one country shown as another, by accounts active 23 hours a day.

    As many accounts as that takes, `plays` of the song in all. It exists and has listeners of its own: `known` says how
    well known its artist is (0: best, 1: least). The accounts are opened in `home` and heard in `country`, through
    addresses of `ip_kind`.
    """

    kind: ClassVar[str] = "chart_burst"
    days: Positive = 4.0
    plays: Count = 250_000
    hours: Positive = 23.0
    known: Share = 0.25
    camouflage: Share = 0.03
    home: Country = "TR"
    country: Country = "DE"
    ip_kind: IpKind = "vpn"
    per_card: Positive = 1.0
    per_device: Positive = 2.0
    per_address: Positive = 3.0
    bulk_mail: Share = 0.5
    opened_over: NotNegative = 14.0
    day_off: Share = 0.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        catalogue = stage.service.catalogue
        song = catalogue.artist_first[stage.artists_known(self.known)]
        step = float(catalogue.duration_ms[song][0]) / 1000 + _PAUSE_SECONDS
        daily = self.hours * 3600 / step * (1 - self.camouflage) * (1 - self.day_off)
        each = self.days * max(daily, 1.0)
        if self.size is None:
            count = max(2, round(self.plays / each))
        else:
            count = stage.prevalence.units(self.size * stage.service.plays, each, 2)
        shown = stage.addresses(self.ip_kind, self.country, max(2, round(count / self.per_address)), rng)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.home,
            plan="premium",
            per_card=self.per_card,
            platform=np.array([PLATFORM["android"]]),
            per_device=self.per_device,
            pool=stage.scattered("residential", self.home, max(2, count // 3), rng),
            ips_each=1,
            bulk_mail=self.bulk_mail,
        )
        fleet = replace(fleet, pool=shown)
        work = shifts(fleet, start, end, self.hours, self.day_off, 0.02, rng)
        shift, place = plays_to_fill(work, step)
        track = np.repeat(song, shift.size).astype(np.int32)
        ms = catalogue.duration_ms[track].astype(np.int64)
        queue = Queue(shift, place, track, ms, SOURCE["search"], np.full(shift.size, -1))
        listen(
            stage, fleet, work, queue, camouflage=self.camouflage, pause_seconds=_PAUSE_SECONDS, shuffle=0.0, rng=rng
        )
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

"""Crude bots aimed at a rival's song, to have it punished (press; secondary)."""

from typing import ClassVar

import numpy as np

from ghostnote.simulation.machine import plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 1.0


class Sabotage(Timing, frozen=True, kw_only=True, tag="sabotage"):
    """Plays that are meant to be found: of a rival's `songs`, by accounts that hide nothing.

    Who is paid for the songs has not ordered the plays. `known` says how well known the rival is (0: best, 1: least);
    plays stop after `seconds`.
    """

    kind: ClassVar[str] = "sabotage"
    days: Positive = 3.0
    accounts: Count = 60
    hours: Positive = 20.0
    songs: Count = 2
    known: Share = 0.7
    seconds: Positive = 33.0
    camouflage: Share = 0.0
    country: Country = "US"
    ip_kind: IpKind = "hosting"
    per_device: Positive = 6.0
    per_address: Positive = 8.0
    bulk_mail: Share = 0.9
    opened_over: NotNegative = 3.0
    day_off: Share = 0.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        catalogue = stage.service.catalogue
        rival = stage.artists_known(self.known)
        songs = catalogue.artist_first[rival] + np.arange(min(self.songs, int(catalogue.artist_size[rival][0])))
        songs = songs[(catalogue.released[songs] < run.start) | (songs == songs[0])].astype(np.int32)
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="free",
            platforms=("windows",),
            ip_kind=self.ip_kind,
            addresses=max(2, round(count / self.per_address)),
            per_device=self.per_device,
            bulk_mail=self.bulk_mail,
        )
        work = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.02, run.rng)
        shift, place = plays_to_fill(work, step)
        track = songs[place % songs.size]
        ms = np.full(shift.size, round(self.seconds * 1000)) + run.rng.integers(0, 900, shift.size)
        run.work(
            fleet, work, (shift, place), track, np.minimum(ms, run.whole(track)), source="search",
            pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage,
        )  # fmt: skip
        run.close(fleet.account)

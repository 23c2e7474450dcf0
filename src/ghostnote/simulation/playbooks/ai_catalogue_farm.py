"""A bot farm on a catalogue of machine-made tracks, a few plays each (US v. Smith, 2017-2024; secondary sources)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.machine import plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.rows import DAY
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 6.0
#: Shortest track that earns anything.
_LEAST_SECONDS = 34.0


class AiCatalogueFarm(Timing, frozen=True, kw_only=True, tag="ai_catalogue_farm"):
    """1,040 accounts in browser tabs on rented machines, 636 plays a day each, one every 2.26 minutes of wall clock.

    `hours` a day per account; `tracks_per_account` sizes the catalogue (hundreds of thousands for 1,040 accounts);
    `seconds` is the median track length; `camouflage` the share of plays that goes to what everybody plays; `per_card`
    accounts share a debit card and an invented family, `per_address` an address; the accounts were opened during
    `opened_over` days before the start, the tracks released during `released_over`.
    """

    kind: ClassVar[str] = "ai_catalogue_farm"
    accounts: Count = 1040
    hours: Positive = 23.0
    tracks_per_account: Positive = 190.0
    tracks_per_artist: Positive = 24.0
    owners: Count = 3
    seconds: Positive = 124.0
    camouflage: Share = 0.08
    country: Country = "US"
    ip_kind: IpKind = "vpn"
    per_card: Positive = 6.0
    per_address: Positive = 4.0
    opened_over: NotNegative = 60.0
    released_over: Positive = 200.0
    day_off: Share = 0.03

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds * 1.04 + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        tracks = self._catalogue(stage, count, run.start, run.rng)
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="family",
            platforms=("web",),
            ip_kind=self.ip_kind,
            addresses=max(2, round(count / self.per_address)),
            per_card=self.per_card,
            ips_each=2,
            bulk_mail=0.8,
        )
        work = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.06, run.rng)
        shift, place = plays_to_fill(work, step)
        # Each day every tab goes through another stretch of the catalogue.
        track = tracks[(run.rng.integers(0, tracks.size, work.member.size)[shift] + place * 7) % tracks.size]
        run.work(
            fleet, work, (shift, place), track, run.whole(track), source="album",
            pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage,
        )  # fmt: skip
        run.close(fleet.account)

    def _catalogue(self, stage: Stage, count: int, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        artists = max(self.owners, round(count * self.tracks_per_account / self.tracks_per_artist))
        sizes = np.maximum(1, rng.poisson(self.tracks_per_artist, artists))
        total = int(sizes.sum())
        seconds = np.maximum(_LEAST_SECONDS, self.seconds * np.exp(0.28 * rng.standard_normal(total)))
        released = start - (rng.random(total) * self.released_over).astype(np.int64) * DAY
        return stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))

"""A bot playlist on which other people's tracks serve as cover (press; secondary)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.machine import plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 2.0


class InnocentCover(Timing, frozen=True, kw_only=True, tag="innocent_cover"):
    """A fleet on one playlist, most of whose tracks belong to artists who know nothing of it.

    `tracks` are the farm's own, `innocent` those of others, little known ones (`known`: 0 best, 1 least), in no order:
    their artists see a spike of plays, and are the ones who may be accused.
    """

    kind: ClassVar[str] = "innocent_cover"
    accounts: Count = 200
    hours: Positive = 12.0
    tracks: Count = 30
    innocent: Count = 70
    known: Share = 0.8
    artists: Count = 4
    owners: Count = 1
    seconds: Positive = 140.0
    country: Country = "NL"
    ip_kind: IpKind = "vpn"
    per_card: Positive = 2.0
    per_device: Positive = 1.0
    per_address: Positive = 4.0
    opened_over: NotNegative = 45.0
    day_off: Share = 0.05

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = self.seconds * 1.1 + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        listed, first_own = self._playlist(run)
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="premium",
            platforms=("android",),
            ip_kind=self.ip_kind,
            addresses=max(2, round(count / self.per_address)),
            per_card=self.per_card,
            per_device=self.per_device,
            bulk_mail=0.4,
        )
        work = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.1, run.rng)
        shift, place = plays_to_fill(work, step)
        begin = run.rng.integers(0, listed.size, work.member.size)[shift]
        track = listed[(begin + place) % listed.size]
        run.work(
            fleet, work, (shift, place), track, run.whole(track), source="playlist",
            lists=run.own_playlist(shift.size), pause_seconds=_PAUSE_SECONDS, targets=track >= first_own,
        )  # fmt: skip
        run.close(fleet.account)

    def _playlist(self, run: Operation) -> tuple[npt.NDArray[np.int32], int]:
        """The playlist's tracks, and the code from which on they are the farm's own."""
        place = np.clip(self.known + run.rng.uniform(-0.15, 0.15, self.innocent), 0, 1)
        innocent = np.unique(run.stage.service.catalogue.artist_first[run.stage.artists_known(place)])
        own = run.tracks(self.tracks, self.artists, self.owners, run.lengths(self.seconds, 0.2, 34), 120)
        return run.rng.permutation(np.concatenate([innocent, own])).astype(np.int32), int(own[0])

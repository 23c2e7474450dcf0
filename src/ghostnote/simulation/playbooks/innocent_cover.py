"""A bot playlist on which other people's tracks serve as cover (press; secondary)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Queue, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

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
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        step = self.seconds * 1.1 + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        listed, first_own = self._playlist(stage, start, rng)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="premium",
            per_card=self.per_card,
            platform=np.array([PLATFORM["android"]]),
            per_device=self.per_device,
            pool=stage.addresses(self.ip_kind, self.country, max(2, round(count / self.per_address)), rng),
            ips_each=1,
            bulk_mail=0.4,
        )
        work = shifts(fleet, start, end, self.hours, self.day_off, 0.1, rng)
        shift, place = plays_to_fill(work, step)
        begin = rng.integers(0, listed.size, work.member.size)[shift]
        track = listed[(begin + place) % listed.size]
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        queue = Queue(shift, place, track, ms, SOURCE["playlist"], np.repeat(stage.add_playlists(1), shift.size))
        own = track >= first_own
        listen(
            stage, fleet, work, queue, camouflage=0.0, pause_seconds=_PAUSE_SECONDS, shuffle=0.0, rng=rng, targets=own
        )
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

    def _playlist(self, stage: Stage, start: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int32], int]:
        """The playlist's tracks, and the code from which on they are the farm's own."""
        catalogue = stage.service.catalogue
        place = np.clip(self.known + rng.uniform(-0.15, 0.15, self.innocent), 0, 1)
        innocent = np.unique(catalogue.artist_first[stage.artists_known(place)])
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        seconds = np.maximum(34.0, self.seconds * np.exp(0.2 * rng.standard_normal(self.tracks)))
        released = start - (rng.random(self.tracks) * 120).astype(np.int64) * DAY
        own = stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))
        return rng.permutation(np.concatenate([innocent, own])).astype(np.int32), int(own[0])

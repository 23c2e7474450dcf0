"""A few accounts, each on many players at once, on a small catalogue (Denmark, 2013-2019; secondary sources)."""

from typing import Annotated, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Queue, Shifts, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY, MINUTE, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

_PAUSE_SECONDS = 0.4
#: Track lengths: songs, of which nobody hears more than the paid part.
_SECONDS = (120.0, 260.0)
#: A copy is this much faster or slower than what it copies.
_CHANGED = (0.9, 1.1)


class ImpossibleVolume(Timing, frozen=True, kw_only=True, tag="impossible_volume"):
    """20 accounts that make most of 5.5 million plays in a week on 244 tracks: about 39,000 a day each.

    Each account runs `streams` players side by side, every play cut after `seconds`: 14 times what half a minute in
    real time allows. `copies` of the tracks are others, a little faster or slower.
    """

    kind: ClassVar[str] = "impossible_volume"
    days: Positive = 7.0
    accounts: Count = 20
    hours: Positive = 24.0
    streams: Count = 14
    seconds: Annotated[float, msgspec.Meta(ge=30)] = 30.5
    tracks: Count = 244
    copies: Count = 37
    artists: Count = 12
    owners: Count = 1
    camouflage: Share = 0.0
    country: Country = "SE"
    ip_kind: IpKind = "hosting"
    per_card: Positive = 1.0
    per_device: Positive = 1.0
    per_address: Positive = 1.0
    opened_over: NotNegative = 300.0
    day_off: Share = 0.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        step = self.seconds + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step * self.streams, least=1)
        tracks = self._catalogue(stage, start, rng)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="premium",
            per_card=self.per_card,
            platform=np.array([PLATFORM["windows"]]),
            per_device=self.per_device,
            pool=stage.addresses(self.ip_kind, self.country, max(1, round(count / self.per_address)), rng),
            ips_each=1,
            bulk_mail=0.0,
        )
        alone = shifts(fleet, start, end, self.hours, self.day_off, 0.0, rng)
        work = _side_by_side(alone, self.streams, rng)
        shift, place = plays_to_fill(work, step)
        begin = rng.integers(0, tracks.size, work.member.size)[shift]
        ms = np.full(shift.size, round(self.seconds * 1000)) + rng.integers(0, 400, shift.size)
        track = tracks[(begin + place) % tracks.size]
        ms = np.minimum(ms, stage.service.catalogue.duration_ms[track])
        queue = Queue(shift, place, track, ms, SOURCE["playlist"], np.repeat(stage.add_playlists(1), shift.size))
        listen(
            stage, fleet, work, queue, camouflage=self.camouflage, pause_seconds=_PAUSE_SECONDS, shuffle=0.0, rng=rng
        )
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

    def _catalogue(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        seconds = rng.uniform(*_SECONDS, self.tracks)
        copies = min(self.copies, self.tracks // 2)
        seconds[rng.permutation(self.tracks)[:copies]] *= rng.uniform(*_CHANGED, copies)
        released = start - (rng.random(self.tracks) * 900).astype(np.int64) * DAY
        return rng.permutation(stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists)))


def _side_by_side(work: Shifts, streams: int, rng: np.random.Generator) -> Shifts:
    """Every shift on `streams` players, which are not started at the same moment."""
    late = (rng.random(work.member.size * streams) * 2 * MINUTE).astype(np.int64)
    length = np.maximum(np.repeat(work.length, streams) - late, 0)
    return Shifts(np.repeat(work.member, streams), np.repeat(work.begin, streams) + late, length)

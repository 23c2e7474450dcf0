"""A few accounts, each on many players at once, on a small catalogue (Denmark, 2013-2019; secondary sources)."""

from collections.abc import Callable
from typing import Annotated, ClassVar

import msgspec
import numpy as np

from ghostnote.simulation.machine import Shifts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.randomness import Floats
from ghostnote.simulation.rows import MINUTE
from ghostnote.simulation.stage import Stage

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
        run = Operation.of(stage, self)
        step = self.seconds + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step * self.streams, least=1)
        tracks = run.rng.permutation(run.tracks(self.tracks, self.artists, self.owners, self._lengths(run.rng), 900))
        fleet = run.open(
            count,
            opened_over=self.opened_over,
            country=self.country,
            plan="premium",
            platforms=("windows",),
            ip_kind=self.ip_kind,
            addresses=max(1, round(count / self.per_address)),
            per_card=self.per_card,
            per_device=self.per_device,
        )
        alone = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.0, run.rng)
        work = _side_by_side(alone, self.streams, run.rng)
        shift, place = plays_to_fill(work, step)
        begin = run.rng.integers(0, tracks.size, work.member.size)[shift]
        ms = np.full(shift.size, round(self.seconds * 1000)) + run.rng.integers(0, 400, shift.size)
        track = tracks[(begin + place) % tracks.size]
        run.work(
            fleet, work, (shift, place), track, np.minimum(ms, run.whole(track)), source="playlist",
            lists=run.own_playlist(shift.size), pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage,
        )  # fmt: skip
        run.close(fleet.account)

    def _lengths(self, rng: np.random.Generator) -> Callable[[int], Floats]:
        def draw(count: int) -> Floats:
            seconds = rng.uniform(*_SECONDS, count)
            copies = min(self.copies, count // 2)
            seconds[rng.permutation(count)[:copies]] *= rng.uniform(*_CHANGED, copies)
            return seconds

        return draw


def _side_by_side(work: Shifts, streams: int, rng: np.random.Generator) -> Shifts:
    """Every shift on `streams` players, which are not started at the same moment."""
    late = (rng.random(work.member.size * streams) * 2 * MINUTE).astype(np.int64)
    length = np.maximum(np.repeat(work.length, streams) - late, 0)
    return Shifts(np.repeat(work.member, streams), np.repeat(work.begin, streams) + late, length)

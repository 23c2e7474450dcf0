"""Paying accounts that loop a playlist of tracks just long enough to be paid (Bulgaria, 2017; secondary sources)."""

from collections.abc import Callable
from typing import Annotated, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.simulation.machine import plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.operation import Operation
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size
from ghostnote.simulation.randomness import Floats
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 1.2
#: Tracks are a little longer than the 30 s from which a play is paid.
_LEAST_SECONDS = 31.0


class PlaylistLoop(Timing, frozen=True, kw_only=True, tag="playlist_loop"):
    """1,200 premium accounts, 467 tracks of about 43 s, about 2,000 plays per account and day.

    `seconds` is the mean track length; `stops_at`, if given, are the seconds at which plays of longer tracks are cut (a
    few distinct lengths, as one service's daily report of 2017 shows); `camouflage` is the share of plays that goes to
    what everybody plays; `per_card` accounts share a payment, `per_device` a device, `per_address` an address; the
    accounts were opened during `opened_over` days before the start.
    """

    kind: ClassVar[str] = "playlist_loop"
    accounts: Count = 1200
    hours: Positive = 23.5
    tracks: Count = 467
    artists: Count = 40
    owners: Count = 2
    playlists: Count = 2
    seconds: Annotated[float, msgspec.Meta(gt=_LEAST_SECONDS)] = 43.0
    stops_at: tuple[Count, ...] = ()
    camouflage: Share = 0.0
    country: Country = "DE"
    ip_kind: IpKind = "residential"
    per_card: Positive = 2.0
    per_device: Positive = 1.0
    per_address: Positive = 5.0
    opened_over: NotNegative = 20.0
    day_off: Share = 0.02

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        run = Operation.of(stage, self)
        step = (float(np.mean(self.stops_at)) if self.stops_at else self.seconds) + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        rng = run.rng
        tracks = rng.permutation(run.tracks(self.tracks, self.artists, self.owners, self._lengths(rng), 90))
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
            bulk_mail=0.6,
        )
        work = shifts(fleet, run.start, run.end, self.hours, self.day_off, 0.05, rng)
        shift, place = plays_to_fill(work, step)
        playlists = min(self.playlists, tracks.size)
        which = work.member[shift] % playlists
        # Every account is somewhere else in its playlist, which goes round and round.
        begin = rng.integers(0, tracks.size, work.member.size)[shift]
        track = tracks[(begin + place) % (tracks.size // playlists) + which * (tracks.size // playlists)]
        lists = stage.add_playlists(playlists)[which]
        run.work(
            fleet, work, (shift, place), track, self._heard(run.whole(track), rng), source="playlist",
            lists=lists, pause_seconds=_PAUSE_SECONDS, camouflage=self.camouflage,
        )  # fmt: skip
        run.close(fleet.account)

    def _lengths(self, rng: np.random.Generator) -> Callable[[int], Floats]:
        """Just over 30 s, or the usual length if plays are cut anyway."""
        if self.stops_at:
            return lambda count: max(self.stops_at) + rng.gamma(6.0, 20.0, count)
        return lambda count: _LEAST_SECONDS + rng.exponential(self.seconds - _LEAST_SECONDS, count)

    def _heard(self, ms: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        if not self.stops_at:
            return ms
        cut = np.asarray(self.stops_at)[rng.integers(0, len(self.stops_at), ms.size)] * 1000
        return np.minimum(ms, cut + rng.integers(0, 900, ms.size))

"""Paying accounts that loop a playlist of tracks just long enough to be paid (Bulgaria, 2017; secondary sources)."""

from typing import Annotated, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Queue, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

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
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        step = (float(np.mean(self.stops_at)) if self.stops_at else self.seconds) + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        tracks = self._catalogue(stage, start, rng)
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
            bulk_mail=0.6,
        )
        work = shifts(fleet, start, end, self.hours, self.day_off, 0.05, rng)
        shift, place = plays_to_fill(work, step)
        playlists = min(self.playlists, tracks.size)
        which = work.member[shift] % playlists
        # Every account is somewhere else in its playlist, which goes round and round.
        begin = rng.integers(0, tracks.size, work.member.size)[shift]
        track = tracks[(begin + place) % (tracks.size // playlists) + which * (tracks.size // playlists)]
        lists = stage.add_playlists(playlists)[which]
        queue = Queue(shift, place, track, self._heard(stage, track, rng), SOURCE["playlist"], lists)
        listen(
            stage, fleet, work, queue, camouflage=self.camouflage, pause_seconds=_PAUSE_SECONDS, shuffle=0.0, rng=rng
        )
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

    def _catalogue(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Tracks just over 30 s, or of the usual length if plays are cut anyway; in no order of artists."""
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        if self.stops_at:
            seconds = max(self.stops_at) + rng.gamma(6.0, 20.0, self.tracks)
        else:
            seconds = _LEAST_SECONDS + rng.exponential(self.seconds - _LEAST_SECONDS, self.tracks)
        released = start - (rng.random(self.tracks) * 90).astype(np.int64) * DAY
        tracks = stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))
        return rng.permutation(tracks)

    def _heard(self, stage: Stage, track: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        if not self.stops_at:
            return ms
        cut = np.asarray(self.stops_at)[rng.integers(0, len(self.stops_at), track.size)] * 1000
        return np.minimum(ms, cut + rng.integers(0, 900, track.size))

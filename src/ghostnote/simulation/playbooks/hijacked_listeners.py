"""Stolen accounts that play foreign albums while their owners listen on (2018-19; secondary sources)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import stolen
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, Positive, Timing, named
from ghostnote.simulation.randomness import ragged
from ghostnote.simulation.rows import DAY, HOUR, SECOND, SOURCE, START
from ghostnote.simulation.stage import NOBODY, Played, Stage

_PAUSE_SECONDS = 1.0


class HijackedListeners(Timing, frozen=True, kw_only=True, tag="hijacked_listeners"):
    """About 156 foreign plays per victim, of 40-track albums of 1-2 minute instrumentals, from a foreign device.

    `victims` are existing accounts that listen now and then; `plays` is the mean number per victim over the whole
    campaign, in `sittings` stretches around the hour at which the account's owner sleeps. `per_address` victims are
    played from one address of `ip_kind`, `per_device` from one device.
    """

    kind: ClassVar[str] = "hijacked_listeners"
    victims: Count = 200
    plays: Positive = 156.0
    sittings: Count = 3
    albums: Count = 6
    tracks_per_album: Count = 40
    owners: Count = 1
    shortest: Positive = 60.0
    longest: Positive = 120.0
    country: Country = "US"
    ip_kind: IpKind = "hosting"
    per_address: Positive = 6.0
    per_device: Positive = 12.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        wanted = self.victims
        if self.size is not None:
            wanted = stage.prevalence.units(self.size * stage.service.plays, self.plays, 4)
        victims = stolen(stage, wanted, start, rng)
        tracks = self._albums(stage, start, rng)
        victim, begin = self._sittings(stage, victims, start, end, rng)
        sizes = np.maximum(1, rng.poisson(self.plays / self.sittings * rng.gamma(2.0, 0.5, victim.size)))
        sitting, place = ragged(sizes)
        album = rng.integers(0, self.albums, victim.size)[sitting]
        track = tracks[(album * self.tracks_per_album + place) % tracks.size]
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        step = ms * 1000 + (rng.exponential(_PAUSE_SECONDS, track.size) * SECOND).astype(np.int64)
        elapsed = np.cumsum(step)
        played = begin[sitting] + elapsed - (elapsed - step)[np.cumsum(sizes) - sizes][sitting]
        pool = stage.addresses(self.ip_kind, self.country, max(2, round(victims.size / self.per_address)), rng)
        platforms = np.full(max(1, round(victims.size / self.per_device)), PLATFORM["android"])
        device = rng.permutation(np.resize(stage.add_devices(platforms, rng), victims.size))
        ip = pool[rng.integers(0, pool.size, victim.size)]
        logged_in = begin - (rng.uniform(5, 60, victim.size) * SECOND).astype(np.int64)
        stage.log_in(logged_in, victims[victim], ip, device[victim])
        rows = Played(
            account=victims[victim[sitting]],
            end=played,
            track=track,
            ms=ms,
            source=np.full(track.size, SOURCE["album"]),
            source_ref=np.full(track.size, -1),
            start_reason=np.where(place == 0, START["clickrow"], START["trackdone"]),
            finished=np.ones(track.size, dtype=np.bool_),
            ip=ip[sitting],
            device=device[victim[sitting]],
            target=np.ones(track.size, dtype=np.bool_),
        )
        stage.play(rows.take(rows.end < end), 0.0, rng)
        stage.close(named(self, stage), self.kind, NOBODY, victims)

    def _albums(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """One artist per album."""
        total = self.albums * self.tracks_per_album
        seconds = rng.uniform(self.shortest, max(self.longest, self.shortest), total)
        released = np.repeat(start - rng.integers(1, 120, self.albums) * DAY, self.tracks_per_album)
        sizes = np.full(self.albums, self.tracks_per_album)
        return stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, self.albums))

    def _sittings(
        self, stage: Stage, victims: npt.NDArray[np.int32], start: int, end: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Victim (place in `victims`) and begin of each stretch of plays, on different days of the campaign."""
        victim = np.repeat(np.arange(victims.size), self.sittings)
        days = max(1, (end - start) // DAY)
        order = np.argsort(rng.random((victims.size, days)), axis=1)[:, : self.sittings]
        day = np.resize(order.T, (self.sittings, victims.size)).T.ravel()
        hour = stage.service.accounts.quiet_hour[victims[victim]] + rng.normal(0, 1.5, victim.size)
        begin = start - start % DAY + day * DAY + ((hour % 24) * HOUR).astype(np.int64)
        kept = (begin >= start) & (begin < end)
        return victim[kept], begin[kept]

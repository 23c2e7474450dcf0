"""Free months and family plans, opened by the dozen and left when they would cost (court papers; secondary)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Fleet, Queue, Shifts, listen, open_accounts, plays_to_fill, shifts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

_PAUSE_SECONDS = 4.0


class TrialFarm(Timing, frozen=True, kw_only=True, tag="trial_farm"):
    """Trial accounts that follow each other on a few cards, and invented families at one address.

    At any time about `accounts` of them work, a share `families` on family plans of `per_family` members, the others on
    trials that end after `trial_days`: then the next account takes over on the same device, with one of the cards that
    `per_card` trials share. `per_address` accounts share an address.
    """

    kind: ClassVar[str] = "trial_farm"
    accounts: Count = 300
    families: Share = 0.4
    per_family: Count = 6
    trial_days: Positive = 14.0
    per_card: Positive = 8.0
    hours: Positive = 9.0
    tracks: Count = 500
    artists: Count = 30
    owners: Count = 2
    seconds: Positive = 130.0
    camouflage: Share = 0.15
    country: Country = "PL"
    ip_kind: IpKind = "residential"
    per_address: Positive = 6.0
    per_device: Positive = 3.0
    bulk_mail: Share = 0.6
    day_off: Share = 0.08

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        step = self.seconds + _PAUSE_SECONDS
        count = fleet_size(stage, self.size, self.accounts, self.days, self.hours * 3600 / step)
        tracks = self._catalogue(stage, start, rng)
        families = round(count * self.families)
        opened = start - (rng.random(families) * 60 * DAY).astype(np.int64)
        members = [np.zeros(0, dtype=np.int32)]
        if families:
            fleet = self._open(stage, np.sort(opened), "family", self.per_family, rng)
            self._work(stage, fleet, np.full(families, end), tracks, start, end, rng)
            members.append(fleet.account)
        if count > families:
            begun = self._trials(count - families, start, end, rng)
            fleet = self._open(stage, begun, "trial", self.per_card, rng)
            over = fleet.signed_up + int(self.trial_days * DAY)
            self._work(stage, fleet, over, tracks, start, end, rng)
            members.append(fleet.account)
        stage.close(named(self, stage), self.kind, np.concatenate(members), NOBODY)

    def _trials(self, seats: int, start: int, end: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """When trials begin: each seat's current one at some time before the start, its followers after each other."""
        length = int(self.trial_days * DAY)
        turns = int((end - start) // length) + 2
        first = start - (rng.random(seats) * length).astype(np.int64)
        begun = first[:, None] + np.arange(turns) * length + (rng.random((seats, turns)) * DAY * 0.1).astype(np.int64)
        return np.sort(begun[begun < end])

    def _open(
        self, stage: Stage, signed_up: npt.NDArray[np.int64], plan: str, per_card: float, rng: np.random.Generator
    ) -> Fleet:
        pool = stage.scattered(self.ip_kind, self.country, max(2, round(signed_up.size / self.per_address)), rng)
        return open_accounts(
            stage,
            rng,
            signed_up=signed_up,
            country=self.country,
            plan=plan,
            per_card=per_card,
            platform=np.array([PLATFORM["android"], PLATFORM["web"]]),
            per_device=self.per_device,
            pool=pool,
            ips_each=1,
            bulk_mail=self.bulk_mail,
        )

    def _work(
        self,
        stage: Stage,
        fleet: Fleet,
        over: npt.NDArray[np.int64],
        tracks: npt.NDArray[np.int32],
        start: int,
        end: int,
        rng: np.random.Generator,
    ) -> None:
        """Play the tracks from each account's sign-up until it is `over` (microseconds)."""
        work = shifts(fleet, start, end, self.hours, self.day_off, 0.15, rng)
        length = np.minimum(work.begin + work.length, over[work.member]) - work.begin
        work = Shifts(work.member[length > 0], work.begin[length > 0], length[length > 0])
        shift, place = plays_to_fill(work, self.seconds + _PAUSE_SECONDS)
        begin = rng.integers(0, tracks.size, work.member.size)[shift]
        track = tracks[(begin + place) % tracks.size]
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        queue = Queue(shift, place, track, ms, SOURCE["artist"], np.full(shift.size, -1))
        listen(
            stage, fleet, work, queue, camouflage=self.camouflage, pause_seconds=_PAUSE_SECONDS, shuffle=0.1, rng=rng
        )

    def _catalogue(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        seconds = np.maximum(34.0, self.seconds * np.exp(0.25 * rng.standard_normal(self.tracks)))
        released = start - (rng.random(self.tracks) * 300).astype(np.int64) * DAY
        return stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))

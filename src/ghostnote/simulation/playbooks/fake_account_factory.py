"""Accounts opened in bulk that follow and save for money, and hardly listen (sellers of social proof)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Fleet, Queue, Shifts, listen, open_accounts, plays_to_fill
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, named
from ghostnote.simulation.randomness import ragged
from ghostnote.simulation.rows import ACTION, DAY, HOUR, MINUTE, OBJECT, SECOND, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage

_ACTIONS = ("follow", "playlist_follow", "save", "like")
_OBJECTS = ("artist", "playlist", "track", "track")


class FakeAccountFactory(Timing, frozen=True, kw_only=True, tag="fake_account_factory"):
    """Bulk sign-ups that share subnet, device model and mail shape, then follow whoever paid.

    The accounts are opened in `bursts` of `burst_hours`; each follows, saves and likes about `actions` times within its
    first two days for some of `clients` artists; a share `listens` of them plays a few tracks. `size` is a share of the
    service's accounts.
    """

    kind: ClassVar[str] = "fake_account_factory"
    accounts: Count = 400
    bursts: Count = 3
    burst_hours: Positive = 4.0
    actions: Positive = 90.0
    clients: Count = 12
    listens: Share = 0.15
    plays: NotNegative = 4.0
    country: Country = "ID"
    ip_kind: IpKind = "mobile"
    per_device: Positive = 8.0
    per_address: Positive = 6.0
    bulk_mail: Share = 0.85

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        count = self.accounts if self.size is None else max(8, round(self.size * stage.service.accounts.count))
        burst = start + (np.arange(self.bursts) * (end - start) / self.bursts).astype(np.int64)
        opened = burst[rng.integers(0, self.bursts, count)] + (rng.random(count) * self.burst_hours * HOUR).astype(int)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=opened,
            country=self.country,
            plan="free",
            per_card=1.0,
            platform=np.array([PLATFORM["android"]]),
            per_device=self.per_device,
            pool=stage.addresses(self.ip_kind, self.country, max(2, round(count / self.per_address)), rng),
            ips_each=1,
            bulk_mail=self.bulk_mail,
        )
        self._follow(stage, fleet, end, rng)
        self._play(stage, fleet, end, rng)
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

    def _follow(self, stage: Stage, fleet: Fleet, end: int, rng: np.random.Generator) -> None:
        member, place = ragged(np.maximum(3, rng.poisson(self.actions * rng.gamma(4.0, 0.25, fleet.account.size))))
        kind = rng.choice(len(_ACTIONS), member.size, p=[0.5, 0.2, 0.2, 0.1])
        wait = rng.exponential(20 * SECOND, member.size) + np.where(rng.random(member.size) < 0.01, 4 * HOUR, 0)
        elapsed = np.cumsum(wait)
        since = elapsed - (elapsed - wait)[np.flatnonzero(place == 0)][member]
        time = fleet.signed_up[member] + MINUTE + since.astype(np.int64)
        kept = (time < end) & (since < 2 * DAY)
        member, kind, time = member[kept], kind[kept], time[kept]
        stage.act(
            time,
            fleet.account[member],
            np.array([ACTION[name] for name in _ACTIONS])[kind],
            np.array([OBJECT[name] for name in _OBJECTS])[kind],
            self._subjects(stage, member, kind, rng),
            fleet.ip(member, np.zeros(member.size, dtype=np.int64)),
            fleet.device[member],
        )

    def _subjects(
        self, stage: Stage, member: npt.NDArray[np.int64], kind: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Clients are artists that few know; a third of what an account does is for show, spread over everybody."""
        catalogue = stage.service.catalogue
        clients = rng.integers(0, catalogue.artists, self.clients)
        lists = stage.add_playlists(self.clients)
        which = (member + rng.integers(0, 4, member.size)) % self.clients
        shown = rng.random(member.size) < 0.33
        artist = np.where(shown, catalogue.artist[catalogue.popular(*rng.random((2, member.size)))], clients[which])
        track = catalogue.track_of(artist, rng.random(member.size))
        return np.where(kind == 0, artist, np.where(kind == 1, lists[which], track)).astype(np.int64)

    def _play(self, stage: Stage, fleet: Fleet, end: int, rng: np.random.Generator) -> None:
        member = np.flatnonzero(rng.random(fleet.account.size) < self.listens)
        begin = fleet.signed_up[member] + (rng.uniform(0.2, 20, member.size) * HOUR).astype(np.int64)
        length = (self.plays * 150 * SECOND * rng.gamma(2.0, 0.5, member.size)).astype(np.int64)
        work = Shifts(member, begin, np.minimum(length, np.maximum(end - begin, 0)))
        shift, place = plays_to_fill(work, 150)
        nothing = np.zeros(shift.size, dtype=np.int64)
        queue = Queue(shift, place, nothing.astype(np.int32), nothing, SOURCE["playlist"], nothing - 1)
        listen(stage, fleet, work, queue, camouflage=1.0, pause_seconds=2.0, shuffle=0.5, rng=rng)

"""Plays ordered from a seller who spreads them over farmed and stolen accounts (sellers' own offers; secondary)."""

from typing import Annotated, ClassVar

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Fleet, Queue, Shifts, listen, open_accounts, stolen
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, named
from ghostnote.simulation.randomness import Bools, ragged
from ghostnote.simulation.rows import DAY, HOUR, SECOND, SOURCE
from ghostnote.simulation.stage import Stage

_PAUSE_SECONDS = 4.0
#: Seconds after which a skipped song is left: late enough to be paid.
_LEFT = (32.0, 45.0)


class BoughtPlays(Timing, frozen=True, kw_only=True, tag="bought_plays"):
    """10,000 plays of one little-known song, never more than 10,000 a day, two here and three there.

    `plays` are those ordered (a small buyer orders 300); they come in sittings of `sitting` plays of which about
    `per_sitting` are of the song, the rest from public playlists; a share `skips` of what is played is left after 32 to
    45 s. Of the accounts a share `hacked` is stolen, and played on while its owner sleeps. `known` says how well known
    the song's artist is (0: best, 1: least).
    """

    kind: ClassVar[str] = "bought_plays"
    days: Positive = 5.0
    plays: Count = 10_000
    per_day: Count = 10_000
    accounts: Count = 800
    hacked: Share = 0.3
    sitting: Annotated[float, msgspec.Meta(ge=1)] = 12.0
    per_sitting: Annotated[float, msgspec.Meta(ge=1)] = 2.5
    skips: Share = 0.55
    known: Share = 0.9
    country: Country = "US"
    ip_kind: IpKind = "residential"
    per_device: Positive = 3.0
    per_address: Positive = 2.0
    bulk_mail: Share = 0.4
    opened_over: NotNegative = 200.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        wanted = self.plays if self.size is None else max(1, round(self.size * stage.service.plays))
        fleet, victims = self._accounts(stage, wanted, start, rng)
        work = self._sittings(stage, fleet, min(wanted, round(self.per_day * self.days)), start, end, rng)
        shift, place = ragged(np.maximum(1, rng.poisson(self.sitting, work.member.size)))
        ours = rng.random(shift.size) < min(self.per_sitting / self.sitting, 1.0)
        lists = stage.public_playlists(shift)
        playlists, catalogue = stage.service.playlists, stage.service.catalogue
        track = playlists.at(lists, (rng.random(shift.size) * playlists.size[lists]).astype(np.int64))
        track = np.where(
            catalogue.released[track] >= start, catalogue.artist_first[catalogue.artist[track]], track
        ).astype(np.int32)
        # A seller delivers what was ordered, and no more.
        song = self._song(stage)
        ours &= (track != song) & (np.cumsum(ours) <= min(wanted, round(self.per_day * self.days)))
        track[ours] = song
        queue = Queue(shift, place, track, self._heard(stage, track, rng), SOURCE["playlist"], lists)
        listen(
            stage, fleet, work, queue, camouflage=0.0, pause_seconds=_PAUSE_SECONDS, shuffle=0.3, rng=rng, targets=ours
        )
        stage.close(named(self, stage), self.kind, fleet.account[: fleet.account.size - victims.size], victims)

    def _accounts(
        self, stage: Stage, wanted: int, start: int, rng: np.random.Generator
    ) -> tuple[Fleet, npt.NDArray[np.int32]]:
        """Farmed accounts first, then stolen ones; a seller uses no more of either than the order needs."""
        count = self.accounts if self.size is None else round(self.accounts * wanted / 10_000)
        count = max(3, min(count, round(wanted / self.per_sitting)))
        victims = stolen(stage, round(count * self.hacked), start, rng)
        farmed = max(1, count - victims.size)
        own = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(farmed) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="free",
            per_card=1.0,
            platform=np.array([PLATFORM["android"]]),
            per_device=self.per_device,
            pool=stage.scattered(self.ip_kind, self.country, max(2, round(count / self.per_address)), rng),
            ips_each=1,
            bulk_mail=self.bulk_mail,
        )
        foreign = np.full(max(1, round(victims.size / self.per_device)), PLATFORM["android"])
        device = rng.permutation(np.resize(stage.add_devices(foreign, rng), victims.size))
        fleet = Fleet(
            account=np.concatenate([own.account, victims]),
            device=np.concatenate([own.device, device]).astype(np.int32),
            pool=own.pool,
            ips_each=1,
            signed_up=np.concatenate([own.signed_up, stage.service.accounts.signed_up[victims]]),
        )
        return fleet, victims

    def _sittings(
        self, stage: Stage, fleet: Fleet, plays: int, start: int, end: int, rng: np.random.Generator
    ) -> Shifts:
        """As many sittings as the order needs: of stolen accounts by night, of farmed ones at any time."""
        count = max(1, round(plays / self.per_sitting * 1.08))
        member = rng.integers(0, fleet.account.size, count)
        begin: npt.NDArray[np.int64] = start + (rng.random(count) * max(end - start - HOUR, 1)).astype(np.int64)
        victim: Bools = fleet.account[member] < stage.service.accounts.count
        quiet = stage.service.accounts.quiet_hour[np.where(victim, fleet.account[member], 0)]
        night = begin - begin % DAY + ((quiet + rng.normal(0, 1.5, count)) % 24 * HOUR).astype(np.int64)
        begin = np.clip(np.where(victim, night, begin), start, end - SECOND).astype(np.int64)
        # One account plays one thing at a time.
        order = np.lexsort((begin, member))
        member, begin = member[order], begin[order]
        after = np.where(np.append(np.diff(member), 1) == 0, np.append(begin[1:], 0), end)
        return Shifts(member, begin, np.minimum(after, end).astype(np.int64) - begin)

    def _song(self, stage: Stage) -> np.int32:
        return np.int32(stage.service.catalogue.artist_first[stage.artists_known(self.known)][0])

    def _heard(self, stage: Stage, track: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        ms = stage.service.catalogue.duration_ms[track].astype(np.int64)
        left = (rng.uniform(*_LEFT, track.size) * 1000).astype(np.int64)
        return np.where(rng.random(track.size) < self.skips, np.minimum(left, ms), ms)

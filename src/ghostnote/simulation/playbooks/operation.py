"""How a campaign with machines runs: tracks of its own, accounts opened in bulk, and a queue that they work through."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import Fleet, Queue, Shifts, listen, open_accounts
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Playbook, named
from ghostnote.simulation.randomness import Bools, Floats, Ints
from ghostnote.simulation.rows import DAY, SOURCE
from ghostnote.simulation.stage import NOBODY, Stage


@dataclass(frozen=True)
class Operation:
    """One campaign while it is staged, from `start` to `end` (microseconds). All its chance comes from `rng`."""

    stage: Stage
    campaign: Playbook
    rng: np.random.Generator
    start: int
    end: int

    @classmethod
    def of(cls, stage: Stage, campaign: Playbook) -> "Operation":
        begin, end = stage.at(campaign.start), stage.at(campaign.start + campaign.days)
        return cls(stage, campaign, stage.rng(), begin, end)

    def tracks(
        self, count: int, artists: int, owners: int, seconds: Callable[[int], Floats], released_over: float
    ) -> npt.NDArray[np.int32]:
        """Codes of `count` new tracks by `artists` who belong to `owners`, out during `released_over` days before.

        `seconds` draws the lengths of so many tracks.
        """
        artists = min(artists, count)
        sizes = np.bincount(self.rng.integers(0, artists, count - artists), minlength=artists) + 1
        lengths = seconds(count)
        released = self.start - (self.rng.random(count) * released_over).astype(np.int64) * DAY
        return self.stage.add_artists(sizes, lengths, released, self.rng.integers(0, owners, artists))

    def lengths(self, seconds: float, spread: float, least: float) -> Callable[[int], Floats]:
        """Lengths around `seconds` (`spread`: sigma of the log), none below `least`."""
        return lambda count: np.maximum(least, seconds * np.exp(spread * self.rng.standard_normal(count)))

    def open(
        self,
        count: int,
        *,
        opened_over: float,
        country: Country,
        plan: str,
        platforms: tuple[str, ...],
        ip_kind: IpKind,
        addresses: int,
        per_card: float = 1.0,
        per_device: float = 1.0,
        ips_each: int = 1,
        scattered: bool = False,
        bulk_mail: float = 0.0,
        phones: bool = False,
    ) -> Fleet:
        """`count` accounts opened during `opened_over` days before the start; see `machine.open_accounts`.

        Their `addresses` lie next to each other, or all over a country's networks if `scattered`.
        """
        signed_up = self.start - (self.rng.random(count) * opened_over * DAY).astype(np.int64)
        rent = self.stage.scattered if scattered else self.stage.addresses
        return open_accounts(
            self.stage,
            self.rng,
            signed_up=signed_up,
            country=country,
            plan=plan,
            per_card=per_card,
            platform=np.array([PLATFORM[name] for name in platforms]),
            per_device=per_device,
            pool=rent(ip_kind, country, addresses, self.rng),
            ips_each=ips_each,
            bulk_mail=bulk_mail,
            phones=phones,
        )

    def whole(self, track: Ints) -> npt.NDArray[np.int64]:
        """Milliseconds of plays that hear tracks out."""
        return self.stage.service.catalogue.duration_ms[track].astype(np.int64)

    def own_playlist(self, plays: int) -> npt.NDArray[np.int64]:
        """The number of a new playlist, for each of the plays that are started from it."""
        return np.repeat(self.stage.add_playlists(1), plays)

    def work(
        self,
        fleet: Fleet,
        shifts: Shifts,
        places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
        track: npt.NDArray[np.int32],
        ms: npt.NDArray[np.int64],
        *,
        source: str,
        lists: npt.NDArray[np.int64] | None = None,
        pause_seconds: float,
        camouflage: float = 0.0,
        shuffle: float = 0.0,
        targets: Bools | None = None,
    ) -> None:
        """Let a fleet play: for each play its shift and place in it (`places`), its track and how long it lasts.

        `lists` are the playlists that plays are started from, if they are; the rest is as in `machine.listen`.
        """
        shift, place = places
        queue = Queue(shift, place, track, ms, SOURCE[source], np.full(shift.size, -1) if lists is None else lists)
        listen(
            self.stage, fleet, shifts, queue,
            camouflage=camouflage, pause_seconds=pause_seconds, shuffle=shuffle, rng=self.rng, targets=targets,
        )  # fmt: skip

    def close(self, members: Ints, victims: Ints = NOBODY) -> None:
        """End the campaign."""
        self.stage.close(named(self.campaign, self.stage), self.campaign.kind, members, victims)

"""Bots behind residential proxies that repeat real listeners' sessions (no single case: the cautious end of farms)."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import open_accounts
from ghostnote.simulation.mimicry import plays_per_day, replay
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Positive, Share, Timing, fleet_size, named
from ghostnote.simulation.rows import DAY
from ghostnote.simulation.stage import NOBODY, Stage


class ProxyMimics(Timing, frozen=True, kw_only=True, tag="proxy_mimics"):
    """Each bot repeats one real listener's days, some days later, with own tracks in place of some of theirs.

    Hours, pauses, skips, sources and reasons are a person's. A share `own` of the plays that last 30 s or more goes to
    the farm's tracks. Each account has `addresses` home addresses of a proxy seller and changes between sittings.
    """

    kind: ClassVar[str] = "proxy_mimics"
    accounts: Count = 1000
    own: Share = 0.3
    tracks: Count = 400
    artists: Count = 35
    owners: Count = 5
    seconds: Positive = 165.0
    addresses: Count = 4
    country: Country = "FR"
    ip_kind: IpKind = "residential"
    opened_over: NotNegative = 250.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        count = fleet_size(stage, self.size, self.accounts, self.days, plays_per_day(stage))
        tracks = self._catalogue(stage, start, rng)
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="premium",
            per_card=1.0,
            platform=np.array([PLATFORM["ios"], PLATFORM["android"]]),
            per_device=1.0,
            pool=stage.scattered(self.ip_kind, self.country, count * self.addresses, rng),
            ips_each=self.addresses,
            bulk_mail=0.1,
        )
        replay(stage, fleet, start, end, tracks, self.own, rng)
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

    def _catalogue(self, stage: Stage, start: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        artists = min(self.artists, self.tracks)
        sizes = np.bincount(rng.integers(0, artists, self.tracks - artists), minlength=artists) + 1
        seconds = np.maximum(40.0, self.seconds * np.exp(0.22 * rng.standard_normal(self.tracks)))
        released = start - (rng.random(self.tracks) * 500).astype(np.int64) * DAY
        return stage.add_artists(sizes, seconds, released, rng.integers(0, self.owners, artists))

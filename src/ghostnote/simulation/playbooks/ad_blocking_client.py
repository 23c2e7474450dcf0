"""Patched clients that take what is paid for and give neither money nor adverts (2 million users; secondary)."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from ghostnote.simulation.clients import PLATFORM
from ghostnote.simulation.machine import open_accounts
from ghostnote.simulation.mimicry import replay
from ghostnote.simulation.networks import Country, IpKind
from ghostnote.simulation.playbooks.playbook import Count, NotNegative, Share, Timing, named
from ghostnote.simulation.rows import DAY
from ghostnote.simulation.stage import NOBODY, Stage


class AdBlockingClient(Timing, frozen=True, kw_only=True, tag="ad_blocking_client"):
    """1.3 % of monthly users on a client that blocks adverts and unlocks what only subscribers may do.

    Nobody gains a royalty: these are people, who listen as people do, on the free plan. `size` is a share of the
    service's accounts. All of them run one of `builds` patched versions, made from releases `lag` days old or older;
    with `unlocked`, they also listen offline.
    """

    kind: ClassVar[str] = "ad_blocking_client"
    size: Share | None = 0.013
    accounts: Count = 260
    builds: Count = 2
    lag: NotNegative = 120.0
    unlocked: bool = True
    country: Country = "IN"
    ip_kind: IpKind = "residential"
    opened_over: NotNegative = 400.0

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""
        rng = stage.rng()
        start, end = stage.at(self.start), stage.at(self.start + self.days)
        count = self.accounts if self.size is None else max(4, round(self.size * stage.service.accounts.count))
        fleet = open_accounts(
            stage,
            rng,
            signed_up=start - (rng.random(count) * self.opened_over * DAY).astype(np.int64),
            country=self.country,
            plan="free",
            per_card=1.0,
            platform=np.array([PLATFORM["android"]]),
            per_device=1,
            pool=stage.scattered(self.ip_kind, self.country, count * 3, rng),
            ips_each=3,
            bulk_mail=0.0,
        )
        # A patched version is not updated: each build is as far behind as when it was made.
        build = rng.integers(0, self.builds, count)
        devices = stage.add_devices(np.full(count, PLATFORM["android"]), rng, lag=self.lag + 60.0 * build)
        # They are people with phones and homes of their own.
        stage.outlay.clients, stage.outlay.accounts = 0, 0
        stage.outlay.addresses.clear()
        nothing = np.zeros(0, dtype=np.int32)
        replay(stage, replace(fleet, device=devices), start, end, nothing, 0.0, rng, offline=self.unlocked)
        stage.close(named(self, stage), self.kind, fleet.account, NOBODY)

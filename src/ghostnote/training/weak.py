"""Weak labels: accounts in lockstep in the days that are learnt from, which no team has judged."""

from datetime import date

import numpy as np
import polars as pl

from ghostnote.decisions.ties import INFRASTRUCTURE, KINDS
from ghostnote.features.history import Day
from ghostnote.scoring.ids import Ids
from ghostnote.scoring.links import Links, links_of
from ghostnote.scoring.lockstep import Found, find

#: What a weak label weighs in fitting beside a team's label or a certain rule, which weigh 1 (ADR 25).
TRUST = 0.3
#: Share of what an account does, of one kind at least, that goes to the block.
_LITTLE_ELSE = 0.5
_IDS = ("account_id", *KINDS)
#: How far those shares may lie apart among the middle 80 % of a block: bots are alike. Where they are not, it may be
#: people's accounts that somebody else plays on, and their own days are no fraud.
_ALIKE = 0.25


class WeakLabels:
    """Follows days and says who acted in lockstep in them: in proven blocks of accounts that are alike and do little
    else.
    """

    def __init__(self) -> None:
        self._links = Links(timed=True)
        self._ids = Ids()

    def follow(self, day: Day) -> None:
        """Take in one more day."""
        self._links.add(day.day, links_of(day.stream, self._ids.of(day.stream, _IDS), timed=True))

    def accounts(self, judged: frozenset[str]) -> frozenset[str]:
        """Who is thought to be fraud, without those in `judged`, of whom somebody knows."""
        links = self._links.timed()
        found = [_devoted(block, links) for block in find(links) if block.proven]
        return frozenset().union(*found) - judged

    def since(self, judged: frozenset[str], day: date) -> dict[str, date]:
        """The same, known from `day` on: as labels are."""
        return dict.fromkeys(sorted(self.accounts(judged)), day)


def _devoted(block: Found, links: pl.DataFrame) -> frozenset[str]:
    """The accounts of a block that give at least `_LITTLE_ELSE` of what they do, of one kind, to its ties; nobody where
    they are not alike.
    """
    ids = pl.col("account_id", "kind", "key").cast(pl.String)
    members = pl.Series(block.accounts, dtype=pl.String).cast(pl.Categorical)
    did = links.filter(pl.col("account_id").is_in(members.implode())).with_columns(ids)
    did = did.filter(pl.col("kind").is_in([kind for kind in KINDS if kind not in INFRASTRUCTURE]))
    ties = block.ties.select(pl.col("kind", "key").cast(pl.String), at=pl.lit(value=True))
    at = pl.col("events").filter(pl.col("at").fill_null(value=False)).sum() / pl.col("events").sum()
    shares = did.join(ties, on=["kind", "key"], how="left").group_by("account_id", "kind").agg(at.alias("share"))
    best = shares.group_by("account_id").agg(pl.col("share").max())
    low, high = np.quantile(best["share"].to_numpy(), (0.1, 0.9))
    if high - low > _ALIKE:
        return frozenset()
    return frozenset(best.filter(pl.col("share") >= _LITTLE_ELSE)["account_id"])

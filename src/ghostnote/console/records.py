"""What the console looks things up in: decisions by predicate, and an index of accounts and places made once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from ghostnote.console.addresses import Addresses
from ghostnote.console.member_plays import MemberPlays
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.schema import TIME
from ghostnote.events.sent import sent
from ghostnote.features.stream import subnet

_PLACES = pl.Schema(
    {
        "account_id": pl.String(),
        "kind": pl.String(),
        "place": pl.String(),
        "plays": pl.UInt32(),
        "first": TIME,
        "last": TIME,
    }
)


class Records:
    """The decisions of a run, and the lake that it judged.

    At the start one pass over the lake's days of the run notes which account was where: `places` has account_id, kind
    (device or network), place, plays, first and last. Plays of campaigns' accounts are kept as well
    (`member_plays`); all else is read when it is asked for.
    """

    def __init__(self, lake: Lake, folder: DecisionFolder) -> None:
        self.lake, self.folder = lake, folder
        self.accounts = folder.read("accounts").sort("account_id")
        self.campaigns = folder.read("campaigns")
        self.member_plays = MemberPlays(folder, self.campaigns)
        self.places = _places(lake, folder).sort("account_id")
        self._addresses = Addresses("account", self.accounts["account_id"])
        ordinary = self.accounts.filter(pl.col("action") == "allow", pl.col("plays") > 0)
        #: Middle and 95th percentile of plays per account among those left alone: what is usual.
        self.usual = tuple(float(ordinary["plays"].quantile(q) or 0.0) for q in (0.5, 0.95))

    @property
    def days(self) -> list[date]:
        """The days of the run."""
        start, end = self.folder.summary.start, self.folder.summary.end
        return [start + timedelta(days=n) for n in range((end - start).days + 1)]

    @property
    def start(self) -> datetime:
        """The first moment of the run."""
        first = self.folder.summary.start
        return datetime(first.year, first.month, first.day, tzinfo=UTC)

    def account_of(self, named: str) -> str:
        """The account that a page's address names. Raises `GhostnoteError` if there is none."""
        found = self._addresses.named(named)
        if found is None:
            raise GhostnoteError("These decisions have no such account: look it up by its id at the top of the page.")
        return found

    def account(self, account_id: str) -> dict[str, Any]:
        """The row of an account. Raises `GhostnoteError` if there is none."""
        rows = self.accounts.filter(pl.col("account_id") == account_id)
        if rows.is_empty():
            raise GhostnoteError("These decisions have no such account.")
        found: dict[str, Any] = rows.row(0, named=True)
        return found

    def campaign(self, campaign_id: str) -> dict[str, Any]:
        """The row of a campaign. Raises `GhostnoteError` if there is none."""
        rows = self.campaigns.filter(pl.col("campaign_id") == campaign_id)
        if rows.is_empty():
            raise GhostnoteError(f"These decisions have no campaign {campaign_id}.")
        found: dict[str, Any] = rows.row(0, named=True)
        return found

    def members(self, campaign: dict[str, Any]) -> pl.DataFrame:
        """Rows of a campaign's accounts, those that are least certain first."""
        return self.accounts.filter(pl.col("account_id").is_in(campaign["accounts"])).sort("score", "account_id")

    def plays(self, accounts: list[str]) -> pl.DataFrame:
        """Plays of some accounts: account_id, event_time, track_id, verdict, withheld_payout, in time's order."""
        return (
            self.folder.scan("plays")
            .filter(pl.col("account_id").is_in(accounts))
            .select("account_id", "event_time", "track_id", "verdict", "withheld_payout")
            .collect(engine="streaming")
            .sort("event_time")
        )

    def places_of(self, accounts: list[str]) -> pl.DataFrame:
        """Where some accounts were: rows of `places`."""
        return self.places.filter(pl.col("account_id").is_in(accounts))

    def alike(self, account_id: str, most: int = 12) -> pl.DataFrame:
        """Accounts that share a device or network with one: account_id, shared; a place of very many tells nothing."""
        own = self.places_of([account_id]).select("kind", "place")
        sharing = self.places.join(own, on=["kind", "place"], how="inner").filter(pl.len().over("kind", "place") <= 500)
        others = sharing.filter(pl.col("account_id") != account_id).group_by("account_id").agg(shared=pl.len())
        return others.sort(["shared", "account_id"], descending=[True, False]).head(most)


def _places(lake: Lake, folder: DecisionFolder) -> pl.DataFrame:
    start, end = folder.summary.start, folder.summary.end
    asked = {"account_id": pl.String(), "event_time": TIME, "device_id": pl.String(), "ip": pl.String()}
    rows = sent(lake.files("plays", start, end + timedelta(days=7)), asked)
    parts = []
    for column, kind in (("device_id", "device"), ("ip", "network")):
        found = (
            rows.filter(pl.col("event_time").dt.date().is_between(start, end), pl.col(column).is_not_null())
            .group_by("account_id", column)
            .agg(plays=pl.len(), first=pl.col("event_time").min(), last=pl.col("event_time").max())
            .collect(engine="streaming")
        )
        placed = _networks(found) if kind == "network" else found.rename({column: "place"})
        named = placed.with_columns(kind=pl.lit(kind))
        parts.append(named.select(pl.col(name).cast(dtype) for name, dtype in _PLACES.items()))
    return pl.concat(parts)


def _networks(found: pl.DataFrame) -> pl.DataFrame:
    """Addresses as their networks, as people write them; an address that is hashed stays as it is."""
    net = subnet()
    long = pl.format("{}::/64", net)
    named = pl.when(net.str.contains(":", literal=True)).then(long).otherwise(pl.format("{}.0/24", net))
    # Each address once: to take one apart costs more than all the rest.
    names = found.select("ip").unique().with_columns(place=pl.coalesce(named, "ip"))
    return (
        found.join(names, on="ip")
        .group_by("account_id", "place")
        .agg(pl.col("plays").sum(), pl.col("first").min(), pl.col("last").max())
    )

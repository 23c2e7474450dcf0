"""The evidence packet: what can be told about artificial plays without telling how they were found.

It has counts, days, countries and sources, and numbers instead of listeners. What it must never have: accounts,
devices, addresses, scores, thresholds, features. So it is made from columns that hold none of them.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import polars as pl

from ghostnote import __version__
from ghostnote.decisions.attribution.concerned import Concerned
from ghostnote.decisions.attribution.consequences import APPEAL, CONSEQUENCES
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.intervals import high, low

FORMAT = 1
PACKET_FILE = "packet.json"
#: Listeners that are shown one by one, and fewest in a country for it to be told: fewer could be found out.
SHOWN, _FEWEST = 10, 5
OTHER, UNKNOWN = "other", "unknown"


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Plays of something, `name`: how many count, how many do not, and the share that does not with its interval."""

    name: str
    honest: int
    artificial: int
    share: float
    low: float
    high: float


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One track of the packet; `withheld` is money."""

    track_id: str
    owner_id: str | None
    role: str
    plays: int
    artificial: int
    share: float
    low: float
    high: float
    withheld: float


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """One of those who made most artificial plays, by number; `days` on which it did."""

    number: int
    plays: int
    tracks: int
    days: int


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the packet says. Counts by day are of the day on which plays ended (UTC).

    `listeners` and `artificial_listeners` are accounts; `half` of the artificial plays come from that many.
    """

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    start: date
    end: date
    kind: str
    name: str
    role: str | None
    means: list[str]
    follows: list[str]
    appeal: str
    currency: str
    total: Counted
    withheld: float
    listeners: int
    artificial_listeners: int
    half: int
    other_tracks: int
    other_owners: int
    days: list[Counted]
    sources: list[Counted]
    countries: list[Counted]
    top: list[Listener]
    tracks: list[Track]


def packet(folder: DecisionFolder, about: Concerned, *, made_at: datetime, contact: str = "") -> Packet:
    """The packet on what `concerned` found; `contact` says where appeals go, in place of the usual sentence."""
    plays = about.plays.with_columns(pl.col("event_time").dt.date().cast(pl.String).alias("day"))
    gone = plays.filter(pl.col("verdict") != "count")
    role, roles = _roles(folder, about)
    by_listener = _listeners(gone)
    return Packet(
        ghostnote=__version__,
        made_at=made_at,
        start=folder.summary.start,
        end=folder.summary.end,
        kind=about.kind,
        name=about.name,
        role=role,
        means=[CONSEQUENCES[one].means for one in roles],
        follows=[CONSEQUENCES[one].follows for one in roles],
        appeal=contact or APPEAL,
        currency=folder.summary.money.currency,
        total=counts(plays, pl.lit("all"))[0],
        withheld=float(gone["withheld_payout"].sum()),
        listeners=plays["account_id"].n_unique(),
        artificial_listeners=by_listener.height,
        half=int((by_listener["plays"].cum_sum() * 2 < by_listener["plays"].sum()).sum()) + 1,
        other_tracks=about.beside[0],
        other_owners=about.beside[1],
        days=sorted(counts(plays, pl.col("day")), key=lambda one: one.name),
        sources=counts(plays, pl.col("source").fill_null(UNKNOWN)),
        countries=_countries(plays),
        top=[Listener(number=n, **row) for n, row in enumerate(by_listener.head(SHOWN).iter_rows(named=True), 1)],
        tracks=_tracks(about),
    )


def _roles(folder: DecisionFolder, about: Concerned) -> tuple[str | None, Sequence[str]]:
    """The role of what the packet is about, if it has one, and all that are to be explained."""
    if about.kind == "campaign":
        hit = about.tracks.filter(pl.col("artificial_plays") > 0)
        found = hit.group_by("role").agg(pl.col("artificial_plays").sum()).sort("artificial_plays", descending=True)
        return None, found["role"].to_list()
    if about.kind == "track":
        role = str(about.tracks["role"][0])
    else:
        owner = folder.scan("owners").filter(pl.col("owner_id") == about.name).select("role").collect()
        role = str(owner["role"][0]) if owner.height else "unclear"
    return role, [role]


def counts(plays: pl.DataFrame, by: pl.Expr) -> list[Counted]:
    """Counts by something, most plays first; of the interval, listeners are the trials."""
    gone = pl.col("verdict") != "count"
    share, trials = pl.col("share"), pl.col("listeners")
    rows = (
        plays.group_by(by.alias("name"))
        .agg(
            (~gone).sum().alias("honest"),
            gone.sum().alias("artificial"),
            gone.mean().alias("share"),
            pl.col("account_id").n_unique().alias("listeners"),
        )
        .with_columns(low(share, trials).alias("low"), high(share, trials).alias("high"))
        .sort(pl.col("honest") + pl.col("artificial"), "name", descending=[True, False])
        .drop("listeners")
    )
    return [Counted(**row) for row in rows.iter_rows(named=True)]


def _countries(plays: pl.DataFrame) -> list[Counted]:
    few = pl.col("account_id").n_unique().over("country") < _FEWEST
    named = pl.when(few & pl.col("country").is_not_null()).then(pl.lit(OTHER)).otherwise("country")
    return counts(plays.with_columns(named.fill_null(UNKNOWN).alias("country")), pl.col("country"))


def _listeners(gone: pl.DataFrame) -> pl.DataFrame:
    """plays, tracks, days of each account with artificial plays, most plays first; which account it is, is gone."""
    grouped = gone.group_by("account_id").agg(
        pl.len().cast(pl.Int64).alias("plays"),
        pl.col("track_id").n_unique().cast(pl.Int64).alias("tracks"),
        pl.col("day").n_unique().cast(pl.Int64).alias("days"),
    )
    # In the order of what is shown alone: the place in a list of ids would tell something of the id.
    return grouped.drop("account_id").sort("plays", "tracks", "days", descending=True)


def _tracks(about: Concerned) -> list[Track]:
    names = {"artificial_plays": "artificial", "artificial_share": "share", "withheld_payout": "withheld"}
    shown: list[dict[str, Any]] = (
        about.tracks.rename(names).select(Track.__struct_fields__).sort("artificial", descending=True).to_dicts()
    )
    return [Track(**row) for row in shown]

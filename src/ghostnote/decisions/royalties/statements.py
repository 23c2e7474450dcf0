"""The statements of a settled period, in amounts: per owner, per owner and pool, per pool, per track."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from ghostnote.decisions.royalties.cents import amounts, money
from ghostnote.decisions.royalties.penalties import FORECASTS, forecast
from ghostnote.decisions.royalties.pots import POTS
from ghostnote.decisions.royalties.sharing import PAYOUTS, UNALLOCATED, Shares, share
from ghostnote.decisions.royalties.streams import STREAMS, Eligible
from ghostnote.decisions.royalties.tally import COUNTS
from ghostnote.decisions.royalties.terms import POOL_KEYS, Terms

#: Plays as statements tell them: artificial ones are held or excluded, held ones are among them.
_PLAYS = {
    "plays": pl.col("plays"),
    "paying_plays": pl.col("paying"),
    "artificial_plays": pl.col("held") + pl.col("excluded"),
    "held_plays": pl.col("held"),
}
_MONEY = (*PAYOUTS, "difference")
_PENALTIES = ("penalty", "penalty_at_most")
_FORECAST = ("listeners", "artificial_share", "low", "high", "forecast")
_ELIGIBLE = ("streams_before", "streams_after", "eligible_before", "eligible_after")
_UNPAID = ("unallocated_before", "unallocated_after")

#: The columns of every table, without their types: see `schemas`.
TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "statements": ("owner_id", *_PLAYS, *_MONEY, *_PENALTIES),
        "statements_by_pool": (*POOL_KEYS, "owner_id", *_PLAYS, *_MONEY),
        "pools": (*POOL_KEYS, "source", "revenue", "pool", *_PLAYS, *PAYOUTS, *_UNPAID),
        "tracks": ("track_id", "owner_id", *_PLAYS, *_MONEY, *_ELIGIBLE, *_FORECAST, *_PENALTIES),
        "tracks_by_pool": (*POOL_KEYS, "owner_id", "track_id", *_PLAYS, *_MONEY),
    }
)
_AMOUNTS = {*_MONEY, *_PENALTIES, *_UNPAID, "revenue", "pool"}
_TYPES: Mapping[str, pl.DataType] = MappingProxyType(
    dict.fromkeys(("owner_id", "track_id", *POOL_KEYS), pl.String())
    | dict.fromkeys((*_PLAYS, "listeners", "streams_before", "streams_after"), pl.Int64())
    | dict.fromkeys(("artificial_share", "low", "high"), pl.Float64())
    | dict.fromkeys(("eligible_before", "eligible_after"), pl.Boolean())
    | {"forecast": pl.Enum(FORECASTS), "source": POTS["source"]}
)


@dataclass(frozen=True)
class Settlement:
    """A settled period. All money is decimal, with the currency's digits; each table has the columns of `TABLES`.

    `statements`: an owner each, those that lose most first. `statements_by_pool`: an owner in a pool. `pools`: a pool
    each. `tracks`: a track each, with its forecast; `tracks_by_pool`: a track in a pool. `difference` is payout_after
    less payout_before; what is held is no part of it. In every pool payout_before and unallocated_before add up to the
    pool, and so do payout_after, held_payout and unallocated_after. `UNALLOCATED` stands among the owners.
    """

    statements: pl.DataFrame
    statements_by_pool: pl.DataFrame
    pools: pl.DataFrame
    tracks: pl.DataFrame
    tracks_by_pool: pl.DataFrame

    def table(self, name: str) -> pl.DataFrame:
        """One of `TABLES` by its name."""
        found = getattr(self, name)
        assert isinstance(found, pl.DataFrame)
        return found


def schemas(digits: int) -> dict[str, pl.Schema]:
    """The schema of every table, for a currency with so many digits after the point."""
    return {
        name: pl.Schema({column: money(digits) if column in _AMOUNTS else _TYPES[column] for column in columns})
        for name, columns in TABLES.items()
    }


def settle(
    sums: pl.DataFrame,
    pots: pl.DataFrame,
    owners: pl.DataFrame,
    listeners: pl.DataFrame,
    eligible: Eligible,
    terms: Terms,
) -> Settlement:
    """Settle a period from its sums alone: what was played, what lies in the pools, who is paid, who is eligible.

    `sums` as in `tally.SUMS`, `pots` as in `pots.POTS`, `owners` (track_id, owner_id) as from `sharing.paid_to`,
    `listeners` as in `tally.LISTENERS`. Whoever keeps such sums can settle without a lake; the order of rows does not
    matter.
    """
    shares = share(sums, pots, owners, eligible)
    tracks = forecast(_added(shares.tracks, ["track_id", "owner_id"]), listeners, terms)
    tracks = _with_streams(tracks, eligible)
    fined = tracks.group_by("owner_id").agg(pl.col(_PENALTIES).sum())
    statements = _added(shares.owners, ["owner_id"]).join(fined, on="owner_id", how="left")
    found = {
        "statements": statements.with_columns(pl.col(_PENALTIES).fill_null(0)),
        "statements_by_pool": shares.owners,
        "pools": _pools(shares, pots),
        "tracks": tracks,
        "tracks_by_pool": shares.tracks,
    }
    told = {name: _told(name, frame, terms) for name, frame in found.items()}
    told["statements"] = told["statements"].sort("difference", "owner_id")
    return Settlement(**told)


def _added(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return frame.group_by(by).agg(pl.col(*COUNTS, *PAYOUTS).sum()).sort(by)


def _with_streams(tracks: pl.DataFrame, eligible: Eligible) -> pl.DataFrame:
    if eligible.tracks is None:
        unknown = [pl.lit(None, dtype=STREAMS["streams_before"]).alias(name) for name in _ELIGIBLE[:2]]
        return tracks.with_columns(*unknown, eligible_before=pl.lit(value=True), eligible_after=pl.lit(value=True))
    found = eligible.tracks.select("track_id", *_ELIGIBLE[:2], eligible_before="before", eligible_after="after")
    return tracks.join(found, on="track_id", how="left").with_columns(
        pl.col(_ELIGIBLE[:2]).fill_null(0), pl.col(_ELIGIBLE[2:]).fill_null(value=False)
    )


def _pools(shares: Shares, pots: pl.DataFrame) -> pl.DataFrame:
    nobody = pl.col("owner_id") == UNALLOCATED
    left = {
        name: pl.col(f"payout_{name.removeprefix('unallocated_')}").filter(nobody).sum().alias(name) for name in _UNPAID
    }
    sums = shares.owners.group_by(POOL_KEYS).agg(
        pl.col(COUNTS).sum(), pl.col(PAYOUTS).filter(~nobody).sum(), *left.values()
    )
    return pots.rename({"cents": "pool"}).join(sums, on=POOL_KEYS, how="left").sort(POOL_KEYS)


def _told(name: str, frame: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """A table in its columns' words, types and amounts."""
    schema = schemas(terms.digits)[name]
    plays = [said.alias(word) for word, said in _PLAYS.items()]
    difference = (pl.col("payout_after") - pl.col("payout_before")).alias("difference")
    frame = frame.with_columns(*plays, difference)
    numbers = [column for column in schema if isinstance(schema[column], pl.Decimal | pl.Int64) and column != "revenue"]
    frame = frame.with_columns(pl.col(column).fill_null(0) for column in numbers if not column.startswith("streams"))
    return frame.select(
        (amounts(pl.col(column), terms.digits) if column in _AMOUNTS else pl.col(column).cast(dtype)).alias(column)
        for column, dtype in schema.items()
    )

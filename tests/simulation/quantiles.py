"""What real listeners do, as FACTS has it, and the same of simulated ones.

FACTS: 128 real personal exports, 2.5 million plays, 40,798 active account-days; primary source. Days are UTC days.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

Quantiles = Mapping[float, float]
_LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95, 0.99, 0.999)


def _row(*values: float) -> Quantiles:
    return MappingProxyType(dict(zip(_LEVELS, values, strict=True)))


#: Per active account-day.
DAY_FACTS: Mapping[str, Quantiles] = MappingProxyType(
    {
        "plays": _row(2, 13, 40, 87, 188, 302, 605),
        "distinct tracks": _row(1, 11, 32, 66, 142, 225, 444),
        "distinct artists": _row(1, 6, 19, 41, 91, 146, 256),
        "distinct clock hours": _row(1, 2, 5, 8, 13, 17, 22),
        "hours listened": _row(0.06, 0.58, 1.6, 3.3, 7.1, 10.9, 17.4),
        "share of plays >= 30 s": _row(0.27, 0.60, 0.78, 0.92, 1, 1, 1),
        "share of plays of 30-35 s": _row(0, 0, 0, 0.007, 0.036, 0.10, 0.50),
        "top artist's share": _row(0.04, 0.09, 0.15, 0.29, 0.73, 0.98, 1),
        "top track's share": _row(0.02, 0.03, 0.05, 0.08, 0.20, 0.54, 0.99),
    }
)
#: Per play, gap, person or pair.
OTHER_FACTS: Mapping[str, Quantiles] = MappingProxyType(
    {
        "seconds played": MappingProxyType({0.05: 0.65, 0.25: 6.6, 0.50: 153, 0.75: 212, 0.95: 293, 0.99: 431}),
        "seconds between plays": MappingProxyType({0.50: 180, 0.95: 420}),
        "share of days active": MappingProxyType({0.50: 0.88}),
        "addresses a month": MappingProxyType({0.50: 13, 0.95: 39}),
        "platforms": MappingProxyType({0.50: 2}),
        "countries": MappingProxyType({0.95: 2}),
    }
)
#: Per account and track, over years.
PAIR_FACTS: Quantiles = MappingProxyType({0.50: 2, 0.95: 21, 0.99: 56, 0.999: 157})
SHARES: Mapping[str, float] = MappingProxyType(
    {
        "plays of 30 s and more": 0.67,
        "plays of 30-35 s": 0.0074,
        "shuffle": 0.56,
        "offline": 0.15,
        "ended: trackdone": 0.50,
        "ended: fwdbtn": 0.26,
        "ended: endplay": 0.14,
        "ended: logout": 0.03,
        "ended: backbtn": 0.02,
        "started: trackdone": 0.52,
        "started: fwdbtn": 0.24,
        "started: clickrow": 0.15,
        "platform: ios": 0.42,
        "platform: android": 0.38,
        "platform: macos": 0.06,
        "platform: web": 0.06,
        "platform: windows": 0.06,
        "platform: speaker, console, tv": 0.03,
    }
)
#: A pause longer than this ends a sitting.
_SITTING_ENDS = 30 * 60


def account_days(plays: pl.DataFrame) -> pl.DataFrame:
    """One row per account and active day, a column per row of `DAY_FACTS`; tops are null on days of under 20 plays.

    `plays` has account_id, event_time, ms_played, track_id and artist_id.
    """
    day = pl.col("event_time").dt.date().alias("day")
    keys = ["account_id", "day"]
    rows = plays.with_columns(day)
    ms, long = pl.col("ms_played"), pl.col("ms_played") >= 30_000
    table = rows.group_by(keys).agg(
        pl.len().alias("plays"),
        pl.col("track_id").n_unique().alias("distinct tracks"),
        pl.col("artist_id").n_unique().alias("distinct artists"),
        pl.col("event_time").dt.hour().n_unique().alias("distinct clock hours"),
        (ms.sum() / 3_600_000).alias("hours listened"),
        long.mean().alias("share of plays >= 30 s"),
        ms.is_between(30_000, 35_000, closed="left").mean().alias("share of plays of 30-35 s"),
    )
    for name, column in (("top artist's share", "artist_id"), ("top track's share", "track_id")):
        top = rows.group_by(*keys, column).len().group_by(keys).agg(pl.col("len").max().alias(name))
        table = table.join(top, on=keys, how="left")
    busy = pl.col("plays") >= 20
    return table.with_columns(
        pl.when(busy).then(pl.col(name) / pl.col("plays")).alias(name)
        for name in ("top artist's share", "top track's share")
    ).sort(keys)


def of_days(days: pl.DataFrame) -> dict[str, dict[float, float]]:
    """The quantiles of `DAY_FACTS`, of the rows of `account_days`."""
    return {name: _quantiles(days[name], facts) for name, facts in DAY_FACTS.items()}


def of_others(plays: pl.DataFrame, world_days: int) -> dict[str, dict[float, float]]:
    """The quantiles of `OTHER_FACTS`, of plays with ip, platform and country too."""
    ordered = plays.sort("account_id", "event_time")
    gaps = ordered.select(pl.col("event_time").diff().over("account_id").dt.total_milliseconds() / 1000).to_series()
    people = plays.group_by("account_id").agg(
        (pl.col("event_time").dt.date().n_unique() / world_days).alias("active"),
        pl.col("platform").n_unique().alias("platforms"),
        pl.col("country").n_unique().alias("countries"),
    )
    addresses = plays.group_by("account_id", pl.col("event_time").dt.truncate("1mo")).agg(pl.col("ip").n_unique())
    found = {
        "seconds played": plays["ms_played"] / 1000,
        "seconds between plays": gaps.filter(gaps < _SITTING_ENDS),
        "share of days active": people["active"],
        "addresses a month": addresses["ip"],
        "platforms": people["platforms"],
        "countries": people["countries"],
    }
    return {name: _quantiles(found[name], facts) for name, facts in OTHER_FACTS.items()}


def of_pairs(plays: pl.DataFrame) -> dict[float, float]:
    """Plays per account and track."""
    return _quantiles(plays.group_by("account_id", "track_id").len()["len"], PAIR_FACTS)


def shares(plays: pl.DataFrame) -> dict[str, float]:
    """The shares of plays of `SHARES`."""
    ms = plays["ms_played"]
    found = {
        "plays of 30 s and more": (ms >= 30_000).mean(),
        "plays of 30-35 s": ms.is_between(30_000, 35_000, closed="left").mean(),
        "shuffle": plays["shuffle"].mean(),
        "offline": plays["offline"].mean(),
    }
    columns = {"ended": "end_reason", "started": "start_reason", "platform": "platform"}
    for name in SHARES:
        if ": " in name:
            what, words = name.split(": ")
            found[name] = plays[columns[what]].is_in(words.split(", ")).mean()
    return found


def runs(plays: pl.DataFrame) -> pl.DataFrame:
    """Runs of one track by one account: account_id, track_id, `plays` and `hours` heard."""
    ordered = plays.sort("account_id", "event_time")
    numbered = ordered.with_columns(pl.struct("account_id", "track_id").rle_id().alias("run"))
    return numbered.group_by("run", maintain_order=True).agg(
        pl.col("account_id", "track_id").first(),
        pl.len().alias("plays"),
        (pl.col("ms_played").sum() / 3_600_000).alias("hours"),
    )


def longest_run(plays: pl.DataFrame) -> int:
    """The longest run of one track by one account."""
    return int(runs(plays)["plays"].max())


def side_by_side(facts: Mapping[str, Quantiles], found: Mapping[str, Mapping[float, float]]) -> str:
    """A table to print: each fact, what was found, and how far it is off."""
    lines = []
    for name, quantiles in facts.items():
        cells = [f"p{100 * level:g} {value:g}|{found[name][level]:.3g}" for level, value in quantiles.items()]
        lines.append(f"{name:<26}" + "  ".join(f"{cell:<20}" for cell in cells))
    return "\n".join(["(fact|simulated)", *lines])


def _quantiles(values: pl.Series, facts: Quantiles) -> dict[float, float]:
    kept = values.drop_nulls()
    return {level: float(kept.quantile(level, "linear")) for level in facts}

"""An invented but plausible folder of decisions: four campaigns among honest listeners, the same for the same seed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from tests.invented_facts import PER_PLAY, START, invented_summary, invented_truth

from ghostnote.decisions import summary as facts
from ghostnote.decisions.tables import DECISION_TABLES

HOSTILE = "<script>alert('x')</script>&\"\u202e"
_CLOCK = np.array([3, 2, 1, 1, 1, 2, 5, 8, 8, 7, 7, 7, 8, 8, 8, 8, 9, 10, 10, 9, 9, 8, 7, 5], dtype=float)


@dataclass
class World:
    """What is written: how many of what, and which of the optional parts are there."""

    honest: int = 1500
    plays_per_day: float = 12.0
    days: int = 14
    seed: int = 7
    campaigns: bool = True
    truth: bool = True
    supervised: bool = True

    @property
    def end(self) -> date:
        return START + timedelta(days=self.days - 1)


def write_decisions(folder: Path, world: World | None = None) -> Path:
    """Write every table, the summary and perhaps the truth into `folder`."""
    world = world or World()
    rng = np.random.default_rng(world.seed)
    folder.mkdir(parents=True, exist_ok=True)
    plays = pl.concat([_honest(world, rng), *(_attacks(world, rng) if world.campaigns else [])])
    plays = _judged(plays.sort("event_time"), rng)
    accounts = _accounts(world, plays, rng)
    tables = {
        "plays": plays,
        "accounts": accounts,
        "tracks": _tracks(plays),
        "owners": _owners(plays),
        "days": _days(world, plays, accounts, rng),
        "campaigns": _campaigns(plays, accounts),
    }
    for name, frame in tables.items():
        schema = DECISION_TABLES[name]
        frame.select(pl.col(column).cast(dtype) for column, dtype in schema.items()).write_parquet(
            folder / f"{name}.parquet"
        )
    facts.write_document(folder, invented_summary(world, tables))
    if world.truth:
        facts.write_document(folder, invented_truth(plays, accounts))
    return folder


def _times(world: World, rng: np.random.Generator, size: int, clock: np.ndarray) -> pl.Series:
    days = rng.integers(0, world.days, size)
    hours = rng.choice(24, size, p=clock / clock.sum())
    seconds = rng.integers(0, 3600, size)
    base = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())
    return pl.Series("event_time", (base + days * 86400 + hours * 3600 + seconds) * 1_000_000).cast(
        pl.Datetime("us", "UTC")
    )


def _frame(times: pl.Series, accounts: list[str] | pl.Series, tracks: pl.Series, kind: str) -> pl.DataFrame:
    return pl.DataFrame({"event_time": times, "account_id": accounts, "track_id": tracks}).with_columns(
        pl.lit(kind).alias("kind")
    )


def _names(prefix: str, numbers: np.ndarray) -> pl.Series:
    return (
        pl.DataFrame({"n": numbers})
        .select(pl.format(prefix + "{}", pl.col("n").cast(pl.String).str.zfill(5)))
        .to_series()
    )


def _honest(world: World, rng: np.random.Generator) -> pl.DataFrame:
    appetite = rng.gamma(0.8, world.plays_per_day / 0.8, world.honest)
    size = int(world.honest * world.plays_per_day * world.days)
    who = rng.choice(world.honest, size, p=appetite / appetite.sum())
    times = _times(world, rng, size, _CLOCK)
    tracks = (rng.pareto(1.1, size) * 20).astype(int) % 4000
    return _frame(times, _names("acc-", who), _names("tr-", tracks), "honest")


def _sessions(world: World, rng: np.random.Generator, accounts: int, starts: list[tuple[int, float]], gap: float):
    """Lockstep: every account plays in the same sessions of (hour of the window, hours long), a little shifted."""
    rows = []
    base = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())
    for account in range(accounts):
        for begin, length in starts:
            count = int(length * 3600 / gap)
            offset = begin * 3600 + rng.normal(0, 240) + np.arange(count) * gap
            rows.append((np.full(count, account), base + offset))
    who = np.concatenate([row[0] for row in rows])
    seconds = np.concatenate([row[1] for row in rows])
    return who, pl.Series("event_time", (seconds * 1_000_000).astype(np.int64)).cast(pl.Datetime("us", "UTC"))


def _attacks(world: World, rng: np.random.Generator) -> list[pl.DataFrame]:
    farm_hours = [(24 * day + hour, 5.0) for day in range(3, world.days - 1) for hour in (1, 8, 15)]
    loop_hours = [(24 * day + 2, 6.5) for day in range(5, min(world.days, 12))]
    who, times = _sessions(world, rng, 40, farm_hours, 420.0)
    farm = _frame(times, _names("cloud-", who), _names("ai-", rng.integers(0, 900, len(who))), "ai_farm")
    who, times = _sessions(world, rng, 25, loop_hours, 300.0)
    loop = _frame(times, _names("prem-", who), _names("loop-", rng.integers(0, 24, len(who))), "playlist_loop")
    who, times = _sessions(world, rng, 30, [(24 * 9 + 3, 3.0)], 90.0)
    hijack = _frame(times, _names("acc-", who * 7), _names("mood-", rng.integers(0, 40, len(who))), "hijacked")
    hostile = hijack.head(1).with_columns(pl.lit(HOSTILE).alias("track_id"))
    return [farm, loop, hijack, pl.concat([hostile] * 150)]


def _judged(plays: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    bad = (plays["kind"] != "honest").to_numpy()
    score = np.where(bad, rng.beta(9, 1.4, plays.height), rng.beta(0.25, 14, plays.height))
    frame = plays.with_columns(pl.Series("score", score))
    verdict = pl.when(pl.col("score") > 0.8).then(pl.lit("exclude")).when(pl.col("score") > 0.62).then(pl.lit("hold"))
    frame = frame.with_columns(verdict.otherwise(pl.lit("count")).alias("verdict"))
    withheld = pl.col("verdict") != "count"
    return frame.with_columns(
        pl.int_range(pl.len()).cast(pl.String).alias("event_id"),
        pl.lit(PER_PLAY).alias("payout"),
        pl.when(withheld).then(PER_PLAY).otherwise(0.0).alias("withheld_payout"),
        pl.when(withheld).then(pl.lit("Its account plays day and night; typical accounts sleep")).alias("reason"),
        pl.lit(None, dtype=pl.String).alias("would_be"),
    )


def _accounts(world: World, plays: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    frame = plays.group_by("account_id", maintain_order=True).agg(
        pl.len().alias("plays"),
        (pl.col("verdict") != "count").sum().alias("artificial_plays"),
        pl.col("withheld_payout").sum(),
        pl.col("kind").sort_by(pl.col("kind") == "honest").first(),
        pl.col("event_time").filter(pl.col("verdict") != "count").min().alias("first_flagged"),
    )
    if world.campaigns:
        factory = frame.head(0).select("account_id", "kind")
        factory = pl.DataFrame({"account_id": _names("new-", np.arange(180))}).with_columns(
            pl.lit("factory").alias("kind")
        )
        frame = pl.concat([frame, factory], how="diagonal").with_columns(
            pl.col("plays", "artificial_plays").fill_null(0), pl.col("withheld_payout").fill_null(0.0)
        )
    bad = (frame["kind"] != "honest").to_numpy()
    score = np.where(bad, rng.beta(12, 1.5, frame.height), rng.beta(0.3, 9, frame.height))
    number = pl.col("kind").replace_strict(
        {"ai_farm": "C-0001", "playlist_loop": "C-0002", "hijacked": "C-0003", "factory": "C-0004", "honest": None},
        return_dtype=pl.String,
    )
    action = (
        pl.when(pl.col("score") > 0.9)
        .then(pl.lit("suspend"))
        .when(pl.col("score") > 0.7)
        .then(pl.lit("review"))
        .when(pl.col("score") > 0.55)
        .then(pl.lit("challenge"))
        .otherwise(pl.lit("allow"))
    )
    said = pl.concat_list(
        pl.format("41 % of its {} plays ended at 30-35 s; typical accounts: 1 %", pl.col("plays")),
        pl.lit("Shares its subnet with 39 accounts that signed up within two hours"),
        pl.lit("Active in 23 of 24 hours; 99 of 100 accounts: fewer than 15"),
    )
    return (
        frame.with_columns(pl.Series("score", score), number.alias("campaign_id"))
        .with_columns(
            action.alias("action"),
            pl.lit(None, dtype=pl.Float64).alias("sequence"),
            pl.lit(None, dtype=pl.Float32).alias("signup_score"),
            pl.lit(value=False).alias("untouched"),
            pl.lit(None, dtype=pl.String).alias("would_be"),
        )
        .with_columns(_sources(), _due().alias("due"), pl.when(_ACTED).then(pl.lit(value=True)).alias("told"))
        .with_columns(
            pl.when(pl.col("action") != "allow")
            .then(said)
            .otherwise(pl.lit([], dtype=pl.List(pl.String)))
            .alias("reasons")
        )
    )


_ACTED = pl.col("action").is_in(["suspend", "limit", "challenge"])


def _due() -> pl.Expr:
    return pl.when(_ACTED).then(pl.lit(datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(days=20)))


def _sources() -> pl.Expr:
    nothing = pl.lit([], dtype=pl.List(pl.String))
    named = pl.concat_list(pl.lit("never_sleeps"), pl.lit("model"))
    return pl.when(pl.col("action") == "allow").then(nothing).otherwise(named).alias("sources")


def _owner() -> pl.Expr:
    kind = pl.col("track_id").str.extract(r"^([a-z]+)-").fill_null("unknown")
    number = pl.col("track_id").str.extract(r"(\d+)$").cast(pl.Int64).fill_null(0) % 60
    return pl.when(kind == "tr").then(pl.format("label-{}", number)).otherwise(pl.format("distro-{}", kind))


def _tracks(plays: pl.DataFrame) -> pl.DataFrame:
    frame = plays.group_by("track_id").agg(
        pl.len().alias("plays"),
        pl.col("account_id").n_unique().alias("listeners"),
        (pl.col("verdict") != "count").sum().alias("artificial_plays"),
        pl.col("withheld_payout").sum(),
    )
    share = pl.col("artificial_plays") / pl.col("plays")
    spread = 1.96 * (share * (1 - share) / pl.col("plays") + 1 / (4 * pl.col("plays") ** 2)).sqrt()
    return frame.with_columns(
        _owner().alias("owner_id"),
        share.alias("artificial_share"),
        (share - spread).clip(0, 1).alias("low"),
        (share + spread).clip(0, 1).alias("high"),
        pl.when(share > 0.5)
        .then(pl.lit("beneficiary"))
        .when(share > 0.1)
        .then(pl.lit("unclear"))
        .otherwise(pl.lit("clean"))
        .alias("role"),
        pl.when(pl.col("plays") >= 30).then(3.0 + share).alias("surprise"),
        pl.col("track_id").is_in(["tr-0", "tr-1"]).alias("watched"),
        pl.when(pl.col("track_id").is_in(["tr-0", "tr-1"]))
        .then(pl.lit(["Its listeners, on average: odd hours."], dtype=pl.List(pl.String)))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
        .alias("reasons"),
    ).sort("track_id")


def _owners(plays: pl.DataFrame) -> pl.DataFrame:
    frame = (
        plays.with_columns(_owner().alias("owner_id"))
        .group_by("owner_id")
        .agg(pl.len().alias("plays"), (pl.col("verdict") != "count").sum().alias("artificial_plays"))
    )
    pool = plays.height * PER_PLAY
    kept = pl.col("plays") - pl.col("artificial_plays")
    return frame.with_columns(
        (pl.col("plays") / pl.col("plays").sum() * pool).alias("payout_before"),
        (kept / kept.sum() * pool).alias("payout_after"),
        *_parts(),
    ).sort("owner_id")


def _parts() -> list[pl.Expr]:
    """An owner's role, what speaks for it and what against."""
    gained = pl.col("artificial_plays") > 0.5 * pl.col("plays")
    said = pl.lit(["Its catalogue is played through.", "Hardly anybody else listens to it."], dtype=pl.List(pl.String))
    none = pl.lit([], dtype=pl.List(pl.String))
    return [
        pl.when(gained).then(pl.lit("beneficiary")).otherwise(pl.lit("clean")).alias("role"),
        pl.when(gained).then(said).otherwise(none).alias("reasons"),
        pl.when(gained)
        .then(pl.lit(["It has an audience."], dtype=pl.List(pl.String)))
        .otherwise(none)
        .alias("against"),
    ]


def _days(world: World, plays: pl.DataFrame, accounts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    frame = (
        plays.group_by(pl.col("event_time").dt.date().alias("day"))
        .agg(
            pl.len().alias("plays"),
            (pl.col("verdict") == "hold").sum().alias("held"),
            (pl.col("verdict") == "exclude").sum().alias("excluded"),
            pl.col("account_id").n_unique().alias("accounts"),
            (pl.len() * PER_PLAY).alias("payout"),
            pl.col("withheld_payout").sum(),
        )
        .sort("day")
        .head(world.days)
    )
    acted = (
        accounts.filter(pl.col("action") != "allow")
        .group_by(pl.col("first_flagged").dt.date().alias("day"))
        .agg(pl.len().alias("accounts_acted"))
    )
    signups = rng.poisson(40, frame.height) + (np.arange(frame.height) == 6) * 180
    return frame.join(acted, on="day", how="left").with_columns(
        pl.col("accounts_acted").fill_null(0), pl.Series("signups", signups)
    )


def _campaigns(plays: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    members = accounts.filter(pl.col("campaign_id").is_not_null())
    joined = (
        plays.filter(pl.col("kind") != "honest")
        .join(members.select("account_id", "campaign_id"), on="account_id")
        .with_columns(_owner().alias("owner_id"))
    )
    sizes = joined.group_by("campaign_id").agg(
        pl.col("track_id").unique().sort().alias("tracks"),
        pl.col("owner_id").unique().sort().alias("owners"),
        pl.col("event_time").min().alias("first_seen"),
        pl.col("event_time").max().alias("last_seen"),
        pl.len().alias("plays"),
        (pl.len() * PER_PLAY).alias("payout"),
    )
    said = {
        "C-0001": [
            "40 accounts play 900 tracks of one owner and little else",
            "All 40 use one hosting network and 3 device models",
            "Sessions start within 4 minutes of each other on 10 of 10 days",
        ],
        "C-0002": [
            "25 accounts play the same 24 tracks in the same order",
            "62 % of the plays end at 30-35 s; typical accounts: 1 %",
        ],
        "C-0003": [
            "30 accounts suddenly play one catalogue from a device that none of them used before",
            "Their own listening goes on as usual at the same time",
        ],
        "C-0004": [
            "180 sign-ups in 50 minutes share one subnet and one e-mail shape",
            "None of them has played a track",
        ],
    }
    grouped = (
        members.group_by("campaign_id")
        .agg(pl.col("account_id").sort().alias("accounts"))
        .join(sizes, on="campaign_id", how="left")
        .sort("campaign_id")
    )
    evidence = [said[str(name)] for name in grouped["campaign_id"]]
    return grouped.with_columns(
        pl.Series("evidence", evidence, dtype=pl.List(pl.String)),
        pl.col("plays").fill_null(0),
        pl.col("payout").fill_null(0.0),
        pl.col("tracks", "owners").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )

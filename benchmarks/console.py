"""The console's slowest pages: a campaign of ten thousand accounts, and a queue of a hundred thousand cases.

Pages are asked for as a browser does, without the network between: `first` is the first time each after a start,
`again` the middle of the times after it; `processor` is the same in processor time, which other work on the machine
lengthens less. Sizes come from GHOSTNOTE_BENCH_CONSOLE (default "10000 100000").
"""

import multiprocessing
import os
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from starlette.testclient import TestClient

from ghostnote import __version__
from ghostnote.console.addresses import page
from ghostnote.console.app import build, fresh_door
from ghostnote.console.records import Records
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import open_ledger
from ghostnote.decisions.recording import record
from ghostnote.decisions.summary import BundleFacts, Counts, Histograms, Money, PolicyFacts, Summary, write_document
from ghostnote.decisions.tables import DECISION_TABLES
from ghostnote.events.lake import Lake, new_lake

Row = dict[str, str | int | float]
_START, _DAYS, _TIMES = date(2026, 3, 2), 14, 9
_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_PER_PLAY = 0.004


def run() -> list[Row]:
    """Make decisions of the sizes asked for, and time each page in a process of its own."""
    members, others = (int(n) for n in os.environ.get("GHOSTNOTE_BENCH_CONSOLE", "10000 100000").split())
    with tempfile.TemporaryDirectory() as folder:
        plays = make(Path(folder), members, others)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=1) as pool:
            rows: list[Row] = pool.apply(measure, (folder,))
    table = f"Pages of the console: {members:,} accounts in a campaign, {others:,} others in the queue, {plays:,} plays"
    return [{"table": table, **row} for row in rows]


def measure(folder: str) -> list[Row]:
    """Time to make each page, in milliseconds."""
    rows: list[Row] = []
    clocks = time.perf_counter(), time.process_time()
    with open_ledger(str(Path(folder, "ledger.db"))) as ledger:
        records = Records(Lake(Path(folder, "lake")), DecisionFolder(Path(folder, "decisions")))
        door = fresh_door()
        client = TestClient(build(records, ledger, door, door.clock), base_url="http://console.test")
        rows.append(_row("start", [(time.perf_counter() - clocks[0], time.process_time() - clocks[1])], 0))
        client.post(f"/sign-in/{door.invite('bench', 'investigator')}", follow_redirects=False)
        for name, path in (
            ("campaign", "/campaign/c-large"),
            ("campaign as JSON", "/campaign/c-large.json"),
            ("queue", "/queue"),
            ("queue, its last page", "/queue?order=certainty&page=2000"),
            ("overview", "/"),
            ("account", page("account", "m-000007")),
            ("track", page("track", "t-5")),
            ("owner", page("owner", "o-1")),
            ("insights", "/insights"),
            ("models", "/models"),
        ):
            took = []
            for _ in range(1 + _TIMES):
                clocks = time.perf_counter(), time.process_time()
                answer = client.get(path).raise_for_status()
                took.append((time.perf_counter() - clocks[0], time.process_time() - clocks[1]))
            rows.append(_row(name, took, len(answer.content)))
    return rows


def _row(name: str, took: list[tuple[float, float]], size: int) -> Row:
    again = took[1:] or took
    return {
        "page": name,
        "first ms": 1000 * took[0][0],
        "processor": 1000 * took[0][1],
        "again ms": 1000 * statistics.median(wall for wall, _ in again),
        "processor, again": 1000 * statistics.median(spent for _, spent in again),
        "slowest ms": 1000 * max(wall for wall, _ in took),
        "kB": size // 1000,
    }


def make(folder: Path, members: int, others: int) -> int:
    """Invented decisions with their lake and ledger; how many plays there are."""
    plays = _plays(members, others)
    accounts = _accounts(plays, members)
    owned = pl.format("o-{}", pl.col("track_id").str.slice(2).cast(pl.Int64) % 50).alias("owner_id")
    tracks = plays.group_by("track_id").agg(plays=pl.len(), listeners=pl.col("account_id").n_unique())
    names = accounts.filter(pl.col("campaign_id").is_not_null())["account_id"]
    campaign = pl.DataFrame({"campaign_id": ["c-large"], "accounts": [names.to_list()]}).with_columns(
        tracks=pl.lit([f"t-{n}" for n in range(300)], dtype=pl.List(pl.String)),
        owners=pl.lit(["o-1", "o-2"], dtype=pl.List(pl.String)),
        first_seen=pl.lit(_BEGIN),
        last_seen=pl.lit(_BEGIN + timedelta(days=_DAYS)),
        plays=members * 100,
        payout=members * 100 * _PER_PLAY,
        evidence=pl.lit(["They share what hardly anybody else touches."], dtype=pl.List(pl.String)),
    )
    days = plays.group_by(pl.col("event_time").dt.date().alias("day")).agg(plays=pl.len())
    owners = tracks.select(owned, "plays").group_by("owner_id").agg(pl.col("plays").sum())
    found = {
        "plays": plays,
        "accounts": accounts,
        "tracks": tracks.with_columns(owned, role=pl.lit("clean")),
        "owners": owners.with_columns(role=pl.lit("clean")),
        "days": days,
        "campaigns": campaign,
    }
    (folder / "decisions").mkdir()
    for name, frame in found.items():
        _filled(frame, name).write_parquet(folder / "decisions" / f"{name}.parquet")
    write_document(folder / "decisions", _summary(plays.height, accounts.height))
    with new_lake(folder / "lake") as lake:
        number = pl.col("account_id").str.slice(2).cast(pl.Int64)
        shared = pl.when(pl.col("account_id").str.starts_with("m")).then(number % 400).otherwise(number + 400)
        lake.write_by_arrival(
            "plays",
            plays.select(
                "event_id",
                "event_time",
                "account_id",
                "track_id",
                ms_played=pl.lit(40_000),
                ip=pl.format("10.{}.{}.7", shared // 250 % 250, shared % 250),
                device_id=pl.format("d{}", shared),
            ),
        )
    with open_ledger(str(folder / "ledger.db"), create=True) as ledger:
        record(DecisionFolder(folder / "decisions"), ledger, at=_BEGIN + timedelta(days=_DAYS))
    return plays.height


def _filled(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Every column of the table's schema: what an invented row does not say is nothing."""
    schema = DECISION_TABLES[table]
    empty = {pl.String: None, pl.Int64: 0, pl.Float64: 0.0, pl.Boolean: False}
    missing = [pl.lit(empty.get(dtype)).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _plays(members: int, others: int) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    sizes = (members * 100, others * 12)
    who = np.concatenate([np.repeat(np.arange(members), 100), rng.integers(0, others, sizes[1])])
    member = np.concatenate([np.ones(sizes[0], bool), np.zeros(sizes[1], bool)])
    sessions = 3600 * (24 * rng.integers(0, _DAYS, sizes[0]) + rng.choice([2, 3, 9, 10], sizes[0]))
    seconds = np.concatenate([sessions + rng.integers(0, 3600, sizes[0]), rng.integers(0, 86400 * _DAYS, sizes[1])])
    tracks = np.concatenate([rng.integers(0, 300, sizes[0]), rng.integers(300, 40_000, sizes[1])])
    frame = pl.DataFrame({"n": who, "member": member, "seconds": seconds, "track": tracks})
    name = pl.col("n").cast(pl.String).str.zfill(6)
    return (
        frame.sort("seconds")
        .select(
            event_id=pl.format("e-{}", pl.int_range(pl.len())),
            event_time=pl.lit(_BEGIN) + pl.duration(seconds="seconds"),
            account_id=pl.when("member").then(pl.format("m-{}", name)).otherwise(pl.format("a-{}", name)),
            track_id=pl.format("t-{}", "track"),
            score=pl.when("member").then(0.9).otherwise(0.02),
            # Few are withheld: the ledger's size is not what is measured here.
            verdict=pl.when(pl.col("member") & (pl.col("n") < 100)).then(pl.lit("exclude")).otherwise(pl.lit("count")),
            payout=pl.lit(_PER_PLAY),
        )
        .with_columns(withheld_payout=pl.when(pl.col("verdict") == "exclude").then("payout").otherwise(0.0))
    )


def _accounts(plays: pl.DataFrame, members: int) -> pl.DataFrame:
    member = pl.col("account_id").str.starts_with("m")
    found = plays.group_by("account_id").agg(
        plays=pl.len(),
        artificial_plays=(pl.col("verdict") != "count").sum(),
        withheld_payout=pl.col("withheld_payout").sum(),
    )
    return found.sort("account_id").with_columns(
        score=pl.when(member).then(0.95).otherwise((pl.col("account_id").hash(1) % 1000) / 2000),
        action=pl.when(member).then(pl.lit("suspend")).otherwise(pl.lit("review")),
        campaign_id=pl.when(member).then(pl.lit("c-large")),
        reasons=pl.lit(["Differs from all others in when it plays."], dtype=pl.List(pl.String)),
        sources=pl.lit(["model"], dtype=pl.List(pl.String)),
        first_flagged=pl.lit(_BEGIN),
    )


def _summary(plays: int, accounts: int) -> Summary:
    return Summary(
        ghostnote=__version__,
        made_at=_BEGIN + timedelta(days=_DAYS),
        lake="lake",
        start=_START,
        end=_START + timedelta(days=_DAYS - 1),
        bundle=BundleFacts(path="bundle", format=1, supervised=True, features=60),
        policy=PolicyFacts(play_threshold=0.5, hold_threshold=0.5, account_threshold=0.9),
        counts=Counts(events=plays, plays=plays, accounts=accounts),
        histograms=Histograms(account_scores=[accounts], play_scores=[plays]),
        money=Money(currency="EUR", pool=plays * _PER_PLAY, withheld=0.0, moved_to_honest=0.0),
    )

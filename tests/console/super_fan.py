"""An honest listener who looks guilty: a fan with one album on repeat, in a folder of invented decisions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from tests.invented_facts import PER_PLAY, START

from ghostnote.decisions.tables import ACCOUNTS, PLAYS

FAN = "fan-0001"
_DAYS, _TRACKS = 14, 8
#: From breakfast to bedtime, while working: three plays an hour, on every day alike.
_HOURS = range(8, 23)


def add_super_fan(folder: Path) -> None:
    """Add the fan: plays that are held on the last days, and a review that some investigator will have to make."""
    start = datetime(START.year, START.month, START.day, tzinfo=UTC)
    times = [
        start + timedelta(days=day, hours=hour, minutes=20 * part + (7 * day + hour) % 11)
        for day in range(_DAYS)
        for hour in _HOURS
        for part in range(3)
    ]
    album = _album(folder)
    held = start + timedelta(days=_DAYS - 4)
    plays = pl.DataFrame({"event_time": times}).with_row_index().with_columns(withheld=pl.col("event_time") >= held)
    rows = plays.select(
        event_id=pl.format("fan-play-{}", "index"),
        event_time="event_time",
        account_id=pl.lit(FAN),
        track_id=pl.col("index").map_elements(lambda n: album[n % _TRACKS], return_dtype=pl.String),
        score=pl.lit(0.58),
        verdict=pl.when("withheld").then(pl.lit("hold")).otherwise(pl.lit("count")),
        payout=pl.lit(PER_PLAY),
        withheld_payout=pl.when("withheld").then(PER_PLAY).otherwise(0.0),
        reason=pl.when("withheld").then(pl.lit("Its account waits for review")),
        would_be=pl.lit(None),
    )
    withheld = rows.filter(verdict="hold")
    account = {
        "account_id": [FAN],
        "score": [0.78],
        "action": ["review"],
        "reasons": [
            [
                "98 % of its 45 plays a day are of one artist; of itself before: 97 %; typical accounts: 15 %",
                "Played 6 times in a row the same 8 tracks; 99 of 100 accounts: twice at most",
                "Active in 15 of 24 hours; 99 of 100 accounts: fewer than 15",
            ]
        ],
        "campaign_id": [None],
        "plays": [rows.height],
        "artificial_plays": [withheld.height],
        "withheld_payout": [withheld["withheld_payout"].sum()],
        "first_flagged": [held],
        "sources": [["model"]],
        "untouched": [False],
    }
    _add(folder / "plays.parquet", rows, PLAYS)
    missing = {name: [None] for name in ACCOUNTS if name not in account}
    _add(folder / "accounts.parquet", pl.DataFrame({**account, **missing}), ACCOUNTS)


def _album(folder: Path) -> list[str]:
    """Tracks of one owner that has no part in anything."""
    clean = pl.read_parquet(folder / "tracks.parquet").filter(role="clean").drop_nulls("owner_id")
    owner = clean["owner_id"].value_counts().sort("count", "owner_id")["owner_id"][-1]
    return clean.filter(owner_id=owner)["track_id"].sort().head(_TRACKS).to_list()


def _add(file: Path, rows: pl.DataFrame, schema: pl.Schema) -> None:
    typed = rows.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    pl.concat([pl.read_parquet(file).select(pl.col(n).cast(t) for n, t in schema.items()), typed]).write_parquet(file)

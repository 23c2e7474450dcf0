"""Plays by country, plan and source: each counts once, and what is not known is said to be so."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ghostnote.console.records import Records
from ghostnote.console.usage import Usage
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.events.lake import Lake, new_lake


def records(judged_folder: Path, place: Path, change: pl.Expr | None = None, twice: int = 0) -> Records:
    """The invented decisions with a lake of which something is otherwise; its first plays are sent `twice`."""
    events = pl.concat([pl.read_parquet(path) for path in Lake(judged_folder / "lake").files("plays")])
    events = pl.concat([events, events.head(twice)])
    events = events if change is None else events.with_columns(change)
    names = pl.read_parquet(judged_folder / "decisions" / "accounts.parquet")["account_id"]
    signups = pl.DataFrame(
        {
            "event_id": [f"s{n}" for n in range(len(names))],
            "event_time": [datetime(2026, 3, 1, tzinfo=UTC)] * len(names),
            "account_id": names,
            "country": ["NO"] * len(names),
            "plan": ["free" if name.startswith("acc-") else "premium" for name in names],
            "ip": ["192.0.2.1"] * len(names),
            "platform": ["web"] * len(names),
        }
    )
    with new_lake(place / "lake") as lake:
        lake.write_by_arrival("plays", events)
        lake.write_by_arrival("signups", signups)
    return Records(Lake(place / "lake"), DecisionFolder(judged_folder / "decisions"))


@pytest.fixture(scope="module")
def decided(judged_folder: Path) -> pl.DataFrame:
    return pl.read_parquet(judged_folder / "decisions" / "plays.parquet")


@pytest.mark.parametrize("dimension", ["country", "plan", "source"])
def test_every_play_of_the_run_is_somewhere(
    judged_folder: Path, tmp_path: Path, decided: pl.DataFrame, dimension: str
) -> None:
    rows = Usage(records(judged_folder, tmp_path)).by(dimension)
    assert rows["plays"].sum() == decided.height
    assert rows["withheld"].sum() == decided.filter(pl.col("verdict") != "count").height
    assert rows.filter((pl.col("low") > pl.col("share")) | (pl.col("share") > pl.col("high"))).is_empty()
    assert rows["withheld"].is_sorted(descending=True)


def test_a_play_that_was_sent_twice_counts_once(judged_folder: Path, tmp_path: Path) -> None:
    once = Usage(records(judged_folder, tmp_path / "a")).by("source")
    twice = Usage(records(judged_folder, tmp_path / "b", twice=200)).by("source")
    assert twice.equals(once)


def test_plans_are_those_of_sign_ups_and_shares_differ_between_them(
    judged_folder: Path, tmp_path: Path, decided: pl.DataFrame
) -> None:
    rows = Usage(records(judged_folder, tmp_path)).by("plan")
    free = pl.col("account_id").str.starts_with("acc-")
    assert dict(rows.select("name", "plays").iter_rows()) == {
        "free": decided.filter(free).height,
        "premium": decided.filter(~free).height,
    }


def test_the_country_of_a_sign_up_stands_in_for_that_of_a_play(judged_folder: Path, tmp_path: Path) -> None:
    nowhere = pl.lit(None, dtype=pl.String).alias("country")
    usage = Usage(records(judged_folder, tmp_path, nowhere))
    assert usage.by("country")["name"].to_list() == ["NO"]
    assert usage.mix["country"] == {"NO": 1.0}


def test_a_lake_that_does_not_say_is_unknown(judged_folder: Path, tmp_path: Path) -> None:
    nothing = pl.lit(None, dtype=pl.String).alias("source")
    usage = Usage(records(judged_folder, tmp_path, nothing))
    assert usage.by("source")["name"].to_list() == ["unknown"]
    assert usage.mix["source"] == {}


def test_what_is_usual_adds_up_to_all(judged_folder: Path, tmp_path: Path) -> None:
    mix = Usage(records(judged_folder, tmp_path)).mix
    assert sum(mix["source"].values()) == pytest.approx(1.0)
    assert set(mix["source"]) == {"search", "playlist"}

"""Model health: scores that move are seen, scores that stay are not, and without scores nothing is claimed."""

import shutil
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from ghostnote.console.health import BINS, MOVED, MOVED_FAR, health, shift
from ghostnote.decisions.folder import DecisionFolder


def folder(judged_folder: Path, place: Path, change: pl.Expr) -> DecisionFolder:
    shutil.copytree(judged_folder / "decisions", place / "decisions")
    file = place / "decisions" / "plays.parquet"
    pl.read_parquet(file).with_columns(change.cast(pl.Float32).alias("score")).write_parquet(file)
    return DecisionFolder(place / "decisions")


def test_scores_spread_as_before_do_not_shift() -> None:
    assert shift([900, 90, 10], [9000, 900, 100]) == pytest.approx(0.0, abs=0.01)
    assert shift([0, 0, 0], [0, 0, 0]) == 0.0


def test_scores_spread_otherwise_shift_the_more_the_further() -> None:
    little, much = shift([880, 110, 10], [900, 90, 10]), shift([500, 300, 200], [900, 90, 10])
    assert 0 < little < MOVED < MOVED_FAR < much


def test_each_day_is_held_against_all_before_it(judged_folder: Path) -> None:
    found = health(DecisionFolder(judged_folder / "decisions"))
    days = found["days"]
    assert days[0]["shift"] is None
    assert all(row["shift"] is not None and row["shift"] >= 0 for row in days[1:])
    assert [b["day"] - a["day"] for a, b in pairwise(days)] == [timedelta(days=1)] * (len(days) - 1)
    plays = pl.read_parquet(judged_folder / "decisions" / "plays.parquet")
    threshold = DecisionFolder(judged_folder / "decisions").summary.policy.play_threshold
    last = plays.filter(pl.col("event_time").dt.date() == days[-1]["day"])
    assert days[-1]["plays"] == last.height
    assert found["marked"] == pytest.approx(last.filter(pl.col("score") >= threshold).height / last.height)


def test_a_day_on_which_scores_move_is_told(judged_folder: Path, tmp_path: Path) -> None:
    summary = DecisionFolder(judged_folder / "decisions").summary
    on_last = pl.col("event_time").dt.date() == summary.end
    still = health(folder(judged_folder, tmp_path / "a", pl.lit(BINS[2])))
    moved = health(folder(judged_folder, tmp_path / "b", pl.when(on_last).then(0.8).otherwise(BINS[2])))
    assert (still["says"], moved["says"]) == ("as before", "moved far")
    assert moved["shift"] > moved["usual_shift"]


def test_without_scores_nothing_is_claimed(judged_folder: Path, tmp_path: Path) -> None:
    found = health(folder(judged_folder, tmp_path, pl.lit(float("nan"))))
    assert found["days"] == []
    assert (found["says"], found["marked"], found["shift"], found["usual_shift"]) == ("unknown", None, None, None)


def test_the_bundle_is_as_old_as_the_run_is_later(judged_folder: Path) -> None:
    opened = DecisionFolder(judged_folder / "decisions")
    found, bundle = health(opened), opened.summary.bundle
    assert bundle.as_of is not None
    assert found["age_days"] == (opened.summary.end - bundle.as_of).days

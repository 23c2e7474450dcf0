"""`ghostnote score`."""

from pathlib import Path

import polars as pl
from tests.cli.calling import done, refused
from tests.worlds import Judged, copy

from ghostnote.decisions.summary import TRUTH_FILE, read_summary
from ghostnote.decisions.tables import DECISION_TABLES


def test_decisions_are_written_and_told(town: Judged, tmp_path: Path) -> None:
    out, start = tmp_path / "out", f"{town.first_judged:%Y-%m-%d}"
    arguments = ["score", "--lake", town.lake.path, "--bundle", town.bundle, "--out", out, "--from", start]
    said = done(*arguments).out
    counts = town.summary.counts
    # A number and its noun are kept on one line.
    assert f"Judged {counts.plays:,}\N{NO-BREAK SPACE}plays by {counts.accounts:,}\N{NO-BREAK SPACE}accounts" in said
    assert "Against the truth" in said
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*(f"{name}.parquet" for name in DECISION_TABLES), "summary.json", TRUTH_FILE]
    )
    for name in DECISION_TABLES:
        assert pl.read_parquet(out / f"{name}.parquet").equals(town.table(name)), name
    # Earlier decisions are replaced whole.
    (out / "quarantine").mkdir()
    told = done(*arguments, "--to", start, "--json").told
    assert told["decisions"] == str(out)
    assert told["summary"]["start"] == told["summary"]["end"] == start
    assert told["truth"]["honest"]["accounts"] > 0
    assert not (out / "quarantine").exists()
    assert read_summary(out).counts.plays == told["summary"]["counts"]["plays"] < counts.plays
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_lake_without_truth_is_judged_without_it(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake", "plays", "tracks")
    called = done("score", "--lake", lake, "--bundle", town.bundle, "--out", tmp_path / "out")
    assert "Against the truth" not in called.out
    assert "trained with columns that this lake does not have" in called.out
    assert not (tmp_path / "out" / TRUTH_FILE).exists()


def test_a_policy_changes_what_it_names(town: Judged, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('reviews_per_day = 0\ncurrency = "SEK"\npayout_per_play = 0.05\n')
    arguments = ["score", "--lake", town.lake.path, "--bundle", town.bundle, "--out", tmp_path / "out"]
    told = done(*arguments, "--from", "2026-03-06", "--policy", policy, "--json").told
    assert told["summary"]["money"]["currency"] == "SEK"
    accounts = pl.read_parquet(tmp_path / "out" / "accounts.parquet")
    assert "review" not in set(accounts["action"])
    assert pl.read_parquet(tmp_path / "out" / "plays.parquet")["payout"].max() == 0.05
    policy.write_text("review_per_day = 0\n")
    assert "did you mean 'reviews_per_day'" in refused(*arguments, "--policy", policy)

"""The same events give the same decisions however they are delivered; what is wrong or missing is told and survived."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec
import polars as pl
from tests.worlds import MADE_AT, Judged, copy, rewrite

from ghostnote.backtest import backtest
from ghostnote.decisions.summary import Summary, read_summary
from ghostnote.decisions.tables import DECISION_TABLES
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import TABLES
from ghostnote.models.bundle import Bundle
from ghostnote.scoring import score
from ghostnote.training import train


def judge(town: Judged, lake: Path, out: Path, bundle: Bundle | None = None, end: date | None = None) -> Summary:
    return score(
        Lake(lake),
        bundle or town.loaded,
        out,
        made_at=MADE_AT,
        bundle_path="bundle",
        start=town.first_judged,
        end=end,
    )


def tables(out: Path) -> Mapping[str, pl.DataFrame]:
    return {name: pl.read_parquet(out / f"{name}.parquet") for name in DECISION_TABLES}


def assert_same_decisions(left: Path, right: Path) -> None:
    for name, table in tables(left).items():
        assert table.equals(tables(right)[name]), name


def plays_of_a_judged_day(town: Judged, lake: Path) -> tuple[Path, pl.DataFrame]:
    file = Lake(lake).files("plays", start=town.first_judged)[0]
    return file.parent, pl.read_parquet(file)


def test_judging_twice_gives_the_same(town: Judged, tmp_path: Path) -> None:
    summary = judge(town, town.lake.path, tmp_path)
    assert_same_decisions(town.decisions, tmp_path)
    assert summary == read_summary(tmp_path)
    assert summary == msgspec.structs.replace(town.summary, lake=summary.lake)


def test_order_and_files_of_a_day_do_not_matter(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    for table in TABLES:
        for number, file in enumerate(Lake(lake).files(table)):
            rows = pl.read_parquet(file).sample(fraction=1.0, shuffle=True, seed=number)
            file.unlink()
            rows[: rows.height // 3].write_parquet(file.with_name(f"z{number}.parquet"))
            rows[rows.height // 3 :].write_parquet(file.with_name(f"a{number}.parquet"))
    summary = judge(town, lake, tmp_path / "out")
    assert_same_decisions(town.decisions, tmp_path / "out")
    assert summary.counts == town.summary.counts


def test_what_arrives_later_changes_nothing_before(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    *_, before, last = Lake(lake).days("plays")
    judge(town, lake, tmp_path / "all", end=before)
    for table in ("plays", "actions", "logins", "signups"):
        for file in Lake(lake).files(table, start=last):
            file.unlink()
    judge(town, lake, tmp_path / "less")
    assert_same_decisions(tmp_path / "all", tmp_path / "less")


def test_events_that_are_delivered_twice_count_once(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    folder, plays = plays_of_a_judged_day(town, lake)
    again = plays.sample(500, seed=1)
    again.write_parquet(folder / "again.parquet")
    later = Lake(lake).files("plays")[-1].parent
    again.head(200).write_parquet(later / "again.parquet")
    summary = judge(town, lake, tmp_path / "out")
    assert_same_decisions(town.decisions, tmp_path / "out")
    assert summary.counts.duplicates == 700
    assert summary.counts.plays == town.summary.counts.plays


def test_bad_rows_are_set_apart_and_counted(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    folder, plays = plays_of_a_judged_day(town, lake)
    bad = plays.head(7).with_columns(ms_played=pl.lit(-1, pl.Int64), event_id=pl.format("bad-{}", "event_id"))
    bad.write_parquet(folder / "bad.parquet")
    summary = judge(town, lake, tmp_path / "out")
    assert_same_decisions(town.decisions, tmp_path / "out")
    assert summary.counts.rejected_rows == 7
    kept = pl.read_parquet(tmp_path / "out/quarantine/plays.parquet")
    assert set(kept["rule"]) == {"ms_played is not at least 0"}
    assert kept.height == 7
    assert not (town.decisions / "quarantine").exists()


def test_an_unreadable_file_is_named_and_the_others_are_used(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    folder, _ = plays_of_a_judged_day(town, lake)
    (folder / "torn.parquet").write_bytes(b"PAR1, but no more")
    summary = judge(town, lake, tmp_path / "out")
    assert_same_decisions(town.decisions, tmp_path / "out")
    assert summary.counts.unreadable_files == 1
    (note,) = (note for note in summary.notes if "torn.parquet" in note)
    assert note.startswith("Not readable, left out")


def test_a_lake_may_lack_all_that_is_optional(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake", "plays", "tracks", "labels")
    for table in ("plays", "tracks", "labels"):
        rewrite(lake, table, lambda rows, table=table: rows.select(TABLES[table].required))
    summary = judge(town, lake, tmp_path / "out")
    assert {"signups", "logins", "actions", "ips", "plays.ip", "tracks.owner_id"} <= set(summary.missing_columns)
    assert any("trained with columns that this lake does not have" in note for note in summary.notes)
    assert summary.counts.plays == town.summary.counts.plays
    own = train(Lake(lake), as_of=town.as_of)
    assert {"signups", "plays.ip", "tracks.owner_id"} <= set(own.manifest.training.missing_columns)
    fitting = judge(town, lake, tmp_path / "own", own)
    assert not any("this lake does not have" in note for note in fitting.notes)
    # Where nobody knows who is paid, the artist stands for the owner.
    artists = read(Lake(lake), "tracks").rows["artist_id"]
    assert set(tables(tmp_path / "own")["owners"]["owner_id"]) <= set(artists)


def test_without_labels_rules_act_and_surprise_ranks(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake", *(name for name in town.lake.tables() if name != "labels"))
    bundle = train(Lake(lake), as_of=town.as_of)
    assert not bundle.supervised
    summary = judge(town, lake, tmp_path / "out", bundle)
    assert any("No labels taught this bundle" in note for note in summary.notes)
    assert summary.policy.play_threshold is None
    assert "labels" not in summary.missing_columns
    accounts = tables(tmp_path / "out")["accounts"]
    acted = accounts.filter(pl.col("action") != "allow")
    assert acted.height > 0
    assert acted.select((pl.col("reasons").list.len() > 0).all()).item()
    assert accounts["score"].is_between(0, 1).all()
    assert summary.policy.alerts_per_day is not None
    reviews = accounts.filter(pl.col("action") == "review").height
    assert 0 < reviews <= summary.policy.alerts_per_day * 3
    # Only rules are sure enough to act, and each says why.
    fired = sum(rule.accounts_hit for rule in summary.rules)
    assert accounts.filter(pl.col("action") == "suspend").height <= fired
    # Held against the truth of the lake it was made without, the ranking is far better than chance.
    truth = backtest(town.lake, tmp_path / "out", summary, as_of=None)
    assert truth is not None
    assert truth.average_precision.accounts is not None
    fraud = sum(c.accounts for c in truth.campaigns if c.kind != "hijacked_listeners") / accounts.height
    assert truth.average_precision.accounts >= 1.5 * fraud

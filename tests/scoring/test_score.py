"""One run of scoring: what it depends on and what it does not."""

from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.worlds import MADE_AT, Judged

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import RULES
from ghostnote.errors import GhostnoteError
from ghostnote.models.bundle import load_bundle, save_bundle
from ghostnote.scoring import score
from ghostnote.training import train


def test_a_bundle_decides_the_same_before_and_after_it_was_saved(town: Judged, tmp_path: Path) -> None:
    fresh = train(town.lake, as_of=town.as_of)
    save_bundle(fresh, tmp_path / "bundle", "")
    for name, bundle in (("fresh", fresh), ("loaded", load_bundle(tmp_path / "bundle"))):
        score(town.lake, bundle, tmp_path / name, made_at=MADE_AT, start=town.first_judged)
        for table in ("accounts", "plays", "campaigns"):
            assert pl.read_parquet(tmp_path / name / f"{table}.parquet").equals(town.table(table)), (name, table)


def test_a_later_start_forgets_nothing_of_the_past(town: Judged, tmp_path: Path) -> None:
    last = town.lake.days("plays")[-1]
    summary = score(town.lake, town.loaded, tmp_path, made_at=MADE_AT, start=last)
    assert (summary.start, summary.end) == (last, last)
    alone = pl.read_parquet(tmp_path / "plays.parquet").select("event_id", "score")
    among = town.table("plays").select("event_id", pl.col("score").alias("among"))
    both = alone.join(among, on="event_id")
    assert both.height == alone.height > 100
    assert both["score"].equals(both["among"], check_names=False)


def test_a_team_that_risks_less_withholds_less(town: Judged, tmp_path: Path) -> None:
    timid = Policy(honest_mark_ceiling=1e-300, reviews_per_day=0, group_accounts=10**6)
    summary = score(town.lake, town.loaded, tmp_path, made_at=MADE_AT, policy=timid, start=town.first_judged)
    assert "review" not in set(pl.read_parquet(tmp_path / "accounts.parquet")["action"])
    assert summary.money.withheld < town.summary.money.withheld


def test_rules_find_what_no_bundle_learnt_unless_they_are_switched_off(town: Judged, tmp_path: Path) -> None:
    name = "followers_from_one_device"
    (rule,) = (rule for rule in RULES if rule.name == name)
    assert not set(rule.needs) <= set(town.loaded.manifest.day_features)
    assert {hit.name: hit.accounts_hit for hit in town.summary.rules}[name] > 0
    silent = Policy(without_rules=(name,))
    summary = score(town.lake, town.loaded, tmp_path, made_at=MADE_AT, policy=silent, start=town.first_judged)
    assert [hit.name for hit in summary.rules] == [rule.name for rule in RULES if rule.name != name]


def test_progress_begins_and_ends(town: Judged, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    score(
        town.lake,
        town.loaded,
        tmp_path,
        made_at=MADE_AT,
        start=town.first_judged,
        progress=lambda step, done, total: told.append((step, done, total)),
    )
    steps = list(dict.fromkeys(step for step, _, _ in told))
    assert len(steps) >= 2
    for step in steps:
        counts = [(done, total) for name, done, total in told if name == step]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1] > 0


def test_features_that_this_version_lacks_are_refused(town: Judged, tmp_path: Path) -> None:
    manifest = msgspec.structs.replace(
        town.loaded.manifest, features=[*town.loaded.manifest.features, "plays_by_moon_1h"]
    )
    other = msgspec.structs.replace(town.loaded, manifest=manifest)
    with pytest.raises(GhostnoteError, match="plays_by_moon_1h"):
        score(town.lake, other, tmp_path, made_at=MADE_AT)


@pytest.mark.parametrize("days", [-1, 100])
def test_days_outside_the_data_are_refused(town: Judged, tmp_path: Path, days: int) -> None:
    day = town.lake.days("plays")[0] + timedelta(days=days)
    with pytest.raises(GhostnoteError, match="lies outside the data"):
        score(town.lake, town.loaded, tmp_path, made_at=MADE_AT, start=day, end=day)
    assert list(tmp_path.iterdir()) == []

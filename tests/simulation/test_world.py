"""A world is the same for the same seed, keeps the contract, and tells the truth nowhere but in its labels."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import digest, truth
from tests.simulation.worlds import ATTACKED, FACTORY, FARM, LOOP, THEFT

from ghostnote.errors import GhostnoteError
from ghostnote.events.inspection import inspect
from ghostnote.events.lake import Lake
from ghostnote.events.schema import TABLES
from ghostnote.simulation.cohorts import COHORTS
from ghostnote.simulation.world import World, simulate

Attacked = tuple[Path, World]
Tables = dict[str, pl.DataFrame]


def test_the_same_seed_gives_the_same_bytes(attacked: Attacked, tmp_path: Path) -> None:
    again = simulate(ATTACKED, tmp_path / "again", seed=11)
    assert again == attacked[1]
    assert digest(tmp_path / "again") == digest(attacked[0])


def test_the_number_of_threads_changes_nothing(attacked: Attacked, tmp_path: Path) -> None:
    for threads in (1, 3):
        simulate(ATTACKED, tmp_path / str(threads), seed=11, threads=threads)
        assert digest(tmp_path / str(threads)) == digest(attacked[0])


def test_another_seed_gives_a_world_that_shares_no_account_and_no_event(tables: Tables, tmp_path: Path) -> None:
    simulate(ATTACKED, tmp_path / "other", seed=12, accounts=60, days=2)
    other = pl.read_parquet(tmp_path / "other/plays", hive_partitioning=False)
    assert not other["account_id"].is_in(tables["plays"]["account_id"].implode()).any()
    assert not other["event_id"].is_in(tables["plays"]["event_id"].implode()).any()


def test_every_row_keeps_the_contract(attacked: Attacked) -> None:
    inspected = inspect(Lake(attacked[0]))
    assert {table.name for table in inspected} == set(TABLES)
    for table in inspected:
        assert not table.rejected
        assert not table.unreadable
        assert table.duplicates == 0
        assert table.absent == ()
        assert table.missing_days == () or table.name in {"signups", "labels"}


def test_it_says_what_it_made(attacked: Attacked, tables: Tables) -> None:
    world = attacked[1]
    known = truth(tables)
    fraud = known.filter(pl.col("verdict") == "fraud")
    assert (world.accounts, world.campaigns) == (ATTACKED.accounts, 4)
    assert world.plays + world.artificial_plays == tables["plays"].height
    assert fraud.filter(pl.col("subject_type") == "account").height == world.fake_accounts
    assert fraud.filter(pl.col("subject_type") == "play").height == world.artificial_plays


def test_the_truth_is_in_the_labels_and_nowhere_else(tables: Tables) -> None:
    names = [FARM, LOOP, THEFT, FACTORY, *(campaign.kind for campaign in ATTACKED.campaigns)]
    for name, rows in tables.items():
        if name == "labels":
            continue
        for column in rows.select(pl.col(pl.String)):
            values = column.drop_nulls().unique()
            assert not values.str.contains_any(names).any(), (name, column.name)
            assert not values.is_in(list(COHORTS)).any(), (name, column.name)


def test_events_lie_within_the_world_and_arrive_no_earlier_than_they_happen(attacked: Attacked) -> None:
    start = datetime.combine(ATTACKED.start, datetime.min.time(), UTC)
    end = start + timedelta(days=ATTACKED.days)
    plays = pl.read_parquet(attacked[0] / "plays", hive_partitioning=True)
    assert plays["event_time"].min() >= start
    assert plays["event_time"].max() < end
    late = plays.filter(pl.col("dt").cast(pl.String) > pl.col("event_time").dt.date().cast(pl.String))
    assert late["offline"].all()
    assert plays.filter(pl.col("dt").cast(pl.String) < pl.col("event_time").dt.date().cast(pl.String)).is_empty()


def test_one_honest_pair_of_ears_hears_one_track_at_a_time(tables: Tables) -> None:
    artificial = truth(tables).filter(pl.col("subject_type") == "play")["subject_id"]
    plays = tables["plays"].filter(~pl.col("event_id").is_in(artificial.implode())).sort("account_id", "event_time")
    begun = pl.col("event_time") - pl.duration(milliseconds=pl.col("ms_played"))
    overlap = plays.select(begun < pl.col("event_time").shift().over("account_id"))
    assert not overlap.to_series().any()


def test_nobody_plays_before_signing_up_or_a_track_before_its_release(tables: Tables) -> None:
    signups = tables["signups"].select("account_id", signed_up="event_time")
    plays = tables["plays"].join(signups, on="account_id", how="left").join(tables["tracks"], on="track_id", how="left")
    assert plays.filter(pl.col("event_time") < pl.col("signed_up")).is_empty()
    assert plays.filter(pl.col("released_at") > pl.col("event_time")).is_empty()
    assert plays["artist_id"].null_count() == 0
    assert plays.filter(pl.col("ms_played") > pl.col("duration_ms")).is_empty()


def test_every_address_is_known(tables: Tables) -> None:
    known = tables["ips"]["ip"].implode()
    for name in ("plays", "logins", "actions", "signups"):
        assert tables[name]["ip"].is_in(known).all()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(GhostnoteError, match="not an empty folder"):
        simulate(ATTACKED, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

"""The contract of features, one promise at a time."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.features.worlds import plays, same_bits, stream, tables

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.catalog import CATALOG
from ghostnote.features.declaration import (
    Feature,
    count,
    distinct,
    gap_mean,
    mean,
    run_length,
    share,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, HOSTING_IP, PLAY, SHORT, SIGNUP, Predicate
from ghostnote.features.stream import build_stream

HOUR = 60
PER_HOUR = count("account", "1h", "x")
US = 1 / 60e6


def fold(events: pl.DataFrame, *features: Feature) -> list[list[float]]:
    return Fold(features).update(events).T.tolist()


# --- windows ---------------------------------------------------------------------------------------------------------


def test_an_event_counts_itself() -> None:
    assert fold(plays([0]), PER_HOUR) == [[1]]


def test_a_window_ends_exactly_at_its_length() -> None:
    just_in, out = HOUR - US, HOUR
    assert fold(plays([0, just_in]), PER_HOUR) == [[1, 2]]
    assert fold(plays([0, out]), PER_HOUR) == [[1, 1]]


@pytest.mark.parametrize(("over", "hours"), [("1h", 1), ("24h", 24), ("7d", 168), ("28d", 672), ("5h", 5)])
def test_every_window_has_its_length_to_the_microsecond(over: str, hours: int) -> None:
    features = (count("account", over, "x"), distinct("track", "account", over, "x"), gap_mean("account", over, "x"))
    end = hours * HOUR
    just_in = fold(plays([0, 10, end - US], track_id=["t", "u", "v"]), *features)
    assert [column[2] for column in just_in[:2]] == [3, 3]
    assert just_in[2][2] == pytest.approx((end - US) * 30, abs=0.001)
    out = fold(plays([0, 10, end], track_id=["t", "u", "v"]), *features)
    assert [column[2] for column in out[:2]] == [2, 2]
    assert out[2][2] == pytest.approx((end - 10) * 60)


def test_ever_forgets_nothing() -> None:
    assert fold(plays([0, 365 * 24 * HOUR]), count("account", "ever", "x")) == [[1, 2]]


def test_windows_slide_and_do_not_hop() -> None:
    # Fifty plays just before a full hour and fifty just after it are a hundred within the hour.
    minutes = [59 + i / 50 for i in range(50)] + [60 + i / 50 for i in range(50)]
    assert fold(plays(minutes), PER_HOUR)[0][-1] == 100


# --- order -----------------------------------------------------------------------------------------------------------


def test_equal_times_are_told_apart_by_event_id() -> None:
    rows = {"event_id": ["z", "a", "m"], "track_id": ["z", "a", "m"], "account_id": ["a"] * 3, "ms_played": [1, 2, 3]}
    at = pl.Series([0, 0, 0]).cast(pl.Datetime("us", "UTC"))
    events = build_stream({"plays": pl.DataFrame({**rows, "event_time": at})})
    assert events["event_id"].to_list() == ["a", "m", "z"]
    assert fold(events, PER_HOUR, total("ms_played", "account", "1h", "x")) == [[1, 2, 3], [2, 5, 6]]


def test_the_order_of_files_changes_nothing() -> None:
    expected = Fold().update(stream(8, 200))
    shuffled = {name: t.sample(fraction=1, shuffle=True, seed=1) for name, t in tables(8, 200).items()}
    assert same_bits(Fold().update(build_stream(shuffled)), expected)


def test_a_tie_is_not_late_and_has_a_gap_of_zero() -> None:
    folder = Fold([gap_mean("account", "1h", "x"), time_since_previous("account", "x")])
    assert folder.update(plays([3, 3]))[1].tolist() == [0, 0]
    assert folder.late == 0


# --- late events -----------------------------------------------------------------------------------------------------


def test_a_late_event_joins_the_windows_it_belongs_to_and_sees_them_as_of_the_clock() -> None:
    events = plays([0, 100, 50, 101], track_id=["t", "u", "v", "u"])
    features = (
        PER_HOUR,
        count("account", "24h", "x"),
        distinct("track", "account", "1h", "x"),
        time_since_first("account", "x", where=PLAY),
    )
    folder = Fold(features)
    values = folder.update(events)
    assert folder.late == 1
    assert values[2].tolist() == [2, 3, 2, 6000]
    assert values[3].tolist() == [3, 4, 2, 6060]


def test_a_late_event_leaves_at_its_own_time() -> None:
    events = plays([0, 100, 50, 110 - US, 110])
    assert fold(events, PER_HOUR) == [[1, 1, 2, 3, 3]]


def test_an_event_too_late_for_a_window_counts_for_ever_alone() -> None:
    events = plays([1000, 0, 1001])
    assert fold(events, PER_HOUR, count("account", "ever", "x")) == [[1, 1, 2], [1, 2, 3]]


def test_a_late_event_takes_no_part_in_what_order_makes() -> None:
    events = plays([0, 10, 5, 20], track_id=["t", "t", "u", "t"])
    gaps, since, runs = fold(
        events,
        gap_mean("account", "1h", "x"),
        time_since_previous("account", "x"),
        run_length("track", "account", "x"),
    )
    assert gaps[3] == 600
    assert since[3] == 600
    assert runs == [1, 2, 2, 3]


def test_a_late_event_can_be_the_first() -> None:
    events = plays([100, 40, 100])
    assert fold(events, time_since_first("account", "x", where=PLAY)) == [[0, 3600, 3600]]


def test_late_is_by_key() -> None:
    events = plays([100, 50], account_id=["a", "b"])
    by_account, by_track = Fold([PER_HOUR]), Fold([count("track", "1h", "x")])
    by_account.update(events)
    by_track.update(events)
    assert (by_account.late, by_track.late) == (0, 1)


def test_an_event_that_is_late_for_several_keys_counts_once() -> None:
    folder = Fold()
    folder.update(plays([100, 50]))
    assert folder.late == 1


def test_a_clock_that_goes_back_costs_no_order_only_windows() -> None:
    # A device whose clock is a year ahead for one event holds its own key's clock there; other keys go on.
    year = 365 * 24 * HOUR
    events = plays([0, year, 1, 2, year + 1], account_id=["a", "a", "a", "b", "a"])
    folder = Fold([PER_HOUR, count("account", "ever", "x")])
    assert folder.update(events).T.tolist() == [[1, 1, 1, 1, 2], [1, 2, 3, 1, 4]]
    assert folder.late == 1


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_the_fold_believes_its_reader_that_events_come_once() -> None:
    events = plays([0])
    assert fold(pl.concat([events, events]), PER_HOUR) == [[1, 2]]


def test_repeated_ids_in_a_lake_change_nothing(tmp_path: Path) -> None:
    rows = tables(9, 200, missing=0.0)["plays"].drop("dt")
    once, twice = tmp_path / "once" / "plays", tmp_path / "twice" / "plays"
    for folder, files in ((once, [rows]), (twice, [rows, rows.sample(fraction=0.5, seed=2)])):
        folder.mkdir(parents=True)
        for number, part in enumerate(files):
            part.write_parquet(folder / f"{number}.parquet")
    readings = [read(Lake(folder.parent), "plays") for folder in (once, twice)]
    assert [reading.duplicates for reading in readings] == [0, rows.height // 2]
    a, b = (Fold().update(build_stream({"plays": reading.rows})) for reading in readings)
    assert same_bits(a, b)


# --- missing values --------------------------------------------------------------------------------------------------


def test_a_column_that_nobody_has_makes_features_missing() -> None:
    events = plays([0, 1])
    device, address = fold(events, distinct("device", "account", "1h", "x"), distinct("ip", "account", "1h", "x"))
    assert np.isnan(device).all()
    assert address == [1, 1]


def test_a_column_absent_from_the_frame_is_the_same_as_one_of_type_null() -> None:
    events = stream(10, 150).with_columns(ip=pl.lit(None), subnet=pl.lit(None))
    assert same_bits(Fold().update(events), Fold().update(events.drop("ip", "subnet")))


@pytest.mark.parametrize("column", sorted(Fold().columns - {"event_time"}))
def test_without_a_column_what_rests_on_it_is_missing_and_nothing_else_changes(column: str) -> None:
    events = stream(11, 150)
    expected = Fold().update(events)
    rests = np.array([column in feature.columns for feature in CATALOG])
    values = Fold().update(events.drop(column))
    assert np.isnan(values[:, rests]).all()
    assert same_bits(np.ascontiguousarray(values[:, ~rests]), np.ascontiguousarray(expected[:, ~rests]))


def test_an_unknown_id_has_no_key() -> None:
    events = plays([0, 1, 2], ip=["10.0.0.1", None, "10.0.0.1"])
    values = fold(events, count("ip", "1h", "x"))[0]
    assert values[0] == 1
    assert np.isnan(values[1])
    assert values[2] == 2


def test_an_unknown_item_counts_as_none() -> None:
    events = plays([0, 1, 2], ip=["10.0.0.1", None, "10.0.0.2"])
    assert fold(events, distinct("ip", "account", "1h", "x"), PER_HOUR) == [[1, 1, 2], [1, 2, 3]]


def test_a_share_leaves_out_what_is_unknown_and_a_count_takes_it_as_no() -> None:
    events = plays([0, 1, 2], ms_played=[1000, None, 60_000])
    shares, counts = fold(events, share(SHORT, "account", "1h", "x"), count("account", "1h", "x", where=SHORT))
    assert shares == [1, 1, 0.5]
    assert counts == [1, 1, 1]


def test_support_counts_what_the_feature_rests_on() -> None:
    events = plays([0, 1, 2], ms_played=[1000, None, 60_000])
    values = fold(events, mean("ms_played", "account", "1h", "x", support=2))[0]
    assert np.isnan(values[:2]).all()
    assert values[2] == 30_500


def test_support_can_be_of_different_items_and_falls_as_the_window_moves() -> None:
    feature = top_share("account", "track", "1h", "x", support=2, support_of="account")
    values = fold(plays([0, 1, 61], account_id=["a", "b", "b"]), feature)[0]
    assert np.isnan([values[0], values[2]]).all()
    assert values[1] == 0.5


def test_a_key_never_seen_has_counts_of_zero_and_nothing_else() -> None:
    events = plays([0], ms_played=pl.Series([None], dtype=pl.Int64))
    values = fold(
        events,
        count("account", "24h", "x", where=SIGNUP),
        share(HOSTING_IP, "account", "24h", "x"),
        time_since_first("account", "x", where=SIGNUP),
        time_since_previous("account", "x"),
        mean("ms_played", "account", "24h", "x"),
        total("ms_played", "account", "24h", "x"),
    )
    lacks_signups = values[0][0]
    assert np.isnan(lacks_signups)  # No table of sign-ups at all: not zero, unknown.
    assert np.isnan([v[0] for v in values[1:5]]).all()
    assert values[5] == [0]


def test_an_empty_table_is_known_to_be_empty() -> None:
    signups = pl.DataFrame(
        schema={"event_id": pl.String, "event_time": pl.Datetime("us"), "account_id": pl.String, "plan": pl.String}
    )
    at = pl.Series([0]).cast(pl.Datetime("us"))
    row = {"event_id": ["e"], "event_time": at, "account_id": ["a"], "track_id": ["t"], "ms_played": [1]}
    events = build_stream({"plays": pl.DataFrame(row), "signups": signups})
    assert fold(events, count("account", "24h", "x", where=SIGNUP)) == [[0]]


@pytest.mark.parametrize("feature", CATALOG, ids=lambda feature: feature.name)
def test_each_feature_is_the_same_alone(feature: Feature) -> None:
    alone = Fold([feature]).update(stream(13, 100).select(sorted(Fold([feature]).columns)))
    together = Fold().update(stream(13, 100))[:, CATALOG.index(feature)]
    assert same_bits(alone[:, 0], np.ascontiguousarray(together))


def test_signups_give_keys_to_later_events() -> None:
    rows = {"event_id": ["s1", "s2"], "account_id": ["a", "b"], "payment_hash": ["p", "p"], "plan": ["free", "free"]}
    signups = pl.DataFrame({**rows, "event_time": pl.Series([0, 1]).cast(pl.Datetime("us"))})
    row = {"event_id": ["e"], "event_time": pl.Series([2]).cast(pl.Datetime("us")), "account_id": ["a"]}
    events = build_stream({"signups": signups, "plays": pl.DataFrame({**row, "track_id": ["t"], "ms_played": [1]})})
    assert fold(events, distinct("account", "payment", "ever", "x", where=SIGNUP)) == [[1, 2, 2]]


# --- calls -----------------------------------------------------------------------------------------------------------


def test_no_events_give_no_rows() -> None:
    assert Fold().update(plays([])).shape == (0, len(CATALOG))
    assert Fold().update(plays([0])[:0]).shape == (0, len(CATALOG))


@pytest.mark.parametrize("column", [True, False], ids=["null", "absent"])
def test_an_event_without_a_time_is_refused_and_nothing_is_folded(column: bool) -> None:
    events = plays([0, 1, 2])
    at = pl.when(pl.col("event_id") != "e00002").then("event_time")
    without = events.with_columns(event_time=at) if column else events.drop("event_time")
    folder = Fold([PER_HOUR])
    with pytest.raises(GhostnoteError, match="no event_time"):
        folder.update(without)
    assert folder.update(events).tolist() == [[1], [2], [3]]


def test_a_feature_declared_twice_is_refused() -> None:
    with pytest.raises(GhostnoteError, match="plays_by_account_1h is declared twice"):
        Fold([PER_HOUR, count("account", "1h", "again")])


def test_two_predicates_of_one_name_are_refused() -> None:
    other = Predicate("short", "short_plays", pl.col("ms_played") < 5)
    with pytest.raises(GhostnoteError, match="Two different predicates are called 'short'"):
        Fold([share(SHORT, "account", "1h", "x"), share(other, "account", "24h", "x")])


def test_too_many_conditions_are_refused() -> None:
    many = [Predicate(f"p{i}", f"plays_{i}", pl.col("ms_played") > i) for i in range(64)]
    with pytest.raises(GhostnoteError, match="64 different conditions, at most 63"):
        Fold([count("account", "1h", "x", where=p) for p in many])
    Fold([count("account", "1h", "x", where=p) for p in many[:63]]).update(plays([0]))


def test_a_predicate_may_not_rest_on_one_that_rests_on_features() -> None:
    often = Predicate("often", "often", pl.col(PER_HOUR.name) > 5, needs=(PER_HOUR,))
    shared = share(often, "account", "1h", "x")
    deep = Predicate("deep", "deep", pl.col(shared.name) > 0.5, needs=(shared,))
    Fold([shared])
    with pytest.raises(GhostnoteError, match="cannot serve a predicate"):
        Fold([share(deep, "account", "1h", "x")])


def test_events_of_every_kind_count_where_asked() -> None:
    events = stream(12, 100)
    everything = count("account", "ever", "x", where=EVENT)
    assert Fold([everything]).update(events).sum() == sum(
        n * (n + 1) / 2 for n in events.group_by("account_id").len()["len"].to_list()
    )

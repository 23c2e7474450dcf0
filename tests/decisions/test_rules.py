"""Each rule catches what it describes, just misses what stays below it, and stays away from honest people."""

from datetime import date, timedelta

import polars as pl
import pytest
from benchmarks.rules import fired, truth
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import CROWD

from ghostnote.decisions.rules import ONCE, RULES, Rule, counted_anew, hits, needed
from ghostnote.events.lake import Lake
from ghostnote.features.account_days import day_names, with_columns
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.simulation.cohorts import COHORTS

_HOUR_MS = 3_600_000
_BY_NAME = {rule.name: rule for rule in RULES}

_PLAYS, _PLAYS_7D = "plays_by_account_24h", "plays_by_account_7d"
_MS = "plays_total_ms_played_by_account_24h"
_HOURS, _HOURS_7D = "plays_distinct_hour_by_account_24h", "plays_distinct_hour_by_account_7d"
_SHORT = "plays_share_short_by_account_24h"
_JUST_OVER = "plays_share_30_35s_by_account_24h"
_COMPLETED = "plays_share_completed_by_account_24h"
_SECONDS = "plays_distinct_second_by_account_24h"
_SPREAD = "plays_std_ms_played_by_account_24h"
_TRACKS = "plays_distinct_track_by_account_24h"
_OFFLINE = "plays_share_offline_by_account_24h"
_FOLLOWS = "follows_by_account_24h"
_HOSTING = "plays_share_hosting_ip_by_account_24h"
_NEW_DEVICE = "plays_share_new_device_by_account_24h"
_SWITCHES = "events_switches_country_by_account_24h"
_COUNTRIES = "events_distinct_country_by_account_24h"
_DEVICE = "day_mean_events_distinct_account_by_device_24h"
_DEVICE_MS = "day_mean_plays_total_ms_played_by_device_24h"
_OPENED = "day_mean_signups_by_device_ever"
_PAYMENT, _TRIALS = "signups_distinct_account_by_payment_ever", "trial_signups_by_payment_ever"
_AGE = "signups_time_since_first_by_account_ever"
_DOMAIN, _SHAPE = "signups_by_email_domain_24h", "signups_top_share_email_shape_by_email_domain_7d"

Row = dict[str, float]

#: Honest days at the far end of what real people do, as account-day features.
HONEST: dict[str, Row] = {
    "the busiest skimmer": {
        _PLAYS: 2036,
        _PLAYS_7D: 3000,
        _MS: 5 * _HOUR_MS,
        _HOURS: 14,
        _HOURS_7D: 60,
        _SHORT: 0.93,
        _JUST_OVER: 0.05,
        _COMPLETED: 0.02,
        _SECONDS: 150,
        _SPREAD: 40_000,
        _TRACKS: 1900,
    },
    "somebody who looks for a song, a second each": {
        _PLAYS: 900,
        _SHORT: 1.0,
        _COMPLETED: 0.0,
        _SECONDS: 4,
        _SPREAD: 900,
        _TRACKS: 800,
        _JUST_OVER: 0.0,
        _MS: 0.3 * _HOUR_MS,
        _HOURS: 1,
    },
    "a client that fails on every track all night": {
        _PLAYS: 40_000,
        _SHORT: 1.0,
        _COMPLETED: 0.0,
        _SECONDS: 1,
        _SPREAD: 0.0,
        _TRACKS: 12,
        _MS: 0.0,
        _HOURS: 9,
        _OFFLINE: 0.0,
    },
    "a hiker whose fortnight comes in at once": {
        _PLAYS: 1500,
        _SHORT: 0.2,
        _MS: 80 * _HOUR_MS,
        _HOURS: 2,
        _OFFLINE: 0.97,
        _DEVICE: 3,
        _DEVICE_MS: 80 * _HOUR_MS,
        _TRACKS: 300,
        _SECONDS: 150,
        _COMPLETED: 0.7,
    },
    "a child on repeat": {
        _PLAYS: 349,
        _PLAYS_7D: 900,
        _MS: 14 * _HOUR_MS,
        _HOURS: 14,
        _HOURS_7D: 80,
        _SHORT: 0.0,
        _JUST_OVER: 0.0,
        _COMPLETED: 0.99,
        _SECONDS: 6,
        _SPREAD: 800,
        _TRACKS: 2,
    },
    "a night of half-minute noise": {
        _PLAYS: 1045,
        _MS: 9 * _HOUR_MS,
        _HOURS: 10,
        _HOURS_7D: 70,
        _SHORT: 0.0,
        _JUST_OVER: 1.0,
        _COMPLETED: 1.0,
        _SECONDS: 2,
        _SPREAD: 200,
        _TRACKS: 60,
        _OFFLINE: 0.0,
    },
    "noise in a nursery, a bedroom and a kennel, on one account": {
        _PLAYS: 900,
        _MS: 25 * _HOUR_MS,
        _HOURS: 24,
        _HOURS_7D: 140,
        _SHORT: 0.0,
        _JUST_OVER: 0.0,
        _COMPLETED: 1.0,
        _TRACKS: 3,
        _OFFLINE: 0.0,
        _HOSTING: 0.0,
    },
    "a shop that plays all day": {
        _PLAYS: 273,
        _PLAYS_7D: 1900,
        _MS: 16 * _HOUR_MS,
        _HOURS: 17,
        _HOURS_7D: 118,
        _SHORT: 0.0,
        _COMPLETED: 1.0,
        _SECONDS: 140,
        _SPREAD: 70_000,
        _TRACKS: 240,
        _HOSTING: 1.0,
    },
    "a fan who follows a festival's whole line-up": {_FOLLOWS: 230, _PLAYS_7D: 400, _PLAYS: 60, _JUST_OVER: 0.1},
    "a student whose whole year signs up": {
        _AGE: 3600,
        _DOMAIN: 800,
        _SHAPE: 1.0,
        _FOLLOWS: 12,
        _PLAYS_7D: 0,
        _OPENED: 1,
    },
    "a family that opens its accounts on the new tablet": {
        _OPENED: 6,
        _FOLLOWS: 20,
        _PLAYS_7D: 0,
        _DEVICE: 6,
        _DEVICE_MS: 15 * _HOUR_MS,
        _NEW_DEVICE: 1.0,
        _HOSTING: 0.0,
    },
    "thirty people on a ship's one tablet": {_DEVICE: 25, _DEVICE_MS: 12 * _HOUR_MS},
    "one of all televisions of a model, which report the same id": {_DEVICE: 4000, _OPENED: 4000, _FOLLOWS: 40},
    "a family of six on one card, each on a trial": {_PAYMENT: 6, _TRIALS: 6},
    "somebody whose card is an operator's placeholder": {_PAYMENT: 200_000, _TRIALS: 150_000},
    "somebody who lives where three countries meet": {_SWITCHES: 20, _COUNTRIES: 3, _HOSTING: 0.0},
    "somebody who tries out a VPN's countries": {_SWITCHES: 15, _COUNTRIES: 9, _HOSTING: 0.9},
    "somebody with a new phone, behind a VPN": {_NEW_DEVICE: 1.0, _HOSTING: 1.0, _DEVICE: 1},
}

#: What fires a rule, and what of it must change for the rule just not to fire.
GUILTY: dict[str, tuple[Row, Row]] = {
    "more_than_two_days": ({_MS: 49 * _HOUR_MS, _OFFLINE: 0.0}, {_MS: 48 * _HOUR_MS}),
    "impossible_pace": ({_PLAYS: 39_000, _SHORT: 0.0, _OFFLINE: 0.1}, {_SHORT: 0.93}),
    "more_than_a_day": ({_MS: 27 * _HOUR_MS, _OFFLINE: 0.0}, {_OFFLINE: 0.6}),
    "several_at_once": ({_MS: 13 * _HOUR_MS, _HOURS: 5, _PLAYS: 400, _OFFLINE: 0.0}, {_HOURS: 6}),
    "paid_plays_without_end": ({_PLAYS: 1300, _SHORT: 0.05, _TRACKS: 233}, {_TRACKS: 29}),
    "never_sleeps": ({_HOURS_7D: 144}, {_HOURS_7D: 143}),
    "stops_just_past_payment": ({_PLAYS: 500, _JUST_OVER: 0.9, _COMPLETED: 0.1}, {_COMPLETED: 0.5}),
    "few_lengths": ({_PLAYS: 350, _TRACKS: 100, _SECONDS: 9, _COMPLETED: 0.1, _SHORT: 0.0}, {_SECONDS: 21}),
    "cut_to_the_second": ({_PLAYS: 100, _SPREAD: 250, _COMPLETED: 0.0, _SHORT: 0.0}, {_SPREAD: 2000}),
    "device_of_many": ({_DEVICE: 60}, {_DEVICE: 30}),
    "device_beyond_a_day": ({_DEVICE_MS: 40 * _HOUR_MS}, {_DEVICE_MS: 26 * _HOUR_MS}),
    "device_in_shifts": ({_DEVICE: 4, _DEVICE_MS: 21 * _HOUR_MS}, {_DEVICE: 2}),
    "rented_round_the_clock": ({_PLAYS: 600, _HOURS: 23, _HOSTING: 1.0}, {_HOURS: 19}),
    "catalogue_from_rented_machines": ({_TRACKS: 400, _SHORT: 0.03, _HOSTING: 1.0}, {_SHORT: 0.2}),
    "faster_than_a_plane": ({_SWITCHES: 12, _COUNTRIES: 4, _HOSTING: 0.0}, {_COUNTRIES: 3}),
    "stranger_at_the_controls": ({_NEW_DEVICE: 0.7, _DEVICE: 8, _HOSTING: 0.7}, {_HOSTING: 0.4}),
    "payment_of_many": ({_PAYMENT: 40}, {_PAYMENT: 12}),
    "trials_on_one_card": ({_TRIALS: 7}, {_TRIALS: 6}),
    "accounts_from_one_device": ({_OPENED: 7}, {_OPENED: 6}),
    "opened_in_bulk_to_follow": ({_AGE: 9000, _DOMAIN: 40, _SHAPE: 0.95, _FOLLOWS: 60, _PLAYS_7D: 0}, {_PLAYS_7D: 11}),
    "follows_without_listening": ({_FOLLOWS: 900, _PLAYS_7D: 0}, {_FOLLOWS: 199}),
    "followers_from_one_device": ({_FOLLOWS: 60, _PLAYS_7D: 0, _OPENED: 3}, {_OPENED: 2}),
}


def _fires(rule: Rule, row: Row) -> bool:
    known = {need: row.get(need, float("nan")) for need in rule.needs}
    return bool(hits(rule, pl.DataFrame([known], schema=dict.fromkeys(known, pl.Float32))).item())


def test_there_are_about_twenty_with_names_of_their_own():
    assert len(_BY_NAME) == len(RULES) == len(GUILTY)
    assert all(rule.description.endswith(".") and rule.ratio > 0 for rule in RULES)


@pytest.mark.parametrize("name", _BY_NAME)
def test_rests_on_features_that_are_shipped(name):
    assert set(_BY_NAME[name].needs) <= set(day_names(CATALOG))


@pytest.mark.parametrize("name", _BY_NAME)
def test_catches_what_it_describes_and_says_so(name):
    row, less = GUILTY[name]
    assert _fires(_BY_NAME[name], row)
    assert _BY_NAME[name].sentence(row).endswith(".")
    assert not _fires(_BY_NAME[name], row | less)


@pytest.mark.parametrize("name", _BY_NAME)
@pytest.mark.parametrize("who", HONEST)
def test_leaves_honest_extremes_alone(name, who):
    assert not _fires(_BY_NAME[name], HONEST[who])


@pytest.mark.parametrize("name", _BY_NAME)
def test_what_is_unknown_never_fires(name):
    rule = _BY_NAME[name]
    assert not _fires(rule, {})
    assert hits(rule, pl.DataFrame({"other": [1.0]})).to_list() == [False]


def test_on_time_the_service_is_believed_where_nobody_says_what_was_offline():
    assert _fires(_BY_NAME["more_than_two_days"], {_MS: 60 * _HOUR_MS})


def test_columns_of_rules_are_added_to_what_a_bundle_learnt_once():
    folded = with_columns(TRAINED, needed(), CATALOG)
    assert folded[: len(TRAINED)] == TRAINED
    assert needed() <= set(day_names(folded))
    assert len(set(folded)) == len(folded)
    assert with_columns(folded, needed(), CATALOG) == folded
    assert needed(certain_only=True) < needed()


@pytest.fixture(scope="module")
def hit(crowd: Lake) -> pl.DataFrame:
    """account_id, rule, kind: which rules fire on the honest crowd."""
    return fired(crowd).join(truth(crowd), on="account_id")


def test_the_crowd_has_many_of_every_cohort_and_no_attacker(crowd: Lake):
    counted = truth(crowd).group_by("kind").len()
    assert dict(counted.iter_rows()).keys() == COHORTS.keys()
    assert counted["len"].min() >= 30
    assert not CROWD.campaigns
    assert not truth(crowd)["attack"].any()


@pytest.mark.parametrize("cohort", COHORTS)
def test_no_rule_hits_an_honest_cohort(hit: pl.DataFrame, cohort: str):
    assert hit.filter(pl.col("kind") == cohort)["rule"].to_list() == []


def _days(fired_on: dict[str, list[tuple[str, ...]]], without: float = -1.0) -> pl.DataFrame:
    rows = [
        (account, date(2026, 3, 2) + timedelta(days=day), list(names), max([without, *(3.0 for _ in names)]), without)
        for account, days in fired_on.items()
        for day, names in enumerate(days)
    ]
    columns = {"account_id": pl.String, "day": pl.Date, "rules": pl.List(pl.String)}
    schema = columns | {"ratio": pl.Float64, "without_rules": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(certain=pl.lit(value=False))


def test_what_happens_anew_every_day_counts_every_day():
    days = _days({"a": [("paid_plays_without_end",)] * 3})
    assert counted_anew(days, RULES)["ratio"].to_list() == [3.0, 3.0, 3.0]


def test_a_sleepless_week_counts_once_a_week():
    days = _days({"a": [("never_sleeps",)] * 8})
    assert counted_anew(days, RULES)["ratio"].to_list() == [3.0, *[-1.0] * 6, 3.0]


def test_what_accounts_share_counts_once_for_each_and_hides_nothing_else():
    shared = "device_of_many"
    assert _BY_NAME[shared].anew_after == ONCE
    days = _days({"a": [(shared,), (shared, "more_than_a_day"), ()], "b": [(), (shared,), (shared,)]})
    mixed = days.sample(fraction=1.0, shuffle=True, seed=1)
    counted = counted_anew(mixed, RULES)
    assert counted.select("account_id", "day").equals(mixed.select("account_id", "day"))
    assert counted.sort("account_id", "day")["ratio"].to_list() == [3.0, 3.0, -1.0, -1.0, 3.0, -1.0]


def test_what_is_certain_stays_so():
    days = _days({"a": [("never_sleeps",)] * 2}).with_columns(certain=pl.lit(value=True), ratio=pl.lit(9.2))
    assert counted_anew(days, RULES)["ratio"].to_list() == [9.2, 9.2]


@given(st.data())
def test_no_rule_fires_below_its_floor(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from([rule for rule in RULES if rule.floor is not None]))
    assert rule.floor is not None
    column, least = rule.floor
    any_value = st.floats(0, 1e9, width=32) | st.just(float("nan"))
    row = {name: data.draw(any_value) for name in rule.needs}
    row[column] = data.draw(st.floats(0, least, exclude_max=True, width=32))
    assert not hits(rule, pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float32)))[0]

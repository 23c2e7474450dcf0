"""Each rule catches what it describes and stays away from honest extremes."""

import polars as pl
import pytest

from ghostnote.decisions.rules import RULES, hits
from ghostnote.features.account_days import day_names
from ghostnote.features.catalog import CATALOG

_HOUR_MS = 3_600_000
_BY_NAME = {rule.name: rule for rule in RULES}

#: Honest days at the far end of what real people do, as account-day features.
HONEST = {
    "the busiest skimmer": {
        "plays_by_account_24h": 2036,
        "plays_by_account_7d": 3000,
        "plays_total_ms_played_by_account_24h": 5 * _HOUR_MS,
        "plays_share_30_35s_by_account_24h": 0.05,
        "plays_distinct_second_by_account_24h": 150,
        "plays_distinct_track_by_account_24h": 1900,
        "plays_distinct_hour_by_account_7d": 60,
    },
    "a child on repeat": {
        "plays_by_account_24h": 349,
        "plays_by_account_7d": 900,
        "plays_total_ms_played_by_account_24h": 14 * _HOUR_MS,
        "plays_share_30_35s_by_account_24h": 0.0,
        "plays_distinct_second_by_account_24h": 6,
        "plays_distinct_track_by_account_24h": 2,
        "plays_distinct_hour_by_account_7d": 80,
    },
    "a shop that plays all day and a sleeper all night": {
        "plays_by_account_24h": 420,
        "plays_by_account_7d": 2700,
        "plays_total_ms_played_by_account_24h": 23.5 * _HOUR_MS,
        "plays_share_30_35s_by_account_24h": 0.01,
        "plays_distinct_second_by_account_24h": 120,
        "plays_distinct_track_by_account_24h": 200,
        "plays_distinct_hour_by_account_7d": 150,
    },
    "a fan who follows a festival's whole line-up": {
        "follows_by_account_24h": 230,
        "plays_by_account_7d": 400,
        "plays_by_account_24h": 60,
        "plays_share_30_35s_by_account_24h": 0.1,
    },
    "thirty people on a ship's one tablet": {"day_mean_events_distinct_account_by_device_24h": 25},
    "a family of six on one card": {"day_mean_signups_distinct_account_by_payment_ever": 6},
}

GUILTY = {
    "more_than_a_day": {"plays_total_ms_played_by_account_24h": 40 * _HOUR_MS},
    "impossible_pace": {"plays_by_account_24h": 39_000},
    "never_sleeps": {"plays_distinct_hour_by_account_7d": 166},
    "stops_just_past_payment": {"plays_by_account_24h": 500, "plays_share_30_35s_by_account_24h": 0.9},
    "few_lengths": {
        "plays_by_account_24h": 350,
        "plays_distinct_track_by_account_24h": 100,
        "plays_distinct_second_by_account_24h": 9,
    },
    "follows_without_listening": {"follows_by_account_24h": 900, "plays_by_account_7d": 0},
    "device_of_many": {"day_mean_events_distinct_account_by_device_24h": 60},
    "payment_of_many": {"signups_distinct_account_by_payment_ever": 40},
}


@pytest.mark.parametrize("name", _BY_NAME)
def test_rests_on_features_that_are_shipped(name):
    assert set(_BY_NAME[name].needs) <= set(day_names(CATALOG))


@pytest.mark.parametrize("name", _BY_NAME)
def test_catches_what_it_describes_and_says_so(name):
    row = GUILTY[name]
    assert hits(_BY_NAME[name], pl.DataFrame([row])).to_list() == [True]
    assert _BY_NAME[name].sentence(row).endswith(".")


@pytest.mark.parametrize("name", _BY_NAME)
@pytest.mark.parametrize("who", HONEST)
def test_leaves_honest_extremes_alone(name, who):
    rule = _BY_NAME[name]
    row = {need: HONEST[who].get(need, float("nan")) for need in rule.needs}
    assert hits(rule, pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float32))).to_list() == [False]


@pytest.mark.parametrize("name", _BY_NAME)
def test_what_is_unknown_never_fires(name):
    rule = _BY_NAME[name]
    unknown = pl.DataFrame([dict.fromkeys(rule.needs, float("nan"))])
    assert hits(rule, unknown).to_list() == [False]
    assert hits(rule, pl.DataFrame({"other": [1.0]})).to_list() == [False]

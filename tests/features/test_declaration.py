"""Declarations: derived names, units, the columns they rest on, and errors that say what to write instead."""

from collections.abc import Callable

import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.features.catalog import CATALOG
from ghostnote.features.context import FIRST_PLAY, NEW_DEVICE
from ghostnote.features.declaration import (
    OPS,
    Feature,
    count,
    distinct,
    entropy,
    gap_cv,
    gap_max,
    gap_mean,
    growth,
    mean,
    per,
    rate,
    run_length,
    share,
    std,
    switches,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.predicates import EVENT, HOSTING_IP, JUST_OVER_30S, LOGIN, SHORT, SIGNUP


@pytest.mark.parametrize(
    ("feature", "name", "unit"),
    [
        (count("account", "24h", "x"), "plays_by_account_24h", "events"),
        (count("ip", "24h", "x", where=SIGNUP), "signups_by_ip_24h", "events"),
        (share(JUST_OVER_30S, "account", "24h", "x"), "plays_share_30_35s_by_account_24h", "share"),
        (
            share(HOSTING_IP, "device", "7d", "x", where=LOGIN),
            "logins_share_hosting_ip_by_device_7d",
            "share",
        ),
        (total("ms_played", "account", "1h", "x"), "plays_total_ms_played_by_account_1h", "ms"),
        (mean("ms_played", "account", "1h", "x"), "plays_mean_ms_played_by_account_1h", "ms"),
        (growth("track", "24h", "7d", "x"), "plays_growth_on_7d_by_track_24h", "ratio"),
        (rate(HOSTING_IP, "account", "ip", "24h", "x"), "events_rate_hosting_ip_account_by_ip_24h", "share"),
        (switches("country", "account", "1h", "x"), "events_switches_country_by_account_1h", "changes"),
        (gap_max("account", "24h", "x"), "plays_gap_max_by_account_24h", "s"),
        (std("ms_played", "account", "1h", "x"), "plays_std_ms_played_by_account_1h", "ms"),
        (distinct("track", "account", "7d", "x"), "plays_distinct_track_by_account_7d", "track"),
        (per("account", "track", "7d", "x"), "plays_per_account_by_track_7d", "events"),
        (top_share("artist", "account", "7d", "x"), "plays_top_share_artist_by_account_7d", "share"),
        (entropy("second", "owner", "7d", "x"), "plays_entropy_second_by_owner_7d", "bits"),
        (gap_mean("account", "1h", "x"), "plays_gap_mean_by_account_1h", "s"),
        (gap_cv("account", "1h", "x", where=SHORT), "short_plays_gap_cv_by_account_1h", "ratio"),
        (time_since_first("account", "x"), "events_time_since_first_by_account_ever", "s"),
        (time_since_previous("account", "x"), "plays_time_since_previous_by_account_ever", "s"),
        (run_length("track", "account", "x"), "plays_run_length_track_by_account_ever", "events"),
    ],
    ids=lambda value: value.op if isinstance(value, Feature) else None,
)
def test_name_and_unit_are_derived(feature: Feature, name: str, unit: str) -> None:
    assert (feature.name, feature.unit) == (name, unit)


@pytest.mark.parametrize(
    ("feature", "columns"),
    [
        (count("account", "24h", "x", where=EVENT), {"account_id"}),
        (count("account", "24h", "x"), {"account_id", "kind", "track_id"}),
        (share(SHORT, "ip", "24h", "x", where=EVENT), {"ip", "ms_played"}),
        (total("ms_played", "ip", "24h", "x", where=EVENT), {"ip", "ms_played"}),
        (distinct("second", "ip", "24h", "x", where=EVENT), {"ip", "ms_played"}),
        (distinct("hour", "ip", "24h", "x", where=EVENT), {"ip", "event_time"}),
        (top_share("track", "ip", "24h", "x", where=EVENT, support_of="device"), {"ip", "track_id", "device_id"}),
        (count("account_country", "24h", "x", where=EVENT), {"account_id", "country"}),
        (count("payment", "24h", "x", where=EVENT), {"payment_hash", "account_id"}),
        (share(FIRST_PLAY, "ip", "24h", "x", where=EVENT), {"ip", "account_id", "track_id", "kind"}),
        (share(NEW_DEVICE, "ip", "24h", "x", where=EVENT), {"ip", "account_id", "device_id"}),
    ],
)
def test_the_columns_it_rests_on(feature: Feature, columns: set[str]) -> None:
    assert feature.columns == columns


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Feature("cuont", "account", "1h", "x"), "There is no aggregate 'cuont': did you mean 'count'"),
        (lambda: count("acount", "1h", "x"), "There is no key 'acount': did you mean 'account'"),
        (lambda: count("nobody", "1h", "x"), "There is no key 'nobody': choose one of account, track, "),
        (lambda: count("account", "1w", "x"), "There is no window '1w': choose one of 1h, 24h, 7d, 28d, ever"),
        (lambda: count("account", "24", "x"), "There is no window '24': did you mean '24h'"),
        (lambda: count("account", "0h", "x"), "There is no window '0h'"),
        (lambda: count("account", "29d", "x"), "The window '29d' is too long: use at most 28d, or ever"),
        (lambda: count("account", "673h", "x"), "The window '673h' is too long"),
        (lambda: total("ms", "account", "1h", "x"), "There is no value 'ms': "),
        (lambda: distinct("tracks", "account", "1h", "x"), "There is no item 'tracks': did you mean 'track'"),
        (lambda: distinct("payment", "account", "1h", "x"), "There is no item 'payment': "),
        (
            lambda: per("account", "track", "1h", "x", support_of="acount"),
            "There is no item to count support by 'acount': did you mean 'account'",
        ),
        (lambda: Feature("share", "account", "1h", "x"), "A share by account needs a predicate"),
        (lambda: gap_cv("account", "ever", "x"), "gap_cv by account needs a window of at most 28d"),
        (lambda: Feature("run_length", "account", "1h", "x", argument="track"), "has no window: declare it over ever"),
        (lambda: Feature("time_since_first", "account", "1h", "x"), "has no window: declare it over ever"),
        (lambda: count("account", "1h", "  "), "Say why a fraud analyst cares about plays_by_account_1h"),
    ],
)
def test_what_has_no_meaning_is_refused_with_advice(declare: Callable[[], Feature], message: str) -> None:
    with pytest.raises(GhostnoteError) as caught:
        declare()
    assert message in str(caught.value)
    assert str(caught.value).endswith(".")


def test_every_aggregate_has_a_function() -> None:
    from ghostnote.features import declaration

    missing = [op for op in OPS if not callable(getattr(declaration, op, None))]
    assert not missing


def test_the_catalogue_has_unique_names_and_reasons_that_end() -> None:
    assert len({feature.name for feature in CATALOG}) == len(CATALOG)
    assert all(feature.why.endswith(".") and len(feature.why) <= 100 for feature in CATALOG)


def test_features_about_others_wait_for_enough_of_them() -> None:
    # One listener's week must not decide what a track's, payee's or playlist's share looks like.
    parts = ("share", "per", "top_share", "entropy", "rate", "growth")
    shared = [f for f in CATALOG if f.by in ("track", "artist", "owner", "playlist") and f.op in parts]
    assert shared
    assert all(f.support >= 5 for f in shared)

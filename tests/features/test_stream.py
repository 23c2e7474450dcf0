"""Tables become one stream in order."""

from datetime import UTC, date, datetime
from ipaddress import IPv6Address

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.features.declaration import count
from ghostnote.features.fold import Fold
from ghostnote.features.stream import build_stream, stream_columns

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def table(*ids: str, at: datetime = AT, **columns: object) -> pl.DataFrame:
    rows = {"event_id": list(ids), "event_time": [at] * len(ids), "account_id": ["a"] * len(ids)}
    return pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def test_at_one_instant_signups_come_first_then_by_id() -> None:
    events = build_stream(
        {"actions": table("1"), "plays": table("4", "3"), "logins": table("9"), "signups": table("8")}
    )
    assert events["kind"].to_list() == ["signup", "login", "play", "play", "action"]
    assert events["event_id"].to_list() == ["8", "9", "3", "4", "1"]


def test_the_day_of_arrival_comes_before_the_time() -> None:
    later = table("1", dt=date(2026, 1, 5))
    sooner = table("2", at=datetime(2026, 1, 3, tzinfo=UTC), dt=date(2026, 1, 3))
    assert build_stream({"plays": pl.concat([later, sooner])})["event_id"].to_list() == ["2", "1"]


def test_every_column_is_there_and_unknown_ones_have_the_type_null() -> None:
    events = build_stream({"plays": table("1", track_id="t", extra=7)})
    assert tuple(events.columns) == (*stream_columns(), "extra")
    assert events.schema["ip"] == pl.Null
    assert events.schema["track_id"] == pl.String


def test_columns_can_be_chosen() -> None:
    events = build_stream({"plays": table("1", track_id="t", extra=7)}, ["ip", "track_id"])
    assert set(events.columns) == {"kind", "dt", "event_id", "event_time", "account_id", "ip", "track_id"}


def test_what_one_table_knows_is_unknown_on_the_events_of_others() -> None:
    events = build_stream({"plays": table("1", track_id="t"), "logins": table("2", success=True)})
    assert events["track_id"].to_list() == [None, "t"]
    assert events["success"].to_list() == [True, None]


def test_the_catalogue_is_joined_and_its_genre_left_out() -> None:
    tracks = pl.DataFrame({"track_id": ["t"], "artist_id": ["r"], "owner_id": ["o"], "genre": ["pop"]})
    events = build_stream({"plays": pl.concat([table("1", track_id="t"), table("2", track_id="u")]), "tracks": tracks})
    assert events["artist_id"].to_list() == ["r", None]
    assert "genre" not in events.columns


def test_of_two_rows_of_one_track_the_last_counts() -> None:
    tracks = pl.DataFrame({"track_id": ["t", "t"], "artist_id": ["old", "new"]})
    events = build_stream({"plays": table("1", track_id="t"), "tracks": tracks})
    assert events["artist_id"].to_list() == ["new"]


def test_playlists_are_sources_that_are_playlists() -> None:
    rows = pl.concat([table("1", source="playlist", source_id="p"), table("2", source="album", source_id="p")])
    assert build_stream({"plays": rows})["playlist_id"].to_list() == ["p", None]


@pytest.mark.parametrize(
    ("ip", "subnet"),
    [
        ("192.0.2.7", "192.0.2"),
        ("::ffff:192.0.2.7", "192.0.2"),
        ("::FFFF:192.0.2.7", "192.0.2"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::6", "2001:db8:1:2"),
        ("2001:DB8:01:0002::", "2001:db8:1:2"),
        ("2001:db8::6", "2001:db8:0:0"),
        ("2001:db8::1:0:0:5", "2001:db8:0:0"),
        ("2001:db8:0:0:1::", "2001:db8:0:0"),
        ("2001::3:4:5:6:7", "2001:0:0:3"),
        ("2001:db8::", "2001:db8:0:0"),
        ("::1", "0:0:0:0"),
        ("::", "0:0:0:0"),
        ("f3a9c1", None),
        ("", None),
        ("192.0.2", None),
        ("192.0.2.7.9", None),
    ],
)
def test_subnets(ip: str, subnet: str | None) -> None:
    assert build_stream({"plays": table("1", ip=ip)})["subnet"].to_list() == [subnet]


def test_addresses_in_one_subnet_share_it() -> None:
    rows = pl.concat([table("1", ip="192.0.2.7"), table("2", ip="192.0.2.200"), table("3", ip=None)])
    assert build_stream({"plays": rows})["subnet"].to_list() == ["192.0.2", "192.0.2", None]


def test_an_events_own_country_comes_before_its_addresss() -> None:
    ips = pl.DataFrame({"ip": ["192.0.2.7"], "country": ["DE"], "ip_kind": ["hosting"]})
    rows = pl.concat([table("1", ip="192.0.2.7", country="FR"), table("2", ip="192.0.2.7", country=None)])
    events = build_stream({"plays": rows, "ips": ips})
    assert events["country"].to_list() == ["FR", "DE"]
    assert events["ip_kind"].to_list() == ["hosting", "hosting"]


def test_lazy_tables_will_do() -> None:
    assert build_stream({"plays": table("1").lazy()}).height == 1


def test_no_events_are_refused() -> None:
    with pytest.raises(GhostnoteError, match="There are no events: give at least one of"):
        build_stream({"tracks": pl.DataFrame({"track_id": ["t"]})})


@pytest.mark.parametrize("column", ["event_id", "event_time", "account_id"])
def test_a_table_without_what_every_event_needs_is_refused(column: str) -> None:
    with pytest.raises(GhostnoteError, match=f"The table plays has no column {column}"):
        build_stream({"plays": table("1").drop(column)})


@settings(deadline=None)
@given(st.lists(st.ip_addresses(v=6), min_size=1, max_size=20))
def test_one_network_has_one_name_however_its_addresses_are_written(addresses: list[IPv6Address]) -> None:
    expected = [":".join(f"{int(g, 16):x}" for g in a.exploded.split(":")[:4]) for a in addresses]
    for written in (str, lambda a: a.exploded, lambda a: str(a).upper()):
        rows = pl.concat([table(str(i), ip=written(a)) for i, a in enumerate(addresses)])
        found = build_stream({"plays": rows}).sort(pl.col("event_id").cast(pl.Int64))
        assert found["subnet"].to_list() == expected


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        (datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (datetime(2026, 1, 6, 20, tzinfo=UTC), datetime(2026, 1, 6, 20, tzinfo=UTC)),
        (datetime(2026, 1, 7, tzinfo=UTC), datetime(2026, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC)),
        (datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_nothing_happens_more_than_a_day_after_it_arrived(at: datetime, taken: datetime) -> None:
    rows = pl.concat([table("1", at=at, dt=date(2026, 1, 5)), table("2", at=at, dt=None)], how="vertical_relaxed")
    events = build_stream({"plays": rows}).sort("event_id")
    assert events["event_time"].to_list() == [taken, at]


def test_a_false_time_does_not_stop_a_tracks_clock() -> None:
    false = table("1", at=datetime(2099, 1, 1, tzinfo=UTC), dt=date(2026, 1, 1), track_id="t")
    true = [table(str(i), at=datetime(2026, 1, 3, i, tzinfo=UTC), dt=date(2026, 1, 3), track_id="t") for i in (2, 3)]
    fold = Fold([count("track", "24h", "x")])
    assert fold.update(build_stream({"plays": pl.concat([false, *true])}))[:, 0].tolist() == [1, 1, 2]
    assert fold.late == 0

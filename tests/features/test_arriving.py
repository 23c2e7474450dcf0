"""Events that arrive one call at a time become the rows that whole tables become."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import Judged

from ghostnote.events.reading import read
from ghostnote.events.schema import EVENT_TABLES, TABLES, TIME
from ghostnote.features.arriving import Arriving, Rows, absent_columns, networks
from ghostnote.features.catalog import CATALOG
from ghostnote.features.fold import Fold
from ghostnote.features.history import Intake, streams
from ghostnote.features.stream import KINDS, build_stream, subnet


def frame_of(rows: Rows) -> pl.DataFrame:
    """The rows as a frame."""
    times = pl.Series(rows["event_time"], dtype=pl.Int64).cast(TIME)
    types = {c.name: c.dtype for table in TABLES.values() for c in table.columns}
    names = [name for name in rows if name != "event_time"]
    made = [
        pl.Series(name, rows[name], dtype=types.get(name, None if name == "known_bad" else pl.String)) for name in names
    ]
    return pl.DataFrame([*made, times.alias("event_time")])


def _lists(events: pl.DataFrame) -> dict[str, list[object]]:
    times = events["event_time"].dt.timestamp("us")
    return {name: events[name].to_list() for name in events.columns} | {"event_time": times.to_list()}


def test_rows_are_those_of_whole_tables(town: Judged) -> None:
    lake, intake = town.lake, Intake()
    wanted = Fold(CATALOG).columns | {"event_id", "account_id", "kind"}
    whole = list(streams(lake, wanted, intake))
    known = {name: read(lake, name).rows for name in ("tracks", "ips", "labels")}
    arriving = Arriving(wanted, absent_columns(intake.missing_columns, labels=True), **known)
    for day, stream in whole:
        tables = [read(lake, table, day, day).rows for table in EVENT_TABLES if day in lake.days(table)]
        own = stream.select("kind", "event_id").join(
            pl.concat(tables, how="diagonal"), on="event_id", how="left", maintain_order="left"
        )
        made = [
            frame_of(arriving.rows(part["kind"].cast(pl.String).to_list(), _lists(part), day))
            for part in own.iter_slices(997)
        ]
        rows = pl.concat(made)
        for name in rows.columns:
            assert rows[name].to_list() == stream[name].cast(rows[name].dtype).to_list(), name
        lacking = [name for name in wanted if name not in rows.columns]
        assert all(stream[name].dtype == pl.Null for name in lacking), lacking


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.ip_addresses().map(str),
            st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){2,4}", fullmatch=True),
            st.from_regex(r"::ffff:[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True),
            st.text(max_size=20),
        ),
        max_size=8,
    )
)
def test_networks_are_those_of_the_expression(addresses: list[str | None]) -> None:
    frame = pl.DataFrame({"ip": addresses}, schema={"ip": pl.String})
    assert networks(addresses) == frame.select(subnet().alias("subnet"))["subnet"].to_list()


def test_an_event_from_the_future_is_its_day_s_last() -> None:
    today = date(2026, 3, 1)
    late = datetime(2026, 3, 9, tzinfo=UTC)
    arriving = Arriving({"event_time", "account_id", "event_id"})
    events = {"event_id": ["a", "b"], "account_id": ["x", "y"], "event_time": [int(late.timestamp() * 1e6), 5]}
    made = frame_of(arriving.rows(["login", "login"], events, today))
    table = pl.DataFrame({"event_id": ["a"], "account_id": ["x"], "event_time": [late], "dt": [today]})
    expected = build_stream({"logins": table})["event_time"][0]
    assert made["event_time"].to_list() == [expected, datetime(1970, 1, 1, 0, 0, 0, 5, tzinfo=UTC)]


def test_columns_are_absent_where_no_table_has_them() -> None:
    every_device = [f"{table}.device_id" for table in EVENT_TABLES]
    assert "device_id" in absent_columns(every_device)
    assert "device_id" not in absent_columns(every_device[1:])
    assert {"artist_id", "owner_id", "duration_ms"} <= absent_columns(["tracks"])
    assert {"plan", "email_domain"} <= absent_columns(["signups"])
    assert {"playlist_id"} <= absent_columns(["plays.source"])
    assert "country" not in absent_columns([f"{table}.country" for table in ("signups", "logins", "plays")])
    assert "country" in absent_columns(["ips", *(f"{table}.country" for table in ("signups", "logins", "plays"))])
    assert "known_bad" in absent_columns([])
    assert "known_bad" not in absent_columns([], labels=True)


def test_labels_count_from_when_they_were_known() -> None:
    known_at = datetime(2026, 3, 2, tzinfo=UTC)
    labels = pl.DataFrame(
        {
            "subject_type": ["account", "account"],
            "subject_id": ["x", "x"],
            "verdict": ["legit", "fraud"],
            "known_at": [known_at + timedelta(days=1), known_at],
        }
    )
    arriving = Arriving({"event_time", "account_id", "known_bad"}, labels=labels)
    times = [known_at - timedelta(seconds=1), known_at, known_at + timedelta(days=2)]
    events = {"account_id": ["x"] * 3, "event_time": [int(t.timestamp()) * 1_000_000 for t in times]}
    assert arriving.rows(["play"] * 3, events)["known_bad"] == [False, True, False]


def test_kinds_are_those_of_the_stream() -> None:
    made = Arriving({"account_id"}).rows(list(KINDS.values()), {"account_id": ["a"] * 4, "event_time": [1] * 4})
    assert made["kind"] == list(KINDS.values())

"""Events as an Arrow stream are checked as a lake's files are."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import polars as pl
import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import MAX_ID_LENGTH, TABLES, TIME
from ghostnote.events.validation import check
from ghostnote.serving.wire.arrow import events_of_arrow
from ghostnote.serving.wire.events import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAYS = pl.DataFrame(
    {
        "event_id": ["a", "b", "c"],
        "event_time": [NOON, NOON, NOON],
        "account_id": ["x", "x", None],
        "track_id": ["t", "t", "t"],
        "ms_played": [1000, -5, 2000],
        "source": pl.Series(["search", "search", "search"], dtype=pl.Categorical),
        "position": [7, 8, 9],
        "whatever": [[1], [2], [3]],
    }
)


def stream(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc_stream(buffer)
    return buffer.getvalue()


def test_rows_become_events_and_bad_ones_are_named_with_their_content() -> None:
    events, rejected, contents = events_of_arrow(stream(PLAYS), "play")
    assert [(e.kind, e.event_id, e.event_time, e.ms_played, e.source) for e in events] == [
        ("play", "a", NOON, 1000, "search")
    ]
    assert [(row.row, row.reason) for row in rejected] == [
        (2, "ms_played is -5: at least 0."),
        (3, "account_id is missing."),
    ]
    assert [bool(content) for content in contents] == [False, True, True]


def test_values_of_other_types_are_converted_where_nothing_is_lost() -> None:
    odd = PLAYS[:1].with_columns(
        event_time=pl.lit(int(NOON.timestamp() * 1000)),
        ms_played=pl.lit(Decimal(1000)),
        account_id=pl.lit(42),
        track_id=pl.lit(b"t"),
    )
    events, rejected, _ = events_of_arrow(stream(odd), "play")
    assert not rejected
    assert (events[0].event_time, events[0].ms_played, events[0].account_id, events[0].track_id) == (
        NOON,
        1000,
        "42",
        "t",
    )


@pytest.mark.parametrize("value", [pl.lit([1]), pl.struct(a=pl.lit(1)), pl.lit(1.5), pl.lit("soon"), pl.lit(b"\xff")])
def test_values_that_cannot_be_are_rejected_not_fatal(value: pl.Expr) -> None:
    _, rejected, _ = events_of_arrow(stream(PLAYS[:1].with_columns(ms_played=value)), "play")
    assert len(rejected) == 1
    assert "ms_played" in rejected[0].reason


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"nonsense", "play", "no Arrow stream"),
        (b"", "play", "no Arrow stream"),
        (stream(PLAYS)[:200], "play", "no Arrow stream"),
        (stream(PLAYS), "listen", "none of signup, login, play, action"),
        (stream(PLAYS.drop("track_id", "ms_played")), "play", "track_id, ms_played missing"),
        (stream(PLAYS), "signup", "missing from signups"),
    ],
)
def test_what_is_no_table_of_events_is_refused_with_a_sentence(body: bytes, kind: str, says: str) -> None:
    with pytest.raises(GhostnoteError, match=says):
        events_of_arrow(body, kind)


def test_no_rows_are_no_events() -> None:
    assert [len(part) for part in events_of_arrow(stream(PLAYS.clear()), "play")] == [0, 0, 0]


TYPED = PLAYS[:1].select("event_id", "event_time", "account_id", "track_id", "ms_played").cast({"event_time": TIME})


@pytest.mark.parametrize(
    "changed",
    [
        pl.lit(5).cast(pl.Int64).alias("ms_played"),
        pl.lit(-1).cast(pl.Int64).alias("ms_played"),
        pl.lit(2**62).cast(pl.Int64).alias("ms_played"),
        pl.lit(None, pl.Int64).alias("ms_played"),
        pl.lit("").alias("track_id"),
        pl.lit("x" * (MAX_ID_LENGTH + 1)).alias("track_id"),
        pl.lit(None, pl.String).alias("account_id"),
        pl.lit("nowhere").alias("source"),
        pl.lit("search").alias("source"),
        pl.lit("").alias("source"),
        pl.lit(value=True).alias("shuffle"),
        pl.lit(None, TIME).alias("event_time"),
        pl.lit(NOON.replace(year=1999)).cast(TIME).alias("event_time"),
    ],
)
def test_rows_of_the_contract_s_types_are_held_to_it_as_a_lake_s_are(changed: pl.Expr) -> None:
    frame = pl.concat([TYPED, TYPED.with_columns(changed)], how="diagonal")
    events, rejected, _ = events_of_arrow(stream(frame), "play")
    checked = check(TABLES["plays"], frame)
    assert list(events) == [Event("play", **row) for row in checked.good.iter_rows(named=True)]
    assert [each.row for each in rejected] == checked.rejected["row"].to_list()

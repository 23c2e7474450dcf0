"""Small tracks are left out where it is known that they are small, with artificial plays and without."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.decisions.royalties.service import Heard, rows

from ghostnote.decisions.royalties.streams import STREAMS, Eligible, StreamCount, read_streams, with_period
from ghostnote.decisions.royalties.tally import judged
from ghostnote.decisions.royalties.terms import Eligibility, Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.errors import GhostnoteError


def counted(heard: list[Heard], terms: Eligibility) -> pl.DataFrame:
    plays = rows(heard)
    count = StreamCount(terms)
    for day in sorted({one.day for one in heard}):
        count.add(judged(plays.filter(pl.col("dt") == day), Verdicts(plays), Terms()))
    return count.streams()


def test_excluded_plays_make_no_track_eligible_and_held_ones_still_do() -> None:
    heard = [
        Heard("ann", "t", 3),
        Heard("bob", "t", 2, "exclude"),
        Heard("bob", "t", 1, "hold", day=date(2026, 3, 11)),
        Heard("bob", "u", 9, "count", ms=1000),
        Heard("eve", "v", 6, "exclude"),
    ]
    terms = Eligibility(streams=5, listeners=1)
    streams = counted(heard, terms)
    assert streams.schema == STREAMS
    assert streams.rows() == [("t", 6, 4, 2, 2), ("v", 6, 0, 1, 0)]
    found = Eligible.of(streams, terms, "")
    assert found.tracks is not None
    assert found.tracks.select("track_id", "before", "after").rows() == [("t", True, False), ("v", True, False)]


def test_a_track_needs_its_listeners_too() -> None:
    heard = [
        Heard("ann", "t", 9),
        Heard("ann", "u", 5),
        Heard("bob", "u", 5, "exclude"),
        Heard("bob", "w"),
        Heard("c", "w"),
    ]
    terms = Eligibility(streams=2, listeners=2)
    found = Eligible.of(counted(heard, terms), terms, "").tracks
    assert found is not None
    assert found.select("track_id", "before", "after").rows() == [
        ("t", False, False),
        ("u", True, False),
        ("w", True, True),
    ]


def test_a_file_of_streams_is_the_year_and_loses_what_the_period_excludes(tmp_path: Path) -> None:
    terms = Eligibility(streams=100)
    period = counted([Heard("ann", "t", 10), Heard("bob", "t", 20, "exclude"), Heard("ann", "new", 3)], terms)
    file = tmp_path / "streams.csv"
    file.write_text("track_id,streams,title\nt,110,x\nold,500,y\nnew,1,z\n")
    streams, short = with_period(read_streams(file, terms), period)
    assert streams.select("track_id", "streams_before", "streams_after").rows() == [
        ("new", 3, 3),
        ("old", 500, 500),
        ("t", 110, 90),
    ]
    assert short == 1
    found = Eligible.of(streams, terms, "").tracks
    assert found is not None
    assert found.select("before", "after").rows() == [(False, False), (True, True), (True, False)]


def test_a_file_of_streams_may_be_parquet_with_listeners(tmp_path: Path) -> None:
    terms = Eligibility(streams=1, listeners=3)
    file = tmp_path / "streams.parquet"
    pl.DataFrame({"track_id": ["t", "u"], "streams": [50, 60], "listeners": [3, 1]}).write_parquet(file)
    streams, _ = with_period(read_streams(file, terms), counted([Heard("a", "u"), Heard("b", "u")], terms))
    assert streams.rows() == [("t", 50, 50, 3, 3), ("u", 60, 60, 2, 2)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("track,streams\nt,1\n", "has no column track_id: it needs track_id, streams"),
        ("track_id,streams\nt,many\n", "cannot be read as streams per track"),
        ("track_id,streams\nt,-1\n", "missing or negative"),
        ("track_id,streams\nt,\n", "missing or negative"),
        ("track_id,streams\nt,1\nt,2\n", "has the track t more than once"),
        ("", "cannot be read as streams per track"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "streams.csv"
    file.write_text(text)
    with pytest.raises(GhostnoteError, match=said):
        read_streams(file, Eligibility())
    with pytest.raises(GhostnoteError, match="cannot be read as streams per track"):
        read_streams(tmp_path / "none.csv", Eligibility())

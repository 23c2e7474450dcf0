"""Pictures drawn by hand: what is drawn where, that thousands of marks stay small, and that names stay text."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import polars as pl
import pytest
from tests.invented import HOSTILE

from ghostnote.console import pictures

START = datetime(2026, 3, 4, tzinfo=UTC)


def played(*rows: tuple[str, float, str]) -> pl.DataFrame:
    """Plays from account, hours since the start, verdict."""
    return pl.DataFrame(
        [(account, START + timedelta(hours=hour), verdict) for account, hour, verdict in rows],
        schema={"account_id": pl.String, "event_time": pl.Datetime("us", "UTC"), "verdict": pl.String},
        orient="row",
    ).with_columns(withheld=pl.col("verdict") != "count")


def linked(*rows: tuple[str, str]) -> pl.DataFrame:
    """Links from account, thing."""
    return pl.DataFrame(rows, schema={"account_id": pl.String, "thing": pl.String}, orient="row")


def marks(svg: str, kind: str = "path") -> list[dict[str, str]]:
    """The attributes of the elements of a kind; fails if the drawing is no XML."""
    return [dict(element.attrib) for element in ElementTree.fromstring(svg).iter(kind)]


def cells(svg: str, colour: str) -> list[tuple[float, float]]:
    """Where the cells of a colour of a raster begin."""
    found = [mark for mark in marks(svg) if mark.get("fill") == f"var(--{colour})"]
    return [(float(x), float(y)) for mark in found for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", mark["d"])]


def test_a_raster_has_a_cell_for_each_account_and_hour_red_where_a_play_is_withheld() -> None:
    plays = played(("a", 0, "count"), ("a", 0.5, "exclude"), ("a", 3, "count"), ("b", 3, "hold"))
    svg = pictures.raster(plays, ["a", "b"], START, 1)
    red, blue = cells(svg, "artificial"), cells(svg, "honest")
    assert [x for x, _ in red] == pytest.approx([0.0, 3 * 1000 / 24], abs=0.1)
    assert [x for x, _ in blue] == pytest.approx([3 * 1000 / 24], abs=0.1)
    assert red[0][1] == blue[0][1] < red[1][1]


def test_a_raster_leaves_out_other_accounts_and_other_days() -> None:
    plays = played(("a", -1, "count"), ("a", 24, "count"), ("other", 2, "count"))
    svg = pictures.raster(plays, ["a"], START, 1)
    assert cells(svg, "honest") == cells(svg, "artificial") == []


def test_a_raster_of_ten_thousand_cells_is_a_handful_of_paths() -> None:
    rows = [f"a{n}" for n in range(pictures.MOST_ROWS)]
    plays = played(*((name, hour, "exclude") for name in rows for hour in range(48)))
    svg = pictures.raster(plays, rows, START, 2)
    assert len(cells(svg, "artificial")) == pictures.MOST_ROWS * 48
    assert len(marks(svg)) < 10


def test_a_raster_of_a_long_run_names_each_week() -> None:
    svg = pictures.raster(played(), [], START, 28)
    assert [text.text for text in ElementTree.fromstring(svg).iter("text")] == [
        "4\u00a0March",
        "11\u00a0March",
        "18\u00a0March",
        "25\u00a0March",
    ]


def test_a_clock_is_darker_where_more_is_played_and_red_where_half_is_withheld() -> None:
    much = [("a", 5 + n / 60, "count") for n in range(12)]
    plays = played(("a", 2, "count"), *much, ("a", 29, "count"), ("a", 29.2, "exclude"))
    faint, dark, red = marks(pictures.clock(plays, START, 2), "rect")
    assert float(faint["fill-opacity"]) < float(dark["fill-opacity"])
    assert (faint["fill"], red["fill"]) == ("var(--honest)", "var(--artificial)")
    assert dark["y"] == red["y"]
    assert float(dark["x"]) < float(red["x"])


def test_a_web_draws_a_line_for_each_thing_of_an_account_and_the_most_shared_first() -> None:
    links = linked(("a", "one"), ("b", "both"), ("a", "both"), ("a", "both"), ("stranger", "one"))
    svg = pictures.web(["a", "b"], [("devices", links, 5)])
    (lines,) = marks(svg)
    assert lines["d"].count("M") == 3
    assert len(marks(svg, "circle")) == 2
    texts = [text.text for text in ElementTree.fromstring(svg).iter("text")]
    assert texts == ["2 accounts", "2\u00a0devices", "both · 2", "one · 1"]


def test_a_web_shows_no_more_things_and_lines_than_can_be_seen() -> None:
    members = [f"a{n}" for n in range(200)]
    links = linked(*((name, f"t{n}") for name in members for n in range(40)))
    svg = pictures.web(members, [("tracks", links, 24)])
    (lines,) = marks(svg)
    assert 1000 < lines["d"].count("M") <= 1500
    assert "40\u00a0tracks" in svg
    assert len(list(ElementTree.fromstring(svg).iter("text"))) == 2 + 24


def test_growth_stacks_counted_plays_on_withheld_ones() -> None:
    svg = pictures.growth([(30, 10), (0, 0), (0, 20)], START)
    bars = [{name: float(bar[name]) for name in ("y", "height")} for bar in marks(svg, "rect")]
    withheld, counted = bars[0], bars[1]
    assert counted["height"] == pytest.approx(3 * withheld["height"], abs=0.2)
    assert counted["y"] + counted["height"] == pytest.approx(withheld["y"], abs=0.2)
    assert bars[2]["height"] == bars[3]["height"] == 0
    assert bars[4]["height"] == pytest.approx(2 * withheld["height"], abs=0.2)
    assert "40 plays on the busiest day" in svg


def test_nothing_to_draw_is_an_empty_drawing() -> None:
    empty = played()
    for svg in (
        pictures.raster(empty, [], START, 3),
        pictures.clock(empty, START, 3),
        pictures.growth([], START),
        pictures.web(["a"], [("devices", linked(), 5)]),
    ):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")


def test_names_from_outside_stay_text() -> None:
    svg = pictures.web([HOSTILE], [("tracks", linked((HOSTILE, HOSTILE)), 5)])
    root = ElementTree.fromstring(svg)
    assert not list(root.iter("script"))
    assert "<script>alert('x')</script>&\": 1 accounts" in {title.text for title in root.iter("title")}
    assert HOSTILE[-1] not in svg

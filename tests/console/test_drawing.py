"""Drawings as inline SVG: compact, safe, and never two ids alike."""

import re

import altair as alt
import polars as pl

from ghostnote.console.drawing import Draughtsman
from ghostnote.console.palette import ARTIFICIAL, COLOURS


def bars(labels: list[str], **mark: object) -> alt.Chart:
    rows = pl.DataFrame({"label": labels, "value": range(len(labels))})
    return alt.Chart(rows, title="Title").mark_bar(color=ARTIFICIAL, **mark).encode(x="value:Q", y="label:N")


def test_control_characters_are_dropped_before_they_reach_the_renderer() -> None:
    drawing = Draughtsman().draw(bars(["a\x1b[31m\x00b", "\u202ec", "\ufffed", "\ud7ff🎵"]))
    assert not re.search("[\x00-\x08\x1b\u202e\ufffe]", drawing.svg)
    assert "🎵" in drawing.svg


def test_markup_in_data_stays_text() -> None:
    drawing = Draughtsman().draw(bars(["<script>x</script>", "</text><a href='x'>", "&amp;"]))
    assert "<script" not in drawing.svg
    assert "<a " not in drawing.svg
    assert "&lt;script&gt;x&lt;/script&gt;" in drawing.svg
    assert "&amp;amp;" in drawing.svg


def test_colours_become_variables_and_the_title_leaves() -> None:
    drawing = Draughtsman().draw(bars(["a", "b"]))
    assert "var(--artificial)" in drawing.svg
    assert ARTIFICIAL not in drawing.svg
    assert drawing.title == "Title"
    assert ">Title<" not in drawing.svg
    assert 'aria-label="Title"' in drawing.svg


def test_colours_of_the_palette_are_told_apart_in_both_modes() -> None:
    for mode in (0, 1):
        values = [pair[mode] for pair in COLOURS.values()]
        assert len(set(values)) == len(values)


def test_ids_differ_between_the_charts_of_a_page() -> None:
    draughtsman = Draughtsman()
    drawn = [draughtsman.draw(bars(["a", "b"], clip=True)).svg for _ in range(2)]
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in drawn]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])
    for names, svg in zip(ids, drawn, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(names)


def test_cells_that_look_alike_become_one_path() -> None:
    rows = pl.DataFrame({"x": [n % 50 for n in range(2000)], "y": [n // 50 for n in range(2000)]})
    drawing = Draughtsman().draw(alt.Chart(rows).mark_rect(color=ARTIFICIAL).encode(x="x:O", y="y:O"))
    assert drawing.svg.count("var(--artificial)") == 1
    assert drawing.svg.count("Z") >= 2000

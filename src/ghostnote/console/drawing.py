"""Charts as inline SVG that follows the page's colours: drawn light, its colours then replaced by CSS variables."""

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

import altair as alt
import msgspec
import vl_convert
from altair.typing import ChartType

from ghostnote.console.palette import COLOURS, PAPER, chart_config
from ghostnote.console.wording import clean

_VARIABLE = {light: f"var(--{name})" for name, (light, _) in COLOURS.items()}
_LOCALE = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "percent": "\u00a0%"}
_DROPPED = {"font-family", "role", "class", "pointer-events", "version"}
_LONG_FRACTION = re.compile(r"(\.\d)\d+")
_NUMBERS = {"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"}


class Drawing(msgspec.Struct, frozen=True):
    """A chart ready for a page: its title and subtitle as text, the rest as SVG markup without either."""

    title: str
    subtitle: str
    svg: str


class Draughtsman:
    """Draws the charts of one page; numbers the ids inside them, so that no two charts share one."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def draw(self, chart: alt.TopLevelMixin) -> Drawing:
        """Render `chart`; its title leaves the picture, for the page to set as text."""
        spec = specification(chart)
        title, subtitle = _take_title(spec)
        svg = _rendered(msgspec.json.encode(spec).decode())
        return Drawing(
            title, subtitle, _inline(svg, f"c{next(self._numbers)}", ". ".join(filter(None, [title, subtitle])))
        )


@lru_cache(maxsize=256)
def _rendered(spec: str) -> str:
    """A chart as SVG. Rendering takes a tenth of a second, and pages are looked at again and again."""
    made: str = vl_convert.vegalite_to_svg(spec, config=chart_config(), allowed_base_urls=[], format_locale=_LOCALE)
    return made


def picture(charts: Sequence[ChartType], heading: str, *, scale: float = 2.0) -> bytes:
    """Charts in two columns under a heading, as one PNG on light paper, `scale` pixels to a point."""
    stacked = alt.concat(*charts, columns=2, spacing=48).resolve_scale(
        color="independent", x="independent", y="independent"
    )
    stacked = stacked.properties(title=alt.Title(heading, fontSize=22, offset=28))
    config = {**chart_config(), "background": PAPER, "padding": 24}
    made: bytes = vl_convert.vegalite_to_png(
        specification(stacked), scale=scale, config=config, allowed_base_urls=[], format_locale=_LOCALE
    )
    return made


def specification(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as Vega-Lite with all its rows, every text cleaned: one control character would end the process."""
    with alt.data_transformers.enable("default", max_rows=None):
        # Tests hold every chart to the schema; to do so again for each page costs as much as to render it.
        spec: dict[str, Any] = _cleaned(chart.to_dict(validate=False))
    return spec


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    return value


def _take_title(spec: dict[str, Any]) -> tuple[str, str]:
    title = spec.pop("title", "")
    if isinstance(title, str):
        return title, ""
    return str(title.get("text", "")), str(title.get("subtitle", ""))


def _inline(svg: str, prefix: str, label: str) -> str:
    """Turn a standalone SVG into a compact one that belongs to an HTML page."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        _tidy(element, prefix)
    _prune(root)
    _join_paths(root)
    root.set("role", "img")
    root.set("aria-label", label)
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(element: ElementTree.Element, prefix: str) -> None:
    element.tag = element.tag.rpartition("}")[2]
    for name, value in list(element.attrib.items()):
        if name in _DROPPED or name.startswith(("aria-", "{")):
            del element.attrib[name]
        elif name == "id":
            element.set(name, f"{prefix}-{value}")
        elif value.startswith("url(#"):
            element.set(name, value.replace("url(#", f"url(#{prefix}-"))
        elif value in _VARIABLE:
            element.set(name, _VARIABLE[value])
        elif name in _NUMBERS:
            element.set(name, _LONG_FRACTION.sub(r"\1", value))
        elif name == "opacity" and value == "1":
            del element.attrib[name]


def _prune(parent: ElementTree.Element) -> None:
    for child in list(parent):
        if child.tag == "defs":
            continue
        _prune(child)
        hidden = child.get("display") == "none" or child.get("opacity") == "0"
        empty = child.tag == "g" and len(child) == 0
        unpainted = child.tag == "path" and not child.get("fill") and not child.get("stroke")
        if hidden or empty or unpainted:
            parent.remove(child)


def _join_paths(root: ElementTree.Element) -> None:
    """Make one path of neighbours that differ only in their outline: a raster of thousands of cells becomes a few."""
    for parent in root.iter("g"):
        runs = [list(run) for _, run in itertools.groupby(parent, key=_look)]
        if len(runs) == len(parent):
            continue
        for run in runs:
            run[0].set("d", "".join(_outlines(run)))
            for path in run[1:]:
                parent.remove(path)


def _look(element: ElementTree.Element) -> object:
    if element.tag != "path" or "transform" in element.attrib:
        return id(element)
    return tuple(sorted((name, value) for name, value in element.attrib.items() if name != "d"))


def _outlines(run: list[ElementTree.Element]) -> Iterator[str]:
    return (path.get("d", "") for path in run)

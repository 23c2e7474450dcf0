"""The colours of every page and chart, light and dark, and how charts are set. Colour is only for meaning."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Name -> (light, dark). Light values are unique: a drawn chart is turned dark by finding them again.
COLOURS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "paper": ("#fcfbf8", "#15171b"),
        "panel": ("#ffffff", "#1c1f24"),
        "shade": ("#f3f1eb", "#23272d"),
        "line": ("#dfdbd2", "#353a42"),
        "ink": ("#1c1f24", "#e9e6df"),
        "muted": ("#5d636c", "#a2a8b1"),
        "quiet": ("#b9b5ab", "#5a606a"),
        "artificial": ("#b93a21", "#f0805f"),
        "held": ("#d18a17", "#e6b455"),
        "honest": ("#2f6690", "#7db4d9"),
        "good": ("#3b7a57", "#7cc29b"),
    }
)

PAPER, PANEL, SHADE, LINE, INK, MUTED, QUIET, ARTIFICIAL, HELD, HONEST, GOOD = (light for light, _ in COLOURS.values())


def css_variables() -> str:
    """The palette as CSS: light by default, dark where the reader prefers it, always light on paper."""
    light = ";".join(f"--{name}:{value}" for name, (value, _) in COLOURS.items())
    dark = ";".join(f"--{name}:{value}" for name, (_, value) in COLOURS.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )


def chart_config(*, dark: bool = False) -> dict[str, Any]:
    """The Vega-Lite config that all charts share: no frame, light grid, horizontal axis titles."""
    line, ink, muted = (COLOURS[name][dark] for name in ("line", "ink", "muted"))
    return {
        "aria": False,
        "background": None,
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {
            "domainColor": line,
            "gridColor": line,
            "tickColor": line,
            "labelColor": muted,
            "labelFontSize": 12,
            "labelPadding": 6,
            "titleColor": muted,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
        },
        "axisX": {"grid": False, "tickSize": 4, "labelFlush": False},
        "axisY": {
            "domain": False,
            "ticks": False,
            "titleAlign": "left",
            "titleAngle": 0,
            "titleBaseline": "bottom",
            "titleX": 0,
            "titleY": -8,
        },
        "legend": {
            "direction": "horizontal",
            "labelColor": muted,
            "labelFontSize": 12,
            "orient": "top",
            "symbolOpacity": 1,
            "symbolType": "square",
            "title": None,
            "offset": 6,
            "layout": {"top": {"anchor": "end"}},
        },
        "text": {"color": ink, "fontSize": 12},
        "title": {"anchor": "start", "color": ink, "subtitleColor": muted, "fontSize": 14, "offset": 24},
    }

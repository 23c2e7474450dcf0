"""The page of an evidence packet: one HTML file beside `packet.json`, made from it alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ghostnote.console import charts, wording
from ghostnote.console.charts import packet as drawn
from ghostnote.console.drawing import Draughtsman
from ghostnote.console.report import render, write_page
from ghostnote.decisions.attribution.packet import PACKET_FILE, UNKNOWN, Counted, Packet, Track
from ghostnote.decisions.documents import keep_other, write_json
from ghostnote.events.lake import whole_folder

PAGE_FILE = "packet.html"
_BARS, _ROWS = 8, 50


def write_packet(found: Packet, out: Path) -> Path:
    """Write `packet.json` and `packet.html` into the folder `out`, whole or not at all; returns the page's path.

    Raises `GhostnoteError` if `out` holds something else than an earlier packet, or cannot be written.
    """
    keep_other(out, PACKET_FILE, "packet")
    page = render("packet.html", packet_context(found)).encode()
    with whole_folder(out) as folder:
        write_json(folder / PACKET_FILE, found)
        write_page(folder / PAGE_FILE, page)
    return out / PAGE_FILE


def packet_context(found: Packet) -> dict[str, Any]:
    """Everything that the page shows."""
    draughtsman = Draughtsman()
    pictures = [drawn.plays_by_day(found.days), drawn.share_by_day(found.days)]
    named = [one for one in found.sources if one.name != UNKNOWN]
    if named:
        pictures.append(drawn.split(found.sources[:_BARS], _most(found.sources), "Plays by what started them"))
    if [one for one in found.countries if one.name != UNKNOWN]:
        where = "Plays by country; countries with fewer than 5 listeners are counted as other"
        pictures.append(drawn.split(found.countries[:_BARS], _most(found.countries), where))
    pictures.append(drawn.listeners(found.top, found.half, found.artificial_listeners))
    if len(found.tracks) > 1:
        pictures.append(charts.track_shares(_shares(found.tracks[:_BARS])))
    return {
        "found": found,
        "currency": found.currency,
        "pictures": [draughtsman.draw(picture) for picture in pictures],
        "tracks": found.tracks[:_ROWS],
        "more_tracks": max(len(found.tracks) - _ROWS, 0),
    }


def _most(rows: Sequence[Counted]) -> str:
    """Where most artificial plays are from."""
    total = sum(one.artificial for one in rows)
    top = max(rows, key=lambda one: one.artificial)
    return f"{wording.share(top.artificial / total)} of the artificial plays come from: {wording.clean(top.name)}"


def _shares(tracks: Sequence[Track]) -> pl.DataFrame:
    """As the chart of tracks wants them."""
    rows = [(one.track_id, one.role, one.share, one.low, one.high) for one in tracks]
    names = ["track_id", "role", "artificial_share", "low", "high"]
    return pl.DataFrame(rows, schema=names, orient="row")

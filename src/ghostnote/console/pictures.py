"""Pictures with thousands of marks, drawn as SVG directly: Vega-Lite takes seconds for them."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from markupsafe import Markup, escape

from ghostnote.console import wording

_WIDTH = 1000
#: Rows of a raster: more would be thinner than a pixel.
MOST_ROWS = 240
_LINKS = 1500
_DAY = timedelta(days=1)
#: How wide a date is at most.
_LABEL = 90


def raster(plays: pl.DataFrame, rows: Sequence[str], start: datetime, days: int) -> Markup:
    """Every row an account, every column an hour: red where plays of the hour are withheld, blue where all count.

    `plays` has account_id, event_time, withheld.
    """
    height = max(1.5, min(14.0, 520 / max(len(rows), 1)))
    hours, top = days * 24, 18
    cell = _WIDTH / hours
    order = pl.DataFrame(
        {"account_id": list(rows), "row": range(len(rows))}, schema={"account_id": pl.String, "row": pl.Int64}
    )
    hour = ((pl.col("event_time") - start).dt.total_hours()).alias("hour")
    cells = (
        plays.with_columns(pl.col("account_id").cast(pl.String))
        .join(order, on="account_id")
        .group_by("row", hour)
        .agg(pl.col("withheld").any(), n=pl.len())
        .filter(pl.col("hour").is_between(0, hours - 1))
        .sort("row", "hour")
    )
    # One path per colour and strength: ten thousand rectangles become four outlines.
    outlines: dict[tuple[str, str], list[str]] = {}
    for row, at, withheld, count in cells.iter_rows():
        look = ("artificial" if withheld else "honest", "1" if count >= 5 else ".55")
        mark = f"M{at * cell:.1f} {top + row * height:.1f}h{cell:.1f}v{height * 0.88:.1f}h-{cell:.1f}z"
        outlines.setdefault(look, []).append(mark)
    body = [
        f'<path d="{"".join(marks)}" fill="var(--{colour})" fill-opacity="{strength}"/>'
        for (colour, strength), marks in outlines.items()
    ]
    every = 1 if days <= 16 else 7
    bottom = top + height * len(rows)
    for day in range(0, days, every):
        x = day * 24 * cell
        when = wording.day((start + (day * _DAY)).date(), year=False)
        body.append(f'<path d="M{x:.1f} {top - 4}V{bottom:.1f}" stroke="var(--line)"/>')
        body.append(f'<text x="{x + 3:.1f}" y="11">{when}</text>')
    return _svg(body, bottom + 2, "Plays by account and hour")


def clock(plays: pl.DataFrame, start: datetime, days: int) -> Markup:
    """One account's plays: every row an hour of the day, every column a day; the darker, the more plays."""
    cell, height, left, top = (_WIDTH - 46) / max(days, 7), 12, 46, 18
    counts = plays.group_by(
        (pl.col("event_time") - start).dt.total_days().alias("day"), pl.col("event_time").dt.hour().alias("hour")
    ).agg(n=pl.len(), withheld=(pl.col("verdict") != "count").sum())
    body = []
    for day, hour, count, withheld in counts.sort("day", "hour").iter_rows():
        x, y = left + day * cell, top + hour * height
        colour = "artificial" if withheld * 2 >= count else "honest"
        body.append(
            f'<rect x="{x:.1f}" y="{y}" width="{cell - 1.5:.1f}" height="{height - 1}" fill="var(--{colour})" '
            f'fill-opacity="{min(1.0, 0.2 + count / 15):.2f}"><title>{count} plays, {withheld} withheld</title></rect>'
        )
    body += [f'<text x="0" y="{top + hour * height + 10}">{hour:02d}:00</text>' for hour in range(0, 24, 6)]
    # So many days apart that no date runs into the next.
    for day in range(0, days, math.ceil(_LABEL / cell)):
        when = wording.day((start + day * _DAY).date(), year=False)
        body.append(f'<text x="{left + day * cell:.1f}" y="11">{when}</text>')
    return _svg(body, top + 24 * height, "Plays by hour of the day and day", "drawn close")


def web(members: Sequence[str], columns: Sequence[tuple[str, pl.DataFrame, int]]) -> Markup:
    """A campaign as a graph: its accounts in the second of several columns, lines to what they have in common.

    `columns` are a heading, a frame of links (account_id, thing; those of other accounts are left out, a link may come
    again) and how many things are drawn at most; the first stands left of the accounts, the others right of them.
    Things that most accounts share come first: a block is a dense fan.
    """
    xs = [215, 420, 610, 815]
    rows = {name: 30 + (n + 0.5) * 420 / len(members) for n, name in enumerate(members)}
    body = [f'<text x="{xs[1]}" y="14" text-anchor="middle" class="head">{len(members):,} accounts</text>']
    for x, (heading, links, most) in zip([xs[0], *xs[2:]], columns, strict=False):
        lines, labels = _fan(x, xs[1], rows, heading, links, most)
        # Lines lie below every label: those to the last column pass the labels of the one before.
        body = [lines, *body, *labels]
    radius = max(0.8, min(4.0, 170 / len(members)))
    body += [f'<circle cx="{xs[1]}" cy="{y:.1f}" r="{radius:.1f}" fill="var(--ink)"/>' for y in rows.values()]
    return _svg(body, 460, "Accounts and what they share", "drawn close")


def _fan(
    x: int, middle: int, rows: dict[str, float], heading: str, links: pl.DataFrame, most: int
) -> tuple[str, list[str]]:
    among = links.unique().select(pl.col("account_id", "thing").cast(pl.String))
    found = among.filter(pl.col("account_id").is_in(list(rows))).group_by("thing").agg("account_id")
    ranked = found.sort(-pl.col("account_id").list.len().cast(pl.Int64), "thing")
    sharers: dict[str, list[str]] = dict(ranked.head(most).iter_rows())
    shown = {thing: 30 + (n + 0.5) * 420 / len(sharers) for n, thing in enumerate(sharers)}
    side = "end" if x < middle else "start"
    edge = x + 6 if x < middle else x - 6
    lines = [(rows[a], y) for thing, y in shown.items() for a in sorted(sharers[thing])]
    kept = lines[:: max(1, -(-len(lines) // _LINKS))]
    path = "".join(f"M{middle} {a:.1f}L{edge} {y:.1f}" for a, y in kept)
    head = wording.counted(ranked.height, heading.removesuffix("s"), heading)
    body = [f'<text x="{x}" y="14" text-anchor="{side}" class="head">{head}</text>']
    opacity = max(0.05, min(0.5, 90 / max(len(kept), 1)))
    drawn = f'<path d="{path}" stroke="var(--artificial)" stroke-opacity="{opacity:.2f}" fill="none"/>'
    for thing, y in shown.items():
        label = f"{wording.short(thing, 20 if x < middle else 16)} · {len(sharers[thing]):,}"
        body.append(
            f'<text x="{x}" y="{y + 4:.1f}" text-anchor="{side}">{escape(label)}<title>{escape(wording.clean(thing))}: '
            f"{len(sharers[thing]):,} accounts</title></text>"
        )
    return drawn, body


def growth(values: Sequence[tuple[int, int]], start: datetime) -> Markup:
    """Bars by day: withheld plays below, counted ones on top of them."""
    most = max((a + b for a, b in values), default=0) or 1
    width, body = _WIDTH / max(len(values), 1), []
    for n, (counted, withheld) in enumerate(values):
        when = wording.day((start + n * _DAY).date(), year=False)
        low, high = 110 * withheld / most, 110 * counted / most
        title = f"<title>{when}: {withheld:,} withheld, {counted:,} counted</title>"
        for y, size, colour in ((130 - low, low, "artificial"), (130 - low - high, high, "honest")):
            body.append(
                f'<rect x="{n * width + 2:.1f}" y="{y:.1f}" width="{width - 4:.1f}" height="{size:.1f}" '
                f'fill="var(--{colour})">{title}</rect>'
            )
        body.append(f'<text x="{n * width + 2:.1f}" y="146">{when}</text>')
    body.append(f'<text x="0" y="11">{most:,} plays on the busiest day</text>')
    return _svg(body, 150, "Plays by day")


def _svg(body: list[str], height: float, label: str, look: str = "drawn") -> Markup:
    head = f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}" class="{look}">'
    return Markup(head + "".join(body) + "</svg>")

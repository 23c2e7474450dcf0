"""Tracks by the share of their plays that is artificial."""

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import LABELS, WIDTH, colours, count_axis, label_axis, named
from ghostnote.console.palette import ARTIFICIAL, GOOD, HELD, HONEST, INK, MUTED, QUIET
from ghostnote.decisions.tables import GAINING
from ghostnote.decisions.tracks import PENALTY_SHARE

#: The colour of each role.
ROLE_COLOURS = {
    "beneficiary": ARTIFICIAL,
    "takeover": INK,
    "sabotaged": GOOD,
    "playlist": MUTED,
    "camouflage": HONEST,
    "unclear": HELD,
    "clean": QUIET,
}


def track_shares(tracks: pl.DataFrame, *, width: int = WIDTH - LABELS) -> ChartType:
    """Artificial share with its 95 % interval, one row per track of a `tracks` frame, in the frame's order."""
    rows = tracks.with_columns(pl.Series("label", wording.labels(tracks["track_id"].to_list(), 18), dtype=pl.String))
    y = label_axis("label")
    share = alt.Axis(title="artificial share of plays", format=".0%", tickCount=5, orient="bottom")
    colour = alt.Color(
        "role:N", scale=colours({role: ROLE_COLOURS[role] for role in ROLE_COLOURS if role in rows["role"].to_list()})
    )
    base = alt.Chart(rows.select("label", "low", "high", "artificial_share", "role")).encode(y=y)
    spread = base.mark_rule(strokeWidth=2, opacity=0.55).encode(
        x=alt.X("low:Q", scale=alt.Scale(domain=[0, 1]), axis=share), x2="high:Q", color=colour
    )
    point = base.mark_circle(size=60, opacity=1).encode(x="artificial_share:Q", color=colour)
    line = alt.Chart(pl.DataFrame({"x": [PENALTY_SHARE]})).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x="x:Q")
    chart = (line + spread + point).properties(width=width, height=max(60, 22 * rows.height))
    over = rows.filter(pl.col("artificial_share") > PENALTY_SHARE).height
    title = f"{over} of these {rows.height} tracks lie above the {wording.share(PENALTY_SHARE)} penalty line"
    return named(chart, title, "Dot: artificial share; bar: 95 % interval; dashed: penalty line")


def artificial_by_role(roles: pl.DataFrame, *, width: int = WIDTH - LABELS) -> ChartType:
    """Artificial plays by the part that their track had in it: frame of role, tracks, artificial_plays."""
    counted = [int(plays) for plays in roles["artificial_plays"]]
    total = sum(counted)
    said = [
        f"{wording.number(plays)} on {wording.counted(tracks, 'track')}"
        for plays, tracks in roles.select("artificial_plays", "tracks").iter_rows()
    ]
    rows = roles.with_columns(pl.Series("said", said, dtype=pl.String))
    base = alt.Chart(rows).encode(
        y=label_axis("role"),
        x=alt.X(
            "artificial_plays:Q",
            axis=count_axis("artificial plays"),
            # Room for what is written beside the longest bar.
            scale=alt.Scale(domainMax=1.6 * max(counted, default=1)),
        ),
    )
    scale = colours({role: ROLE_COLOURS[role] for role in ROLE_COLOURS if role in rows["role"].to_list()})
    chart = base.mark_bar(height=14).encode(color=alt.Color("role:N", scale=scale, legend=None))
    chart += base.mark_text(align="left", dx=5).encode(text="said:N")
    gained = sum(plays for role, plays in zip(roles["role"], counted, strict=True) if role in GAINING)
    title = (
        f"{wording.share(gained / total)} of artificial plays are for those who gain" if total else "Nothing artificial"
    )
    return named(
        chart.properties(width=width, height=max(60, 26 * roles.height)),
        title,
        "Artificial plays by the part that the track's owner had in them",
    )

"""Trends by day, and the hours of the day. Frames of the `days` table in, charts out."""

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, WIDTH, colours, day_axis, epoch, named, value_axis
from ghostnote.console.palette import ARTIFICIAL, HELD, HONEST, QUIET


def plays_per_day(days: pl.DataFrame) -> ChartType:
    """All plays of each day."""
    chart = (
        alt.Chart(days.select(epoch("day"), "plays"))
        .mark_bar(color=HONEST)
        .encode(x=day_axis(), y=value_axis("plays", "plays per day"))
        .properties(width=WIDTH, height=HEIGHT)
    )
    title = _peak(days, pl.col("plays"), "Most was played on {day}: {value} plays", "Nothing was played")
    return named(chart, title, "All plays, by day of play")


def withheld_plays(days: pl.DataFrame) -> ChartType:
    """Plays excluded and held on each day, stacked."""
    both = pl.col("held") + pl.col("excluded")
    long = days.select(epoch("day"), "excluded", "held").unpivot(
        index="day", variable_name="verdict", value_name="plays"
    )
    chart = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=day_axis(),
            y=value_axis("plays", "plays per day"),
            color=alt.Color("verdict:N", scale=colours({"excluded": ARTIFICIAL, "held": HELD})),
            order=alt.Order("verdict:N"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
    title = _peak(days, both, "Withheld plays peaked on {day} at {value}", "No play was withheld on any day")
    return named(chart, title, "Plays excluded (left out of all counts) and held (until confirmed), by day of play")


def withheld_share(days: pl.DataFrame) -> ChartType:
    """Withheld plays as a share of each day's plays."""
    rows = days.select(
        epoch("day"), ((pl.col("held") + pl.col("excluded")) / pl.col("plays")).fill_nan(0.0).alias("share")
    )
    base = alt.Chart(rows).encode(x=day_axis(band=False), y=value_axis("share", "share of plays", ".2~%", domainMin=0))
    chart = base.mark_area(color=ARTIFICIAL, opacity=0.15) + base.mark_line(color=ARTIFICIAL, point=_dots(ARTIFICIAL))
    return named(
        chart.properties(width=WIDTH, height=HEIGHT),
        _share_title(days),
        "Held and excluded plays as a share of all plays of the day",
    )


def _share_title(days: pl.DataFrame) -> str:
    shares = (
        days.filter(pl.col("plays") > 0).select((pl.col("held") + pl.col("excluded")) / pl.col("plays")).to_series()
    )
    low, high = shares.min(), shares.max()
    if not isinstance(low, float) or not isinstance(high, float) or high == 0:
        return "Every play of every day counts"
    return f"Between {wording.share(low)} and {wording.share(high)} of a day's plays are withheld"


def payout_at_stake(days: pl.DataFrame, currency: str) -> ChartType:
    """What withheld plays would have been paid, by day."""
    chart = (
        alt.Chart(days.select(epoch("day"), "withheld_payout"))
        .mark_bar(color=ARTIFICIAL)
        .encode(x=day_axis(), y=value_axis("withheld_payout", f"{wording.clean(currency)} per day", "~s"))
        .properties(width=WIDTH, height=HEIGHT)
    )
    total, payout = _sum(days, "withheld_payout"), _sum(days, "payout")
    share = total / payout if payout else 0.0
    title = (
        f"{wording.money(total, currency)} withheld: {wording.share(share)} of the payout"
        if total
        else "No money is withheld"
    )
    return named(chart, title, "What the withheld plays would have been paid, by day of play")


def signups(days: pl.DataFrame) -> ChartType:
    """New accounts per day against the period's median."""
    bars = (
        alt.Chart(days.select(epoch("day"), "signups"))
        .mark_bar(color=HONEST)
        .encode(x=day_axis(), y=value_axis("signups", "sign-ups per day"))
    )
    usual = _median(days, "signups")
    rule = alt.Chart(pl.DataFrame({"usual": [usual]})).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y="usual:Q")
    peak = days.sort("signups", "day", descending=[True, False]).head(1)
    title = "No sign-ups in the period"
    if peak.height and peak["signups"][0]:
        most, when = peak["signups"][0], wording.day(peak["day"][0], year=False)
        title = f"Sign-ups were highest on {when}: {wording.number(most)}"
        title += f", {most / usual:.1f} times the median" if usual and most > 1.5 * usual else ""
    return named(
        (bars + rule).properties(width=WIDTH, height=HEIGHT),
        title,
        f"New accounts per day; dashed: the median day, {wording.number(usual)}",
    )


def accounts_acted(days: pl.DataFrame) -> ChartType:
    """Accounts active on each day that are now acted on."""
    chart = (
        alt.Chart(days.select(epoch("day"), "accounts_acted"))
        .mark_bar(color=ARTIFICIAL)
        .encode(x=day_axis(), y=value_axis("accounts_acted", "accounts per day"))
        .properties(width=WIDTH, height=HEIGHT)
    )
    title = _peak(
        days, pl.col("accounts_acted"), "Most accounts acted on were active on {day}: {value}", "No account is acted on"
    )
    active = wording.number(_median(days, "accounts"))
    return named(chart, title, f"Of the accounts active each day (median {active}), those that are acted on")


def hours_of_day(hours: pl.DataFrame) -> ChartType:
    """When counted and withheld plays happen: frame of hour, counted, withheld (shares of each kind's plays)."""
    kinds = {name: colour for name, colour in (("counted", HONEST), ("withheld", ARTIFICIAL)) if _sum(hours, name)}
    long = hours.unpivot(index="hour", on=list(kinds), variable_name="plays", value_name="share")
    chart = (
        alt.Chart(long)
        .mark_line(interpolate="monotone", strokeWidth=2)
        .encode(
            x=alt.X(
                "hour:Q",
                axis=alt.Axis(title="hour of the day, UTC", values=list(range(0, 24, 3))),
                scale=alt.Scale(domain=[0, 23]),
            ),
            y=value_axis("share", "share of the kind's plays", ".0~%", domainMin=0),
            color=alt.Color(
                "plays:N",
                scale=colours(kinds),
                legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3),
            ),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
    night = hours.filter(pl.col("hour").is_between(0, 5))
    counted, withheld = _sum(night, "counted"), _sum(night, "withheld")
    if not _sum(hours, "withheld"):
        title = "No play was withheld at any hour"
    else:
        title = f"{wording.share(withheld)} of withheld plays come from 0 to 6 h, {wording.share(counted)} of others"
    return named(chart, title, "How the plays of each kind spread over the hours of the day")


def _peak(days: pl.DataFrame, value: pl.Expr, found: str, none: str) -> str:
    top = days.select("day", value.alias("value")).sort("value", "day", descending=[True, False]).head(1)
    if top.is_empty() or not top["value"][0]:
        return none
    return found.format(day=wording.day(top["day"][0], year=False), value=wording.number(top["value"][0]))


def _median(days: pl.DataFrame, column: str) -> float:
    middle = days[column].median()
    return middle if isinstance(middle, float) else 0.0


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())


def _dots(colour: str) -> alt.OverlayMarkDef:
    return alt.OverlayMarkDef(color=colour, filled=True, size=22)

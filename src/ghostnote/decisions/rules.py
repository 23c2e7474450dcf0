"""Checks for what cannot be honest: each a name, a description, a condition and a sentence of evidence.

Conditions read account-day features by name. A feature that is missing never fires a rule. Every threshold states why
an honest listener does not reach it; figures marked (facts) are the extremes of real listening histories.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Rule:
    """`condition` is a Polars expression over account-day columns; `needs` names those columns.

    `certain` rules act on their own; the others bring `ratio` of evidence, in log-odds, to the day.
    """

    name: str
    description: str
    needs: tuple[str, ...]
    condition: pl.Expr
    sentence: Callable[[Mapping[str, float]], str]
    certain: bool = False
    ratio: float = 3.0


def _percent(share: float) -> str:
    return f"{share:.0%}"


_PLAYS = "plays_by_account_24h"
_MS = "plays_total_ms_played_by_account_24h"
_HOURS = "plays_distinct_hour_by_account_7d"
_PLAYS_7D = "plays_by_account_7d"
_JUST_OVER = "plays_share_30_35s_by_account_24h"
_SECONDS = "plays_distinct_second_by_account_24h"
_TRACKS = "plays_distinct_track_by_account_24h"
_FOLLOWS = "follows_by_account_24h"
_DEVICE = "day_mean_events_distinct_account_by_device_24h"
_PAYMENT = "signups_distinct_account_by_payment_ever"
_HOUR_MS = 3_600_000

RULES: tuple[Rule, ...] = (
    Rule(
        "more_than_a_day",
        "More than 30 hours of sound in 24 hours; the most seen in 40,798 honest account-days is below 24 (facts).",
        (_MS,),
        pl.col(_MS) > 30 * _HOUR_MS,
        lambda row: f"It played {row[_MS] / _HOUR_MS:.0f} hours of sound within 24 hours.",
        certain=True,
    ),
    Rule(
        "impossible_pace",
        "More than 3,000 plays in 24 hours; the busiest honest day has 2,036, nearly all skipped (facts).",
        (_PLAYS,),
        pl.col(_PLAYS) > 3000,
        lambda row: f"It made {row[_PLAYS]:,.0f} plays within 24 hours.",
        certain=True,
    ),
    Rule(
        "never_sleeps",
        "Plays in at least 158 of the last 168 clock hours: people sleep, but some leave the music on.",
        (_HOURS,),
        pl.col(_HOURS) >= 158,
        lambda row: f"It played in {row[_HOURS]:.0f} of the 168 hours of a week.",
    ),
    Rule(
        "stops_just_past_payment",
        "At least 100 plays in 24 hours, at least 60 % of them of 30 to 35 seconds; honest listeners: 0.7 % (facts).",
        (_PLAYS, _JUST_OVER),
        (pl.col(_PLAYS) >= 100) & (pl.col(_JUST_OVER) >= 0.6),
        lambda row: (
            f"{_percent(row[_JUST_OVER])} of its {row[_PLAYS]:,.0f} plays in 24 hours ended at 30 to 35 seconds, "
            "just past the point from which a play is paid."
        ),
    ),
    Rule(
        "few_lengths",
        "At least 200 plays of 40 or more tracks in 24 hours, but no more than 12 different lengths: tracks differ.",
        (_PLAYS, _SECONDS, _TRACKS),
        (pl.col(_PLAYS) >= 200) & (pl.col(_TRACKS) >= 40) & (pl.col(_SECONDS) <= 12),
        lambda row: (
            f"Its {row[_PLAYS]:,.0f} plays of {row[_TRACKS]:,.0f} tracks in 24 hours lasted only "
            f"{row[_SECONDS]:.0f} different numbers of seconds."
        ),
    ),
    Rule(
        "follows_without_listening",
        "At least 200 follows in 24 hours and no more than 10 plays in a week.",
        (_FOLLOWS, _PLAYS_7D),
        (pl.col(_FOLLOWS) >= 200) & (pl.col(_PLAYS_7D).fill_null(0) <= 10),
        lambda row: f"It followed {row[_FOLLOWS]:,.0f} artists or playlists in 24 hours and hardly listened.",
    ),
    Rule(
        "device_of_many",
        "One device that more than 30 accounts use within 24 hours: more than a family or a shop has.",
        (_DEVICE,),
        pl.col(_DEVICE) > 30,
        lambda row: f"Its device was used by {row[_DEVICE]:,.0f} accounts within 24 hours.",
    ),
    Rule(
        "payment_of_many",
        "More than 12 accounts signed up with one payment instrument: a family plan has six members.",
        (_PAYMENT,),
        pl.col(_PAYMENT) > 12,
        lambda row: f"{row[_PAYMENT]:,.0f} accounts signed up with its payment instrument.",
    ),
)


def hits(rule: Rule, rows: pl.DataFrame) -> pl.Series:
    """Which account-days the rule fires on, as booleans; none if a column it needs is absent."""
    if any(name not in rows.columns for name in rule.needs):
        return pl.Series(rule.name, [False], dtype=pl.Boolean).new_from_index(0, rows.height)
    # Polars takes NaN for the largest of numbers; here it means that nothing is known.
    known = rows.select(pl.col(rule.needs).fill_nan(None))
    return known.select(rule.condition.fill_null(value=False).alias(rule.name)).to_series()

"""Plays that stop where a timer says. Only of tracks that go on: noise tracks of half a minute end there by themselves.

So these need the lengths of tracks, and do not fire where a catalogue has none.
"""

import polars as pl

from ghostnote.decisions.rules.rule import Rule, percent

_PLAYS = "plays_by_account_24h"
_JUST_OVER = "plays_share_30_35s_by_account_24h"
_COMPLETED = "plays_share_completed_by_account_24h"
_SHORT = "plays_share_short_by_account_24h"
_SECONDS = "plays_distinct_second_by_account_24h"
_TRACKS = "plays_distinct_track_by_account_24h"
_SPREAD = "plays_std_ms_played_by_account_24h"

_cut = pl.col(_COMPLETED) < 0.5
# Who skims leaves hundreds of tracks within a few seconds: those are of few lengths too, and earn nobody anything.
_paid = pl.col(_SHORT) < 0.5

LENGTHS: tuple[Rule, ...] = (
    Rule(
        "stops_just_past_payment",
        "At least 100 plays in 24 hours, at least 60 % of them stopped at 30 to 35 seconds, while most tracks go on; "
        "honest listeners: 0.7 % (facts).",
        (_PLAYS, _JUST_OVER, _COMPLETED),
        (pl.col(_PLAYS) >= 100) & (pl.col(_JUST_OVER) >= 0.6) & _cut,
        lambda row: (
            f"{percent(row[_JUST_OVER])} of its {row[_PLAYS]:,.0f} plays in 24 hours ended at 30 to 35 seconds, "
            "just past the point from which a play is paid."
        ),
    ),
    Rule(
        "few_lengths",
        "At least 200 plays of 40 or more tracks in 24 hours, most past 30 seconds and before the end, but of no more "
        "than 20 different lengths in seconds: who leaves a track leaves it anywhere. Rings use 1 to 9 (facts).",
        (_PLAYS, _SECONDS, _TRACKS, _COMPLETED, _SHORT),
        (pl.col(_PLAYS) >= 200) & (pl.col(_TRACKS) >= 40) & (pl.col(_SECONDS) <= 20) & _cut & _paid,
        lambda row: (
            f"Its {row[_PLAYS]:,.0f} plays of {row[_TRACKS]:,.0f} tracks in 24 hours lasted only "
            f"{row[_SECONDS]:.0f} different numbers of seconds."
        ),
    ),
    Rule(
        "cut_to_the_second",
        "At least 100 plays in 24 hours, most past 30 seconds and before the end, whose lengths differ by less than 2 "
        "seconds (standard deviation): no hand keeps time like that for a hundred tracks.",
        (_PLAYS, _SPREAD, _COMPLETED, _SHORT),
        (pl.col(_PLAYS) >= 100) & (pl.col(_SPREAD) < 2000) & _cut & _paid,
        lambda row: (
            f"Its {row[_PLAYS]:,.0f} plays in 24 hours were cut at the same length, within "
            f"{row[_SPREAD] / 1000:.1f} seconds."
        ),
    ),
)

"""More sound than there is time for, and days without an end."""

import polars as pl

from ghostnote.decisions.rules.rule import OFFLINE, ONLINE, Rule

_HOUR_MS = 3_600_000
_PLAYS = "plays_by_account_24h"
_MS = "plays_total_ms_played_by_account_24h"
_HOURS = "plays_distinct_hour_by_account_24h"
_HOURS_7D = "plays_distinct_hour_by_account_7d"
_SHORT = "plays_share_short_by_account_24h"
_TRACKS = "plays_distinct_track_by_account_24h"

_sound = pl.col(_MS) / _HOUR_MS
_paid = pl.col(_PLAYS) * (1 - pl.col(_SHORT))

VOLUME: tuple[Rule, ...] = (
    Rule(
        "more_than_two_days",
        "More than 48 hours of sound in 24 hours, most of it online: two players that never stop are not enough. The "
        "most seen of one person is below 24 hours (facts), and a home that shares one account sleeps.",
        (_MS, OFFLINE),
        (_sound > 48) & ONLINE,
        lambda row: f"It played {row[_MS] / _HOUR_MS:.0f} hours of sound within 24 hours.",
        certain=True,
        floor=(_MS, 48 * _HOUR_MS),
    ),
    Rule(
        "impossible_pace",
        "More than 3,000 plays of 30 seconds or more in 24 hours, most of them online: a day has room for 2,880. Short "
        "ones do not count: somebody who skims, or a client that fails on every track, makes any number of them.",
        (_PLAYS, _SHORT, OFFLINE),
        (_paid > 3000) & ONLINE,
        lambda row: f"It made {row[_PLAYS] * (1 - row[_SHORT]):,.0f} plays of 30 seconds or more within 24 hours.",
        certain=True,
        floor=(_PLAYS, 3000),
    ),
    Rule(
        "more_than_a_day",
        "More than 26 hours of sound in 24 hours: more than one player, all day. Not certain: children's rooms with "
        "noise all night on their parents' account add up to that.",
        (_MS, OFFLINE),
        (_sound > 26) & ONLINE,
        lambda row: f"It played {row[_MS] / _HOUR_MS:.0f} hours of sound within 24 hours.",
    ),
    Rule(
        "several_at_once",
        "At least 10 hours of sound, of tracks of less than 10 minutes, that ended in so few clock hours that two and "
        "a half players must have run at once. A home that shares one account reaches two for a while.",
        (_MS, _HOURS, _PLAYS, OFFLINE),
        (_sound >= 10) & (_sound > 2.5 * pl.col(_HOURS)) & (pl.col(_MS) < 600_000 * pl.col(_PLAYS)) & ONLINE,
        lambda row: f"It played {row[_MS] / _HOUR_MS:.0f} hours of sound within {row[_HOURS]:.0f} clock hours.",
    ),
    Rule(
        "paid_plays_without_end",
        "At least 1,200 plays of 30 seconds or more, of 30 tracks or more, in 24 hours, most of them online: ten hours "
        "if each is left at once, and noise for the night lasts nine. Busier honest days are mostly skipped (facts).",
        (_PLAYS, _SHORT, _TRACKS, OFFLINE),
        (_paid >= 1200) & (pl.col(_TRACKS) >= 30) & ONLINE,
        lambda row: (
            f"It made {row[_PLAYS] * (1 - row[_SHORT]):,.0f} plays of 30 seconds or more, of {row[_TRACKS]:,.0f} "
            "tracks, within 24 hours."
        ),
    ),
    Rule(
        "never_sleeps",
        "Plays in at least 144 of the last 168 clock hours, more than 20 a day: people sleep, and shops close after 16 "
        "(facts). But some leave the music on, and some shops never close.",
        (_HOURS_7D,),
        pl.col(_HOURS_7D) >= 144,
        lambda row: f"It played in {row[_HOURS_7D]:.0f} of the 168 hours of a week.",
        anew_after=7,
    ),
)

"""Where an account is and what it runs on.

An id that thousands send is no device but a mistake (a television that reports its model, say), so what many share
counts once and never alone.
"""

import polars as pl

from ghostnote.decisions.rules.rule import OFFLINE, ONCE, ONLINE, Rule, percent

_HOUR_MS = 3_600_000
_PLAYS = "plays_by_account_24h"
_HOURS = "plays_distinct_hour_by_account_24h"
_SHORT = "plays_share_short_by_account_24h"
_TRACKS = "plays_distinct_track_by_account_24h"
_HOSTING = "plays_share_hosting_ip_by_account_24h"
_NEW_DEVICE = "plays_share_new_device_by_account_24h"
_SWITCHES = "events_switches_country_by_account_24h"
_COUNTRIES = "events_distinct_country_by_account_24h"
_DEVICE = "day_mean_events_distinct_account_by_device_24h"
_DEVICE_MS = "day_mean_plays_total_ms_played_by_device_24h"

_device_hours = pl.col(_DEVICE_MS) / _HOUR_MS

INFRASTRUCTURE: tuple[Rule, ...] = (
    Rule(
        "device_of_many",
        "One device that more than 30 accounts use within 24 hours: more than a family or a shop has. If they are more "
        "than 500, each has less than three minutes: that is an id that many devices send.",
        (_DEVICE,),
        pl.col(_DEVICE).is_between(30, 500, closed="right"),
        lambda row: f"Its device was used by {row[_DEVICE]:,.0f} accounts within 24 hours.",
        anew_after=ONCE,
        shared=True,
    ),
    Rule(
        "device_beyond_a_day",
        "One device that plays more than 26 hours of sound in 24 hours: a device plays one thing at a time.",
        (_DEVICE_MS, OFFLINE),
        (_device_hours > 26) & ONLINE,
        lambda row: f"Its device played {row[_DEVICE_MS] / _HOUR_MS:.0f} hours of sound within 24 hours.",
        anew_after=ONCE,
    ),
    Rule(
        "device_in_shifts",
        "One device that plays at least 20 of 24 hours for three accounts or more in turn: a home sleeps, or leaves "
        "one account on.",
        (_DEVICE, _DEVICE_MS, OFFLINE),
        (pl.col(_DEVICE) >= 2.5) & (_device_hours >= 20) & ONLINE,
        lambda row: (
            f"Its device played {row[_DEVICE_MS] / _HOUR_MS:.0f} of 24 hours for {row[_DEVICE]:.0f} accounts in turn."
        ),
        anew_after=ONCE,
    ),
    Rule(
        "rented_round_the_clock",
        "At least 200 plays in at least 20 clock hours of 24, 90 % of them from addresses of data centres or VPNs. A "
        "day of 22 hours is one in a thousand (facts), and few people have all their plays from there.",
        (_PLAYS, _HOURS, _HOSTING, OFFLINE),
        (pl.col(_PLAYS) >= 200) & (pl.col(_HOURS) >= 20) & (pl.col(_HOSTING) >= 0.9) & ONLINE,
        lambda row: (
            f"It played in {row[_HOURS]:.0f} clock hours within 24, {percent(row[_HOSTING])} of it from addresses of "
            "data centres or VPNs."
        ),
    ),
    Rule(
        "catalogue_from_rented_machines",
        "At least 300 different tracks in 24 hours, 90 % of plays past 30 seconds and 90 % from addresses of data "
        "centres or VPNs. One honest day in a thousand has 444 tracks, most of them skipped (facts); a shop has a "
        "list of fewer.",
        (_TRACKS, _SHORT, _HOSTING, OFFLINE),
        (pl.col(_TRACKS) >= 300) & (pl.col(_SHORT) <= 0.1) & (pl.col(_HOSTING) >= 0.9) & ONLINE,
        lambda row: (
            f"It played {row[_TRACKS]:,.0f} different tracks within 24 hours, nearly all past 30 seconds, "
            f"{percent(row[_HOSTING])} of it from addresses of data centres or VPNs."
        ),
    ),
    Rule(
        "faster_than_a_plane",
        "At least 12 changes of country among four or more in 24 hours, hardly any from a VPN: two hours for each, on "
        "the way included. Who lives where three borders meet sees three.",
        (_SWITCHES, _COUNTRIES, _HOSTING),
        (pl.col(_SWITCHES) >= 12) & (pl.col(_COUNTRIES) >= 4) & (pl.col(_HOSTING) < 0.1),
        lambda row: (
            f"It changed country {row[_SWITCHES]:.0f} times among {row[_COUNTRIES]:.0f} of them within 24 hours."
        ),
    ),
    Rule(
        "stranger_at_the_controls",
        "At least half of a day's plays on a device new to the account that other accounts use as well, and from "
        "addresses of data centres or VPNs: each happens to people, all at once to those whose password was stolen.",
        (_NEW_DEVICE, _DEVICE, _HOSTING),
        (pl.col(_NEW_DEVICE) >= 0.5) & (pl.col(_DEVICE) >= 2) & (pl.col(_HOSTING) >= 0.5),
        lambda row: (
            f"{percent(row[_NEW_DEVICE])} of its plays in 24 hours came from a device that it had never used and "
            f"others do, {percent(row[_HOSTING])} from addresses of data centres or VPNs."
        ),
    ),
)

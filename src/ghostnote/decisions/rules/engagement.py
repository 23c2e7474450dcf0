"""Following without listening. Who moves a library over follows hundreds at once, too: on one day, from one device."""

import polars as pl

from ghostnote.decisions.rules.rule import ONCE, Rule

_FOLLOWS = "follows_by_account_24h"
_PLAYS_7D = "plays_by_account_7d"
_DEVICE = "day_mean_signups_by_device_ever"

_silent = pl.col(_PLAYS_7D).fill_null(0) <= 10

ENGAGEMENT: tuple[Rule, ...] = (
    Rule(
        "follows_without_listening",
        "At least 200 follows in 24 hours and no more than 10 plays in a week.",
        (_FOLLOWS, _PLAYS_7D),
        (pl.col(_FOLLOWS) >= 200) & _silent,
        lambda row: f"It followed {row[_FOLLOWS]:,.0f} artists or playlists in 24 hours and hardly listened.",
        anew_after=7,
    ),
    Rule(
        "followers_from_one_device",
        "At least 30 follows in 24 hours, no more than 10 plays in a week, on a device on which three or more accounts "
        "were opened: a family opens some, and listens.",
        (_FOLLOWS, _PLAYS_7D, _DEVICE),
        (pl.col(_FOLLOWS) >= 30) & _silent & pl.col(_DEVICE).is_between(3, 500),
        lambda row: (
            f"It followed {row[_FOLLOWS]:,.0f} artists or playlists in 24 hours and hardly listened, on a device on "
            f"which {row[_DEVICE]:,.0f} accounts were opened."
        ),
        anew_after=ONCE,
    ),
)

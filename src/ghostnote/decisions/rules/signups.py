"""How accounts are opened. Batches alone prove little (facts): migrants come in thousands, students with like mail.

What many share counts once: it says where an account comes from, not what it does.
"""

import polars as pl

from ghostnote.decisions.rules.rule import ONCE, Rule, percent

_DAY_S = 24 * 3600
_PAYMENT = "signups_distinct_account_by_payment_ever"
_TRIALS = "trial_signups_by_payment_ever"
_DEVICE = "day_mean_signups_by_device_ever"
_AGE = "signups_time_since_first_by_account_ever"
_DOMAIN = "signups_by_email_domain_24h"
_SHAPE = "signups_top_share_email_shape_by_email_domain_7d"
_FOLLOWS = "follows_by_account_24h"
_PLAYS_7D = "plays_by_account_7d"

SIGNUPS: tuple[Rule, ...] = (
    Rule(
        "payment_of_many",
        "More than 12 accounts signed up with one payment instrument: a family plan has six members. Of more than "
        "1,000, it is no card but a placeholder.",
        (_PAYMENT,),
        pl.col(_PAYMENT).is_between(12, 1000, closed="right"),
        lambda row: f"{row[_PAYMENT]:,.0f} accounts signed up with its payment instrument.",
        anew_after=ONCE,
        shared=True,
    ),
    Rule(
        "trials_on_one_card",
        "More than six free trials on one payment instrument: one for each of a family, and then again.",
        (_TRIALS,),
        pl.col(_TRIALS).is_between(6, 1000, closed="right"),
        lambda row: f"{row[_TRIALS]:,.0f} free trials began with its payment instrument.",
        anew_after=ONCE,
        shared=True,
    ),
    Rule(
        "accounts_from_one_device",
        "At least seven accounts opened on one device: a family has six. Of more than 500, it is an id that many "
        "devices send.",
        (_DEVICE,),
        pl.col(_DEVICE).is_between(7, 500),
        lambda row: f"{row[_DEVICE]:,.0f} accounts were opened on its device.",
        anew_after=ONCE,
        shared=True,
    ),
    Rule(
        "opened_in_bulk_to_follow",
        "On its first day it follows 30 or more and plays ten or fewer, while ten or more sign-ups of a day came from "
        "its mail domain, nine of ten with addresses of one shape. Students have such addresses, but name fewer "
        "favourites when they are asked.",
        (_AGE, _DOMAIN, _SHAPE, _FOLLOWS, _PLAYS_7D),
        (pl.col(_AGE) < _DAY_S)
        & (pl.col(_DOMAIN) >= 10)
        & (pl.col(_SHAPE) >= 0.9)
        & (pl.col(_FOLLOWS) >= 30)
        & (pl.col(_PLAYS_7D).fill_null(0) <= 10),
        lambda row: (
            f"On its first day it followed {row[_FOLLOWS]:,.0f} artists or playlists and hardly listened; "
            f"{row[_DOMAIN]:,.0f} accounts were opened with its mail domain, {percent(row[_SHAPE])} with addresses of "
            "one shape."
        ),
        anew_after=ONCE,
    ),
)

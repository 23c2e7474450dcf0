"""What single facts say about who is behind the artificial plays: yes/no questions, each with its reason.

No sign names anybody alone; `roles` says which of them together do.
"""

import polars as pl

#: More accounts than a household or a circle of friends has; a seller spreads an order over many more.
CIRCLE, MANY = 5, 20
#: Plays of an account a day that only one in a hundred days of keen listeners has (128 exports of real listeners).
KEEN = 300
#: Plays of one track by one account on one day with which nobody hopes to go unnoticed.
REPEATED = 50
#: Plays a month that pay for an account, if it has a subscription: about 11 EUR at 0.004 EUR a play.
SUBSCRIPTION = 2750
#: Days since release up to which a track is new.
_NEW_DAYS = 90

_hit, _known = pl.col("hit_tracks"), pl.col("known_tracks")
_before = pl.col("past_per_day")

#: Name -> question about a row of `facts`. What is unknown (null) is no sign.
SIGNS: dict[str, pl.Expr] = {
    # Together: an account or two may be somebody's own habits, whatever was decided about them.
    "together": (pl.col("accounts") >= CIRCLE) | (pl.col("pace") >= KEEN),
    "many": pl.col("accounts") >= MANY,
    # Surely a fifth of it, and not merely a ripple on a hit.
    "heavy": (pl.col("hit_share") >= 0.4) & (pl.col("hit_low") >= 0.2),
    # Nobody else listens: a third as many people as accounts behind artificial plays, or fewer.
    "unheard": pl.col("listeners") * 3 <= pl.col("accounts"),
    "heard": (pl.col("listeners") >= 10) & (pl.col("honest_plays") >= 20),
    # Whoever earns from a catalogue has all of it played; whoever wants to harm or to push a song plays that one.
    "wide": ((_hit >= 3) & (2 * _hit >= _known)) | ((_hit >= 20) & (2 * _hit >= pl.col("played_tracks"))),
    "narrow": (pl.col("main_tracks") <= 5) & (4 * pl.col("main_tracks") <= _known),
    # Whose accounts are they? They work for this owner alone, or give it least of what they give anybody.
    "devoted": pl.col("effort") >= 0.8,
    "favoured": pl.col("effort") >= 0.5,
    "minor": pl.col("effort") * 2 <= pl.col("rival"),
    # Other accounts on each of its main tracks: more than one thing happens here.
    "mixed": pl.col("shared") < 0.5,
    # Who wants plays to count hides them among others; who wants them found does not.
    "hidden": pl.col("cover") >= 0.3,
    "open": pl.col("cover") <= 0.1,
    "repeated": pl.col("repeats") >= REPEATED,
    "cut": pl.col("cut") >= 0.5,
    # It came over the owner from one day to the next, on tracks that were out and played otherwise before.
    "sudden": (pl.col("busy_days") <= 4) & (_before * 10 <= pl.col("per_day")),
    "lasting": (pl.col("busy_days") >= 5) | (_before * 3 >= pl.col("per_day")),
    "new": pl.col("age") <= _NEW_DAYS,
    # Beside others on a playlist that nobody else plays.
    "listed": (pl.col("via_list") >= 0.5) & (pl.col("list_owners") >= 2),
    "aside": (pl.col("list_top") > 0) & (pl.col("list_part") * 2 <= pl.col("list_top")),
    # On accounts that are people's: somebody else plays there.
    "borrowed": pl.col("people") >= 0.5,
    "over": pl.col("over_line") > 0,
    "dependent": pl.col("dependence") >= 0.5,
    "earning": pl.col("monthly") >= SUBSCRIPTION,
    "costly": pl.col("monthly") < SUBSCRIPTION,
}


def with_signs(facts: pl.DataFrame) -> pl.DataFrame:
    """`facts` with a column of booleans for each of `SIGNS`."""
    return facts.with_columns(sign.fill_null(value=False).alias(f"is_{name}") for name, sign in SIGNS.items())

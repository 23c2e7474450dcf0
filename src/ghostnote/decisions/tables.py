"""The tables that scoring writes: what was decided about accounts, plays, tracks, owners, days and campaigns."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

_TIME = pl.Datetime("us", "UTC")

#: What can be done to an account, from nothing to everything.
ACCOUNT_ACTIONS = ("allow", "challenge", "limit", "review", "suspend")
#: Actions that an account's holder notices; a review is none.
ACTED = ("challenge", "limit", "suspend")
#: What can be done with a play; all of it can be undone.
PLAY_VERDICTS = ("count", "hold", "exclude")
#: What part a track or its owner has in the artificial plays on it, see docs/attribution.md.
ROLES = ("clean", "camouflage", "playlist", "sabotaged", "takeover", "beneficiary", "unclear")
#: The roles of those who gain.
GAINING = ("beneficiary", "takeover")

#: One row per account seen in the period; `score` is the calibrated probability that the account is fraudulent.
#: `sources` are what spoke against it; `due` is when its action is carried out and `told` whether the holder is told,
#: null where nothing is done that a holder notices. `sequence` and `signup_score` are the scores of detectors that no
#: decision rests on; null without them, and `signup_score` for who did not sign up in the period. `untouched` accounts
#: are of the policy's hold-out; `would_be` is the action that one of them is spared, null where none is.
ACCOUNTS = pl.Schema(
    {
        "account_id": pl.String(),
        "score": pl.Float64(),
        "action": pl.String(),
        "reasons": pl.List(pl.String()),
        "campaign_id": pl.String(),
        "plays": pl.Int64(),
        "artificial_plays": pl.Int64(),
        "withheld_payout": pl.Float64(),
        "first_flagged": _TIME,
        "sequence": pl.Float64(),
        "sources": pl.List(pl.String()),
        "due": _TIME,
        "told": pl.Boolean(),
        "signup_score": pl.Float32(),
        "untouched": pl.Boolean(),
        "would_be": pl.String(),
    }
)
#: One row per play in the period; `payout` is what it is worth if it counts, `reason` is null if it does. `would_be` is
#: the verdict that a play of an untouched account is spared, null where none is.
PLAYS = pl.Schema(
    {
        "event_id": pl.String(),
        "event_time": _TIME,
        "account_id": pl.String(),
        "track_id": pl.String(),
        "score": pl.Float32(),
        "verdict": pl.String(),
        "payout": pl.Float64(),
        "withheld_payout": pl.Float64(),
        "reason": pl.String(),
        "would_be": pl.String(),
    }
)
#: One row per track played; `low` and `high` bound `artificial_share` (95 %), in which plays spared
#: count as artificial. `surprise` is its audience's, null where
#: that is too small; `watched` are the few to look at, with `reasons`.
TRACKS = pl.Schema(
    {
        "track_id": pl.String(),
        "owner_id": pl.String(),
        "plays": pl.Int64(),
        "listeners": pl.Int64(),
        "artificial_plays": pl.Int64(),
        "artificial_share": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "role": pl.String(),
        "withheld_payout": pl.Float64(),
        "surprise": pl.Float64(),
        "watched": pl.Boolean(),
        "reasons": pl.List(pl.String()),
    }
)
#: One row per owner paid (the artist where no owner is known): what the pool pays before and after artificial plays go,
#: its part in them, and what speaks for that and against it.
OWNERS = pl.Schema(
    {
        "owner_id": pl.String(),
        "plays": pl.Int64(),
        "artificial_plays": pl.Int64(),
        "payout_before": pl.Float64(),
        "payout_after": pl.Float64(),
        "role": pl.String(),
        "reasons": pl.List(pl.String()),
        "against": pl.List(pl.String()),
    }
)
#: One row per day of events.
DAYS = pl.Schema(
    {
        "day": pl.Date(),
        "plays": pl.Int64(),
        "held": pl.Int64(),
        "excluded": pl.Int64(),
        "accounts": pl.Int64(),
        "accounts_acted": pl.Int64(),
        "signups": pl.Int64(),
        "payout": pl.Float64(),
        "withheld_payout": pl.Float64(),
    }
)
#: One row per group of accounts that acts together.
CAMPAIGNS = pl.Schema(
    {
        "campaign_id": pl.String(),
        "accounts": pl.List(pl.String()),
        "tracks": pl.List(pl.String()),
        "owners": pl.List(pl.String()),
        "first_seen": _TIME,
        "last_seen": _TIME,
        "plays": pl.Int64(),
        "payout": pl.Float64(),
        "evidence": pl.List(pl.String()),
    }
)

#: Every table by the name of its file.
DECISION_TABLES: Mapping[str, pl.Schema] = MappingProxyType(
    {
        "accounts": ACCOUNTS,
        "plays": PLAYS,
        "tracks": TRACKS,
        "owners": OWNERS,
        "days": DAYS,
        "campaigns": CAMPAIGNS,
    }
)

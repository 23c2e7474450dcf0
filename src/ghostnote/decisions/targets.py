"""What suspicious plays are aimed at: artists on which several accounts' plays look artificial at once."""

import polars as pl

from ghostnote.decisions.policy import Policy

#: Fewest marked plays of an account on an artist that count as its agreement.
_FEWEST_PLAYS = 3


def confirmed_targets(plays: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """account_id, artist_id where plays may be excluded although the account is not acted on.

    `plays` has account_id, artist_id and `marked` (the play's own score is past the threshold). An honest listener with
    odd habits is alone with them; a campaign needs many accounts on one target. Every account has one vote per artist:
    the share of its plays there that are marked. A target is confirmed when the mean vote of all its accounts is at
    least `target_share` and at least `target_accounts` of them agree, with three marked plays or more that are most of
    what they played there. Who agrees has its plays there excluded; who does not keeps them.
    """
    votes = (
        plays.filter(pl.col("artist_id").is_not_null())
        .group_by("artist_id", "account_id")
        .agg(pl.col("marked").sum(), pl.len().alias("plays"))
        .with_columns((pl.col("marked") / pl.col("plays")).alias("vote"))
        .with_columns(((pl.col("vote") > 0.5) & (pl.col("marked") >= _FEWEST_PLAYS)).alias("agrees"))
    )
    confirmed = (
        votes.group_by("artist_id")
        .agg(pl.col("agrees").sum(), pl.col("vote").mean())
        .filter((pl.col("agrees") >= policy.target_accounts) & (pl.col("vote") >= policy.target_share))
    )
    return votes.filter("agrees").join(confirmed, on="artist_id", how="semi").select("account_id", "artist_id")

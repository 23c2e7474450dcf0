"""What suspicious plays are aimed at: artists on which several accounts' plays look artificial at once."""

import polars as pl

from ghostnote.decisions.policy import Policy


def confirmed_targets(plays: pl.DataFrame, policy: Policy) -> pl.Series:
    """The artist_ids whose marked plays may be excluded although their accounts are not acted on.

    `plays` has account_id, artist_id and `marked` (the play's own score is past the threshold). An honest listener with
    odd habits is alone with them; a campaign needs many accounts on one target. So a target is confirmed when at least
    `target_accounts` accounts bring three or more marked plays each, and marked plays are at least `target_share` of
    all its plays, each account counted with at most 50 plays so that none decides alone.
    """
    by_account = (
        plays.filter(pl.col("artist_id").is_not_null())
        .group_by("artist_id", "account_id")
        .agg(pl.col("marked").sum().alias("marked"), pl.len().alias("plays"))
        .with_columns((50 / pl.col("plays")).clip(upper_bound=1.0).alias("scale"))
    )
    by_target = by_account.group_by("artist_id").agg(
        (pl.col("marked") >= 3).sum().alias("accounts"),
        (pl.col("marked") * pl.col("scale")).sum().alias("marked"),
        (pl.col("plays") * pl.col("scale")).sum().alias("plays"),
    )
    confirmed = by_target.filter(
        (pl.col("accounts") >= policy.target_accounts) & (pl.col("marked") >= policy.target_share * pl.col("plays"))
    )
    return confirmed["artist_id"].sort()

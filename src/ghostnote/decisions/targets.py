"""What suspicious plays are aimed at: artists and owners on whom several accounts' plays look artificial at once."""

import polars as pl

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.ties import OWN

#: Imaginary honest listeners of everything: what few accounts agree on needs them all.
_HONEST = 2
#: Fewest marked plays of an account on a target that count as its agreement.
_FEWEST_PLAYS = 3
#: Share of the plays of its days that must be marked.
_AT_IT = 0.2
#: Share of its active days on which an account that is there for its targets plays them, and of its plays at least.
_AT_WORK, _LEAST_AIMED = 0.9, 0.3


def confirmed_targets(
    marked: pl.DataFrame, played: pl.DataFrame, active: pl.DataFrame, target: str, policy: Policy
) -> pl.DataFrame:
    """account_id and `target` (artist_id or owner_id) where plays may be excluded although the account is not acted on.

    `marked` has account_id, day and the target's column, one row per play whose own score is past the threshold.
    `played` (account_id, the target's column, plays) and `active` (account_id, day, plays) count all plays; ids are of
    one type. An honest listener with odd habits is alone with them; a campaign needs many accounts on one target. Every
    account has one vote per target: the share of its plays there that are marked. A target is confirmed when the mean
    vote of all its accounts, and of two imaginary honest ones, is at least `target_share` and at least
    `target_accounts` of them agree, with three marked plays or more that are most of what they played there, on days of
    which marked plays are at least a fifth: the audience of a hit plays it among much else. No account makes more than
    half (`OWN`) of all plays there: one listener who plays an album of noise day and night makes it look artificial in
    the plays of everybody else. Who agrees has its plays there excluded; who does not keeps them.
    """
    marks = marked.drop_nulls(target)
    # Where too few accounts have marks enough, nothing can be confirmed: most plays need not be looked at.
    agreeing = (
        marks.group_by(target, "account_id")
        .len("marked")
        .filter(pl.col("marked") >= _FEWEST_PLAYS)
        .filter(pl.len().over(target) >= policy.target_accounts)
    )
    asked = pl.col(target).is_in(agreeing[target].unique().implode())
    at_it = marked.group_by("account_id", "day").len("marked").join(active, on=["account_id", "day"])
    marks = (
        marks.filter(asked)
        .join(at_it.with_columns(at_it=pl.col("marked") / pl.col("plays")), on=["account_id", "day"])
        .group_by(target, "account_id")
        .agg(pl.len().alias("marked"), pl.col("at_it").mean())
    )
    votes = (
        played.filter(asked)
        .join(marks, on=[target, "account_id"], how="left", maintain_order="left")
        .with_columns(pl.col("marked").fill_null(0))
        .with_columns((pl.col("marked") / pl.col("plays")).alias("vote"))
        .with_columns(
            ((pl.col("vote") > 0.5) & (pl.col("marked") >= _FEWEST_PLAYS) & (pl.col("at_it") >= _AT_IT))
            .fill_null(value=False)
            .alias("agrees")
        )
    )
    confirmed = (
        votes.group_by(target)
        .agg(
            pl.col("agrees").sum(),
            pl.col("vote").sum() / (pl.len() + _HONEST),
            (pl.col("plays").max() / pl.col("plays").sum()).alias("most"),
        )
        .filter(
            (pl.col("agrees") >= policy.target_accounts)
            & (pl.col("vote") >= policy.target_share)
            & (pl.col("most") <= OWN)
        )
    )
    return votes.filter("agrees").join(confirmed, on=target, how="semi").select("account_id", target)


def dedicated(by_day: pl.DataFrame, policy: Policy) -> pl.Series:
    """The account_ids that are there for their targets: hardly a day of theirs goes without.

    `by_day` has account_id, day, plays and `aimed` (how many of them are for a target), for each of an account's days
    with plays. A hijacked listener's own days have none of it; a bot mixes other music in, but goes to work every day.
    Needs `dedicated_days` active days.
    """
    accounts = by_day.group_by("account_id").agg(
        pl.len().alias("days"),
        (pl.col("aimed") > 0).mean().alias("at_work"),
        pl.col("aimed", "plays").sum(),
    )
    there = (pl.col("at_work") >= _AT_WORK) & (pl.col("aimed") >= _LEAST_AIMED * pl.col("plays"))
    return accounts.filter(there & (pl.col("aimed") > 0) & (pl.col("days") >= policy.dedicated_days))["account_id"]

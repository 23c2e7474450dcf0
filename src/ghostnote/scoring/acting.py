"""What is done to each account once evidence, groups and targets are known, and what spoke against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ghostnote.decisions.actions import Choice, Standing, choose
from ghostnote.decisions.campaigns import Group
from ghostnote.decisions.ceilings import Bounded, bounded
from ghostnote.decisions.policy import Policy
from ghostnote.scoring.cohorts import Cohorts

#: Share of the accounts that are looked at without being suspects, at most: studies found 1 to 3 % of fraud.
_MOST_REVIEWED = 0.03
#: What speaks against accounts besides rules, in the order in which it is told.
SOURCES = ("model", "tails", "lockstep", "ties", "targets")
_CHOSEN = pl.Schema({"account_id": pl.String(), "action": pl.String(), "said": pl.List(pl.String())})


@dataclass(frozen=True)
class Acting:
    """What bounds actions besides the policy.

    `budget`: accounts that people can look at in the period. `prior`: share of fraud among account-days, None without
    a model learnt from labels. `cohorts`: None if nothing depends on them. `last`: last day.
    """

    budget: int
    prior: float | None
    cohorts: Cohorts | None
    last: date


def act(
    accounts: pl.DataFrame, plays: pl.DataFrame, groups: Sequence[Group], policy: Policy, within: Acting
) -> tuple[pl.DataFrame, Bounded]:
    """Adds campaign_id, action, sources and `said` (sentences on the choice), and says whom a ceiling spared.

    Households in lockstep have evidence enough to be looked at, and no more.
    """
    small = pl.Series([a for found in groups if not found.proven for a in found.accounts], dtype=pl.String)
    looked_at = pl.when(pl.col("account_id").is_in(small.implode())).then(policy.suspect_ratio)
    accounts = accounts.with_columns(pl.max_horizontal("evidence", looked_at).alias("evidence"))
    member = pl.DataFrame(
        [(account, found.campaign_id) for found in groups for account in found.everybody],
        schema={"account_id": pl.String, "campaign_id": pl.String},
        orient="row",
    )
    accounts = accounts.join(member, on="account_id", how="left", maintain_order="left")
    chosen = _to_review(policy, within.budget, supervised=within.prior is not None)
    accounts = _chosen(accounts.with_columns(chosen.alias("chosen")), plays, policy, within)
    accounts = accounts.with_columns(_sources(groups).alias("sources"))
    if not policy.ceilings or within.cohorts is None:
        return accounts.drop("chosen"), bounded(accounts, ())
    limited = bounded(within.cohorts.joined(accounts, within.last), policy.ceilings)
    spared = accounts.join(
        limited.accounts.rename({"said": "spared"}), on="account_id", how="left", maintain_order="left"
    )
    back = pl.col("spared").is_not_null()
    spared = spared.with_columns(
        pl.when(back).then(pl.lit("review")).otherwise("action").alias("action"),
        pl.when(back).then(pl.concat_list("spared")).otherwise("said").alias("said"),
    )
    return spared.drop("chosen", "spared"), limited


def _chosen(accounts: pl.DataFrame, plays: pl.DataFrame, policy: Policy, within: Acting) -> pl.DataFrame:
    """Adds `action` and `said`, by `choose`."""
    concerned = accounts.filter(pl.col("confirmed") | (pl.col("aimed_plays") > 0) | pl.col("chosen"))
    concerned = _with_stake(concerned, plays, policy)
    if within.cohorts is not None:
        concerned = within.cohorts.joined(concerned, within.last)
    rows = []
    for row in concerned.iter_rows(named=True):
        choice = _choice(row, policy, within.prior)
        rows.append((row["account_id"], choice.action, list(choice.reasons)))
    found = pl.DataFrame(rows, schema=_CHOSEN, orient="row")
    return accounts.join(found, on="account_id", how="left", maintain_order="left").with_columns(
        pl.col("action").fill_null("allow"), pl.col("said").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )


def _choice(row: dict[str, object], policy: Policy, prior: float | None) -> Choice:
    # No account is taken to be fraud more surely than the team's own ceiling has it.
    most = 1.0 - policy.honest_account_ceiling
    probability = most
    if prior is not None:
        odds = float(row["evidence"]) + np.log(prior / (1.0 - prior))  # type: ignore[arg-type]
        probability = min(most, float(1.0 / (1.0 + np.exp(-odds))))
    standing = Standing(
        confirmed=bool(row["confirmed"]),
        aimed=bool(row["aimed_plays"]),
        chosen=bool(row["chosen"]),
        probability=probability,
        stake=float(row["stake"]),  # type: ignore[arg-type]
        plan=None if row.get("plan") is None else str(row["plan"]),
    )
    return choose(standing, policy.costs, policy.currency)


def _with_stake(accounts: pl.DataFrame, plays: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Adds `stake`: what an account would earn in the days to come if it went on as on its active days."""
    if len(policy.costs.options) == 1:  # Nothing hangs on it.
        return accounts.with_columns(pl.lit(0.0).alias("stake"))
    theirs = plays.filter(
        pl.col("account_id").is_in(accounts["account_id"].cast(pl.Categorical).implode()),
        pl.col("ms_played") >= policy.royalty_ms,
    )
    paying = theirs.group_by(pl.col("account_id").cast(pl.String)).agg(pl.len().alias("paying"))
    value = pl.col("paying").fill_null(0) * policy.payout_per_play * policy.costs.days / pl.col("active_days")
    return accounts.join(paying, on="account_id", how="left", maintain_order="left").with_columns(value.alias("stake"))


def _sources(groups: Sequence[Group]) -> pl.Expr:
    """What spoke against accounts that are not let alone: names of rules that fired, and of `SOURCES`."""
    lockstep = pl.Series([a for g in groups if g.lockstep for a in g.everybody], dtype=pl.String)
    together = pl.Series([a for g in groups if not g.lockstep for a in g.everybody], dtype=pl.String)
    holds = {
        "model": pl.col("by_model"),
        "tails": pl.col("by_tails"),
        "lockstep": pl.col("account_id").is_in(lockstep.implode()),
        "ties": pl.col("account_id").is_in(together.implode()),
        "targets": (pl.col("aimed_plays") > 0) | pl.col("dedicated"),
    }
    named = [pl.when(holds[name]).then(pl.lit([name])).otherwise(pl.lit([], pl.List(pl.String))) for name in SOURCES]
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return pl.when(pl.col("action") == "allow").then(nothing).otherwise(pl.concat_list("rules", *named))


def _to_review(policy: Policy, budget: int, *, supervised: bool) -> pl.Expr:
    """The `budget` accounts to look at: suspects by evidence, then others by the mean rank of evidence and surprise.

    A model calls honest what it has not been taught, and tails call odd what many people are, each in their own way.
    Where both lean one way, kinds of fraud come to light that neither shows alone. Without a model, surprise decides.
    """
    doubtful = ~pl.col("confirmed") & (pl.col("aimed_plays") == 0)
    if not supervised:
        order = pl.when(doubtful).then(pl.struct("evidence", "surprise"))
        return doubtful & (order.rank("ordinal", descending=True) <= budget)
    suspect = pl.col("evidence") >= policy.suspect_ratio
    first = pl.when(suspect).then("evidence").otherwise(0.0)
    both = pl.col("evidence").rank() + pl.col("surprise").fill_null(0.0).rank()
    order = pl.when(doubtful).then(pl.struct(first.alias("first"), both.alias("both")))
    place = order.rank("ordinal", descending=True)
    # However large the budget, no more are worth a look than may be fraud.
    return doubtful & (place <= budget) & (suspect | (place <= _MOST_REVIEWED * pl.len()))

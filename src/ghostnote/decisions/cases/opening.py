"""Which campaigns and accounts of a run become cases, and how many people must look at each."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ghostnote.decisions.cases.case import Case
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Draft, Subject
from ghostnote.decisions.policy import Policy

#: Millionths of a currency unit.
_MICROS = 1_000_000
#: By how much the money at stake must have grown for a case that waits to be told of again.
_GROWN = 1.5


@dataclass(frozen=True)
class Facts:
    """What a queue says of a case: a sentence, money at stake (currency units) and how sure it is, 0 to 1, that this is
    not due.
    """

    title: str
    money: float
    certainty: float


def case_id(subject: Subject) -> str:
    """The id of the case about a subject: the same in every run."""
    named = f"{subject.kind}:{subject.identifier}"
    return "k-" + hashlib.blake2b(named.encode(), digest_size=5).hexdigest()


def opened(folder: DecisionFolder, cases: Mapping[str, Case], run_id: str) -> list[Draft]:
    """Drafts that open cases: of every campaign, and of every account outside of one that people should look at.

    `cases` are those that there are: one that waits is told of again only when half as much money again is at stake,
    one that was decided stays decided.
    """
    drafts = []
    for subject, facts in (*_campaigns(folder), *_accounts(folder)):
        there = cases.get(case_id(subject))
        if there is None or (there.waiting and facts.money > _GROWN * there.money):
            drafts.append(drafted(folder, subject, facts, run_id))
    return drafts


def drafted(folder: DecisionFolder, subject: Subject, facts: Facts, key: str) -> Draft:
    """The draft that opens the case about a subject."""
    name = case_id(subject)
    needed = reviews_needed(name, facts.money, folder.summary.settings or Policy())
    return Draft(
        kind="case",
        subject=Subject("case", name),
        action="opened",
        key=key,
        parent=subject,
        amount=round(facts.money * _MICROS),
        currency=folder.summary.money.currency,
        body={"title": facts.title, "certainty": facts.certainty, "reviews_needed": needed},
    )


def reviews_needed(name: str, money: float, policy: Policy) -> int:
    """Two for cases about much money, and for a share of all others that nobody can foresee from their looks."""
    drawn = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"double").digest(), "big") / 2**64
    return 2 if money >= policy.double_review_money or drawn < policy.double_review_share else 1


def _campaigns(folder: DecisionFolder) -> Iterator[tuple[Subject, Facts]]:
    campaigns = folder.read("campaigns")
    stakes = _stakes(folder, campaigns).rows_by_key("campaign_id", named=True, unique=True)
    for row in campaigns.iter_rows(named=True):
        title = f"{len(row['accounts']):,} accounts acting together, {row['plays']:,} plays"
        found = stakes.get(row["campaign_id"], {"money": 0.0, "certainty": None})
        yield Subject("campaign", row["campaign_id"]), Facts(title, found["money"], found["certainty"] or 0.0)


def _stakes(folder: DecisionFolder, campaigns: pl.DataFrame) -> pl.DataFrame:
    """campaign_id, money, certainty: what the withheld plays of each campaign's accounts would be paid, and how sure it
    is, euro by euro, that they are artificial; of all their plays where none that is paid is withheld.

    A play is artificial if its account is fraudulent or if somebody else made it: at least as surely as the surer of
    the two scores says. The mean score of accounts says little where honest holders' accounts are used by others.
    Without paid plays there is no money, and the accounts' mean score is all that is known.
    """
    accounts = folder.scan("accounts").select(
        "account_id", pl.col("score").fill_nan(0.0).fill_null(0.0).alias("account")
    )
    members = campaigns.lazy().select("campaign_id", account_id="accounts").explode("account_id").drop_nulls().unique()
    theirs = members.join(accounts, on="account_id")
    paid = folder.scan("plays").filter(pl.col("payout") > 0)
    played = paid.select("account_id", "payout", "score", withheld=pl.col("verdict") != "count")
    sure = pl.max_horizontal("account", pl.col("score").fill_nan(0.0).fill_null(0.0).cast(pl.Float64))
    sums = (
        played.join(theirs, on="account_id")
        .group_by("campaign_id", "withheld")
        .agg(money=pl.col("payout").sum(), expected=(pl.col("payout") * sure).sum())
        .collect(engine="streaming")
    )
    chosen = sums.sort("withheld").unique("campaign_id", keep="last", maintain_order=True)
    means = theirs.group_by("campaign_id").agg(mean=pl.col("account").mean()).collect(engine="streaming")
    return means.join(chosen, on="campaign_id", how="left").select(
        "campaign_id",
        pl.col("money").fill_null(0.0),
        certainty=pl.coalesce(pl.col("expected") / pl.col("money"), "mean"),
    )


def _accounts(folder: DecisionFolder) -> Iterator[tuple[Subject, Facts]]:
    looked_at = folder.scan("accounts").filter((pl.col("action") == "review") & pl.col("campaign_id").is_null())
    for row in looked_at.collect().iter_rows(named=True):
        yield Subject("account", row["account_id"]), account_facts(folder, row)


def account_facts(folder: DecisionFolder, row: Mapping[str, Any]) -> Facts:
    """What a queue says of an account, from its row of the decisions.

    Nothing of it may be withheld yet: at stake is what its plays would be paid at most.
    """
    per_play = (folder.summary.settings or Policy()).payout_per_play
    title = (row["reasons"] or ["Among the accounts that differ most from all others."])[0]
    return Facts(title, row["plays"] * per_play, row["score"] or 0.0)

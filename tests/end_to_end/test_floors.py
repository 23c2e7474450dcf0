"""What must be found at least, and what may be done wrongly at most, in campaigns that training has not seen.

The floors lie well below what was measured with two seeds, so that they catch what breaks and not what wavers.
"""

import polars as pl
import pytest
from tests.worlds import Judged

from ghostnote.decisions.summary import CampaignTruth
from ghostnote.events.labels import known_by, subjects, truth


def campaign(arena: Judged, name: str) -> CampaignTruth:
    (found,) = (one for one in arena.truth.campaigns if one.campaign_id == name)
    return found


@pytest.mark.parametrize("name", ["farm", "new-farm", "new-loop"])
def test_most_plays_of_a_farm_and_a_loop_are_withheld(arena: Judged, name: str) -> None:
    found = campaign(arena, name)
    assert found.accounts >= 5
    assert found.plays >= 1000
    assert found.plays_withheld >= 0.7 * found.plays
    assert found.payout_withheld >= 0.7 * found.payout
    assert found.accounts_caught >= 0.7 * found.accounts


@pytest.mark.parametrize("name", ["new-farm", "new-loop"])
def test_a_new_campaign_is_seen_within_two_days(arena: Judged, name: str) -> None:
    hours = campaign(arena, name).hours_to_first_detection
    assert hours is not None
    assert hours <= 48


def test_fake_accounts_rank_above_nearly_all_honest_ones(arena: Judged) -> None:
    labels = arena.labels()
    fraud = subjects(truth(labels), "account", "fraud").implode()
    told = subjects(known_by(labels, arena.as_of), "account", "fraud").implode()
    accounts = arena.table("accounts").filter(~pl.col("account_id").is_in(told))
    honest = accounts.filter(~pl.col("account_id").is_in(fraud))["score"].sort(descending=True)
    line = honest[honest.len() // 100]
    fake = accounts.filter(pl.col("account_id").is_in(fraud))["score"]
    assert fake.len() >= 30
    assert (fake > line).sum() >= 0.5 * fake.len()


def test_rankings_are_precise(arena: Judged) -> None:
    precision = arena.truth.average_precision
    assert precision.accounts is not None
    assert precision.plays is not None
    assert precision.accounts >= 0.6
    assert precision.plays >= 0.85


def test_honest_listeners_are_left_alone(arena: Judged) -> None:
    honest = arena.truth.honest
    assert honest.accounts >= 700
    assert honest.acted <= 2
    # One listener who never stops playing to sleep can be taken for a machine; the plays of all others count.
    assert honest.withheld <= 0.04 * honest.plays
    spared = [cohort for cohort in arena.truth.cohorts if cohort.cohort != "sleeper"]
    assert sum(cohort.plays_withheld for cohort in spared) <= 0.005 * sum(cohort.plays for cohort in spared)


def test_the_alert_budget_holds(arena: Judged) -> None:
    reviews = arena.table("accounts").filter(pl.col("action") == "review").height
    assert arena.summary.policy.alerts_per_day is not None
    assert reviews <= arena.summary.policy.alerts_per_day * arena.table("days").height


def test_every_judged_campaign_and_cohort_is_accounted_for(arena: Judged) -> None:
    found = arena.truth
    labelled = truth(arena.labels())
    assert {one.campaign_id for one in found.campaigns} <= set(labelled["campaign_id"].drop_nulls())
    assert {one.campaign_id for one in found.campaigns} >= {"farm", "hijack", "new-loop", "new-farm", "new-factory"}
    assert sum(cohort.accounts for cohort in found.cohorts) == found.honest.accounts
    assert sum(cohort.plays for cohort in found.cohorts) >= found.honest.plays - sum(c.plays for c in found.campaigns)

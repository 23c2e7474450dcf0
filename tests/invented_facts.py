"""The invented summary and truth that go with the invented tables."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ghostnote.decisions import summary as facts

if TYPE_CHECKING:
    from tests.invented import World

START = date(2026, 3, 2)
PER_PLAY = 0.0042


def invented_summary(world: "World", tables: dict[str, pl.DataFrame]) -> facts.Summary:
    plays, accounts, owners = tables["plays"], tables["accounts"], tables["owners"]
    change = owners["payout_after"] - owners["payout_before"]
    supervised = world.supervised
    return facts.Summary(
        ghostnote="0.1.0",
        made_at=datetime(2026, 3, 17, 6, 30, tzinfo=UTC),
        lake="demo/lake",
        start=START,
        end=world.end,
        bundle=facts.BundleFacts(
            path="demo/bundle",
            format=1,
            trained_from=date(2026, 2, 16),
            trained_to=date(2026, 3, 1),
            as_of=date(2026, 3, 2),
            labels_fraud=412 if supervised else 0,
            labels_legit=3120 if supervised else 0,
            supervised=supervised,
            features=31,
        ),
        policy=facts.PolicyFacts(
            play_threshold=0.8,
            hold_threshold=0.62,
            account_threshold=0.55,
            alerts_per_day=25,
            honest_mark_ceiling=0.0001,
            honest_account_ceiling=0.001,
            source="Thresholds come from an alert budget of 25 accounts a day on the training days.",
        ),
        counts=facts.Counts(
            events=plays.height + 9000,
            plays=plays.height,
            accounts=accounts.height,
            rejected_rows=412,
            duplicates=1290,
            late_events=3021,
        ),
        histograms=facts.Histograms(account_scores=_bins(accounts["score"], 40), play_scores=_bins(plays["score"], 40)),
        money=facts.Money(
            currency="EUR",
            pool=plays.height * PER_PLAY,
            withheld=float(plays["withheld_payout"].sum()),
            moved_to_honest=float(change.filter(change > 0).sum()),
        ),
        missing_columns=["signups.payment_hash", "plays.shuffle"],
        notes=[] if supervised else ["No labels were given: accounts are ranked by rules and an unsupervised score."],
        rules=[
            facts.RuleHits(
                name="round_the_clock",
                description="Active in more than 20 hours on each of 7 days",
                accounts_hit=43,
                plays_hit=12804,
            ),
            facts.RuleHits(
                name="signup_burst",
                description="20 or more sign-ups in an hour that share a subnet and an e-mail shape",
                accounts_hit=180,
                plays_hit=0,
            ),
            facts.RuleHits(
                name="faster_than_time",
                description="More play time than wall-clock time",
                accounts_hit=6,
                plays_hit=904,
            ),
            facts.RuleHits(
                name="one_track_all_day",
                description="More than 100 plays of one track by one account in a day",
                accounts_hit=0,
                plays_hit=0,
            ),
        ],
    )


def _bins(scores: pl.Series, bins: int) -> list[int]:
    return [int(count) for count in np.histogram(scores.to_numpy(), bins=bins, range=(0, 1))[0]]


def invented_truth(plays: pl.DataFrame, accounts: pl.DataFrame) -> facts.Truth:
    campaigns = []
    for kind, name in (
        ("ai_farm", "farm-1"),
        ("playlist_loop", "loop-1"),
        ("hijacked", "victims-1"),
        ("factory", "factory-1"),
    ):
        mine, made = accounts.filter(pl.col("kind") == kind), plays.filter(pl.col("kind") == kind)
        held = made.filter(pl.col("verdict") != "count").height
        if mine.height:
            campaigns.append(
                facts.CampaignTruth(
                    campaign_id=name,
                    kind=kind,
                    accounts=mine.height,
                    accounts_caught=mine.filter(pl.col("action") != "allow").height,
                    plays=made.height,
                    plays_withheld=held,
                    payout=made.height * PER_PLAY,
                    payout_withheld=held * PER_PLAY,
                    first_day_share_withheld=0.61 if made.height else None,
                    hours_to_first_detection=3.4 if made.height else 0.7,
                )
            )
    campaigns.append(
        facts.CampaignTruth(
            campaign_id="bought-1",
            kind="bought_plays",
            accounts=60,
            accounts_caught=4,
            plays=2100,
            plays_withheld=180,
            payout=8.8,
            payout_withheld=0.8,
        )
    )
    honest = plays.filter(pl.col("kind") == "honest")
    withheld = honest.filter(pl.col("verdict") != "count").height
    cohorts = [
        ("ordinary", 1200, 1),
        ("organised fans", 90, 2),
        ("sleepers with noise", 60, 0),
        ("families", 110, 0),
        ("shops", 12, 1),
        ("campus network", 80, 0),
    ]
    return facts.Truth(
        campaigns=campaigns,
        cohorts=[_cohort(*cohort) for cohort in cohorts],
        honest=facts.HonestTruth(
            accounts=1552,
            acted=4,
            plays=honest.height,
            withheld=withheld,
            payout=honest.height * PER_PLAY,
            payout_withheld=withheld * PER_PLAY,
        ),
        average_precision=facts.AveragePrecision(accounts=0.981, plays=0.963),
        at_budget=facts.AtBudget(budget_per_day=25, precision=0.97, recall=0.88),
        note="The attacks are simulated, and of the kinds that this version was built against.",
    )


def _cohort(name: str, accounts: int, acted: int) -> facts.CohortTruth:
    rate, z = acted / accounts, 1.96
    middle, scale = rate + z * z / (2 * accounts), 1 + z * z / accounts
    spread = z * (rate * (1 - rate) / accounts + z * z / (4 * accounts**2)) ** 0.5
    return facts.CohortTruth(
        cohort=name,
        accounts=accounts,
        accounts_acted=acted,
        rate=rate,
        low=max(0.0, (middle - spread) / scale),
        high=min(1.0, (middle + spread) / scale),
        plays=accounts * 150,
        plays_withheld=acted * 31,
    )

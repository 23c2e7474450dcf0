"""The page of an evaluation shows what its JSON holds."""

from datetime import UTC, date, datetime
from pathlib import Path

from ghostnote.console.evaluation import write_evaluation
from ghostnote.decisions import evaluation as ev
from ghostnote.decisions import summary as facts
from ghostnote.decisions.documents import write_json


def variant(name: str, withheld: int) -> ev.Variant:
    campaign = facts.CampaignTruth(
        campaign_id="night-shift",
        kind="playlist_loop",
        accounts=10,
        accounts_caught=withheld // 100,
        plays=1000,
        plays_withheld=withheld,
        payout=4.0,
        payout_withheld=withheld / 250,
    )
    cohort = facts.CohortTruth(
        cohort="casual", accounts=90, accounts_acted=1, rate=1 / 90, low=0.002, high=0.06, plays=900, plays_withheld=4
    )
    ranking = ev.Ranking(
        rows=100,
        fraud=10,
        average_precision=0.75,
        at=[ev.AtAlerts(alerts=0.01, precision=1.0, recall=0.1)],
        curve=[ev.Point(recall=0.5, precision=1.0), ev.Point(recall=1.0, precision=0.25)],
    )
    truth = facts.Truth(
        campaigns=[campaign],
        cohorts=[cohort],
        honest=facts.HonestTruth(accounts=90, acted=1, plays=900, withheld=4, payout=3.6, payout_withheld=0.016),
        average_precision=facts.AveragePrecision(accounts=0.75, plays=0.5),
    )
    return ev.Variant(name=name, description=f"About {name}.", truth=truth, accounts=ranking, plays=ranking)


def evaluation(*, full: bool) -> ev.Evaluation:
    bins = [ev.Bin(rows=90, predicted=0.05, observed=0.04, low=0.01, high=0.1)]
    daily = ev.Daily(campaign_id="night-shift", kind="playlist_loop", plays=1000, withheld_share=0.5, hours=20.0)
    more = {
        "replayed": ev.Replayed(campaigns=[daily], honest=ev.DailyHonest(accounts=90, acted=0, plays=900, withheld=0)),
        "account_calibration": ev.Calibrated(error=0.01, bins=bins),
        "prevalence": [
            ev.AtPrevalence(
                prevalence=0.02, average_precision=0.5, at=ev.AtAlerts(alerts=0.01, precision=0.9, recall=0.4)
            )
        ],
        "kinds_left_out": [variant("playlist_loop", 300)],
        "left_out": [variant("groups", 0)],
    }
    return ev.Evaluation(
        ghostnote="0",
        made_at=datetime(2026, 1, 9, tzinfo=UTC),
        lake="lake",
        simulated=full,
        trained_from=date(2026, 1, 1),
        trained_to=date(2026, 1, 4),
        judged_from=date(2026, 1, 5),
        judged_to=date(2026, 1, 8),
        ceiling=1e-4,
        currency="EUR",
        whole=variant("everything", 900),
        notes=["<script>"],
        **(more if full else {}),
    )


def page(folder: Path, *, full: bool) -> str:
    write_json(folder / ev.EVALUATION_FILE, evaluation(full=full))
    assert ev.read_evaluation(folder) == evaluation(full=full)
    return write_evaluation(folder).read_text(encoding="utf-8")


def test_everything_is_shown(tmp_path: Path) -> None:
    shown = page(tmp_path, full=True)
    for words in ("Day by day", "Kinds never taught", "What each part adds", "In services with more or less fraud"):
        assert words in shown
    assert "night-shift" in shown
    assert "<script>" not in shown
    assert shown.count("<svg") >= 6


def test_what_was_not_asked_for_is_not_shown(tmp_path: Path) -> None:
    shown = page(tmp_path, full=False)
    for words in ("Day by day", "Kinds never taught", "What each part adds"):
        assert words not in shown
    assert "What the team labelled" in shown

"""The page of an evaluation shows what its JSON holds."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from ghostnote.console.evaluation import write_evaluation
from ghostnote.console.evaluation_text import told
from ghostnote.console.wording import NBSP
from ghostnote.decisions import evaluation as ev
from ghostnote.decisions import summary as facts
from ghostnote.decisions.documents import write_json

HELD = facts.HoldOutTruth(
    accounts=55,
    fraud=12,
    would_be=[
        facts.WouldBe(action="suspend", accounts=14, fraud=9, honest=2, precision=9 / 11, low=0.52, high=0.95),
        facts.WouldBe(action="any", accounts=14, fraud=9, honest=2, precision=9 / 11, low=0.52, high=0.95),
    ],
    recall=0.75,
    low=0.47,
    high=0.91,
)


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
        hold_out=HELD,
    )
    precise = withheld / 1000
    kind = ev.KindOfSignups(kind="playlist_loop", signups=9, average_precision=precise, recall=precise, challenged=4)
    signups = ev.SignupsJudged(ranking=ranking, kinds=[kind], honest=91, honest_challenged=1, low=0.002, high=0.06)
    return ev.Variant(
        name=name, description=f"About {name}.", truth=truth, accounts=ranking, plays=ranking, signups=signups
    )


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
        "sequence": ev.Ranking(
            rows=100, fraud=10, average_precision=0.625, at=[ev.AtAlerts(alerts=0.01, precision=1.0, recall=0.1)]
        ),
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


def text(found: ev.Evaluation) -> str:
    screen = Console(width=160, file=StringIO())
    screen.print(told(found))
    return screen.file.getvalue().replace(NBSP, " ")  # type: ignore[attr-defined]


def test_detectors_that_decide_nothing_are_judged_on_the_page_and_in_the_text(tmp_path: Path) -> None:
    shown, said = page(tmp_path, full=True).replace(NBSP, " "), text(evaluation(full=True))
    for words in ("sequence detector", "0.625", "0.900", "0.300"):
        assert words in shown
        assert words in said
    # A kind that was not left out of training has nothing to be held against.
    assert "0.300" not in text(evaluation(full=False))


def test_what_would_have_been_done_to_the_hold_out_is_told(tmp_path: Path) -> None:
    shown, said = page(tmp_path, full=False).replace(NBSP, " "), text(evaluation(full=False))
    for words in ("suspended", "82 %", "52 % to 95 %", "75 %"):
        assert words in said
        assert words.replace(" to ", "–") in shown or words in shown

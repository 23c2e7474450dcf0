"""The summary and the truth on disk: what is written is read back, what is not theirs is refused in a sentence."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ghostnote.decisions import summary as facts
from ghostnote.errors import GhostnoteError


def a_summary() -> facts.Summary:
    return facts.Summary(
        ghostnote="0.1.0",
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
        lake="lake",
        start=date(2026, 2, 1),
        end=date(2026, 2, 28),
        bundle=facts.BundleFacts(path="bundle", format=1, supervised=False, features=3),
        policy=facts.PolicyFacts(play_threshold=None, hold_threshold=None, account_threshold=0.9),
        counts=facts.Counts(events=3, plays=2, accounts=1),
        histograms=facts.Histograms(account_scores=[1, 0], play_scores=[1, 1]),
        money=facts.Money(currency="EUR", pool=1.5, withheld=0.0, moved_to_honest=0.0),
    )


def a_truth() -> facts.Truth:
    return facts.Truth(
        campaigns=[],
        cohorts=[],
        honest=facts.HonestTruth(accounts=1, acted=0, plays=2, withheld=0, payout=1.5, payout_withheld=0.0),
        average_precision=facts.AveragePrecision(),
    )


def test_documents_are_read_back_as_written(tmp_path: Path) -> None:
    facts.write_document(tmp_path, a_summary())
    assert facts.read_summary(tmp_path) == a_summary()
    assert facts.read_truth(tmp_path) is None
    facts.write_document(tmp_path, a_truth())
    assert facts.read_truth(tmp_path) == a_truth()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["summary.json", "truth.json"]


def test_no_summary_is_said(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"no summary\.json"):
        facts.read_summary(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 99}', "format 99"),
        (b"{}", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b'{"format": 1}', "missing"),
    ],
)
def test_a_summary_that_is_none_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "summary.json").write_bytes(content)
    with pytest.raises(GhostnoteError, match=said):
        facts.read_summary(tmp_path)


def test_negative_counts_are_refused(tmp_path: Path) -> None:
    path = facts.write_document(tmp_path, a_summary())
    path.write_text(path.read_text().replace('"plays": 2', '"plays": -2'))
    with pytest.raises(GhostnoteError, match="plays"):
        facts.read_summary(tmp_path)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GhostnoteError, match="Could not write"):
        facts.write_document(tmp_path / "file", a_summary())

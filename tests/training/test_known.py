"""Which labels training sees."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.training.known import Known, member


def label(subject: str, verdict: str, day: int, kind: str = "account") -> dict[str, object]:
    known = datetime(2026, 1, day, 12, tzinfo=UTC)
    about = {"subject_type": kind, "subject_id": subject, "verdict": verdict, "source": "review"}
    return {**about, "event_time": datetime(2026, 1, 1, tzinfo=UTC), "known_at": known}


def lake(path: Path, *labels: dict[str, object]) -> Lake:
    writer = LakeWriter(path)
    writer.write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["a"]}))
    if labels:
        writer.write_by_arrival("labels", pl.DataFrame(list(labels)))
    return Lake(path)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def test_a_label_is_seen_from_the_instant_it_is_known(tmp_path: Path) -> None:
    found = lake(tmp_path, label("mia", "fraud", 3))
    assert Known.by(found, at(3, 11)).fraud_accounts == set()
    assert Known.by(found, at(3)).fraud_accounts == {"mia"}


def test_of_two_verdicts_the_later_one_known_counts(tmp_path: Path) -> None:
    found = lake(tmp_path, label("mia", "fraud", 3), label("mia", "legit", 6))
    assert Known.by(found, at(5)).fraud_accounts == {"mia"}
    assert Known.by(found, at(5)).honest_accounts == set()
    assert Known.by(found, at(6)).fraud_accounts == set()
    assert Known.by(found, at(6)).honest_accounts == {"mia"}


def test_fraud_is_known_since_the_first_label_that_said_so(tmp_path: Path) -> None:
    found = lake(
        tmp_path, label("mia", "fraud", 3), label("mia", "fraud", 6), label("bo", "fraud", 2), label("bo", "legit", 4)
    )
    assert Known.by(found, at(3)).since == {"mia": date(2026, 1, 3), "bo": date(2026, 1, 2)}
    assert Known.by(found, at(9)).since == {"mia": date(2026, 1, 3)}


def test_plays_are_labelled_apart_from_accounts(tmp_path: Path) -> None:
    known = Known.by(lake(tmp_path, label("x", "fraud", 1, "play"), label("x", "legit", 1)), at(9))
    assert (known.fraud_plays, known.fraud_accounts, known.honest_accounts) == ({"x"}, set(), {"x"})
    assert known.fraud == 1


def test_a_lake_without_labels_knows_nothing(tmp_path: Path) -> None:
    assert Known.by(lake(tmp_path), at(9)).fraud == 0


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "b", "a"]])
def test_members_of_nothing_are_none(ids: list[str]) -> None:
    assert member(pl.Series(ids, dtype=pl.String), frozenset()).to_list() == [False] * len(ids)


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd")))
def test_members_are_those_chosen(ids: list[str], chosen: frozenset[str]) -> None:
    assert member(pl.Series(ids, dtype=pl.String), chosen).to_list() == [one in chosen for one in ids]

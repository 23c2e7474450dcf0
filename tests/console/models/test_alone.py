"""Accounts left alone are held against labels and what people found, never against what a simulator knows."""

from datetime import UTC, datetime

import msgspec
import polars as pl
from tests.worlds import Judged

from ghostnote.console.models.alone import labelled, left_alone
from ghostnote.console.models.found import Found
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.summary import HoldOutTruth, Summary
from ghostnote.decisions.untouched import Untouched

NOBODY = Found(None).accounts()


def _accounts() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": ["a", "b", "c", "d", "e"],
            "action": ["allow"] * 5,
            "untouched": [True, True, True, True, False],
            "would_be": ["suspend", "suspend", "suspend", None, None],
        }
    )


def _labels(*rows: tuple[str, str, datetime]) -> pl.DataFrame:
    given = [("account", *row) for row in rows]
    schema = ["subject_type", "subject_id", "verdict", "known_at"]
    return pl.DataFrame(given, schema=schema, orient="row")


def _with(summary: Summary, untouched: Untouched) -> Summary:
    return msgspec.structs.replace(summary, settings=Policy(untouched=untouched))


def test_labels_and_people_say_who_is_what(town: Judged) -> None:
    summary = _with(town.summary, Untouched(share=0.01, salt="0123456789abcdef"))
    assert summary.bundle.as_of is not None
    late = datetime(2027, 1, 1, tzinfo=UTC)
    labels = _labels(("a", "fraud", late), ("b", "fraud", late))
    found = pl.DataFrame([("b", "legit", False)], schema=NOBODY.schema, orient="row")
    told = left_alone(summary, _accounts(), labels, found, None)
    row = next(row for row in told["known"]["would_be"] if row["action"] == "suspend")
    # What a person found goes before a label, and of c nothing is known.
    assert (row["accounts"], row["fraud"], row["honest"]) == (3, 1, 1)
    assert told["known"]["accounts"] == 4
    assert told["simulated"] is False


def test_fraud_that_was_known_before_training_ended_is_left_out(town: Judged) -> None:
    summary = _with(town.summary, Untouched(share=0.01, salt="0123456789abcdef"))
    early = datetime(2026, 1, 1, tzinfo=UTC)
    told = left_alone(summary, _accounts(), _labels(("a", "fraud", early)), NOBODY, None)
    assert told["known"]["accounts"] == 3


def test_where_nobody_is_left_alone_nothing_is_known(town: Judged) -> None:
    alone = _accounts().with_columns(untouched=pl.lit(value=False))
    told = left_alone(town.summary, alone, _labels().clear(), NOBODY, None)
    assert told == {"share": 0.0, "known": None, "simulated": False}


def test_the_truth_of_a_simulated_lake_is_named_as_such(town: Judged) -> None:
    truth = msgspec.structs.replace(town.truth, hold_out=HoldOutTruth(accounts=7, fraud=0))
    told = left_alone(town.summary, _accounts(), _labels().clear(), NOBODY, truth)
    assert (told["known"]["accounts"], told["simulated"]) == (7, True)


def test_a_simulators_labels_are_not_the_teams(town: Judged) -> None:
    every = pl.read_parquet(list(town.lake.files("labels")))
    assert "simulation" in every["source"].unique().to_list()
    assert labelled(town.lake).height == every.filter(pl.col("source") != "simulation").height > 0

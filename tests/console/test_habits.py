"""What an account does on a day, beside its own past and others."""

from datetime import timedelta

import polars as pl
import pytest
from tests.console.super_fan import FAN

from ghostnote.console.habits import MEASURES, Habits
from ghostnote.console.records import Records


def rows(found: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {str(row["name"]): row for row in found["rows"]}


def test_a_fan_is_as_it_always_was_and_unlike_others(records: Records) -> None:
    flagged = records.account(FAN)["first_flagged"]
    found = Habits(records).of(records.plays([FAN]), flagged)
    assert (found["since"], found["flagged"]) == (flagged, True)
    told = rows(found)
    assert list(told) == list(MEASURES)
    assert (told["plays"]["before"], told["plays"]["since"]) == (45, 45)
    assert (told["tracks"]["since"], told["hours"]["since"]) == (8, 15)
    assert told["favourite"]["before"] == pytest.approx(1 / 8, abs=0.01)
    assert told["plays"]["usual"] <= told["plays"]["high"] < 45


def test_usual_is_the_middle_of_those_who_are_left_alone(records: Records) -> None:
    alone = records.accounts.filter(pl.col("action") == "allow")["account_id"]
    days = pl.col("event_time").dt.date().n_unique()
    plays = records.folder.read("plays").filter(pl.col("account_id").is_in(alone.implode()))
    averages = plays.group_by("account_id").agg(a_day=pl.len() / days)["a_day"]
    assert averages.len() > 200
    told = rows(Habits(records).of(records.plays([FAN]), None))["plays"]
    assert told["usual"] == pytest.approx(averages.median(), rel=0.1)
    assert told["high"] == pytest.approx(averages.quantile(0.95), rel=0.2)


def test_without_anything_before_the_run_is_halved(records: Records) -> None:
    plays = records.plays([FAN])
    middle = records.start + timedelta(days=len(records.days)) / 2
    for flagged in (None, plays["event_time"][0]):
        found = Habits(records).of(plays, flagged)
        assert (found["since"], found["flagged"]) == (middle, False)
    nobody = rows(Habits(records).of(plays.head(0), None))
    assert (nobody["plays"]["before"], nobody["plays"]["since"]) == (None, None)

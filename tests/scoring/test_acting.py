"""What a policy's costs, ceilings and delays do to a run, and that nothing else of it changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.worlds import MADE_AT, Judged

from ghostnote.decisions.actions import Cost, Costs
from ghostnote.decisions.ceilings import Ceiling, allowed
from ghostnote.decisions.enforcement import Delay, Enforcement
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import RULES
from ghostnote.decisions.tables import ACTED
from ghostnote.scoring import score
from ghostnote.scoring.acting import SOURCES

#: A bar that some of the town's accounts pass.
_LOW = {"honest_account_ceiling": 0.02, "group_accounts": 3}


def run(town: Judged, out: Path, **policy: object) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Accounts, plays and notes of a run over the town."""
    made = Policy(**{**_LOW, **policy})
    summary = score(town.lake, town.loaded, out, made_at=MADE_AT, policy=made, start=town.first_judged)
    accounts = pl.read_parquet(out / "accounts.parquet").sort("account_id")
    return accounts, pl.read_parquet(out / "plays.parquet"), summary.notes


@pytest.fixture(scope="module")
def usual(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    found = run(town, tmp_path_factory.mktemp("usual") / "out")
    assert found[0].filter(action="suspend").height >= 3
    return found


def test_everybody_acted_on_has_something_that_spoke_against_it(usual: tuple[pl.DataFrame, ...]) -> None:
    accounts = usual[0]
    acted = accounts.filter(pl.col("action").is_in(ACTED))
    assert (acted["sources"].list.len() > 0).all()
    assert not accounts.filter(action="allow")["sources"].list.len().sum()
    assert set(accounts["sources"].explode().drop_nulls()) <= {*SOURCES, *(rule.name for rule in RULES)}


def test_actions_are_due_at_the_end_of_the_period_and_told(usual: tuple[pl.DataFrame, ...], town: Judged) -> None:
    acted = pl.col("action").is_in(ACTED)
    end = datetime.combine(town.lake.days("plays")[-1] + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    assert set(usual[0].filter(acted)["due"]) == {end}
    assert usual[0].filter(acted)["told"].all()
    assert usual[0].filter(~acted).select("due", "told").null_count().row(0) == (usual[0].filter(~acted).height,) * 2


def test_waiting_changes_nothing_but_when(usual: tuple[pl.DataFrame, ...], town: Judged, tmp_path: Path) -> None:
    slow = Delay(median_hours=24.0, spread=0.7, longest_hours=96.0, told=False)
    once = run(town, tmp_path / "once", enforcement=Enforcement(suspend=slow))[0]
    again = run(town, tmp_path / "again", enforcement=Enforcement(suspend=slow))[0]
    assert once.equals(again)
    when = ["due", "told"]
    assert once.drop(when).equals(usual[0].drop(when))
    waits = once.filter(action="suspend")["due"] - usual[0].filter(action="suspend")["due"]
    assert waits.n_unique() == waits.len()
    assert waits.min() > timedelta()
    assert waits.max() <= timedelta(hours=96)
    assert not once.filter(action="suspend")["told"].any()


def test_costs_choose_among_actions_and_touch_no_play(
    usual: tuple[pl.DataFrame, ...], town: Judged, tmp_path: Path
) -> None:
    dear = Costs(suspend=Cost(stops=1.0, each=1e6), limit=Cost(stops=0.5))
    accounts, plays, _ = run(town, tmp_path, costs=dear)
    assert accounts["action"].replace("limit", "suspend").equals(usual[0]["action"])
    assert "suspend" not in set(accounts["action"])
    assert all(line[-1].startswith("Limited, not suspended") for line in accounts.filter(action="limit")["reasons"])
    assert plays.equals(usual[1])


def test_a_plan_with_its_own_cost_is_told_apart(usual: tuple[pl.DataFrame, ...], town: Judged, tmp_path: Path) -> None:
    plans = dict.fromkeys(("free", "trial", "premium", "family", "student", "duo"), 1e9)
    by_plan = Costs(suspend=Cost(stops=1.0, honest_by_plan=plans), limit=Cost(stops=0.5))
    signed_up = pl.concat(pl.read_parquet(file) for file in town.lake.files("signups"))["account_id"]
    accounts = run(town, tmp_path, costs=by_plan)[0]
    known = pl.col("account_id").is_in(signed_up.implode())
    was = usual[0].filter(known, action="suspend")
    assert set(accounts.filter(pl.col("account_id").is_in(was["account_id"].implode()))["action"]) <= {"limit"}
    left = usual[0].filter(~known, action="suspend")
    assert set(accounts.filter(pl.col("account_id").is_in(left["account_id"].implode()))["action"]) <= {"suspend"}


def test_whom_a_ceiling_spares_waits_for_people_and_its_plays_on_hold(
    usual: tuple[pl.DataFrame, ...], town: Judged, tmp_path: Path
) -> None:
    ceiling = Ceiling(by="country", share=1e-6, least_accounts=1)
    accounts, plays, notes = run(town, tmp_path, ceilings=(ceiling,))
    assert allowed(accounts.height, ceiling.share) == 0
    assert not accounts["action"].is_in(ACTED).any()
    spared = usual[0].filter(pl.col("action").is_in(ACTED))
    now = accounts.filter(pl.col("account_id").is_in(spared["account_id"].implode()))
    assert set(now["action"]) == {"review"}
    assert all(lines[-1].startswith("Put up for review, not acted on") for lines in now["reasons"])
    assert sum(int(note.split()[0]) for note in notes if "put up for review instead" in note) == spared.height
    # The money stays where it is: what was excluded is on hold, unless it was for a target.
    assert plays["withheld_payout"].sum() == usual[1]["withheld_payout"].sum() > 0
    assert not plays["reason"].eq("Its account is acted on.").any()
    held = plays.filter(pl.col("reason").str.contains("because of a ceiling"))
    assert set(held["verdict"]) == {"hold"}

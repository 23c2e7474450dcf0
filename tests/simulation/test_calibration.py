"""Simulated keen listeners listen as real ones do, quantile by quantile; run with -s to see both side by side.

Held: within 25 % (or one unit, of whole numbers) from p25 to p99 of what FACTS gives, within 45 % at p5 and p99.9. The
longest habits (plays of one track by one person over a year, from p99 on) are within 60 %.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from tests.simulation import quantiles as real
from tests.simulation.lakes import read_all

from ghostnote.simulation.cohorts import CohortShares
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.world import simulate

BODY, EDGES, HABITS = 0.25, 0.45, 0.60
COUNTS = {"plays", "distinct tracks", "distinct artists", "distinct clock hours", "platforms", "countries"}
#: Nobody joins or leaves, so that every day without plays is a day off.
KEEN = PopulationParameters(shares=CohortShares(keen=1, sleeper=0), new_per_day=0, leave_per_day=0)
CASUAL = PopulationParameters(shares=CohortShares(keen=0, sleeper=0), new_per_day=0, leave_per_day=0)


def plays_of(path: Path, population: PopulationParameters, accounts: int, days: int, seed: int) -> pl.DataFrame:
    simulate(Scenario(accounts=accounts, days=days, population=population), path, seed=seed)
    tables = read_all(path)
    return tables["plays"].join(tables["tracks"].select("track_id", "artist_id"), on="track_id")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Plays of 800 keen listeners from 2 to 31 March."""
    return plays_of(tmp_path_factory.mktemp("keen") / "month", KEEN, accounts=800, days=30, seed=1)


@pytest.fixture(scope="module")
def days(month: pl.DataFrame) -> pl.DataFrame:
    return real.account_days(month)


def off(found: float, fact: float, whole: bool) -> float:
    """How far off a value is, as a share of the fact; one unit more or less of whole numbers is not off."""
    distance = abs(found - fact)
    return 0.0 if distance <= (1 if whole else 0) else distance / fact if fact else 1.0


def misses(facts: Mapping[str, real.Quantiles], found: Mapping[str, Mapping[float, float]]) -> list[str]:
    return [
        f"{name} p{100 * level:g}: {value} in reality, {found[name][level]:.3g} simulated"
        for name, quantiles in facts.items()
        for level, value in quantiles.items()
        if off(found[name][level], value, name in COUNTS) > (BODY if 0.25 <= level <= 0.99 else EDGES)
    ]


def test_days_of_keen_listeners_are_as_in_reality(days: pl.DataFrame) -> None:
    found = real.of_days(days)
    print("\n" + real.side_by_side(real.DAY_FACTS, found))
    assert misses(real.DAY_FACTS, found) == []


def test_lengths_gaps_places_and_clients_are_as_in_reality(month: pl.DataFrame) -> None:
    found = real.of_others(month, 30)
    print("\n" + real.side_by_side(real.OTHER_FACTS, found))
    assert misses(real.OTHER_FACTS, found) == []


def test_shares_of_plays_are_as_in_reality(month: pl.DataFrame) -> None:
    found = real.shares(month)
    print("\n" + "\n".join(f"{name:<32}{fact:.4f}|{found[name]:.4f}" for name, fact in real.SHARES.items()))
    for name, fact in real.SHARES.items():
        assert found[name] == pytest.approx(fact, rel=BODY), name


def test_there_are_honest_days_and_runs_at_the_far_end(month: pl.DataFrame, days: pl.DataFrame) -> None:
    busiest = days.filter(pl.col("plays") >= 1000)
    assert busiest.height >= 1
    assert (busiest["share of plays >= 30 s"] < 0.4).all()
    assert days["plays"].max() < 2700
    assert 100 <= real.longest_run(month) <= 500


def test_habits_of_a_year_are_as_in_reality(tmp_path: Path) -> None:
    plays = plays_of(tmp_path / "year", KEEN, accounts=64, days=330, seed=5)
    found = real.of_pairs(plays)
    print("\n" + real.side_by_side({"plays of one track": real.PAIR_FACTS}, {"plays of one track": found}))
    for level, fact in real.PAIR_FACTS.items():
        assert found[level] == pytest.approx(fact, rel=BODY if level < 0.99 else HABITS)


def test_casual_listeners_listen_less_on_fewer_days(tmp_path: Path, days: pl.DataFrame) -> None:
    plays = plays_of(tmp_path / "casual", CASUAL, accounts=800, days=21, seed=2)
    casual = real.account_days(plays)
    assert 4 <= casual["plays"].median() <= 14
    assert casual["plays"].quantile(0.99) < days["plays"].quantile(0.95)
    active = casual.group_by("account_id").len()["len"] / 21
    assert 0.25 <= active.median() <= 0.5
    assert real.shares(plays)["plays of 30-35 s"] == pytest.approx(0.0074, rel=0.4)

"""`fit`: parameters that are known are found again in the logs that they made.

Held: shares, plays and days within 15 %, skips within 0.3 of their log-odds, hours within half an hour.
"""

import json
from pathlib import Path

import msgspec
import polars as pl
import pytest
import typer
from tests.simulation.lakes import cohort, read_all
from tests.simulation.worlds import SMALL_CATALOGUE
from typer.testing import CliRunner

from ghostnote.cli.simulate import simulate as command
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import LakeWriter
from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.cohorts import CohortParameters, CohortShares
from ghostnote.simulation.fitting import Fit, fit
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.world import simulate

KNOWN = Scenario(
    accounts=1000,
    days=14,
    catalogue=CatalogueParameters(least_tracks=20_000, median_seconds=180, length_spread=0.22),
    population=PopulationParameters(
        shares=CohortShares(keen=0.4, sleeper=0),
        countries={"US": 0.5, "BR": 0.3, "DE": 0.2},
        wake=9.5,
        new_per_day=0.01,
        leave_per_day=0,
        keen=CohortParameters(active_share=0.7, plays=80, plays_spread=0.45, day_shape=1.4, skip=-0.6),
        casual=CohortParameters(active_share=0.35, plays=9, plays_spread=0.6, day_shape=1.4, skip=-2, skim_days=0.001),
    ),
    campaigns=(PlaylistLoop(accounts=6, days=5),),
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "logs"
    simulate(KNOWN, path, seed=3)
    return path


@pytest.fixture(scope="module")
def found(logs: Path) -> Fit:
    return fit(logs, Scenario())


def test_how_many_there_are_and_how_they_listen_is_found_again(logs: Path, found: Fit) -> None:
    true, fitted = KNOWN.population, found.scenario.population
    keen = cohort(read_all(logs), "keen").len() / KNOWN.accounts
    assert fitted.shares.keen == pytest.approx(keen, rel=0.15)
    assert found.scenario.accounts == pytest.approx(KNOWN.accounts, rel=0.05)
    assert (found.scenario.days, found.scenario.start) == (KNOWN.days, KNOWN.start)
    for name in ("keen", "casual"):
        for key in ("active_share", "plays", "plays_spread", "day_shape"):
            known = getattr(true.of(name), key)
            assert getattr(fitted.of(name), key) == pytest.approx(known, rel=0.15), (name, key)
        assert fitted.of(name).skip == pytest.approx(true.of(name).skip, abs=0.3)
        assert fitted.of(name).skim_days == pytest.approx(true.of(name).skim_days, abs=0.01)


def test_where_when_and_what_is_found_again(found: Fit) -> None:
    population, catalogue = found.scenario.population, found.scenario.catalogue
    assert population.wake == pytest.approx(KNOWN.population.wake, abs=0.5)
    for name, share in KNOWN.population.countries.items():
        assert population.countries[name] == pytest.approx(share, abs=0.05)
    assert population.new_per_day == pytest.approx(0.01, rel=0.3)
    assert catalogue.median_seconds == pytest.approx(180, rel=0.03)
    assert catalogue.length_spread == pytest.approx(0.22, rel=0.15)


def test_everything_found_is_told_and_possible(found: Fit) -> None:
    told = {one.parameter: one.value for one in found.estimates}
    assert told["population.keen.plays"] == found.scenario.population.keen.plays
    assert told["accounts"] == found.scenario.accounts
    assert found.missing == ()
    assert msgspec.convert(msgspec.to_builtins(found.scenario), Scenario) == found.scenario


def test_a_world_made_with_it_is_like_the_logs(logs: Path, found: Fit, tmp_path: Path) -> None:
    simulate(msgspec.structs.replace(found.scenario, campaigns=()), tmp_path / "again", seed=8)

    def plays_per_day(path: Path) -> pl.Series:
        tables = read_all(path)
        honest = tables["plays"].filter(pl.col("account_id").is_in(cohort(tables, "keen", "casual").implode()))
        return honest.group_by("account_id", pl.col("event_time").dt.date()).len()["len"]

    real, simulated = plays_per_day(logs), plays_per_day(tmp_path / "again")
    assert simulated.len() == pytest.approx(real.len(), rel=0.12)
    for level in (0.25, 0.5, 0.75, 0.95):
        assert simulated.quantile(level) == pytest.approx(real.quantile(level), rel=0.2, abs=1)


def test_logs_with_few_columns_give_what_they_can(logs: Path, tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path / "poor")
    columns = ["event_id", "event_time", "account_id", "track_id", "ms_played"]
    writer.write_by_arrival("plays", read_all(logs)["plays"].select(columns))
    found = fit(writer.path, Scenario())
    assert found.scenario.population.keen.plays == pytest.approx(80, rel=0.25)
    assert found.scenario.catalogue.median_seconds == pytest.approx(180, rel=0.1)
    assert found.scenario.population.countries == {}
    assert [lack.split(":")[0] for lack in found.missing] == ["countries and hours", "growth"]


def test_logs_of_a_few_people_are_refused(logs: Path, tmp_path: Path) -> None:
    plays = read_all(logs)["plays"]
    few = plays["account_id"].unique().sort().head(5)
    LakeWriter(tmp_path / "few").write_by_arrival("plays", plays.filter(pl.col("account_id").is_in(few.implode())))
    with pytest.raises(GhostnoteError, match="5 accounts: a fit needs 30"):
        fit(tmp_path / "few", Scenario())


def test_logs_of_a_few_days_are_refused(logs: Path, tmp_path: Path) -> None:
    plays = read_all(logs)["plays"].filter(pl.col("event_time").dt.day() < 5)
    LakeWriter(tmp_path / "short").write_by_arrival("plays", plays)
    with pytest.raises(GhostnoteError, match="3 days: a fit needs 5"):
        fit(tmp_path / "short", Scenario())


def test_one_kind_of_listener_alone_is_no_error(tmp_path: Path) -> None:
    population = PopulationParameters(shares=CohortShares(keen=0, sleeper=0))
    simulate(Scenario(accounts=80, days=6, catalogue=SMALL_CATALOGUE, population=population), tmp_path / "casual")
    fitted = fit(tmp_path / "casual", Scenario()).scenario.population
    assert fitted.keen.plays >= fitted.casual.plays
    assert fitted.keen.plays < 40


def test_the_command_prints_what_it_found(logs: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    (tmp_path / "small.toml").write_text(f"catalogue = {{ least_tracks = {SMALL_CATALOGUE.least_tracks} }}")
    args = ["--scenario", str(tmp_path / "small.toml"), "--fit", str(logs), "--accounts", "60", "--days", "2"]
    result = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "population.keen.plays" in result.stdout
    assert "60 honest accounts" in result.stdout
    result = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "json"), "--json"])
    told = json.loads(result.stdout)
    assert {one["parameter"] for one in told["fit"]["estimates"]} >= {"accounts", "population.wake"}

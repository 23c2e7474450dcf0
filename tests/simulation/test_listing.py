"""What can be simulated is listed with names, units, bounds and a sentence each."""

import json

import pytest
from typer.testing import CliRunner

from ghostnote.cli.app import app
from ghostnote.simulation.listing import playbooks, scenarios
from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.playbooks.wording import PARAMETERS
from ghostnote.simulation.scenarios import load_scenario, shipped

RUNNER = CliRunner()


def test_every_scenario_and_playbook_has_its_line() -> None:
    assert [line.name for line in scenarios()] == list(shipped())
    assert [line.name for line in playbooks()] == list(PLAYBOOKS)
    assert all(line.says.endswith(".") for line in (*scenarios(), *playbooks()))


def test_every_parameter_has_a_meaning_and_every_meaning_a_parameter() -> None:
    used = {name for playbook in PLAYBOOKS.values() for name in playbook.__struct_fields__}
    assert used == set(PARAMETERS)


def test_bounds_are_those_that_are_checked() -> None:
    loop = next(line for line in playbooks() if line.name == "playlist_loop")
    bounds = {parameter.name: (parameter.low, parameter.high) for parameter in loop.parameters}
    assert bounds["camouflage"] == (0, 1)
    assert bounds["accounts"] == (1, None)
    assert bounds["seconds"] == (31.0, None)
    assert bounds["size"] == (0, 1)
    above = {parameter.name: parameter.above for parameter in loop.parameters}
    assert above["hours"]
    assert not above["camouflage"]


@pytest.mark.parametrize("command", ["simulate", "plant"])
def test_the_terminal_shows_them(command: str) -> None:
    result = RUNNER.invoke(app, [command, "--list"])
    assert result.exit_code == 0
    assert all(f"{name}:" in result.stdout for name in PLAYBOOKS)
    assert "hours = 23.5 hours a day: " in result.stdout
    assert ("rare:" in result.stdout) == (command == "simulate")


def test_machines_can_read_them() -> None:
    found = json.loads(RUNNER.invoke(app, ["simulate", "--list", "--json"]).stdout)
    assert {line["name"] for line in found["scenarios"]} == set(shipped())
    assert {line["name"] for line in found["playbooks"]} == set(PLAYBOOKS)


@pytest.mark.parametrize(("command", "missing"), [("simulate", "--out"), ("plant", "--lake")])
def test_what_is_needed_is_told(command: str, missing: str) -> None:
    result = RUNNER.invoke(app, [command])
    assert result.exit_code != 0
    assert missing in result.output


def test_the_novel_scenario_has_nothing_of_the_demos() -> None:
    demo, novel = load_scenario("demo"), load_scenario("novel")
    assert not {campaign.kind for campaign in demo.campaigns} & {campaign.kind for campaign in novel.campaigns}


def test_every_playbook_is_in_some_scenario() -> None:
    assert {kind for line in scenarios() for kind in line.playbooks} == set(PLAYBOOKS)

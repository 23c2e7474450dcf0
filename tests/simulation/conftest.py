"""Tiny worlds for the simulation's tests, each written once."""

from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import read_all
from tests.simulation.worlds import ATTACKED, BESIEGED

from ghostnote.simulation.world import World, simulate


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The lake of a small service with one campaign of each playbook, and what was made."""
    path = tmp_path_factory.mktemp("simulation") / "attacked"
    return path, simulate(ATTACKED, path, seed=11)


@pytest.fixture(scope="session")
def tables(attacked: tuple[Path, World]) -> dict[str, pl.DataFrame]:
    """The same lake's tables, each read as every caller reads it."""
    return read_all(attacked[0])


@pytest.fixture(scope="session")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of a small service with one campaign of each other playbook."""
    path = tmp_path_factory.mktemp("simulation") / "besieged"
    simulate(BESIEGED, path, seed=11)
    return path


@pytest.fixture(scope="session")
def sieges(besieged: Path) -> dict[str, pl.DataFrame]:
    """The same lake's tables."""
    return read_all(besieged)

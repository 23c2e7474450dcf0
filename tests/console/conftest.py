"""Folders of decisions for the console's tests, written once."""

from pathlib import Path

import pytest
from tests.console.invented import World, write_decisions


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions of a simulated world: four campaigns, truth known."""
    return write_decisions(tmp_path_factory.mktemp("decisions") / "full", World(honest=400))


@pytest.fixture(scope="session")
def quiet_decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions of a service that gave no labels and where nothing was found."""
    world = World(honest=120, campaigns=False, truth=False, supervised=False)
    return write_decisions(tmp_path_factory.mktemp("decisions") / "quiet", world)

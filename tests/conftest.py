"""Worlds that several parts of the tests look at; and no property fails because the machine was busy."""

from pathlib import Path

import pytest
from hypothesis import settings
from tests.invented import World, write_decisions
from tests.worlds import (
    ARENA,
    ARENA_TRAINED,
    ARRIVALS,
    ARRIVALS_TRAINED,
    CROWD,
    TOWN,
    TOWN_TRAINED,
    Judged,
    judged,
    once,
)

from ghostnote.events.lake import Lake
from ghostnote.simulation.world import simulate

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A thousand listeners, a fortnight, seven campaigns; trained on eight days."""
    return Judged(once(tmp_path_factory.getbasetemp(), "arena", lambda path: judged(path, ARENA, ARENA_TRAINED)))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Two hundred listeners, a week, four campaigns; trained on four days."""
    return Judged(once(tmp_path_factory.getbasetemp(), "town", lambda path: judged(path, TOWN, TOWN_TRAINED, seed=3)))


@pytest.fixture(scope="session")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Three hundred listeners, a week, half of them new; three campaigns open accounts. Trained on five days."""
    place = once(
        tmp_path_factory.getbasetemp(), "arrivals", lambda path: judged(path, ARRIVALS, ARRIVALS_TRAINED, seed=5)
    )
    return Judged(place)


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two thousand honest listeners of every cohort, for eight days."""
    return Lake(once(tmp_path_factory.getbasetemp(), "crowd", lambda path: simulate(CROWD, path, seed=6)))


@pytest.fixture(scope="session")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions of a simulated world: four campaigns, truth known."""
    return write_decisions(tmp_path_factory.mktemp("decisions") / "full", World(honest=400))


@pytest.fixture(scope="session")
def quiet_decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions of a service that gave no labels and where nothing was found."""
    world = World(honest=120, campaigns=False, truth=False, supervised=False)
    return write_decisions(tmp_path_factory.mktemp("decisions") / "quiet", world)

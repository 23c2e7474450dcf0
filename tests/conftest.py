"""Worlds that several parts of the tests look at; and no property fails because the machine was busy."""

import pytest
from hypothesis import settings
from tests.worlds import ARENA, ARENA_TRAINED, TOWN, TOWN_TRAINED, Judged, judged, once

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

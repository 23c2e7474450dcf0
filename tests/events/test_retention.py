"""Days older than a team may keep."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.worlds import Judged

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.retention import TABLES, expire, expired


def test_old_days_go_and_newer_ones_and_signups_stay(town: Judged, tmp_path: Path) -> None:
    lake = Lake(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    days, signups = lake.days("plays"), lake.days("signups")
    today = days[-1]
    told = expired(lake, 2, today)
    assert lake.days("plays") == days
    assert expire(lake, 2, today) == told
    for table in TABLES:
        assert all(day >= today - timedelta(days=2) for day in lake.days(table))
    assert lake.days("plays") == tuple(day for day in days if day >= today - timedelta(days=2))
    assert lake.days("signups") == signups
    assert expired(lake, 2, today) == []


def test_all_plays_are_not_deleted_by_mistake(town: Judged, tmp_path: Path) -> None:
    lake = Lake(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    days = lake.days("plays")
    with pytest.raises(GhostnoteError, match="delete the lake itself"):
        expire(lake, 1, days[-1] + timedelta(days=30))
    assert lake.days("plays") == days

"""A console over invented decisions, with a lake and a ledger of their own, and a clock that tests move."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.console.super_fan import add_super_fan

from ghostnote.console import drawing
from ghostnote.console.app import build
from ghostnote.console.records import Records
from ghostnote.console.signing_in import Door, Role
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Ledger, open_ledger
from ghostnote.decisions.recording import record
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.events.lake import Lake, new_lake

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Opened:
    """An open console: `at` is what its clock says."""

    records: Records
    ledger: Ledger | None
    at: datetime = NOON
    terms: Terms | None = None
    door: Door = field(init=False)
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        numbers = itertools.count()
        self.door = Door(self.clock, lambda: f"token-{next(numbers)}")
        self.app = build(self.records, self.ledger, self.door, self.clock, self.terms)

    def clock(self) -> datetime:
        # Each look is later than the one before, as with a real clock.
        self.at += timedelta(milliseconds=1)
        return self.at

    def visit(self, name: str = "ines", role: Role = "investigator") -> TestClient:
        """A browser of somebody who is signed in."""
        client = TestClient(self.app, base_url="http://console.test")
        assert client.post(f"/sign-in/{self.door.invite(name, role)}").status_code == 200
        return client


@pytest.fixture(scope="session", autouse=True)
def _held_to_the_schema() -> Iterator[None]:
    """Every chart that a test draws is held to the schema of Vega-Lite, which pages do not do again."""
    quickly = drawing.specification

    def strictly(chart: alt.TopLevelMixin) -> dict[str, Any]:
        with alt.data_transformers.enable("default", max_rows=None):
            chart.to_dict()
        return quickly(chart)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drawing, "specification", strictly)
        yield


@pytest.fixture(scope="session")
def judged_folder(decisions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions with one play in forty and a fan, and beside them the lake that they could have come from."""
    place = tmp_path_factory.mktemp("console")
    shutil.copytree(decisions, place / "decisions")
    few = pl.read_parquet(decisions / "plays.parquet").gather_every(40)
    few.write_parquet(place / "decisions" / "plays.parquet")
    add_super_fan(place / "decisions")
    plays = pl.read_parquet(place / "decisions" / "plays.parquet")
    grouped = pl.read_parquet(place / "decisions" / "accounts.parquet", columns=["account_id", "campaign_id"])
    # Accounts of a campaign share a line, all others have one of their own.
    number = pl.col("account_id").rank("dense").cast(pl.Int64)
    line = pl.when(pl.col("campaign_id").is_null()).then(pl.format("10.{}.{}.7", number // 200, number % 200))
    events = plays.join(grouped, on="account_id").select(
        "event_id",
        "event_time",
        "account_id",
        "track_id",
        ms_played=pl.lit(40_000),
        ip=line.otherwise(pl.format("192.0.2.{}", number % 200)),
        device_id=pl.format("d{}", number),
        source=pl.when(pl.col("campaign_id").is_null()).then(pl.lit("search")).otherwise(pl.lit("playlist")),
        country=pl.when(number % 3 == 0).then(pl.lit("SE")).otherwise(pl.lit("DE")),
    )
    with new_lake(place / "lake") as lake:
        lake.write_by_arrival("plays", events)
    return place


@pytest.fixture(scope="session")
def records(judged_folder: Path) -> Records:
    return Records(Lake(judged_folder / "lake"), DecisionFolder(judged_folder / "decisions"))


@pytest.fixture
def opened(records: Records, tmp_path: Path) -> Iterator[Opened]:
    """A console with a ledger in which the run is recorded."""
    with open_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        record(records.folder, ledger, at=NOON)
        yield Opened(records, ledger)

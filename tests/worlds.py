"""Three small services with campaigns of known size, each made, learnt from and judged once per run of the tests."""

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from ghostnote.backtest import backtest
from ghostnote.decisions.summary import Summary, Truth, read_summary, read_truth
from ghostnote.events.lake import Lake
from ghostnote.models.bundle import Bundle, load_bundle, save_bundle
from ghostnote.scoring import score
from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.cohorts import CohortShares
from ghostnote.simulation.playbooks.ai_catalogue_farm import AiCatalogueFarm
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.team import TeamParameters
from ghostnote.simulation.world import simulate
from ghostnote.training import train
from ghostnote.training.card import card

MADE_AT = datetime(2026, 4, 1, tzinfo=UTC)
#: All days of a world are trained on up to this one (counted from 1), and judged after it.
ARENA_TRAINED, TOWN_TRAINED, ARRIVALS_TRAINED = 8, 4, 5

#: A fortnight in which each kind of attack goes on, or begins anew in other hands, after training: for figures.
ARENA = Scenario(
    accounts=1000,
    days=14,
    catalogue=CatalogueParameters(least_tracks=20_000),
    campaigns=(
        AiCatalogueFarm(name="farm", start=0.6, days=13.4, accounts=16, hours=5.0),
        PlaylistLoop(name="loop", start=1.2, days=6.5, accounts=12, hours=3.0, tracks=60, artists=8),
        HijackedListeners(name="hijack", start=2.0, days=12.0, victims=24),
        FakeAccountFactory(name="factory", start=3.1, days=5.0, accounts=24),
        PlaylistLoop(
            name="new-loop",
            start=8.6,
            days=5.4,
            accounts=12,
            hours=5.0,
            tracks=60,
            artists=6,
            stops_at=(51, 58, 66, 77),
            country="BR",
            camouflage=0.05,
        ),
        AiCatalogueFarm(
            name="new-farm",
            start=9.0,
            days=5.0,
            accounts=16,
            hours=5.0,
            camouflage=0.2,
            country="SE",
            ip_kind="residential",
            per_card=1.0,
            per_address=1.0,
        ),
        FakeAccountFactory(name="new-factory", start=10.2, days=3.0, accounts=16, country="TR", per_device=3.0),
    ),
)
#: A week among few people, watched by a team that finds nearly everything: enough to decide about in a second.
TOWN = Scenario(
    accounts=200,
    days=7,
    catalogue=CatalogueParameters(least_tracks=2000),
    team=TeamParameters(found=0.9, delay_days=0.5),
    campaigns=(
        AiCatalogueFarm(name="farm", start=0.2, days=6.8, accounts=12, hours=4.0),
        PlaylistLoop(name="loop", start=0.4, days=6.6, accounts=8, hours=3.0, tracks=40, artists=6),
        HijackedListeners(name="hijack", start=0.5, days=6.5, victims=8, plays=60.0),
        FakeAccountFactory(name="factory", start=1.1, days=5.0, accounts=12),
    ),
)
#: A week in which many sign up, honest and otherwise: the later factory is in other hands.
ARRIVALS = Scenario(
    accounts=300,
    days=7,
    catalogue=CatalogueParameters(least_tracks=2000),
    population=PopulationParameters(new_per_day=0.1),
    team=TeamParameters(found=0.9, delay_days=0.5),
    campaigns=(
        AiCatalogueFarm(name="farm", start=2.0, days=5.0, accounts=24, hours=3.0, opened_over=2.0),
        FakeAccountFactory(name="factory", start=1.1, days=4.0, accounts=60, bursts=4),
        FakeAccountFactory(name="new-factory", start=5.2, days=1.5, accounts=30, country="TR", per_device=3.0),
    ),
)
#: A week and a day of honest people alone, many of every kind: whom no rule may hit.
CROWD = Scenario(
    accounts=2000,
    days=8,
    catalogue=CatalogueParameters(least_tracks=10_000),
    population=PopulationParameters(
        shares=CohortShares(
            keen=0.1,
            sleeper=0.04,
            organised_fan=0.03,
            shop=0.04,
            shared_home=0.05,
            campus=0.06,
            carrier_nat=0.06,
            traveller=0.04,
            night_worker=0.04,
            child_on_repeat=0.04,
            skimmer=0.04,
            viral_listener=0.03,
            release_fan=0.03,
            migrant=0.04,
        )
    ),
)


@dataclass(frozen=True)
class Judged:
    """A folder with a lake, the bundle learnt from its first days, and what was decided about the others."""

    path: Path

    @property
    def lake(self) -> Lake:
        return Lake(self.path / "lake")

    @property
    def bundle(self) -> Path:
        return self.path / "bundle"

    @property
    def decisions(self) -> Path:
        return self.path / "decisions"

    @cached_property
    def loaded(self) -> Bundle:
        return load_bundle(self.bundle)

    @cached_property
    def summary(self) -> Summary:
        return read_summary(self.decisions)

    @cached_property
    def truth(self) -> Truth:
        found = read_truth(self.decisions)
        assert found is not None
        return found

    @property
    def as_of(self) -> datetime:
        return self.loaded.manifest.training.as_of

    @property
    def first_judged(self) -> date:
        return self.as_of.date() + timedelta(days=1)

    def table(self, name: str) -> pl.DataFrame:
        """One of the decision tables."""
        return pl.read_parquet(self.decisions / f"{name}.parquet")

    def labels(self) -> pl.DataFrame:
        """Every label of the lake, whenever it became known."""
        return pl.concat([pl.read_parquet(file) for file in self.lake.files("labels")], how="diagonal")


def judged(path: Path, scenario: Scenario, trained: int, *, seed: int = 1) -> Judged:
    """Make the scenario's world in the folder `path`, learn from its first `trained` days and judge the others."""
    simulate(scenario, path / "lake", seed=seed)
    lake = Lake(path / "lake")
    as_of = datetime.combine(scenario.start + timedelta(days=trained - 1), time.max, tzinfo=UTC)
    bundle = train(lake, as_of=as_of)
    save_bundle(bundle, path / "bundle", card(bundle))
    start = as_of.date() + timedelta(days=1)
    summary = score(lake, bundle, path / "decisions", made_at=MADE_AT, bundle_path="bundle", start=start)
    backtest(lake, path / "decisions", summary, as_of=as_of)
    return Judged(path)


def once(folder: Path, name: str, make: Callable[[Path], object]) -> Path:
    """`folder / name`, made by whichever of the test run's processes asks first; the others wait for it."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    place = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = folder / f"{name}.unfinished"
            make(unfinished)
            unfinished.rename(place)
    return place


def copy(lake: Lake, to: Path, *tables: str) -> Path:
    """The lake's files again at `to` (all tables, or only those named), as links: whoever changes one replaces it."""
    for name in tables or lake.tables():
        shutil.copytree(lake.path / name, to / name, copy_function=os.link)
    return to


def rewrite(lake: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Put what `change` makes of each file of a table in the file's place."""
    for file in Lake(lake).files(table):
        rows = change(pl.read_parquet(file))
        file.unlink()
        rows.write_parquet(file)

"""What holds for every playbook: the contract is kept, the same seed gives the same, few columns are enough."""

from dataclasses import replace
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, digest, read_all, truth
from tests.simulation.worlds import ATTACKED, BESIEGED, SMALL_CATALOGUE

from ghostnote.events.inspection import inspect
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.simulation.honest import Listeners, live
from ghostnote.simulation.listing import parameters
from ghostnote.simulation.places import AddressBook
from ghostnote.simulation.planting import plant
from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.stage import Stage
from ghostnote.simulation.world import make_service, simulate

#: Each playbook once, small.
SMALL = {campaign.kind: campaign for campaign in (*ATTACKED.campaigns, *BESIEGED.campaigns)}
#: Those whose pace is slow enough for a tiny service.
SIZED = ("bought_plays", "lockstep_fleet", "low_and_slow", "proxy_mimics", "trial_farm", "innocent_cover")
FEW = ["event_id", "event_time", "account_id", "track_id", "ms_played"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of plays in whole seconds with nothing but what the contract requires, and no catalogue."""
    folder = tmp_path_factory.mktemp("bare")
    simulate(Scenario(accounts=150, days=7, catalogue=SMALL_CATALOGUE), folder / "full", seed=21)
    writer = LakeWriter(folder / "lake")
    plays = read_all(folder / "full")["plays"].select(FEW)
    writer.write_by_arrival("plays", plays.with_columns(pl.col("event_time").dt.truncate("1s")))
    return writer.path


def test_each_is_tried_here() -> None:
    assert set(SMALL) == set(PLAYBOOKS)


def test_every_row_keeps_the_contract(besieged: Path) -> None:
    for table in inspect(Lake(besieged)):
        assert not table.rejected
        assert table.duplicates == 0
        assert table.absent == ()


def test_the_same_seed_gives_the_same_bytes(besieged: Path, tmp_path: Path) -> None:
    simulate(BESIEGED, tmp_path / "again", seed=11)
    assert digest(tmp_path / "again") == digest(besieged)


@pytest.mark.parametrize("kind", PLAYBOOKS)
def test_it_can_be_planted_into_logs_with_few_columns(kind: str, bare: Path, tmp_path: Path) -> None:
    world = plant(bare, [SMALL[kind]], tmp_path / "lake", seed=5)
    tables = read_all(tmp_path / "lake")
    assert tables["plays"].columns == FEW
    assert all(not table.rejected and table.duplicates == 0 for table in inspect(Lake(tmp_path / "lake")))
    name = SMALL[kind].name or ""
    assert accounts_of(tables, name).len() + accounts_of(tables, name, "legit").len() > 0
    assert world.artificial_plays == artificial_ids(tables).len()


def artificial_ids(tables: dict[str, pl.DataFrame]) -> pl.Series:
    labels = truth(tables)
    return labels.filter((pl.col("subject_type") == "play") & (pl.col("verdict") == "fraud"))["subject_id"]


@pytest.mark.parametrize("kind", SIZED)
def test_its_size_can_be_a_share_of_the_service(kind: str, tmp_path: Path) -> None:
    sized = msgspec.structs.replace(SMALL[kind], size=0.5, days=4.0, start=0.0)
    simulate(Scenario(accounts=80, days=4, catalogue=SMALL_CATALOGUE, campaigns=(sized,)), tmp_path / "lake", seed=3)
    tables = read_all(tmp_path / "lake")
    plays = artificial(tables, sized.name or "")
    # What sellers play beside what was ordered comes on top.
    wanted = plays.height if kind != "bought_plays" else plays["track_id"].value_counts()["count"].max()
    # Mimics play as much as the few listeners whom they happen to copy.
    near = 0.6 if kind == "proxy_mimics" else 0.35
    assert wanted == pytest.approx(0.5 * (tables["plays"].height - plays.height), rel=near)


@pytest.mark.parametrize("kind", PLAYBOOKS)
def test_shares_at_their_ends_are_possible(kind: str) -> None:
    """Every share at 0 and at 1, and hardly any time: an optimiser will ask for that too."""
    stage = empty_stage()
    shares = [line.name for line in parameters(PLAYBOOKS[kind]) if line.high == 1 and line.name != "size"]
    for value in (0.0, 1.0):
        for days in (0.01, 2.0):
            edge = msgspec.structs.replace(SMALL[kind], start=0.5, days=days, size=0.01, **dict.fromkeys(shares, value))
            edge.stage(stage)
    assert len(stage.casts) == 4


def empty_stage() -> Stage:
    """A tiny service of which one cell of plays was overheard."""
    scenario = Scenario(accounts=100, days=3, catalogue=SMALL_CATALOGUE)
    people, service = make_service(scenario, 1)
    heard = live(Listeners.of(service, people, AddressBook.of(service.networks, 1)), 0).plays[0]
    return Stage.of(replace(service, plays=float(len(heard))), heard)

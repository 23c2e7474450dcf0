"""The generator leaves no marks: ids, order, files, gaps and number formats do not tell fraud from honest.

For each family of fields a classifier is trained on everything that has nothing to do with behaviour, and judged on
accounts (or tracks) that it has not seen. Chance is an AUC of 0.5; `NOISE` is what a few hundred fakes leave of it.
"""

from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from tests.simulation.lakes import truth

from ghostnote.events.lake import Lake
from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.playbooks.ai_catalogue_farm import AiCatalogueFarm
from ghostnote.simulation.playbooks.bought_plays import BoughtPlays
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.lockstep_fleet import LockstepFleet
from ghostnote.simulation.playbooks.low_and_slow import LowAndSlow
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.playbooks.proxy_mimics import ProxyMimics
from ghostnote.simulation.playbooks.trial_farm import TrialFarm
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.world import simulate

#: Largest distance from 0.5 that counts as noise.
NOISE = 0.05
ROWS = 24_000
LEAKY = Scenario(
    accounts=1500,
    days=6,
    catalogue=CatalogueParameters(least_tracks=9000),
    campaigns=(
        AiCatalogueFarm(accounts=40, start=0.6, days=5),
        PlaylistLoop(accounts=10, start=1.3, days=3, opened_over=5.0),
        HijackedListeners(victims=200, days=6),
        FakeAccountFactory(accounts=250, start=1.1, days=4),
        LockstepFleet(accounts=150, start=0.7, days=5, opened_over=8.0),
        BoughtPlays(plays=2500, accounts=300, start=2.2, days=3, opened_over=8.0),
        TrialFarm(accounts=60, start=1.4, days=4, trial_days=2.0),
        LowAndSlow(accounts=200, days=6, opened_over=10.0),
        ProxyMimics(accounts=200, days=6, opened_over=10.0),
    ),
)

Numbers = npt.NDArray[np.float64]
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("leaks") / "lake"
    simulate(LEAKY, path, seed=5)
    return path


@pytest.fixture(scope="module")
def files(lake: Path) -> Tables:
    """Every row of every table as it lies there: with its file, and its place in the file from 0 to 1."""
    found = {}
    for table in ("plays", "logins", "actions", "signups", "tracks", "ips", "labels"):
        parts = []
        for path in Lake(lake).files(table):
            rows = pl.read_parquet(path, hive_partitioning=False)
            place = (np.arange(rows.height) + 0.5) / rows.height
            parts.append(rows.with_columns(place=pl.Series(place), part=pl.lit(float(path.stem.split("-")[1]))))
        found[table] = pl.concat(parts)
    return found


@pytest.fixture(scope="module")
def fake_accounts(files: Tables) -> pl.Series:
    known = truth(files)
    return known.filter(pl.col("subject_type") == "account", pl.col("verdict") == "fraud")["subject_id"]


@pytest.fixture(scope="module")
def plays(files: Tables, fake_accounts: pl.Series) -> pl.DataFrame:
    """As many honest plays as artificial ones, with `fraud`."""
    fakes = truth(files).filter(pl.col("subject_type") == "play")["subject_id"]
    return balanced(files["plays"].with_columns(fraud=pl.col("event_id").is_in(fakes.implode())))


def balanced(rows: pl.DataFrame) -> pl.DataFrame:
    half = min(ROWS // 2, int(rows["fraud"].sum()), int((~rows["fraud"]).sum()))
    return pl.concat([rows.filter(pl.col("fraud") == side).sample(half, seed=1) for side in (True, False)])


def letters(ids: pl.Series) -> Numbers:
    """Each character as a number, and the length."""
    text = ids.fill_null("").str.pad_end(12, " ").to_list()
    codes = np.array([[ord(letter) for letter in one[:12]] for one in text], dtype=np.float64)
    return np.column_stack([codes, ids.fill_null("").str.len_chars().to_numpy()])


def fraction(times: pl.Series) -> Numbers:
    """What is left of a time below a second, in several steps, digit by digit."""
    micros = times.to_physical().to_numpy()
    return np.column_stack([micros % 10, micros // 10 % 10, micros // 100 % 10, micros % 1000, micros // 1000 % 1000])


def digits(values: pl.Series) -> Numbers:
    whole = values.to_numpy()
    return np.column_stack([whole % 10, whole // 10 % 10, whole % 2, whole % 5]).astype(np.float64)


def auc(columns: Numbers, fraud: pl.Series, group: pl.Series) -> float:
    """Mean area under the curve on a quarter of the groups, each in turn, after learning from the others."""
    fold = group.hash(7).to_numpy() % 4
    labels = fraud.to_numpy().astype(np.int8)
    found = []
    for held in range(4):
        learn = fold != held
        data = lgb.Dataset(columns[learn], labels[learn], params={"verbose": -1})
        trees = lgb.train(
            {"objective": "binary", "verbose": -1, "num_leaves": 15, "num_threads": 2, "seed": 1, "min_data": 60},
            data,
            40,
        )
        found.append(roc_auc_score(labels[~learn], np.asarray(trees.predict(columns[~learn]))))
    return float(np.mean(found))


def nulls(rows: pl.DataFrame) -> Numbers:
    """Which columns are empty against what explains it: an id of a device or a list that should be there, or not."""
    lists = pl.col("source").is_in(["playlist", "album", "artist"])
    return rows.select(
        (pl.col("device_id").is_null() != (pl.col("platform") == "web")).cast(pl.Float64).alias("device"),
        (pl.col("source_id").is_null() == lists).cast(pl.Float64).alias("list"),
        *(pl.col(name).is_null().cast(pl.Float64) for name in rows.columns if name not in {"device_id", "source_id"}),
    ).to_numpy()


FAMILIES: dict[str, Callable[[pl.DataFrame], Numbers]] = {
    "ids of events": lambda rows: letters(rows["event_id"]),
    "ids of accounts": lambda rows: letters(rows["account_id"]),
    "ids of devices": lambda rows: letters(rows.filter(pl.col("device_id").is_not_null())["device_id"]),
    "order of event ids": lambda rows: np.column_stack(
        [rows["event_id"].rank("ordinal").to_numpy(), rows["account_id"].rank("dense").to_numpy()]
    ).astype(np.float64),
    "fractions of times": lambda rows: fraction(rows["event_time"]),
    "digits of lengths": lambda rows: digits(rows["ms_played"]),
    "files": lambda rows: rows.select("part").to_numpy(),
    "gaps": nulls,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_plays_do_not_tell_by(family: str, plays: pl.DataFrame) -> None:
    rows = plays.filter(pl.col("device_id").is_not_null()) if family == "ids of devices" else plays
    group = rows["device_id"] if family == "ids of devices" else rows["account_id"]
    assert auc(FAMILIES[family](rows), rows["fraud"], group) == pytest.approx(0.5, abs=NOISE)


@pytest.mark.parametrize("table", ["signups", "logins", "actions"])
def test_other_events_do_not_tell_by_ids_times_and_files(table: str, files: Tables, fake_accounts: pl.Series) -> None:
    rows = files[table].with_columns(fraud=pl.col("account_id").is_in(fake_accounts.implode()))
    rows = balanced(rows)
    columns = np.column_stack([letters(rows["event_id"]), fraction(rows["event_time"]), rows["part"].to_numpy()])
    assert auc(columns, rows["fraud"], rows["account_id"]) == pytest.approx(0.5, abs=2 * NOISE)


def test_sign_ups_do_not_tell_by_gaps(files: Tables, fake_accounts: pl.Series) -> None:
    rows = files["signups"].with_columns(fraud=pl.col("account_id").is_in(fake_accounts.implode()))
    referrer = [float(rows.filter(pl.col("fraud") == side)["referrer"].is_null().mean()) for side in (True, False)]  # type: ignore[arg-type]
    assert referrer[0] == pytest.approx(referrer[1], abs=0.09)
    for name in ("email_domain", "email_shape", "email_hash", "client_version"):
        assert rows[name].null_count() == 0
    paying = rows.filter(pl.col("plan") != "free")
    assert paying["payment_hash"].null_count() == 0
    assert rows.filter(pl.col("plan") == "free")["payment_hash"].is_null().all()


def test_tracks_do_not_tell_by_ids_place_release_or_gaps(files: Tables) -> None:
    """Tracks that only fakes play, against all others."""
    fakes = truth(files).filter(pl.col("subject_type") == "play")["subject_id"]
    artificial = pl.col("event_id").is_in(fakes.implode())
    heard = files["plays"].filter(~artificial)["track_id"]
    tracks = files["tracks"]
    artists = tracks.filter(pl.col("track_id").is_in(heard.implode()))["artist_id"].unique()
    only = files["plays"].filter(artificial)["track_id"].unique()
    rows = tracks.with_columns(
        fraud=pl.col("track_id").is_in(only.implode()) & ~pl.col("artist_id").is_in(artists.implode())
    )
    rows = balanced(rows)
    released = rows["released_at"].to_physical().to_numpy() % 86_400_000_000
    columns = np.column_stack(
        [
            letters(rows["track_id"]),
            letters(rows["artist_id"]),
            letters(rows["owner_id"])[:, -1:],
            rows["place"].to_numpy(),
            released,
            digits(rows["duration_ms"]),
            rows.select(pl.all().is_null()).to_numpy(),
        ]
    )
    assert int(rows["fraud"].sum()) > 1000
    assert auc(columns, rows["fraud"], rows["artist_id"]) == pytest.approx(0.5, abs=NOISE)


def test_rows_lie_in_the_order_of_time(files: Tables, lake: Path) -> None:
    for table in ("plays", "logins", "actions", "signups"):
        for path in Lake(lake).files(table):
            rows = pl.read_parquet(path, columns=["event_time", "event_id"])
            assert rows.equals(rows.sort("event_time", "event_id"))
    assert files["tracks"]["track_id"].is_sorted()
    assert files["ips"]["ip"].is_sorted()


def test_no_number_is_finer_or_coarser(plays: pl.DataFrame) -> None:
    """Times to the microsecond, lengths to the millisecond, on both sides."""
    for side in (True, False):
        rows = plays.filter(pl.col("fraud") == side)
        assert (rows["event_time"].to_physical() % 1000 == 0).mean() < 0.01  # type: ignore[operator]
        assert (rows["ms_played"] % 1000 == 0).mean() < 0.02  # type: ignore[operator]


def test_a_mark_would_be_found(plays: pl.DataFrame) -> None:
    """The classifier sees a leak where there is one: a file of their own for a part of the fakes."""
    leaky = plays.with_columns(
        part=pl.when(pl.col("fraud") & (pl.col("event_id").hash(3) % 4 == 0)).then(1.0).otherwise(pl.col("part"))
    )
    assert auc(FAMILIES["files"](leaky), leaky["fraud"], leaky["account_id"]) > 0.5 + NOISE

"""Training sees what was known by its date and nothing else, and gives the same bundle for the same input."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.worlds import Judged, copy, rewrite

from ghostnote.decisions.policy import load_policy
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.features.own import load_own
from ghostnote.models.bundle import Bundle, load_bundle, save_bundle
from ghostnote.scoring.judge import Judge, features_of
from ghostnote.training import train
from ghostnote.training.card import card


def files_of(bundle: Bundle, folder: Path) -> Mapping[str, bytes]:
    """What the bundle is on disk."""
    save_bundle(bundle, folder, card(bundle))
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def files_in(folder: Path) -> Mapping[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def lake(town: Judged, tmp_path: Path) -> Path:
    """The town's lake, to change."""
    return copy(town.lake, tmp_path / "lake")


def test_what_becomes_known_later_does_not_exist_yet(town: Judged, lake: Path, tmp_path: Path) -> None:
    later = pl.col("known_at") > town.as_of
    assert town.labels().filter(later).height > 20
    rewrite(lake, "labels", lambda rows: rows.filter(~later))
    assert files_of(train(Lake(lake), as_of=town.as_of), tmp_path / "without") == files_in(town.bundle)


def test_what_becomes_known_later_may_as_well_be_the_opposite(town: Judged, lake: Path, tmp_path: Path) -> None:
    turned = pl.when(pl.col("verdict") == "fraud").then(pl.lit("legit")).otherwise(pl.lit("fraud"))
    later = pl.when(pl.col("known_at") > town.as_of).then(turned).otherwise("verdict")
    rewrite(lake, "labels", lambda rows: rows.with_columns(later.alias("verdict")))
    assert files_of(train(Lake(lake), as_of=town.as_of), tmp_path / "turned") == files_in(town.bundle)


def test_what_arrives_later_does_not_exist_yet(town: Judged, lake: Path, tmp_path: Path) -> None:
    for table in ("plays", "logins", "actions", "signups"):
        for file in Lake(lake).files(table, start=town.first_judged):
            file.unlink()
    assert files_of(train(Lake(lake), as_of=town.as_of), tmp_path / "before") == files_in(town.bundle)


def test_one_seed_gives_one_bundle(town: Judged, tmp_path: Path) -> None:
    again = files_of(train(town.lake, as_of=town.as_of), tmp_path / "again")
    assert again == files_in(town.bundle)
    other = files_of(train(town.lake, as_of=town.as_of, seed=1), tmp_path / "other")
    assert other.keys() == again.keys()
    assert other != again


def test_without_a_date_all_days_are_learnt_from(town: Judged) -> None:
    facts = train(town.lake).manifest.training
    assert (facts.start, facts.end) == (town.lake.days("plays")[0], town.lake.days("plays")[-1])
    assert facts.events > town.loaded.manifest.training.events


def test_a_lake_that_lacks_columns_and_a_file_teaches_without_them(town: Judged, lake: Path, tmp_path: Path) -> None:
    rewrite(lake, "plays", lambda rows: rows.drop("ip", "device_id", "country"))
    (Lake(lake).files("plays")[0].parent / "torn.parquet").touch()
    bundle = train(Lake(lake), as_of=town.as_of)
    assert bundle.supervised
    assert bundle.manifest.training.events == town.loaded.manifest.training.events
    (note,) = (note for note in bundle.manifest.training.notes if "trees" not in note and "sign-ups" not in note)
    assert "torn.parquet" in note
    assert {"plays.ip", "plays.device_id", "plays.country"} <= set(bundle.manifest.training.missing_columns)
    assert "plays.ip" in files_of(bundle, tmp_path / "bundle")["MODEL_CARD.md"].decode()
    assert load_bundle(tmp_path / "bundle").manifest.training == bundle.manifest.training


def test_too_few_labels_teach_nothing_and_that_is_said(town: Judged, lake: Path) -> None:
    one = town.labels().filter((pl.col("known_at") <= town.as_of) & (pl.col("subject_type") == "account"))["subject_id"]
    few = pl.col("subject_id").is_in(one.head(1).implode())
    rewrite(lake, "labels", lambda rows: rows.filter(few))
    # A rule that is certain teaches too: without the farm's and the loop's plays there is nothing for it to catch.
    honest = town.labels().filter(pl.col("verdict") == "legit")["subject_id"].implode()
    rewrite(lake, "plays", lambda rows: rows.filter(pl.col("account_id").is_in(honest)))
    bundle = train(Lake(lake), as_of=town.as_of)
    assert not bundle.supervised
    assert (bundle.day, bundle.play) == (None, None)
    notes = " ".join(bundle.manifest.training.notes)
    assert "no account-day model" in notes
    assert "no play model" in notes
    assert len(bundle.tails.names) > 10
    said = card(bundle)
    assert "Nothing was learnt from labels." in said
    assert "not measured" in said
    assert all(note in said for note in bundle.manifest.training.notes)


def test_the_card_tells_what_the_bundle_rests_on(town: Judged) -> None:
    facts = town.loaded.manifest.training
    said = (town.bundle / "MODEL_CARD.md").read_text()
    for told in (
        f"{facts.accounts:,} accounts and {facts.events:,} events of {facts.start} to {facts.end}",
        f"{facts.labels_fraud:,} of fraud, {facts.labels_legit:,} of honest accounts",
        "boosted trees on account-days",
        "boosted trees on plays",
        f"against the labels known: {facts.average_precision_account_days:.3f}",
        f"against the labels known: {facts.average_precision_plays:.3f}",
        "## Use and limits",
    ):
        assert told in said, told
    assert said.count("% of the gain") == 10


def test_a_date_before_the_first_play_is_refused(town: Judged) -> None:
    with pytest.raises(GhostnoteError, match="lies before the first play"):
        train(town.lake, as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_lake_without_plays_is_refused(tmp_path: Path) -> None:
    rows = pl.DataFrame({"track_id": ["t"], "artist_id": ["a"]})
    LakeWriter(tmp_path).write("tracks", rows)
    with pytest.raises(GhostnoteError, match="holds no plays"):
        train(Lake(tmp_path))


def test_own_features_are_learnt_and_found_again_without_their_file(town: Judged, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        '[[predicate]]\nname = "long"\nplural = "long_plays"\ncolumn = "ms_played"\nat_least = 120000\n'
        '[[feature]]\nwhat = "share"\nof = "long"\nby = "account"\nover = "7d"\nwhy = "Long listening is real."\n'
    )
    own = load_own(file)
    bundle = train(town.lake, as_of=town.as_of, features=own.features(), own=own.to_json())
    files_of(bundle, tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle")
    file.unlink()
    assert features_of(loaded) == own.features()
    assert "plays_share_long_by_account_7d" in loaded.manifest.features
    assert Judge(loaded, load_policy(None)).features[-1].name == "plays_share_long_by_account_7d"

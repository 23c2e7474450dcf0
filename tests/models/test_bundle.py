"""A bundle comes back as it was, and is refused if it is not what was saved."""

from datetime import UTC, date, datetime

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from ghostnote.errors import GhostnoteError
from ghostnote.models.boosting import Boosting
from ghostnote.models.bundle import Bundle, digest_of, load_bundle, save_bundle
from ghostnote.models.manifest import (
    CARD,
    FORMAT,
    MANIFEST,
    Curve,
    LearntSignups,
    Manifest,
    Training,
    identity,
    read_card,
    read_manifest,
)
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails
from ghostnote.models.tokens import TokenRows


@pytest.fixture
def bundle() -> Bundle:
    random = np.random.default_rng(0)
    table = Table(("a", "b"), random.normal(size=(400, 2)).astype(np.float32))
    target = (table.column("a") > 0).astype(np.float64)
    model = Boosting(rounds=5).fit(table, target)
    training = Training(
        start=date(2026, 1, 1),
        end=date(2026, 1, 8),
        as_of=datetime(2026, 1, 8, tzinfo=UTC),
        events=10,
        accounts=2,
        account_days=3,
        play_rows=4,
        labels_fraud=1,
        labels_legit=1,
    )
    manifest = Manifest(
        format=FORMAT,
        ghostnote="0",
        features=["a", "b"],
        day_features=["a", "b"],
        training=training,
        files={},
        day_curve=Curve([0.0, 1.0], [0.1, 0.9]),
    )
    return Bundle(manifest=manifest, tails=Tails(directions={"a": 1}).fit(table), day=model)


def test_the_digest_says_what_decides_before_saving_and_after_loading(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "bundle", "A card that decides nothing.")
    assert digest_of(load_bundle(tmp_path / "bundle")) == digest_of(bundle)
    other = Boosting(rounds=6).fit(
        Table(("a", "b"), np.eye(2, dtype=np.float32).repeat(200, 0)), np.repeat([0.0, 1], 200)
    )
    assert digest_of(msgspec.structs.replace(bundle, day=other)) != digest_of(bundle)


def test_comes_back_the_same(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "# card")
    loaded = load_bundle(tmp_path / "b")
    rows = Table(("a", "b"), np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32))
    np.testing.assert_array_equal(loaded.day.score(rows), bundle.day.score(rows))
    np.testing.assert_array_equal(loaded.tails.score(rows), bundle.tails.score(rows))
    assert loaded.play is None
    assert loaded.manifest.training == bundle.manifest.training
    assert (tmp_path / "b" / CARD).read_text() == "# card"


def test_an_altered_file_is_refused_by_its_checksum(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "")
    trees = tmp_path / "b" / "day.trees.txt"
    trees.write_text(trees.read_text().replace("leaf_value=", "leaf_value=9", 1))
    with pytest.raises(GhostnoteError, match="checksum"):
        load_bundle(tmp_path / "b")


def test_a_truncated_bundle_is_refused(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "")
    (tmp_path / "b" / "tails.tails.json").unlink()
    with pytest.raises(GhostnoteError, match=r"lacks tails\.tails\.json"):
        load_bundle(tmp_path / "b")


@pytest.mark.parametrize(("content", "reason"), [(b"{", "cannot be read"), (b'{"format": 99}', "format 99")])
def test_another_manifest_is_refused(bundle, tmp_path, content, reason):
    save_bundle(bundle, tmp_path / "b", "")
    (tmp_path / "b" / MANIFEST).write_bytes(content)
    with pytest.raises(GhostnoteError, match=reason):
        load_bundle(tmp_path / "b")


def test_a_name_that_leaves_the_bundle_is_refused(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "")
    manifest = msgspec.json.decode((tmp_path / "b" / MANIFEST).read_bytes())
    (tmp_path / "secret").write_text("x")
    manifest["files"]["../secret"] = "0" * 64
    (tmp_path / "b" / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(GhostnoteError, match="lacks"):
        load_bundle(tmp_path / "b")


def test_does_not_overwrite_what_is_no_bundle(bundle, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    with pytest.raises(GhostnoteError, match="not a bundle"):
        save_bundle(bundle, tmp_path / "thesis", "")


def test_replaces_an_older_bundle(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "old")
    save_bundle(bundle, tmp_path / "b", "new")
    assert (tmp_path / "b" / CARD).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_folder_without_a_bundle(tmp_path):
    with pytest.raises(GhostnoteError, match="no bundle"):
        load_bundle(tmp_path)


@pytest.fixture
def with_sequence(bundle: Bundle) -> Bundle:
    pytest.importorskip("torch")
    detector = PlaySequence(length=4, width=8, blocks=1, pretrain_rows=32, threads=1)
    return msgspec.structs.replace(bundle, sequence=detector.fit(sequences()))


def sequences() -> TokenRows:
    return TokenRows({"gap": 4}, np.random.default_rng(2).integers(1, 4, (40, 4, 1)).astype(np.uint8))


def test_a_sequence_detector_comes_back_the_same(with_sequence, tmp_path):
    save_bundle(with_sequence, tmp_path / "b", "")
    loaded = load_bundle(tmp_path / "b")
    np.testing.assert_array_equal(loaded.sequence.score(sequences()), with_sequence.sequence.score(sequences()))
    # A reader that takes every file for text must not try.
    assert (bundle_format(tmp_path / "b"), loaded.manifest.format) == (2, 2)


def test_a_bundle_without_one_stays_what_older_readers_read(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "")
    assert bundle_format(tmp_path / "b") == FORMAT == 1
    assert load_bundle(tmp_path / "b").sequence is None


@pytest.fixture
def with_signups(bundle: Bundle) -> Bundle:
    table = Table(("shared", "b"), np.random.default_rng(3).normal(size=(400, 2)).astype(np.float32))
    model = Boosting(rounds=4).fit(table, (table.column("shared") > 0).astype(np.float64))
    learnt = LearntSignups(rows=400, fraud=20, prior=0.1, trees=4, average_precision=0.5)
    manifest = msgspec.structs.replace(
        bundle.manifest,
        training=msgspec.structs.replace(bundle.manifest.training, signups=learnt),
        signup_curve=Curve([0.0, 1.0], [0.2, 0.8]),
        signup_ceilings=Curve([1e-3, 1e-2], [0.9, 0.7]),
    )
    return msgspec.structs.replace(bundle, manifest=manifest, signup=model)


def test_a_model_of_signups_comes_back_the_same(with_signups, tmp_path):
    save_bundle(with_signups, tmp_path / "b", "")
    loaded = load_bundle(tmp_path / "b")
    rows = Table(("b", "shared"), np.random.default_rng(4).normal(size=(50, 2)).astype(np.float32))
    np.testing.assert_array_equal(loaded.signup.score(rows), with_signups.signup.score(rows))
    assert loaded.manifest.signup_curve == with_signups.manifest.signup_curve
    assert loaded.manifest.signup_ceilings == with_signups.manifest.signup_ceilings
    assert loaded.manifest.training.signups == with_signups.manifest.training.signups
    assert digest_of(loaded) == digest_of(with_signups) != digest_of(msgspec.structs.replace(loaded, signup=None))


def test_readers_before_models_of_signups_refuse_a_bundle_with_one(with_signups, tmp_path):
    save_bundle(with_signups, tmp_path / "b", "")
    # They know 1 and 2, and say that it is of another format.
    assert bundle_format(tmp_path / "b") == 3


def test_without_a_model_of_signups_a_bundle_says_nothing_of_them(bundle, tmp_path):
    """Readers before it refuse fields that they do not know, and what decides must have the digest it had."""
    save_bundle(bundle, tmp_path / "b", "")
    assert "signup" not in (tmp_path / "b" / MANIFEST).read_text()
    loaded = load_bundle(tmp_path / "b")
    assert loaded.signup is None
    assert loaded.manifest.signup_curve is loaded.manifest.signup_ceilings is UNSET
    assert loaded.manifest.training.signups is UNSET


def test_an_altered_graph_is_refused(with_sequence, tmp_path):
    save_bundle(with_sequence, tmp_path / "b", "")
    graph = tmp_path / "b" / "sequence.plays.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    with pytest.raises(GhostnoteError, match="checksum"):
        load_bundle(tmp_path / "b")


def bundle_format(path):
    return msgspec.json.decode((path / MANIFEST).read_bytes())["format"]


def test_who_it_is_and_its_card_are_read_without_its_detectors(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b", "# card")
    manifest = read_manifest(tmp_path / "b")
    assert identity(manifest) == digest_of(bundle)
    assert read_card(tmp_path / "b", manifest) == "# card"
    (tmp_path / "b" / CARD).write_text("# another")
    with pytest.raises(GhostnoteError, match="checksum"):
        read_card(tmp_path / "b", manifest)

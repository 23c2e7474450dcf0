"""Snapshots: what cannot be read is refused in one sentence, and leaves the fold as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.features.worlds import plays, same_bits, stream

from ghostnote.errors import GhostnoteError
from ghostnote.features import snapshot as snapshots
from ghostnote.features.declaration import count, share, top_share
from ghostnote.features.fold import Fold
from ghostnote.features.packing import read_about
from ghostnote.features.predicates import SHORT, Predicate

FEATURES = (count("account", "1h", "x"), share(SHORT, "account", "24h", "x"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def fold() -> Fold:
    fold = Fold(FEATURES)
    fold.update(plays([0, 1]))
    return fold


def test_goes_on_where_it_was(path: Path, fold: Fold) -> None:
    fold.snapshot(path)
    other = Fold(FEATURES)
    other.restore(path)
    assert other.update(plays([2])).tolist() == [[3, 0]]
    assert other.late == fold.late == 0


def test_the_number_of_late_events_is_kept(path: Path) -> None:
    fold = Fold(FEATURES)
    fold.update(plays([1, 0, 2]))
    fold.snapshot(path)
    other = Fold(FEATURES)
    other.restore(path)
    assert other.late == 1


def test_the_whole_catalogue_fits_and_the_file_is_small(path: Path) -> None:
    fold = Fold()
    events = stream(1, 300)
    fold.update(events)
    fold.snapshot(path)
    assert path.stat().st_size < 2 * fold.bytes + 100_000


def test_a_fold_that_has_seen_nothing_can_be_kept(path: Path) -> None:
    Fold().snapshot(path)
    fold = Fold()
    fold.restore(path)
    assert same_bits(fold.update(stream(2)), Fold().update(stream(2)))


def test_a_snapshot_stays_as_it_is_while_its_fold_goes_on(path: Path, fold: Fold) -> None:
    fold.snapshot(path)
    before = path.read_bytes()
    fold.update(plays([2, 3]))
    fold.restore(path)
    fold.update(plays([2]))
    assert path.read_bytes() == before
    fold.restore(path)
    assert fold.update(plays([2])).tolist() == [[3, 0]]


def test_writing_leaves_one_file(path: Path, fold: Fold) -> None:
    fold.snapshot(path)
    fold.snapshot(path)
    assert list(path.parent.iterdir()) == [path]


def test_nowhere_to_write_is_said(tmp_path: Path, fold: Fold) -> None:
    with pytest.raises(GhostnoteError, match="Could not write the snapshot"):
        fold.snapshot(tmp_path / "absent" / "state")


def test_a_full_disk_leaves_the_last_snapshot(path: Path, fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold.snapshot(path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GhostnoteError, match="No space left on device"):
        fold.snapshot(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _an_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _pickled(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, snapshot=np.array([{}], dtype=object))


def _another_archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, weights=np.zeros(3))


def _headless(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, snapshot=np.frombuffer(b"[1, 2]", dtype=np.uint8))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("hello"),
        _truncated,
        _flipped,
        _an_array,
        _pickled,
        _another_archive,
        _headless,
    ],
    ids=["empty", "text", "truncated", "flipped", "array", "pickle", "archive", "head"],
)
def test_what_is_no_snapshot_is_refused(path: Path, fold: Fold, spoil: Callable[[Path], object]) -> None:
    fold.snapshot(path)
    spoil(path)
    with pytest.raises(GhostnoteError, match="is no snapshot of features, or it is damaged: fold the history again"):
        fold.restore(path)
    assert fold.update(plays([2])).tolist() == [[3, 0]]


def test_a_file_that_is_not_there_is_named(path: Path, fold: Fold) -> None:
    with pytest.raises(GhostnoteError, match=f"{path}: No such file"):
        fold.restore(path)
    with pytest.raises(GhostnoteError, match="Is a directory"):
        fold.restore(path.parent)


def test_another_format_is_refused(path: Path, fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "FORMAT", snapshots.FORMAT + 1)
    fold.snapshot(path)
    monkeypatch.undo()
    with pytest.raises(GhostnoteError, match="has format 4, this version reads up to 3: fold the history again"):
        fold.restore(path)


def test_a_part_that_is_gone_is_said(path: Path, fold: Fold) -> None:
    snapshots.write(path, fold.names, fold._layout, {"late": {"count": np.zeros(1, dtype=np.int64)}})
    with pytest.raises(GhostnoteError, match="lacks 'state0'"):
        fold.restore(path)
    assert fold.update(plays([2])).tolist() == [[3, 0]]


@pytest.mark.parametrize(
    ("features", "difference"),
    [
        (FEATURES[:1], r"begins with plays_share_short_by_account_24h"),
        ((*FEATURES, count("ip", "1h", "x")), "begins with plays_by_ip_1h"),
        (FEATURES[::-1], "begins with their order"),
    ],
    ids=["fewer", "more", "order"],
)
def test_a_snapshot_of_other_features_is_refused(path: Path, fold: Fold, features: tuple, difference: str) -> None:
    fold.snapshot(path)
    with pytest.raises(GhostnoteError, match=difference):
        Fold(features).restore(path)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (top_share("track", "ip", "1h", "x"), top_share("track", "ip", "1h", "x", support=5)),
        (
            top_share("track", "ip", "1h", "x", support=5),
            top_share("track", "ip", "1h", "x", support=5, support_of="account"),
        ),
        (
            share(SHORT, "ip", "1h", "x"),
            share(Predicate("short", "short_plays", pl.col("ms_played") < 9), "ip", "1h", "x"),
        ),
    ],
    ids=["support", "support_of", "predicate"],
)
def test_the_same_names_with_another_meaning_are_refused(path: Path, left: object, right: object) -> None:
    a, b = Fold([left]), Fold([right])
    assert a.names == b.names
    a.snapshot(path)
    with pytest.raises(GhostnoteError, match="same names but other predicates or support"):
        b.restore(path)


def test_other_words_for_the_same_feature_are_no_difference(path: Path) -> None:
    Fold([count("ip", "1h", "one reason")]).snapshot(path)
    Fold([count("ip", "1h", "a better reason")]).restore(path)


def test_the_file_says_what_it_is(path: Path, fold: Fold) -> None:
    fold.snapshot(path)
    with path.open("rb") as file:
        head = read_about(file)["about"]
    assert (head["format"], head["features"]) == (3, list(fold.names))

"""`ghostnote train`."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.calling import call, done, refused
from tests.worlds import Judged, copy

from ghostnote.models.bundle import load_bundle
from ghostnote.models.sequence import PlaySequence


def test_a_bundle_is_made_told_and_replaced(town: Judged, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    said = done("train", "--lake", town.lake.path, "--out", bundle, "--as-of", f"{town.as_of:%Y-%m-%d}").out
    facts = load_bundle(bundle).manifest.training
    assert facts == town.loaded.manifest.training
    assert f"Learnt from {facts.events:,} events of {facts.accounts:,} accounts" in said
    assert f"{facts.average_precision_plays:.3f}" in said
    assert "MODEL_CARD.md" in said
    told = done("train", "--lake", town.lake.path, "--out", bundle, "--as-of", "2026-03-03", "--json").told
    assert told["bundle"] == str(bundle)
    assert told["training"]["end"] == "2026-03-03"
    assert f"{load_bundle(bundle).manifest.training.end}" == "2026-03-03"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_rejected_rows_are_told_but_are_no_failure(town: Judged, tmp_path: Path) -> None:
    import polars as pl

    lake = copy(town.lake, tmp_path / "lake", "plays")
    bad = pl.read_parquet(next((lake / "plays" / "dt=2026-03-02").iterdir())).head(3)
    bad.with_columns(ms_played=-1).write_parquet(lake / "plays" / "dt=2026-03-02" / "bad.parquet")
    called = call("train", "--lake", lake, "--out", tmp_path / "bundle", "--as-of", "2026-03-03")
    assert called.code == 0
    assert "3 rows were rejected" in called.out
    assert "no play model" in called.out


def test_sequences_are_learnt_from_if_asked_for(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    small = PlaySequence(length=8, width=8, blocks=1, pretrain_rows=64, tune_rows=64, threads=1)
    monkeypatch.setattr("ghostnote.models.sequence.PlaySequence", lambda seed: replace(small, seed=seed))
    bundle = tmp_path / "bundle"
    command = ("train", "--lake", town.lake.path, "--out", bundle, "--as-of", f"{town.as_of:%Y-%m-%d}")
    said = done(*command, "--sequence").out
    loaded = load_bundle(bundle)
    assert loaded.sequence is not None
    assert loaded.sequence.length == 8
    assert f"{loaded.manifest.training.average_precision_sequences:.3f}" in said


def test_without_pytorch_that_is_said_before_anything_is_read(
    town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ghostnote.models.network", None)
    monkeypatch.delattr("ghostnote.models.network", raising=False)
    said = refused("train", "--lake", town.lake.path, "--out", tmp_path / "bundle", "--sequence")
    assert "ghostnote[sequence]" in said
    assert not (tmp_path / "bundle").exists()

"""What a bundle says of itself is shown only if it is the one that judged."""

import shutil
from pathlib import Path

import msgspec
import pytest
from tests.worlds import Judged

from ghostnote.console.models.learnt import learnt
from ghostnote.errors import GhostnoteError


def test_a_bundle_that_is_where_the_run_found_it_tells_of_itself(town: Judged) -> None:
    facts = msgspec.structs.replace(town.summary.bundle, path=str(town.bundle))
    found = learnt(msgspec.structs.replace(town.summary, bundle=facts), None)
    assert town.summary.versions.bundle.startswith(found["name"])
    assert found["unknown"] == ""
    assert found["training"]["labels_fraud"] == town.summary.bundle.labels_fraud == found["labels_fraud"]
    assert set(found["curves"]) == {"plays", "account-days"}
    assert found["card"].startswith("# Model card")


def test_a_bundle_that_moved_is_found_where_it_is_said_to_be(town: Judged, tmp_path: Path) -> None:
    shutil.copytree(town.bundle, tmp_path / "moved")
    facts = msgspec.structs.replace(town.summary.bundle, path=str(tmp_path / "gone"))
    summary = msgspec.structs.replace(town.summary, bundle=facts)
    lost = learnt(summary, None)
    assert lost["training"] is None
    assert "--bundle" in lost["unknown"]
    assert lost["labels_fraud"] == facts.labels_fraud
    assert learnt(summary, tmp_path / "moved")["training"] is not None
    with pytest.raises(GhostnoteError, match="no bundle at"):
        learnt(summary, tmp_path / "nowhere")


def test_another_bundle_is_not_taken_for_the_one_that_judged(town: Judged) -> None:
    versions = msgspec.structs.replace(town.summary.versions, bundle="0" * 64)
    found = learnt(msgspec.structs.replace(town.summary, versions=versions), town.bundle)
    assert found["training"] is found["curves"] is found["card"] is None
    assert "not the one that judged this run" in found["unknown"]

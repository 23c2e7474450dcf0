"""The page of the features."""

import runpy
import sys
from pathlib import Path

import pytest

from ghostnote.features import reference
from ghostnote.features.catalog import CATALOG
from ghostnote.features.declaration import OPS
from ghostnote.features.keys import ITEMS, KEYS, VALUES
from ghostnote.features.reference import MEASURED, page

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_committed_page_is_the_generated_one() -> None:
    generated = PAGE.read_text().partition(f"\n{MEASURED}")[0]
    assert generated == page(), "run: python -m ghostnote.features.reference docs/features.md"


def test_every_feature_and_every_noun_is_on_the_page() -> None:
    text = page()
    assert all(f"| `{f.name}` |" in text and f.why in text for f in CATALOG)
    assert all(f"`{noun}`" in text for noun in (*OPS, *KEYS, *ITEMS, *VALUES))


@pytest.mark.filterwarnings("ignore:.*found in sys.modules")
def test_what_is_written_by_hand_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "features.md"
    monkeypatch.setattr(sys, "argv", ["reference", str(path)])
    runpy.run_module(reference.__name__, run_name="__main__")
    assert path.read_text() == page()
    path.write_text(f"old\n\n{MEASURED}\nBy hand.\n")
    runpy.run_module(reference.__name__, run_name="__main__")
    assert path.read_text() == f"{page()}\n{MEASURED}\nBy hand.\n"

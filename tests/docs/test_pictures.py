"""Every kind of honest listener is shown on the page about them."""

from pathlib import Path

from ghostnote.simulation.cohorts import COHORT_NAMES

DOCS = Path(__file__).parents[2] / "docs"


def test_every_cohort_has_its_picture() -> None:
    page = (DOCS / "simulation.md").read_text()
    assert {path.stem for path in (DOCS / "images" / "cohorts").glob("*.png")} == set(COHORT_NAMES)
    assert all(f"(images/cohorts/{name}.png)" in page and f"| `{name}` |" in page for name in COHORT_NAMES)

"""The page on playbooks says what the code says, of every playbook and every parameter, with a picture of each."""

from pathlib import Path

import pytest

from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.playbooks.cases import CASES
from ghostnote.simulation.reference import page

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "images" / "playbooks"


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "playbooks.md").read_text() == page()


def test_every_playbook_has_its_case() -> None:
    assert list(CASES) == list(PLAYBOOKS)
    assert all(all(case) for case in CASES.values())


@pytest.mark.parametrize("kind", PLAYBOOKS)
def test_a_section_has_every_parameter_and_a_picture(kind: str) -> None:
    section = page().split(f"## {CASES[kind].title}\n")[1].split("\n## ")[0]
    for name in PLAYBOOKS[kind].__struct_fields__:
        assert f"| `{name}` | " in section
    assert f"images/playbooks/{kind}.png" in section
    assert (PICTURES / f"{kind}.png").stat().st_size > 1000


def test_pictures_are_small_and_none_is_left_over() -> None:
    files = list(PICTURES.iterdir())
    assert {file.stem for file in files} == set(PLAYBOOKS)
    assert sum(file.stat().st_size for file in files) < 1_500_000

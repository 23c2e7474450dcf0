"""The page of the contract."""

from pathlib import Path

from ghostnote.events.reference import page
from ghostnote.events.schema import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "data-contract.md"


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page(), "run: python -m ghostnote.events.reference docs/data-contract.md"


def test_every_column_is_on_the_page() -> None:
    for table in TABLES.values():
        section = page().split(f"## {table.name}\n")[1].split("\n## ")[0]
        assert all(f"| `{name}` |" in section for name in table.names)

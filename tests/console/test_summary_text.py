"""The outcome on a terminal: everything said, nothing interpreted that came from outside."""

import io
import shutil
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from ghostnote.console.summary_text import outcome
from ghostnote.decisions.folder import DecisionFolder


def shown(folder: Path, width: int = 160) -> str:
    screen = Console(file=io.StringIO(), width=width, highlight=False, soft_wrap=True)
    screen.print(outcome(DecisionFolder(folder)))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue().replace("\u00a0", " ")


def test_says_what_was_caught_missed_and_harmed(decisions: Path) -> None:
    text = shown(decisions)
    for said in (
        "Judged ",
        "Plays withheld",
        "Back to honest artists",
        "Groups of accounts that act together: 4",
        "40 of 40",
        "4 of 60",
        "none made",
        "Honest accounts acted on       4   of 1,552, 0.26 % (0.10 % to 0.66 %; ceiling 0.10 %)",
        "organised fans 2 of 90",
        "The attacks are simulated",
    ):
        assert said in text


def test_says_that_nothing_was_found(quiet_decisions: Path) -> None:
    text = shown(quiet_decisions)
    assert "No accounts were found that act together." in text
    assert "Note: No labels were given" in text
    assert "Against the truth" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_fits_the_terminal(decisions: Path, width: int) -> None:
    tables = [line for line in shown(decisions, width).splitlines() if "  " in line.strip()]
    assert max(len(line) for line in tables) <= width


def test_ids_are_text_not_markup_or_escapes(decisions: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(decisions, tmp_path / "hostile"))
    file = folder / "campaigns.parquet"
    hostile = pl.Series(["[bold]x[/bold]", "\x1b[2Jy", "[/]", "z"])
    pl.read_parquet(file).with_columns(hostile.alias("campaign_id")).write_parquet(file)
    text = shown(folder)
    assert "[bold]x[/bold]" in text
    assert "\x1b" not in text

"""What a run decided, told on the terminal."""

from pathlib import Path

from ghostnote.cli.screen import console


def show_outcome(decisions: Path) -> None:
    """Print the outcome of the decisions in a folder."""
    from ghostnote.console.summary_text import outcome
    from ghostnote.decisions.folder import DecisionFolder

    console().print(outcome(DecisionFolder(decisions)))

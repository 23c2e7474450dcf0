"""`ghostnote report`: decisions -> one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.screen import console, print_json, progress_bars


def report(
    decisions: Annotated[Path, typer.Option(help="The folder that `ghostnote score` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The HTML file to write.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Draw what was decided as one HTML file that needs no network."""
    from ghostnote.console.report import write_report

    with progress_bars() as progress:
        facts = write_report(decisions, out, progress=progress)
    if as_json:
        print_json(facts)
    else:
        console().print(f"Wrote {out} ({facts.bytes / 1e6:.1f} MB): open it in a browser.", markup=False)

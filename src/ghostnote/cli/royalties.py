"""`ghostnote royalties`: a lake and its decisions -> what each owner is paid, to the cent."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.dates import day
from ghostnote.cli.screen import console, print_json, progress_bars


def royalties(
    lake: Annotated[Path, typer.Option(help="The lake that was judged.", show_default=False)],
    decisions: Annotated[Path, typer.Option(help="The folder that `ghostnote score` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The folder to write statements to.", show_default=False)],
    terms: Annotated[
        Path | None, typer.Option(help="Currency, revenue, eligibility and penalty, as TOML. Default: 0.004 a play.")
    ] = None,
    month: Annotated[str | None, typer.Option(help="The month to settle (YYYY-MM). Default: the days judged.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day to settle (YYYY-MM-DD).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day to settle, included.")] = None,
    streams: Annotated[
        Path | None,
        typer.Option(help="Each track's streams over the last months (CSV or Parquet), if the lake has not all."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Settle a month: share its pools out with and without artificial plays. Exits 1 if a file could not be read."""
    from ghostnote.console.royalties_text import outcome
    from ghostnote.decisions.royalties.settling import settle_lake
    from ghostnote.decisions.royalties.terms import load_terms
    from ghostnote.events.lake import Lake

    agreed = load_terms(terms)
    first, last = day(start, "--from"), day(end, "--to")
    with progress_bars() as progress:
        settled, said = settle_lake(
            Lake(lake),
            decisions,
            out,
            agreed,
            made_at=datetime.now(UTC),
            month=month,
            start=first,
            end=last,
            streams=streams,
            progress=progress,
        )
    if as_json:
        print_json({"out": str(out), "royalties": said})
    else:
        console().print(outcome(settled, said, out))
    if said.unreadable_files:
        raise typer.Exit(1)

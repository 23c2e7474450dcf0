"""`ghostnote score`: a lake and a bundle -> decisions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.dates import day
from ghostnote.cli.screen import print_json, progress_bars


def score(
    lake: Annotated[Path, typer.Option(help="The lake to judge.", show_default=False)],
    bundle: Annotated[Path, typer.Option(help="What `ghostnote train` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The folder to write decisions to.", show_default=False)],
    start: Annotated[str | None, typer.Option("--from", help="First day to decide about (YYYY-MM-DD).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day to decide about, included.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Ceilings, budgets and prices, as TOML.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Decide about accounts, plays and tracks, with reasons and prices. Exits 1 if a file could not be read."""
    from ghostnote.backtest import backtest
    from ghostnote.cli.outcome import show_outcome
    from ghostnote.decisions.policy import load_policy
    from ghostnote.events.lake import Lake
    from ghostnote.models.bundle import load_bundle
    from ghostnote.scoring import score as decide

    rules = load_policy(policy)
    loaded = load_bundle(bundle)
    source = Lake(lake)
    with progress_bars() as progress:
        summary = decide(
            source,
            loaded,
            out,
            made_at=datetime.now(UTC),
            bundle_path=str(bundle),
            policy=rules,
            start=day(start, "--from"),
            end=day(end, "--to"),
            progress=progress,
        )
    truth = backtest(source, out, summary, as_of=loaded.manifest.training.as_of)
    if as_json:
        print_json({"decisions": str(out), "summary": summary, "truth": truth})
    else:
        show_outcome(out)
    if summary.counts.unreadable_files:
        raise typer.Exit(1)

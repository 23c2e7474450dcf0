"""`ghostnote evaluate`: how good the defence is on days that it was not trained on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.dates import end_of_day
from ghostnote.cli.screen import console, print_json, progress_bars
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.decisions.evaluation import Evaluation


def evaluate(
    lake: Annotated[Path, typer.Option(help="The lake to train on and to judge; needs labels.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for evaluation.json and evaluation.html.")] = Path("evaluation"),
    bundle: Annotated[
        Path | None, typer.Option(help="Judge with this bundle what came after it, instead of training one.")
    ] = None,
    trained_on: Annotated[
        Path | None, typer.Option(help="Train on this lake instead of the first days of the one that is judged.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Train up to this day, judge the days after it [default: 4/7 of the days, or all of --trained-on]."
        ),
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Ceilings, budgets and prices, as TOML.")] = None,
    kinds: Annotated[bool, typer.Option(help="Train again without each kind of attack.")] = True,
    detectors: Annotated[bool, typer.Option(help="Decide again without each detector and step.")] = True,
    daily: Annotated[bool, typer.Option(help="Decide each day at its own end as well.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print evaluation.json instead of text.")] = False,
) -> None:
    """Train on a lake's first days, judge the others, and count what is caught, missed and harmed.

    The truth comes from simulated or planted labels, else from what the team found. Every kind left out and every
    detector left out takes about as long again. Exits 1 if a file could not be read.
    """
    from ghostnote.backtest import Parts
    from ghostnote.backtest import evaluate as evaluated
    from ghostnote.console.evaluation import write_evaluation
    from ghostnote.decisions.documents import keep_other
    from ghostnote.decisions.evaluation import EVALUATION_FILE
    from ghostnote.decisions.policy import load_policy
    from ghostnote.events.lake import Lake
    from ghostnote.models.bundle import load_bundle

    keep_other(out, EVALUATION_FILE, "evaluation")
    if bundle is not None and as_of is not None:
        raise GhostnoteError(
            "--bundle says until when it was trained: leave --as-of out, or train anew without --bundle."
        )
    if bundle is not None and trained_on is not None:
        raise GhostnoteError("--bundle is trained already: leave --trained-on out, or train anew without --bundle.")
    with progress_bars() as progress:
        found = evaluated(
            Lake(lake),
            out,
            made_at=datetime.now(UTC),
            bundle=load_bundle(bundle) if bundle else None,
            trained_on=Lake(trained_on) if trained_on else None,
            as_of=end_of_day(as_of, "--as-of"),
            policy=load_policy(policy),
            parts=Parts(kinds=kinds, detectors=detectors, daily=daily),
            seed=seed,
            progress=progress,
        )
        page = write_evaluation(out)
    if as_json:
        print_json(found)
    else:
        _show(found, page)
    if found.unreadable_files:
        raise typer.Exit(1)


def _show(found: "Evaluation", page: Path) -> None:
    from ghostnote.console.evaluation_text import told

    screen = console()
    screen.print(told(found))
    screen.print(
        f"\nThe page is {page}: open it in a browser. All figures are in evaluation.json beside it.", markup=False
    )

"""`ghostnote train`: a lake -> a bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.dates import end_of_day
from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.models.manifest import Training


def train(
    lake: Annotated[Path, typer.Option(help="The lake to learn from.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The bundle to write; an older bundle is replaced.", show_default=False)],
    as_of: Annotated[
        str | None,
        typer.Option(help="Learn from what had arrived, and was labelled, by the end of this day (YYYY-MM-DD)."),
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="Own features, as TOML; the bundle keeps them, so that score needs no file.")
    ] = None,
    sequence: Annotated[
        bool,
        typer.Option(
            "--sequence", help="Learn from sequences of plays too (needs PyTorch); scoring then writes their score."
        ),
    ] = False,
    weak_labels: Annotated[
        bool,
        typer.Option(
            "--weak-labels",
            help="For few labels: learn from accounts in lockstep that nobody has judged as well, with a third of a "
            "label's weight.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Learn what fraud looks like in a lake. Labels are optional: without them, rules and rank by surprise remain.

    Exits 1 if a file could not be read; the bundle is made from the others all the same.
    """
    from ghostnote.events.lake import Lake
    from ghostnote.features.own import Own, load_own
    from ghostnote.models.bundle import refuse_other, save_bundle
    from ghostnote.models.sequence import PlaySequence
    from ghostnote.training import train as learn
    from ghostnote.training.card import card

    refuse_other(out)
    own = load_own(features) if features else Own()
    with progress_bars() as progress:
        bundle = learn(
            Lake(lake),
            as_of=end_of_day(as_of, "--as-of"),
            features=own.features(),
            own=own.to_json(),
            sequence=PlaySequence(seed=seed) if sequence else None,
            weak=weak_labels,
            seed=seed,
            progress=progress,
        )
    save_bundle(bundle, out, card(bundle))
    facts = bundle.manifest.training
    if as_json:
        print_json({"bundle": str(out), "supervised": bundle.supervised, "training": facts})
    else:
        _show(facts, out)
    if facts.unreadable_files:
        raise typer.Exit(1)


def _show(facts: "Training", out: Path) -> None:
    screen = console()
    screen.print(
        f"Learnt from {facts.events:,} events of {facts.accounts:,} accounts, {facts.start} to {facts.end}, with "
        f"{facts.labels_fraud:,} labels of fraud and {facts.labels_legit:,} of honest accounts."
    )
    if facts.labels_weak:
        screen.print(
            f"Accounts in lockstep that nobody has judged teach as well, with less weight: {facts.labels_weak:,}."
        )
    for name, value in (
        ("account-days", facts.average_precision_account_days),
        ("plays", facts.average_precision_plays),
        ("account-days by their last plays", facts.average_precision_sequences),
    ):
        if value is not None:
            screen.print(f"Average precision on {name} of accounts not fitted on, against those labels: {value:.3f}")
    if facts.signups:
        ahead = facts.signups.average_precision
        screen.print(
            f"Learnt from {facts.signups.rows:,} sign-ups, {facts.signups.fraud:,} of accounts labelled fraud."
            + ("" if ahead is None else f" Average precision on the last days' sign-ups, by those before: {ahead:.3f}")
        )
    for note in facts.notes:
        screen.print(f"NOTE {note}")
    screen.print(f"The bundle is in {out}; its MODEL_CARD.md says more.")

"""`ghostnote policy`: what a policy says, whether it can be, and what it would have decided."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.dates import day
from ghostnote.cli.screen import console, print_json, progress_bars

policy_app = typer.Typer(
    help="See what a policy means and what it would have decided.", no_args_is_help=True, rich_markup_mode=None
)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@policy_app.command("show")
def show(
    policy: Annotated[Path | None, typer.Option(help="A policy file [default: no file, all defaults].")] = None,
    as_json: _Json = False,
) -> None:
    """Print the policy in force as TOML, with what each key means."""
    from ghostnote.decisions.policy import load_policy
    from ghostnote.decisions.policy_text import toml

    loaded = load_policy(policy)
    if as_json:
        print_json(loaded)
    else:
        typer.echo(toml(loaded), nl=False)


@policy_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The policy file.", show_default=False)], as_json: _Json = False
) -> None:
    """Say whether a policy file can be used, and what it changes."""
    from ghostnote.decisions.policy import Policy, load_policy

    loaded, usual = load_policy(file), Policy()
    fields = [name for name in Policy.__struct_fields__ if getattr(loaded, name) != getattr(usual, name)]
    if as_json:
        print_json({"policy": str(file), "changes": fields})
        return
    what = f"it changes {', '.join(fields)}" if fields else "it changes nothing"
    console().print(f"{file} is a policy: {what}.", markup=False)


@policy_app.command("simulate")
def simulate(
    lake: Annotated[Path, typer.Option(help="The lake to decide about.", show_default=False)],
    bundle: Annotated[Path, typer.Option(help="What `ghostnote train` wrote.", show_default=False)],
    policy: Annotated[Path, typer.Option(help="The policy to try, as TOML.", show_default=False)],
    against: Annotated[Path | None, typer.Option(help="The policy to hold it against [default: all defaults].")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day to decide about (YYYY-MM-DD).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day to decide about, included.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for comparison.html, comparison.json and changes.parquet.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Decide past days under two policies on one walk over the lake, and show what differs, for whom. Nothing is done.

    Exits 1 if a file could not be read.
    """
    from ghostnote.backtest.policies import against as held_against
    from ghostnote.console.comparison import write_comparison
    from ghostnote.console.comparison_text import told
    from ghostnote.decisions.policy import load_policy
    from ghostnote.events.lake import Lake
    from ghostnote.models.bundle import load_bundle

    policies = (
        (policy.name, load_policy(policy)),
        ("the default" if against is None else against.name, load_policy(against)),
    )
    with progress_bars() as progress:
        found = held_against(
            Lake(lake),
            load_bundle(bundle),
            policies,
            made_at=datetime.now(UTC),
            start=day(start, "--from"),
            end=day(end, "--to"),
            out=out,
            progress=progress,
        )
        page = None if out is None else write_comparison(out, found)
    if as_json:
        print_json(found)
    else:
        console().print(told(found))
        if page is not None:
            console().print(f"The page is {page}; every account that changes is in changes.parquet beside it.")
    if found.unreadable_files:
        raise typer.Exit(1)

"""`ghostnote simulate`: a scenario -> a lake of a service that never was."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.listing import list_scenarios
from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.simulation.fitting import Fit


def simulate(
    out: Annotated[
        Path | None, typer.Option(help="The lake to make; must not exist yet. Needed but for --list.")
    ] = None,
    scenario: Annotated[str, typer.Option(help="Name of a shipped scenario, or a TOML file.")] = "demo",
    accounts: Annotated[int | None, typer.Option(min=50, help="Honest accounts, else the scenario's.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=400, help="Days, else the scenario's.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")] = 1,
    like: Annotated[
        Path | None,
        typer.Option(help="A lake: only its tables and columns, and its resolution of time, are written."),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(help="A lake: the population is estimated from it, in place of the scenario's."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List scenarios and playbooks with their parameters, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Simulate a streaming service: honest listeners, campaigns among them, and the truth in its labels."""
    if listed:
        list_scenarios(as_json)
        return
    if out is None:
        raise typer.BadParameter("say where the lake goes", param_hint="--out")
    from ghostnote.simulation.scenarios import load_scenario
    from ghostnote.simulation.world import simulate as make

    chosen = load_scenario(scenario)
    fitted = None
    if fit is not None:
        from ghostnote.simulation.fitting import fit as estimate

        with progress_bars() as progress:
            fitted = estimate(fit, chosen, progress=progress)
        chosen = fitted.scenario
        if not as_json:
            _show(fitted)
    with progress_bars() as progress:
        world = make(chosen, out, seed=seed, accounts=accounts, days=days, like=like, progress=progress)
    if as_json:
        told = {} if fitted is None else {"fit": {"estimates": fitted.estimates, "missing": fitted.missing}}
        print_json({"lake": str(out), "world": world, **told})
        return
    console().print(
        f"{world.accounts:,} honest accounts with {world.plays:,} plays, and {world.campaigns} campaigns with "
        f"{world.fake_accounts:,} accounts and {world.artificial_plays:,} artificial plays "
        f"({world.artificial_plays / max(world.plays + world.artificial_plays, 1):.2%} of all), are in {out}.\n"
        "What is true of each is in its labels, known only long after its end; what a team found out is there too."
    )
    if world.left_out:
        console().print(
            f"Left out, because the smallest of their kind would be too many plays here: {', '.join(world.left_out)}. "
            "More --accounts bring them back."
        )


def _show(fitted: "Fit") -> None:
    """What was estimated, in the words of a scenario file, and what was not."""
    width = max(len(one.parameter) for one in fitted.estimates)
    for one in fitted.estimates:
        console().print(f"{one.parameter:<{width}} = {one.value}  ({one.basis})", markup=False, highlight=False)
    for lack in fitted.missing:
        console().print(f"Not estimated: {lack}.", markup=False, highlight=False)

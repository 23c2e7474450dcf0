"""`ghostnote plant`: attacks planted into logs that exist."""

from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.dates import day
from ghostnote.cli.listing import list_playbooks
from ghostnote.cli.screen import console, print_json, progress_bars


def plant(
    lake: Annotated[
        Path | None, typer.Option(help="The lake to plant into; it is copied, not changed. Needed but for --list.")
    ] = None,
    campaign: Annotated[
        list[str] | None,
        typer.Option(help="Name of a playbook, or a TOML file with [[campaigns]]; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The lake to make; must not exist yet. Needed but for --list.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Day that campaigns' days count from; else where most accounts are active."),
    ] = None,
    size: Annotated[
        float,
        typer.Option(
            min=0.0001, max=1.0, help="Size of campaigns given by name, as a share of the lake's plays (or accounts)."
        ),
    ] = 0.01,
    found: Annotated[
        float, typer.Option(min=0, max=1, help="Share of attackers' accounts that a team labels, late.")
    ] = 0.5,
    wrong: Annotated[
        float, typer.Option(min=0, max=1, help="Honest accounts labelled fraud, as a share of right labels.")
    ] = 0.02,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same campaigns.")] = 1,
    listed: Annotated[bool, typer.Option("--list", help="List playbooks with their parameters, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Plant attacks into your own logs, to learn what your defence would have seen; the truth goes to the labels."""
    if listed:
        list_playbooks(as_json)
        return
    if lake is None or out is None or not campaign:
        missing = "--lake" if lake is None else "--campaign" if not campaign else "--out"
        raise typer.BadParameter("it is needed to plant", param_hint=missing)
    from ghostnote.simulation.planting import plant as add
    from ghostnote.simulation.scenarios import load_campaigns
    from ghostnote.simulation.team import TeamParameters

    chosen = [one for name in campaign for one in load_campaigns(name, size)]
    team = TeamParameters(found=found, wrong=wrong)
    with progress_bars() as progress:
        world = add(lake, chosen, out, seed=seed, start=day(start, "--from"), team=team, progress=progress)
    if as_json:
        print_json({"lake": str(out), "world": world})
        return
    campaigns = "campaign" if world.campaigns == 1 else "campaigns"
    console().print(
        f"Planted {world.campaigns} {campaigns} with {world.fake_accounts:,} accounts and {world.artificial_plays:,} "
        f"artificial plays among {world.accounts:,} accounts: {out}. The truth is in its labels."
    )

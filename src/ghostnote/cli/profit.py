"""`ghostnote profit`: what simulated or planted attackers earn, without a defence and after decisions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json

if TYPE_CHECKING:
    from ghostnote.simulation.economics import Balance


def profit(
    lake: Annotated[
        Path, typer.Option(help="A lake that was simulated, or that campaigns were planted into.", show_default=False)
    ],
    decisions: Annotated[
        Path | None, typer.Option(help="What `ghostnote score` wrote; without it, nobody defends.")
    ] = None,
    prices: Annotated[Path | None, typer.Option(help="A price list (TOML) in place of the one that ships.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Tell for each campaign what it costs and earns, and what a thousand plays that survive have cost it."""
    from ghostnote.events.lake import Lake
    from ghostnote.simulation.economics import balance, load_prices

    found = balance(Lake(lake), decisions, load_prices(prices))
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: "Balance") -> None:
    from rich import box
    from rich.table import Table

    table = Table(title=f"Campaigns' balance, in {found.currency}", title_justify="left", box=box.SIMPLE)
    table.add_column("campaign")
    table.add_column("playbook")
    for name in ("plays", "surviving", "cost", "income", "after", "profit", "after", "cost per 1,000 surviving"):
        table.add_column(name, justify="right")
    for one in found.campaigns:
        money = (one.cost, one.income, one.income_after, one.profit, one.profit_after)
        table.add_row(
            one.campaign_id,
            one.playbook,
            f"{one.plays:,}",
            f"{one.surviving:,}",
            *(f"{value:,.2f}" for value in money),
            "-" if one.cost_per_1000 is None else f"{one.cost_per_1000:,.2f}",
        )
    console().print(table)

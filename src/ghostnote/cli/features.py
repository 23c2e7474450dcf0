"""`ghostnote features`: what the features are and cost, or a lake -> every event's features."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.features.declaration import Feature


def features(
    explain: Annotated[
        bool, typer.Option("--explain", help="List the features: why, what they need and cost.")
    ] = False,
    lake: Annotated[Path | None, typer.Option(help="The lake whose events' features to write.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write them to; one that was begun is gone on with.")
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option("--features", help="Which features, as TOML. Default: all shipped; those that training uses."),
    ] = None,
    memory: Annotated[float, typer.Option(help="About how many GB the state of one partition may take.", min=0.01)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Explain features, or write every event's to Parquet, however large the lake. Exits 1 if a file was unreadable."""
    from ghostnote.errors import GhostnoteError
    from ghostnote.features.catalog import CATALOG, TRAINED
    from ghostnote.features.own import load_own

    if explain:
        _explain(load_own(own).features() if own else CATALOG, as_json)
        return
    if lake is None or out is None:
        raise GhostnoteError("Say what to do: --explain, or --lake LAKE --out DIR to write features.")
    _export(lake, out, load_own(own).features() if own else TRAINED, memory, as_json)


def _export(lake: Path, out: Path, chosen: "Sequence[Feature]", memory: float, as_json: bool) -> None:
    from ghostnote.events.lake import Lake
    from ghostnote.features.partitions import export

    with progress_bars() as progress:
        found = export(Lake(lake), out, chosen, memory=memory * 1e9, progress=progress)
    if as_json:
        print_json(found)
    else:
        console().print(
            f"{len(found.features)} features of {found.events:,} events on {found.days} days are in {out} "
            f"(dt=YYYY-MM-DD/part-NNNN.parquet), folded in {found.partitions} partitions."
        )
        for name in found.unreadable:
            console().print(f"Not readable, left out: {name}")
        if found.rejected:
            console().print(f"{found.rejected:,} rows were rejected: `ghostnote validate` says why.")
    if found.unreadable:
        raise typer.Exit(1)


def _explain(chosen: "Sequence[Feature]", as_json: bool) -> None:
    from rich import box
    from rich.table import Table

    from ghostnote.features.catalog import TRAINED
    from ghostnote.features.costs import costs
    from ghostnote.features.directions import direction

    trained = {feature.name for feature in TRAINED}
    found = costs(chosen)
    if as_json:
        listed = [
            {
                "name": f.name,
                "by": f.by,
                "over": f.over,
                "unit": f.unit,
                "why": f.why,
                "columns": sorted(f.columns),
                "support": f.support,
                "support_of": f.support_of,
                "suspicious": {1: "high", -1: "low", 0: ""}[direction(f)],
                "trained": f.name in trained,
            }
            for f in chosen
        ]
        print_json({"features": listed, "memory": list(found)})
        return
    screen = console()
    table = Table("feature", "unit", "rests on", "why", box=box.SIMPLE, title=f"{len(chosen)} features")
    for f in chosen:
        table.add_row(f"{f.name}{'' if f.name in trained else ' +'}", f.unit, ", ".join(sorted(f.columns)), f.why)
    screen.print(table)
    screen.print("+ is shipped or declared, and not among those that training uses by default.\n")
    table = Table(
        "key",
        "for",
        "features",
        "longest window",
        "bytes per key",
        "per event in it",
        "per item in it",
        "forgotten",
        box=box.SIMPLE,
        title="Memory",
    )
    for cost in found:
        table.add_row(
            cost.key,
            cost.purpose,
            str(cost.features),
            f"{cost.longest_window_days:g} d" if cost.longest_window_days else "none",
            f"{cost.per_key:,}",
            f"{cost.per_event:,}",
            " + ".join(map(str, cost.per_item)) or "0",
            f"{cost.forgotten_days:g} d after its last event" if cost.forgotten_days else "never",
        )
    screen.print(table)

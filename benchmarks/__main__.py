"""Runs benchmarks and prints what they measured: `python -m benchmarks [--only NAME] [--json]`."""

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

Row = Mapping[str, str | int | float]
_LIBRARIES = ("numpy", "numba", "polars", "duckdb", "lightgbm")


def names() -> list[str]:
    """The modules with a `run()`, by file name."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    return [name for name in found if hasattr(importlib.import_module(f"benchmarks.{name}"), "run")]


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    cpu = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")]
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": models[0] if models else platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks asked for; 2 if there is none of that name."""
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures Ghostnote.")
    parser.add_argument("--only", action="append", choices=known, help="run this one alone (may be repeated)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args(arguments)
    results: dict[str, Sequence[Row]] = {}
    console = Console(stderr=options.json)
    for name in options.only or known:
        console.print(f"[bold]{name}[/bold]: measuring ...")
        results[name] = importlib.import_module(f"benchmarks.{name}").run()
        if not options.json:
            show(console, results[name])
    if options.json:
        print(json.dumps({"machine": machine(), "results": results}, indent=2))
    else:
        console.print(", ".join(f"{name} {value}" for name, value in machine().items()), soft_wrap=True)
    return 0


def show(console: Console, rows: Sequence[Row]) -> None:
    """Print rows as one table per value of their column `table`, in order."""
    for title in dict.fromkeys(str(row.get("table", "")) for row in rows):
        chosen = [row for row in rows if str(row.get("table", "")) == title]
        columns = [name for name in chosen[0] if name != "table"]
        table = Table(title=title, title_justify="left", box=box.SIMPLE)
        for name in columns:
            table.add_column(name, justify="left" if isinstance(chosen[0][name], str) else "right")
        for row in chosen:
            table.add_row(*(_text(row[name]) for name in columns))
        console.print(table)


def _text(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

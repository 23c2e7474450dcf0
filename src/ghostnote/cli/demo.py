"""`ghostnote demo`: the whole story on a simulated world."""

import os
import shlex
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.actor import visitor
from ghostnote.cli.screen import console, print_json, progress_bars
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.progress import Progress

_LEDGER = "ledger.db"
#: SQLite leaves the last two beside a ledger that was not closed.
_PARTS = ("lake", "bundle", "decisions", "report.html", _LEDGER, f"{_LEDGER}-wal", f"{_LEDGER}-shm")
_FEWEST_DAYS = 4


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=200, help="Honest accounts of the simulated service.")] = 20_000,
    days: Annotated[int, typer.Option(min=_FEWEST_DAYS, max=400, help="Days of its life.")] = 14,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")] = 1,
    open_console: Annotated[
        bool, typer.Option("--open", help="Then keep the decisions in a ledger, and open the console on them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Simulate a service, train on its first part, judge the rest, and hold the outcome against the truth.

    An older demo in the same folder is replaced; a folder that holds anything else is left alone.
    """
    from ghostnote.console.report import write_report

    _clear(out)
    with progress_bars() as progress:
        summary, truth = _run(out, accounts, days, seed, progress)
        write_report(out / "decisions", out / "report.html", progress=progress)
        if open_console:
            _keep(out, progress)
    told = {"out": str(out), "summary": summary, "truth": truth}
    if not as_json:
        from ghostnote.cli.outcome import show_outcome

        show_outcome(out / "decisions")
        console().print(f"\nThe report is {out / 'report.html'}: open it in a browser.", markup=False)
    elif not open_console:
        print_json(told)
    if open_console:
        _open(out, told if as_json else None)


def _run(out: Path, accounts: int, days: int, seed: int, progress: "Progress") -> tuple[object, object]:
    from ghostnote.backtest import backtest
    from ghostnote.evaluation.splits import usual_as_of
    from ghostnote.events.lake import Lake
    from ghostnote.models.bundle import save_bundle
    from ghostnote.scoring import score
    from ghostnote.simulation.scenarios import load_scenario
    from ghostnote.simulation.world import simulate
    from ghostnote.training import train
    from ghostnote.training.card import card

    scenario = load_scenario("demo")
    simulate(scenario, out / "lake", seed=seed, accounts=accounts, days=days, progress=progress)
    lake = Lake(out / "lake")
    as_of = usual_as_of([scenario.start + timedelta(days=day) for day in range(days)])
    bundle = train(lake, as_of=as_of, seed=seed, progress=progress)
    save_bundle(bundle, out / "bundle", card(bundle))
    summary = score(
        lake,
        bundle,
        out / "decisions",
        made_at=datetime.now(UTC),
        bundle_path=str(out / "bundle"),
        start=as_of.date() + timedelta(days=1),
        progress=progress,
    )
    return summary, backtest(lake, out / "decisions", summary, as_of=as_of)


def _keep(out: Path, progress: "Progress") -> None:
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.decisions.recording import record

    with open_ledger(str(out / _LEDGER), create=True) as ledger:
        record(DecisionFolder(out / "decisions"), ledger, at=datetime.now(UTC), progress=progress)


def _open(out: Path, told: dict[str, object] | None) -> None:
    """Open the console, in a browser where there is a screen; `told` is printed as JSON with the address and link."""
    import webbrowser

    from ghostnote.cli.console import keep_open, tell
    from ghostnote.decisions.ledger import open_ledger

    lake, decisions, ledger = (out / name for name in ("lake", "decisions", _LEDGER))

    def ready(url: str, link: str) -> None:
        if told is not None:
            print_json({**told, "url": url, "link": link})
        else:
            tell(url, link)
            again = ("ghostnote", "console", "--lake", lake, "--decisions", decisions, "--ledger", ledger)
            typer.echo(f"Ctrl+C closes it; to open it again:\n{shlex.join(map(str, again))}")
        sys.stdout.flush()
        if _has_screen():
            webbrowser.open(link)

    with open_ledger(str(ledger)) as opened:
        keep_open(lake, decisions, opened, visitor(), ready)


def _has_screen() -> bool:
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, screens))


def _clear(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir() or any(part.name not in _PARTS for part in out.iterdir()):
        raise GhostnoteError(f"{out} holds things that are no demo: choose another --out.")
    for name in _PARTS:
        part = out / name
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)

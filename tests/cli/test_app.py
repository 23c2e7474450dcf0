"""The application itself: its door, its help, its version."""

import subprocess
import sys

import pytest
import typer
from tests.cli.calling import call, done

from ghostnote import __version__
from ghostnote.cli.app import app

HEAVY = ("numpy", "polars", "numba", "lightgbm", "sklearn", "scipy", "altair", "pyarrow", "vl_convert", "jinja2")
_ASK = """
import sys
from ghostnote.cli import main
sys.argv = ["ghostnote", *sys.argv[1:]]
try:
    main()
finally:
    print("LOADED", *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)
"""


def commands() -> list[list[str]]:
    """Every command, and every command of a command."""
    found: list[list[str]] = []

    def walk(command: object, path: list[str]) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found.append(path)
            return
        for name, child in inner.items():
            walk(child, [*path, name])

    walk(typer.main.get_command(app), [])
    return found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["score", "--help"], ["import", "csv", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    called = subprocess.run(
        [sys.executable, "-c", _ASK.format(heavy=HEAVY), *arguments], capture_output=True, text=True, check=True
    )
    assert called.stderr == "LOADED\n"
    assert called.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    asked = f"import sys, ghostnote; print([name for name in {HEAVY!r} if name in sys.modules])"
    called = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert called.stdout == "[]\n"


def test_the_package_can_be_run_as_a_module() -> None:
    called = subprocess.run(
        [sys.executable, "-m", "ghostnote", "--version"], capture_output=True, text=True, check=True
    )
    assert called.stdout == f"ghostnote {__version__}\n"


def test_the_help_names_every_command() -> None:
    said = done("--help").out
    assert {path[0] for path in commands()} == {
        "demo",
        "evaluate",
        "features",
        "profit",
        "simulate",
        "plant",
        "policy",
        "import",
        "validate",
        "train",
        "score",
        "report",
        "royalties",
        "ledger",
        "load",
        "cases",
        "close",
        "keys",
        "deliveries",
        "serve",
        "console",
        "forget",
        "expire",
        "packet",
    }
    assert all(f"\n  {path[0]} " in said for path in commands())


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_explains_itself_and_each_of_its_options(path: list[str]) -> None:
    said = done(*path, "--help").out
    assert "--json" in said
    command = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    assert command.help
    assert command.help.split("\n")[0].endswith(".")
    for option in command.params:
        if option.name != "help":
            assert option.help, option.name  # type: ignore[attr-defined]


def test_the_version_is_told() -> None:
    assert done("--version").out == f"ghostnote {__version__}\n"


def test_no_command_at_all_shows_the_help() -> None:
    called = call()
    assert called.code == 2
    assert "Commands:" in called.out + called.err

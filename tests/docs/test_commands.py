"""What the pages say to type is what the command line understands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ghostnote.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
APP: Any = typer.main.get_command(app)
_FENCED = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


def texts(page: Path) -> tuple[list[str], list[str]]:
    """The lines in code blocks of a page, and what stands in backticks elsewhere."""
    text = page.read_text(encoding="utf-8")
    lines = [line.strip() for block in _FENCED.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return lines, _INLINE.findall(_FENCED.sub("", text))


def words(line: str) -> list[str]:
    """A line's arguments to `ghostnote`, without its comment and the brackets around what is optional; or none."""
    line = re.sub(r"[\[\]]", " ", line.removeprefix("$ "))
    if not re.match(r"(\S*/)?ghostnote(\s|$)", line):
        return []
    return shlex.split(line, comments=True)[1:]


def mentions() -> Iterator[tuple[Path, list[str]]]:
    for page in PAGES:
        for lines in texts(page):
            for line in lines:
                if found := words(line):
                    yield page, found


def found_command(arguments: list[str]) -> tuple[Any, list[str]]:
    """The command that the first words name, and the other words."""
    command = APP
    rest = list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no command {' '.join(arguments)}"
        command = command.commands[rest.pop(0)]
    return command, rest


def options(command: Any) -> set[str]:
    return {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}


def leaves(command: Any, path: str = "") -> dict[str, Any]:
    if not hasattr(command, "commands"):
        return {path: command}
    return {
        name: leaf
        for word, child in command.commands.items()
        for name, leaf in leaves(child, f"{path} {word}".strip()).items()
    }


def test_the_pages_say_something() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip()
    assert len(list(mentions())) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_on_a_page_exist(page: Path) -> None:
    for where, arguments in mentions():
        if where == page:
            command, rest = found_command(arguments)
            unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - options(command)
            assert not unknown, f"{' '.join(arguments)}: there is no {', '.join(sorted(unknown))}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_whole_command_lines_on_a_page_can_be_typed(page: Path) -> None:
    for line in texts(page)[0]:
        # Lines with brackets show what is possible rather than what to type.
        arguments = [] if "[" in line else words(line)
        if arguments:
            command, rest = found_command(arguments)
            command.make_context(arguments[0], rest).close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_named_alone_exist_somewhere(page: Path) -> None:
    known = {name for leaf in leaves(APP).values() for name in options(leaf)} | options(APP)
    for code in texts(page)[1]:
        parts = code.split()
        if parts and parts[0].startswith("--"):
            assert parts[0].partition("=")[0] in known, code


def test_every_command_is_on_a_page() -> None:
    told = {" ".join(arguments) for _, arguments in mentions()}
    for name in leaves(APP):
        assert any(f"{line} ".startswith(f"{name} ") for line in told), f"no page says how to use: ghostnote {name}"

"""What a command shows on the terminal: progress bars on stderr, tables on stdout; both quiet where nobody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ghostnote.progress import Progress, silent

if TYPE_CHECKING:
    from rich.console import Console

#: Where no terminal says how wide it is, lines must not be broken: another program reads them.
_PIPE_WIDTH = 240


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A progress reporter that draws one bar per step on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield report


def console() -> "Console":
    """Where a command prints what it found for people."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def print_json(value: object) -> None:
    """What `--json` prints: one JSON document."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(text.decode() + "\n")

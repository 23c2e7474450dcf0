"""Calling commands as a shell would: arguments in; exit code, stdout and stderr out."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ghostnote.cli import main


@dataclass(frozen=True)
class Called:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def call(*arguments: object) -> Called:
    """Run `ghostnote` with these arguments in this process, through the same door as from a shell."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["ghostnote", *map(str, arguments)]):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Called(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Called:
    """A call that must go well, and be quiet where nobody watches."""
    called = call(*arguments)
    assert (called.code, called.err) == (0, ""), called
    return called


def refused(*arguments: object) -> str:
    """The one sentence with which a call is refused: exit code 1, nothing on stdout, no traceback."""
    called = call(*arguments)
    assert (called.code, called.out) == (1, ""), called
    assert called.err.startswith("ghostnote: "), called.err
    assert called.err.count("\n") == 1, called.err
    said = called.err.removeprefix("ghostnote: ").rstrip("\n")
    assert said.endswith((".", "...", "?")), said
    return said


def left(folder: Path) -> list[str]:
    """Everything in a folder, hidden things too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))

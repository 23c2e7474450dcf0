"""The command line: `ghostnote COMMAND`. Commands import what they need when they run, so `--help` is quick."""

import sys

from ghostnote.cli.app import app
from ghostnote.errors import GhostnoteError


def main() -> None:
    """Run one command; a `GhostnoteError` becomes one sentence on stderr and exit code 1."""
    try:
        app(prog_name="ghostnote")
    except GhostnoteError as error:
        print(f"ghostnote: {error}", file=sys.stderr)
        sys.exit(1)

"""A start of the real-time service from a snapshot: see `benchmarks.serving`, of which it is a part."""

from collections.abc import Sequence

from benchmarks.serving import Row, starting


def run() -> Sequence[Row]:
    """What `python -m benchmarks --only starting` calls."""
    return starting()

"""Killed at any moment, again and again, the service loses nothing, doubles nothing, and decides as if undisturbed."""

import json
import os
import subprocess
import sys
from pathlib import Path

#: Hundreds, if asked for.
KILLS = int(os.environ.get("GHOSTNOTE_KILLS", "20"))


def test_kills_leave_what_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.serving.chaos", str(tmp_path / "state"), str(KILLS), "1"],
        cwd=root,
        env={**os.environ, **one, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    counts = json.loads(done.stdout)
    assert counts["kills"] == KILLS
    assert counts["acknowledged"] > 0
    # It was chaos.
    for happened in ("repeated", "clocks_back", "upkeeps", "halves", "full"):
        assert counts[happened] > 0, counts

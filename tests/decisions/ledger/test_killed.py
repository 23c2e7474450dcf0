"""A writer that is killed: what it was told is there stays, nothing is there twice, and going on finishes the work."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.decisions.drafts import NOON, play

from ghostnote.decisions.ledger import SYSTEM, open_ledger
from ghostnote.decisions.ledger.verifying import verify

_BATCHES, _BATCH = 60, 40
#: Writes batches, and notes each in a file once the ledger says that it is there.
_WRITER = """
import sys
from tests.decisions.drafts import NOON, play
from ghostnote.decisions.ledger import SYSTEM, open_ledger
address, noted = sys.argv[1:]
with open_ledger(address) as ledger, open(noted, "a") as file:
    for batch in range({batches}):
        ledger.append([play(f"{{batch}}-{{number}}") for number in range({size})], actor=SYSTEM, at=NOON)
        file.write(f"{{batch}}\\n")
        file.flush()
"""


def _killed_once(address: str, noted: Path, after: int, rest: float) -> None:
    """Start the writer and kill it a moment after it noted `after` more batches."""
    writer = _WRITER.format(batches=_BATCHES, size=_BATCH)
    had = len(noted.read_text().split())
    process = subprocess.Popen([sys.executable, "-c", writer, address, str(noted)], cwd=Path.cwd(), env={**os.environ})
    while process.poll() is None and len(noted.read_text().split()) < had + after:
        time.sleep(0.002)
    time.sleep(rest)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_nothing_acknowledged_is_lost_and_nothing_doubled(address: str, tmp_path: Path) -> None:
    open_ledger(address, create=True).engine.dispose()
    noted = tmp_path / "noted"
    noted.touch()
    chosen = random.Random(5)
    for _ in range(4):
        _killed_once(address, noted, chosen.randint(1, 12), chosen.random() * 0.02)
        with open_ledger(address) as ledger:
            there = [entry.subject.identifier for entry in ledger.entries() if entry.subject]
            assert len(there) == len(set(there))
            assert {f"{batch}-0" for batch in noted.read_text().split()} <= set(there)
            # A batch is there as a whole or not at all.
            assert len(there) % _BATCH == 0
            assert verify(ledger).sound
    with open_ledger(address) as ledger:
        for batch in range(_BATCHES):
            ledger.append([play(f"{batch}-{number}") for number in range(_BATCH)], actor=SYSTEM, at=NOON)
        assert ledger.head()[0] == _BATCHES * _BATCH
        assert verify(ledger).sound

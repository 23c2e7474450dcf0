"""The command `ghostnote serve` for tests, in a process of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path


class Command:
    """`ghostnote serve` in a process of its own."""

    def __init__(self, state: Path, *more: str) -> None:
        command = [sys.executable, "-m", "ghostnote", "serve", "--state", str(state), "--port", "0", "--json", *more]
        self.process = subprocess.Popen(
            [*command, "--refresh-minutes", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        told = ""
        assert self.process.stdout is not None
        while not told.endswith("}\n"):
            line = self.process.stdout.readline()
            if not line:
                _, said = self.process.communicate()
                raise AssertionError(said)
            told += line
        document = json.loads(told)
        self.url, self.first_key = document["url"], document["first_key"]
        #: A link that lets somebody into the console, once.
        self.sign_in = document["sign_in"]

    def stop(self) -> None:
        """End it as SIGTERM would; an assertion fails if that is no success."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said

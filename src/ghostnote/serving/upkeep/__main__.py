"""Runs the work beside the service: `python -m ghostnote.serving.upkeep WORK`.

It reads what the service has written and follows the log as a restart would, so that whatever it leaves behind is what
a restart begins with. The service never waits for it.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ghostnote.decisions.policy import load_policy
from ghostnote.errors import GhostnoteError
from ghostnote.serving.state.places import Places
from ghostnote.serving.upkeep.keeping import keep, refresh
from ghostnote.serving.upkeep.work import Work


def main(argument: str) -> int:
    """Do the work described by one JSON document; 1 and a sentence on stderr if it could not be done."""
    work = msgspec.json.decode(argument, type=Work)
    places, bundles = Places(Path(work.state)), [Path(path) for path in work.bundles]
    try:
        with places.upkeep():
            keep(places, bundles, work.log_bytes)
            if work.refresh:
                policy = load_policy(None if work.policy is None else Path(work.policy))
                refresh(places, bundles[0], policy, work.days, datetime.now(UTC))
    except GhostnoteError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the service has done beside it; it calls this itself.")
    parser.add_argument("work", help="one JSON document")
    # Whoever waits for a decision comes first.
    os.nice(10)
    sys.exit(main(parser.parse_args().work))

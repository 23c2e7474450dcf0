"""A lake's history, catalogue and addresses, taken over as the service's own lake."""

import os
import shutil
from pathlib import Path

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.serving.state.places import Places


def take_over(places: Places, lake: Path) -> None:
    """Make a lake's files those of the service's own lake, as links where that is possible; once only.

    Raises GhostnoteError if it is no lake, or they cannot be taken over.
    """
    if places.lake.exists():
        return
    source = Lake(lake)
    temporary = places.root / f".lake.{os.getpid()}.tmp"
    try:
        for table in source.tables():
            for path in source.files(table):
                target = temporary / path.relative_to(source.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(path, target)
        temporary.rename(places.lake)
    except OSError as error:
        raise GhostnoteError(f"The lake {lake} could not be taken over into {places.root}: {error}.") from error


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)

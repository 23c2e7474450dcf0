"""How a challenger would have decided otherwise than the champion: the file that a service keeps of it in its state."""

import os
from datetime import datetime
from pathlib import Path

import msgspec

from ghostnote.decisions.documents import read_json
from ghostnote.decisions.summary import Count
from ghostnote.errors import GhostnoteError

#: Raised by one whenever a reader of the previous number would misunderstand the file.
FORMAT = 1
SHADOW_FILE = "shadow.json"


class Said(msgspec.Struct, frozen=True):
    """What one bundle said of an event: its verdict, the score (null without one), and whether it marks."""

    verdict: str
    score: float | None
    marked: bool


class Verdicts(msgspec.Struct, frozen=True):
    """How many events had this pair of verdicts."""

    champion: str
    challenger: str
    events: Count


class Marked(msgspec.Struct, frozen=True):
    """How many events both mark, one alone, or neither."""

    both: Count = 0
    champion_only: Count = 0
    challenger_only: Count = 0
    neither: Count = 0


class Otherwise(msgspec.Struct, frozen=True):
    """One event about which the two differ."""

    event_id: str
    champion: Said
    challenger: Said


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenger was asked beside the champion, from `since` to `until`.

    `champion` and `challenger` are the starts of their digests, `challenger_bundle` the name of its folder; `percent`
    of accounts are the challenger's to decide about. `apart` is the sum of the differences of `scored` pairs of scores.
    `latest` are the last events of other verdicts or marks, in their order.
    """

    format: int = FORMAT
    champion: str
    challenger: str
    challenger_bundle: str
    policy: str
    percent: float
    since: datetime
    until: datetime
    events: Count
    verdicts: list[Verdicts]
    marked: Marked
    apart: float
    scored: Count
    latest: list[Otherwise]

    @property
    def mean_score_difference(self) -> float | None:
        """How far apart the two scores of an event are on average; None where none had two."""
        return self.apart / self.scored if self.scored else None


def read_shadow(state: str | os.PathLike[str]) -> Shadow | None:
    """What a service's state says of its challenger; None if it has none.

    `GhostnoteError` if there is no such folder, or the file is of another format or not what it should be.
    """
    folder = Path(state)
    if not folder.is_dir():
        raise GhostnoteError(f"There is no folder {folder}: give the --state of `ghostnote serve`.")
    path = folder / SHADOW_FILE
    if not path.is_file():
        return None
    return read_json(path, Shadow, number=FORMAT, command="ghostnote serve")

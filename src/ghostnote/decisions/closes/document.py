"""What a close says about itself: `close.json`, and with it the proof of what it was made from."""

from datetime import date, datetime
from pathlib import Path

import msgspec

from ghostnote.decisions.documents import read_json

#: Raised by one whenever a reader of the previous number would misunderstand a file.
FORMAT = 1
CLOSE_FILE = "close.json"


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What changed about an earlier close between two entries of the ledger; `amount` is owed in addition."""

    close: str
    after: int
    upto: int
    plays: int
    streams: int
    amount: float


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """One close. `seq` and `hash` name the ledger's last entry whose decisions are in it; `files` has SHA-256 digests.

    `plays` arrived; of them `held` and `excluded` do not count. `under_watch` are tracks of a chart whose rank could
    still change; `corrections` what changed about earlier closes.
    """

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    name: str
    kind: str
    start: date
    end: date
    lake: str
    ledger: str
    seq: int
    hash: str
    plays: int
    held: int
    excluded: int
    under_watch: int = 0
    corrections: list[Owed] = []
    rejected_rows: int = 0
    duplicates: int = 0
    unreadable_files: list[str] = []
    files: dict[str, str] = {}
    notes: list[str] = []


def read_close(folder: Path) -> Close:
    """The close in a folder; `GhostnoteError` if there is none that can be read."""
    return read_json(folder / CLOSE_FILE, Close, number=FORMAT, command="ghostnote close")

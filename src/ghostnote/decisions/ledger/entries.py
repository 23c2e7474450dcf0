"""What is written to a ledger and what is read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ghostnote.decisions.tables import ACCOUNT_ACTIONS, PLAY_VERDICTS

#: The actor of what Ghostnote decides by itself; every other actor is a person.
SYSTEM = "ghostnote"
#: Kinds of entry that say how things stand with their subject from now on, and what they may say.
STANDING: Mapping[str, tuple[str, ...] | None] = {
    "account": ACCOUNT_ACTIONS,
    "play": PLAY_VERDICTS,
    "track": None,
    "campaign": ("found", "act", "dismiss"),
    "case": ("opened", "assigned", "reviewed", "disputed", "decided", "appealed", "reopened"),
}
#: All kinds of entry.
KINDS = (*STANDING, "run", "note", "label", "close", "correction", "alert", "erasure")
#: Actions that leave a question open: what a person leaves open, Ghostnote may answer later.
OPEN = ("review", "hold", "found", "unclear", "opened", "assigned", "reviewed", "disputed", "appealed", "reopened")
#: The reason of entries that put a subject back as it stood.
UNDONE = "undone"
#: How the reason begins of entries about accounts that are left alone; what they are spared follows.
UNTOUCHED = "untouched, would be: "
#: Characters of a reason, and of an action.
LONGEST_REASON, _LONGEST_ACTION = 256, 32


@dataclass(frozen=True)
class Subject:
    """What a decision is about: a kind (account, play, track, ...) and an id."""

    kind: str
    identifier: str


@dataclass(frozen=True)
class Draft:
    """An entry to be written.

    `key` tells decisions about one subject apart: the same kind, subject and key are the same decision, written once.
    `parent` is what the subject belongs to (a play's account, an account's campaign). `day` is the day of a play.
    `amount` is the payout withheld while the decision stands, in millionths of `currency`. `reason` is a code or a
    short phrase that names nobody; `body` is what else is to be kept, as plain data, and can be erased.
    """

    kind: str
    subject: Subject
    action: str
    key: str
    parent: Subject | None = None
    day: date | None = None
    amount: int = 0
    currency: str | None = None
    reason: str | None = None
    body: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"an entry's kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        allowed = STANDING.get(self.kind)
        if allowed is not None and self.action not in allowed:
            raise ValueError(f"a decision about a {self.kind} is one of {', '.join(allowed)}, not {self.action!r}")
        if self.kind in STANDING and self.subject.kind != self.kind:
            raise ValueError(f"a decision about a {self.kind} has a {self.kind} as its subject")
        if len(self.action) > _LONGEST_ACTION or len(self.reason or "") > LONGEST_REASON:
            raise ValueError("an action is a word and a reason a phrase: what is longer belongs into the body")


@dataclass(frozen=True)
class Entry:
    """An entry as it stands in the ledger; `subject` and `parent` are None once they are forgotten."""

    seq: int
    decision_id: bytes
    recorded_at: datetime
    kind: str
    action: str
    reference: bytes
    actor: str
    day: date | None
    amount: int
    currency: str | None
    reason: str | None
    cause: bytes | None
    hash: bytes
    subject: Subject | None = None
    parent: Subject | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """How things stand with one subject: the action of its latest entry, and whether a person settled it."""

    subject: Subject
    action: str
    amount: int
    reason: str | None
    day: date | None
    parent: Subject | None
    seq: int
    settled: bool

    @property
    def spared(self) -> str | None:
        """What an account that is left alone is spared, in the words of its entry; None of any other."""
        return self.reason if self.reason and self.reason.startswith(UNTOUCHED) else None


def settled_by(actor: str, action: str, reason: str | None) -> bool:
    """Whether a decision stands until a person changes it; what was undone is as open as it was before."""
    return actor != SYSTEM and action not in OPEN and reason != UNDONE

"""A case as its entries tell it: who opened it, whose it is, what people thought of it, and how it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ghostnote.decisions.ledger import Entry, Subject

#: What a person may find: fraud; a victim (an honest holder whose account somebody else used); honest.
DISPOSITIONS = ("fraud", "victim", "legit")
#: States in which a case waits for somebody.
WAITING = ("opened", "assigned", "reviewed", "disputed", "appealed", "reopened")


@dataclass(frozen=True)
class Review:
    """One person's opinion: `overturned` once an appeal or undoing took it back."""

    by: str
    disposition: str
    at: datetime
    decided: bool
    overturned: bool = False


@dataclass(frozen=True)
class Case:
    """One case. `money` is what is at stake, in `currency`; `certainty`, 0 to 1, that it is not due.

    `subject` is the campaign or account it is about (None once forgotten); `reviews_needed` are opinions that must
    agree before anything happens; `decision` is the id of the decision in force. `barred` are those who decided what is
    appealed against: others have to answer.
    """

    case_id: str
    subject: Subject | None
    status: str
    opened_at: datetime
    title: str
    money: float
    currency: str
    certainty: float
    reviews_needed: int = 1
    assignee: str | None = None
    disposition: str | None = None
    decision: bytes | None = None
    changed_at: datetime | None = None
    reviews: tuple[Review, ...] = ()
    barred: frozenset[str] = frozenset()

    @property
    def priority(self) -> float:
        """What the case is likely to cost if nobody looks: money times certainty."""
        return self.money * self.certainty

    @property
    def waiting(self) -> bool:
        return self.status in WAITING

    def reviewed_since_opened(self) -> tuple[Review, ...]:
        """Opinions of this round: those that no appeal or undoing took back."""
        return tuple(review for review in self.reviews if not review.overturned)


def told(entries: Iterable[Entry], before: Mapping[str, Case] = MappingProxyType({})) -> dict[str, Case]:
    """The cases that entries tell of, by id, as they were opened; `before` is what earlier ones told."""
    cases = dict(before)
    for entry in entries:
        if entry.subject is None or entry.kind != "case":
            continue
        name = entry.subject.identifier
        case = cases.get(name)
        if entry.action == "opened" and case is None:
            cases[name] = _opened(name, entry)
        elif case is not None:
            cases[name] = replace(_STEPS[entry.action](case, entry), changed_at=entry.recorded_at)
    return cases


def _opened(name: str, entry: Entry) -> Case:
    body = entry.body
    return Case(
        case_id=name,
        subject=entry.parent,
        status="opened",
        opened_at=entry.recorded_at,
        title=str(body.get("title", "")),
        money=entry.amount / 1e6,
        currency=entry.currency or "",
        certainty=float(body.get("certainty", 0.0)),
        reviews_needed=int(body.get("reviews_needed", 1)),
        changed_at=entry.recorded_at,
    )


def _reopened(case: Case, entry: Entry) -> Case:
    """Back to the queue; what was thought of it so far no longer counts."""
    old = tuple(replace(review, overturned=True) for review in case.reviews)
    return replace(case, status=entry.action, disposition=None, decision=None, assignee=None, reviews=old)


def _appealed(case: Case, entry: Entry) -> Case:
    deciders = {review.by for review in case.reviewed_since_opened() if review.disposition == case.disposition}
    return replace(_reopened(case, entry), barred=frozenset(deciders))


def _seen_again(case: Case, entry: Entry) -> Case:
    """Opened anew by a later run: the money and certainty are the later ones."""
    fresh = _opened(case.case_id, entry)
    kept = _reopened(case, entry) if case.status == "decided" else case
    return replace(
        kept,
        title=fresh.title,
        money=fresh.money,
        currency=fresh.currency,
        certainty=fresh.certainty,
        reviews_needed=max(case.reviews_needed, fresh.reviews_needed),
    )


def _assigned(case: Case, entry: Entry) -> Case:
    # Who has a disputed or appealed case is another question than what became of it.
    status = "assigned" if case.status in ("opened", "reopened") else case.status
    return replace(case, status=status, assignee=str(entry.reason or ""))


def _reviewed(case: Case, entry: Entry) -> Case:
    review = Review(entry.actor, _disposition(entry), entry.recorded_at, decided=False)
    return replace(case, status=entry.action, reviews=(*case.reviews, review), assignee=None)


def _decided(case: Case, entry: Entry) -> Case:
    review = Review(entry.actor, _disposition(entry), entry.recorded_at, decided=True)
    return replace(
        case,
        status="decided",
        disposition=review.disposition,
        decision=entry.decision_id,
        reviews=(*case.reviews, review),
        barred=frozenset(),
    )


def _disposition(entry: Entry) -> str:
    return str(entry.reason)


_STEPS: Mapping[str, Any] = {
    "opened": _seen_again,
    "assigned": _assigned,
    "reviewed": _reviewed,
    "disputed": _reviewed,
    "decided": _decided,
    "appealed": _appealed,
    "reopened": _reopened,
}

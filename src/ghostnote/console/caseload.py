"""Cases as the console shows them: from a ledger, or, without one, those that a run would open, to look at only."""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from threading import Lock
from typing import Any, Literal
from urllib.parse import quote

from ghostnote.console.addresses import page
from ghostnote.console.records import Records
from ghostnote.decisions.cases.case import Case, told
from ghostnote.decisions.cases.golden import ANSWER
from ghostnote.decisions.cases.opening import case_id, opened
from ghostnote.decisions.ledger import Entry, Ledger, Subject

PAGE = 50
#: How many filters' queues are kept in order until something is decided.
_REMEMBERED = 16
#: Up to how many changed cases are put into their places; of more, everything is put in order again.
_FEW = 500
#: How a queue may be ordered, and by what.
ORDERS: Mapping[str, Callable[[Case], float]] = {
    "priority": lambda case: -case.priority,
    "money": lambda case: -case.money,
    "certainty": lambda case: -case.certainty,
    "newest": lambda case: -case.opened_at.timestamp(),
}


@dataclass(frozen=True)
class Filter:
    """What part of the queue is shown; each field is one of the address."""

    state: Literal["waiting", "decided", "all"] = "waiting"
    kind: Literal["all", "campaign", "account"] = "all"
    order: str = "priority"
    least: float = 0.0
    whose: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filter":
        """The filter of an address; what is not understood is as if it were not there."""
        state, kind = given.get("state", ""), given.get("kind", "")
        return cls(
            state="decided" if state == "decided" else "all" if state == "all" else "waiting",
            kind="campaign" if kind == "campaign" else "account" if kind == "account" else "all",
            order=given.get("order", "") if given.get("order", "") in ORDERS else "priority",
            least=_number(given.get("least", "")),
            whose=given.get("whose", "")[:64],
            page=max(1, int(_number(given.get("page", "1")))),
        )

    def chosen(self, cases: Iterable[Case]) -> list[Case]:
        """The cases that it lets through, in its order; `cases` are in the order of their ids."""
        # Sorting leaves equals as they are: to compare numbers alone takes a third of the time.
        return sorted(filter(self._fits, cases), key=ORDERS[self.order])

    def changed(self, chosen: list[Case], cases: Mapping[str, Case], names: Collection[str]) -> list[Case]:
        """What becomes of `chosen` when the cases of some names are new or other ones: as if chosen anew from all."""
        kept = [case for case in chosen if case.case_id not in names]
        for case in filter(self._fits, map(cases.__getitem__, names)):
            insort(kept, case, key=self._place)
        return kept

    def _place(self, case: Case) -> tuple[float, str]:
        return ORDERS[self.order](case), case.case_id

    def _fits(self, case: Case) -> bool:
        state = self.state == "all" or case.waiting == (self.state == "waiting")
        kind = self.kind == "all" or (case.subject is not None and case.subject.kind == self.kind)
        return state and kind and case.money >= self.least and self.whose in ("", case.assignee)


class Caseload:
    """The cases of a ledger (or of a run, if there is none) and what the ledger tells of their subjects."""

    def __init__(self, records: Records, ledger: Ledger | None) -> None:
        self.ledger = ledger
        self._cases = {} if ledger is not None else _would_open(records)
        self._seen, self._reading = 0, Lock()
        self._chosen: dict[Filter, list[Case]] = {}
        self._by_id: list[Case] | None = None
        # Read all that there are and put them in order, so that nobody's first page waits for that.
        self.chosen(Filter())

    def cases(self) -> Mapping[str, Case]:
        """All cases by id. Only what was written since the last time is read: a queue may have a hundred thousand."""
        if self.ledger is None:
            return self._cases
        with self._reading:
            upto, _ = self.ledger.head()
            if upto != self._seen:
                self._catch_up(self.ledger, upto)
            return self._cases

    def chosen(self, by: Filter) -> list[Case]:
        """The cases that a filter lets through, in its order, whatever its page is."""
        cases, every = self.cases(), replace(by, page=1)
        with self._reading:
            if cases is not self._cases:
                return every.chosen(sorted(cases.values(), key=_name))
            if every not in self._chosen and len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            found = self._chosen.get(every)
            if found is None:
                if self._by_id is None:
                    self._by_id = sorted(cases.values(), key=_name)
                found = self._chosen[every] = every.chosen(self._by_id)
            return found

    def _catch_up(self, ledger: Ledger, upto: int) -> None:
        # Who was forgotten must be forgotten here as well, and names are only left out when all is read anew.
        if self._seen and next(ledger.entries(kind="erasure", after=self._seen), None) is not None:
            self._seen, self._cases = 0, {}
            self._chosen.clear()
        new = [entry for entry in ledger.entries(kind="case", after=self._seen) if entry.seq <= upto]
        self._cases, self._seen, self._by_id = told(new, self._cases), upto, None
        names = {entry.subject.identifier for entry in new if entry.subject} & self._cases.keys()
        if len(names) > _FEW:
            self._chosen.clear()
        for by, before in self._chosen.items():
            self._chosen[by] = by.changed(before, self._cases, names)

    def about(self, subject: Subject) -> Case | None:
        """The case about a campaign or account, if there is one."""
        name = case_id(subject)
        if self.ledger is None:
            return self._cases.get(name)
        return told(self.ledger.entries(subject=Subject("case", name))).get(name)

    def history(self, *subjects: Subject) -> list[Entry]:
        """What was done about some subjects, latest first; answers that are known beforehand stay unsaid."""
        if self.ledger is None:
            return []
        entries = [e for each in subjects for e in self.ledger.entries(subject=each) if e.action != ANSWER]
        return sorted(entries, key=lambda entry: -entry.seq)

    def standing(self, accounts: list[str]) -> dict[str, str]:
        """How accounts stand in the ledger now: account_id -> action."""
        if self.ledger is None:
            return {}
        states = self.ledger.states_of([Subject("account", name) for name in accounts])
        return {subject.identifier: state.action for subject, state in states.items()}


_name = attrgetter("case_id")


def plain(case: Case) -> dict[str, Any]:
    """A case as the pages and their JSON twins tell it; `page` is the address of what it is about."""
    kind, name = ("", "") if case.subject is None else (case.subject.kind, case.subject.identifier)
    return {
        "case_id": case.case_id,
        "kind": kind,
        "about": name,
        "page": "" if case.subject is None else page_of(case.subject),
        "status": case.status,
        "waiting": case.waiting,
        "disposition": case.disposition,
        "title": case.title,
        "money": case.money,
        "certainty": case.certainty,
        "reviews_needed": case.reviews_needed,
        "assignee": case.assignee,
        "opened_at": case.opened_at,
        "reviews": [
            {"by": r.by, "disposition": r.disposition, "at": r.at, "overturned": r.overturned} for r in case.reviews
        ],
    }


def page_of(subject: Subject) -> str:
    """The address of the page about a campaign or an account."""
    if subject.kind == "account":
        return page("account", subject.identifier)
    return f"/{subject.kind}/{quote(subject.identifier)}"


def _would_open(records: Records) -> dict[str, Case]:
    made = records.folder.summary.made_at
    return {
        draft.subject.identifier: Case(
            case_id=draft.subject.identifier,
            subject=draft.parent,
            status="opened",
            opened_at=made,
            title=str((draft.body or {})["title"]),
            money=draft.amount / 1e6,
            currency=draft.currency or "",
            certainty=float((draft.body or {})["certainty"]),
            reviews_needed=int((draft.body or {})["reviews_needed"]),
        )
        for draft in opened(records.folder, {}, "console")
    }


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e12 else 0.0

"""What people do with cases, and what follows for accounts and plays: all of it entries, all of it reversible."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from ghostnote.decisions.cases.case import DISPOSITIONS, Case, told
from ghostnote.decisions.cases.golden import answers
from ghostnote.decisions.ledger import Draft, Entry, Ledger, State, Subject
from ghostnote.decisions.ledger.entries import LONGEST_REASON, UNDONE
from ghostnote.errors import GhostnoteError

T = TypeVar("T")

#: Entries in one transaction.
_BATCH = 5000
#: What becomes of an account, by what people found.
_ACTION = {"fraud": "suspend", "victim": "challenge", "legit": "allow"}
#: What becomes of plays that do not count, by what people found: a victim's were made by somebody else.
_VERDICT = {"fraud": "exclude", "victim": "exclude", "legit": "count"}


@dataclass(frozen=True)
class Outcome:
    """What a step did: how the case stands now, and how many accounts and plays changed; `kept` are those that others
    changed since, left as they are.
    """

    case: Case
    accounts: int = 0
    plays: int = 0
    kept: int = 0


class Desk:
    """One person at the cases of a ledger, at one time."""

    def __init__(self, ledger: Ledger, *, by: str, at: datetime) -> None:
        self.ledger, self.by, self.at = ledger, by, at

    def cases(self) -> dict[str, Case]:
        """All cases by id."""
        return told(self.ledger.entries(kind="case"))

    def case(self, name: str) -> Case:
        """One case; `GhostnoteError` if there is none of that name."""
        found = told(self.ledger.entries(subject=Subject("case", name))).get(name)
        if found is None:
            raise GhostnoteError(f"There is no case {name}: `ghostnote cases list` shows those that there are.")
        return found

    def assign(self, name: str, to: str) -> Outcome:
        """Give a waiting case to somebody."""
        case = self._waiting(name)
        return self._step(case, "assigned", reason=_short(to))

    def note(self, name: str, text: str) -> Outcome:
        """Write something down about a case."""
        case = self.case(name)
        draft = self._draft(case, "note", "said", body={"text": text})
        self.ledger.append([draft], actor=self.by, at=self.at)
        return Outcome(case)

    def decide(self, name: str, disposition: str, *, text: str = "", but: Collection[str] = ()) -> Outcome:
        """Say what a case is; with enough agreeing opinions, accounts and plays follow, but for those in `but`.

        A second opinion has to be somebody else's, and so has the answer to an appeal.
        """
        if disposition not in DISPOSITIONS:
            raise GhostnoteError(f"A case is one of {', '.join(DISPOSITIONS)}, not '{disposition}'.")
        case = self.case(name)
        if case.status == "decided":
            return self._finish(case, disposition)
        if case.subject is None:
            raise GhostnoteError(f"Case {name} is about an account that was forgotten: there is nothing to decide.")
        # Nothing follows from what people say about a case whose answer is known.
        members = [] if answers(self.ledger, name) else self._members(case.subject)
        self._known(but, members)
        self._independent(case)
        opinions = [review.disposition for review in case.reviewed_since_opened()] + [disposition]
        body = {"text": text, "but": len(but)}
        if opinions.count(disposition) >= case.reviews_needed:
            return self._carry_out(case, disposition, members, frozenset(but), body)
        action = "reviewed" if len(set(opinions)) == 1 else "disputed"
        return self._step(case, action, reason=disposition, body=body)

    def appeal(self, name: str, text: str) -> Outcome:
        """Reopen a decided case since its holder says it is wrong; somebody else has to answer."""
        case = self.case(name)
        if case.status != "decided":
            raise GhostnoteError(f"Case {name} is not decided yet ({case.status}): there is nothing to appeal against.")
        return self._step(case, "appealed", body={"text": text})

    def reopen(self, name: str, text: str = "") -> Outcome:
        """Put a decided case back into the queue; what was decided stands until it is decided anew."""
        case = self.case(name)
        if case.status != "decided":
            raise GhostnoteError(f"Case {name} waits already ({case.status}).")
        return self._step(case, "reopened", body={"text": text})

    def undo(self, name: str) -> Outcome:
        """Take a case's decision back: accounts and plays stand as before it, unless somebody changed them since."""
        case = self.case(name)
        if case.decision is None:
            raise GhostnoteError(f"Case {name} is not decided ({case.status}): there is nothing to undo.")
        decision = case.decision
        accounts = plays = kept = 0
        for part in _batches(self.ledger.entries(cause=decision)):
            drafts, left = self._restored(part)
            kept += left
            self.ledger.append(drafts, actor=self.by, at=self.at, cause=decision)
            accounts += sum(draft.kind == "account" for draft in drafts)
            plays += sum(draft.kind == "play" for draft in drafts)
        stepped = self._step(case, "reopened", reason=UNDONE)
        return Outcome(stepped.case, accounts, plays, kept)

    def _carry_out(
        self, case: Case, disposition: str, members: list[State], but: frozenset[str], body: dict[str, object]
    ) -> Outcome:
        step = self._draft(case, "case", "decided", reason=disposition, body=body)
        drafts = [step]
        for member in members:
            found = "legit" if member.subject.identifier in but else disposition
            drafts += self._about_account(case, member, found)
        self.ledger.append(drafts, actor=self.by, at=self.at, led=True)
        decided = self.case(case.case_id)
        plays = self._about_plays(decided, members, disposition, but)
        return Outcome(decided, len(members), plays)

    def _finish(self, case: Case, disposition: str) -> Outcome:
        """What is left to do of a decision that was cut short; it is the same decision, or it is refused."""
        last = case.reviews[-1]
        if disposition != case.disposition or last.by != self.by or case.subject is None:
            raise GhostnoteError(
                f"Case {case.case_id} is decided ({case.disposition}, by {last.by}): appeal, reopen or undo it first."
            )
        causes = self.ledger.entries(cause=case.decision)
        spared = {e.subject.identifier for e in causes if e.kind == "account" and e.action == "allow" and e.subject}
        but = frozenset() if disposition == "legit" else frozenset(spared)
        members = [] if answers(self.ledger, case.case_id) else self._members(case.subject)
        return Outcome(case, 0, self._about_plays(case, members, disposition, but))

    def _about_account(self, case: Case, member: State, found: str) -> Iterator[Draft]:
        key = self._key(case)
        yield Draft(
            kind="account",
            subject=member.subject,
            action=_ACTION[found],
            key=key,
            parent=member.parent,
            amount=member.amount,
            reason=f"case {case.case_id}: {found}",
        )
        yield Draft(
            kind="label",
            subject=member.subject,
            action="fraud" if found == "fraud" else "legit",
            key=key,
            reason="appeal" if case.barred else "review",
            body={"kind": "victim" if found == "victim" else None},
        )

    def _about_plays(self, case: Case, members: list[State], disposition: str, but: frozenset[str]) -> int:
        """Plays of members that stand otherwise than found; those that people settled one by one stay."""
        changed = 0
        for member in members:
            found = "legit" if member.subject.identifier in but else disposition
            theirs = (s for s in self.ledger.states("play", parent=member.subject) if s.action != _VERDICT[found])
            for part in _batches(state for state in theirs if not state.settled or _by_case(state)):
                drafts = [self._about_play(case, state, found) for state in part]
                changed += self.ledger.append(drafts, actor=self.by, at=self.at, cause=case.decision).new
        return changed

    def _about_play(self, case: Case, state: State, found: str) -> Draft:
        assert case.decision is not None
        verdict = _VERDICT[found]
        return Draft(
            kind="play",
            subject=state.subject,
            action=verdict,
            key=case.decision.hex(),
            parent=state.parent,
            day=state.day,
            amount=0 if verdict == "count" else state.amount,
            currency=case.currency or None,
            reason=f"case {case.case_id}: {found}",
        )

    def _restored(self, part: list[Entry]) -> tuple[list[Draft], int]:
        """Drafts that put the subjects of entries back as they stood before, and how many somebody changed since."""
        made = {
            entry.subject: entry
            for entry in part
            if entry.subject and entry.kind in ("account", "play") and not (entry.reason or "").startswith(UNDONE)
        }
        if not made:
            return [], 0
        now = self.ledger.states_of(list(made))
        before = self.ledger.states_before(min(entry.seq for entry in made.values()), list(made))
        drafts, kept = [], 0
        for subject, entry in made.items():
            if now[subject].seq != entry.seq:
                kept += not (now[subject].reason or "").startswith(UNDONE)
                continue
            was = before.get(subject)
            drafts.append(
                Draft(
                    kind=entry.kind,
                    subject=subject,
                    action=was.action if was else {"account": "allow", "play": "count"}[entry.kind],
                    key=f"undo {entry.decision_id.hex()}",
                    parent=entry.parent,
                    day=entry.day,
                    amount=was.amount if was else 0,
                    currency=entry.currency,
                    reason=f"{UNDONE}, as settled before" if was and was.settled else UNDONE,
                )
            )
            if entry.kind == "account":
                key = f"undo {entry.decision_id.hex()}"
                drafts.append(Draft(kind="label", subject=subject, action="withdrawn", key=key))
        return drafts, kept

    def _members(self, subject: Subject) -> list[State]:
        """Whom a decision is about: of a campaign, all but untouched accounts, on which nobody decides in passing."""
        if subject.kind == "account":
            state = self.ledger.state(subject)
            return [] if state is None else [state]
        return [state for state in self.ledger.states("account", parent=subject) if state.spared is None]

    def _known(self, but: Collection[str], members: list[State]) -> None:
        unknown = sorted(set(but) - {member.subject.identifier for member in members})
        if unknown:
            raise GhostnoteError(f"The case has no account {unknown[0]}: only its own accounts can be left out.")

    def _independent(self, case: Case) -> None:
        # Whoever decided what is appealed against is not asked whether they were wrong.
        if self.by in {*case.barred, *(review.by for review in case.reviewed_since_opened())}:
            why = "answers an appeal" if case.barred else "gives the next opinion"
            raise GhostnoteError(f"You looked at case {case.case_id} already: somebody else {why}.")

    def _waiting(self, name: str) -> Case:
        case = self.case(name)
        if not case.waiting:
            raise GhostnoteError(f"Case {name} is decided ({case.disposition}): reopen it first.")
        return case

    def _step(
        self, case: Case, action: str, *, reason: str | None = None, body: dict[str, object] | None = None
    ) -> Outcome:
        draft = self._draft(case, "case", action, reason=reason, body=body)
        self.ledger.append([draft], actor=self.by, at=self.at)
        return Outcome(self.case(case.case_id))

    def _draft(
        self,
        case: Case,
        kind: str,
        action: str,
        *,
        reason: str | None = None,
        body: dict[str, object] | None = None,
    ) -> Draft:
        subject = Subject("case", case.case_id)
        return Draft(
            kind=kind,
            subject=subject,
            action=action,
            key=self._key(case),
            parent=case.subject,
            reason=reason,
            body=body,
        )

    def _key(self, case: Case) -> str:
        """Tells steps of a case apart: a person's steps follow one another in time."""
        return f"{self.by} {self.at.isoformat()} {case.status}"


def _by_case(state: State) -> bool:
    return (state.reason or "").startswith("case ")


def _short(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_REASON:
        raise GhostnoteError("Say whom the case goes to, in a word or two.")
    return text.strip()


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while part := list(islice(iterator, _BATCH)):
        yield part

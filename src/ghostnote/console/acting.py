"""What people do on the pages: each a step at the Desk, kept in the ledger with who and when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ghostnote.console.signing_in import Session
from ghostnote.console.wording import counted
from ghostnote.decisions.cases.deciding import Desk, Outcome
from ghostnote.decisions.ledger import Ledger
from ghostnote.errors import GhostnoteError

#: Cases that one step may decide at once.
_MOST = 100
_LONGEST = 2000


class Acting:
    """Carries out what forms ask for, in the name of a session."""

    def __init__(self, ledger: Ledger | None, clock: Callable[[], datetime]) -> None:
        self._ledger, self._clock = ledger, clock

    def act(self, session: Session, step: str, cases: Sequence[str], given: Mapping[str, str]) -> None:
        """Do one step with cases; what came of it is told on the next page. Raises `GhostnoteError` if none can be."""
        if self._ledger is None:
            raise GhostnoteError("There is no ledger to keep decisions in: start the console with --ledger.")
        if not cases:
            raise GhostnoteError("No case is chosen: tick at least one.")
        if len(cases) > _MOST:
            raise GhostnoteError(f"At most {_MOST} cases can be decided at once.")
        desk = Desk(self._ledger, by=session.name, at=self._clock())
        done: list[tuple[str, Outcome]] = []
        session.undoable = ()
        for name in cases:
            try:
                done.append((name, _take(desk, step, name, given)))
            except GhostnoteError as error:
                session.told.append(str(error))
        if done:
            session.told.insert(0, _told([outcome for _, outcome in done]))
        if step == "decide":
            session.undoable = tuple(name for name, outcome in done if outcome.case.status == "decided")


def _take(desk: Desk, step: str, name: str, given: Mapping[str, str]) -> Outcome:
    text = given.get("text", "").strip()[:_LONGEST]
    if step == "decide":
        # Those to leave out are ticked in a table or written down.
        but = {*given.get("but", "").split("\n"), *given.get("also", "").split()} - {""}
        return desk.decide(name, given.get("disposition", ""), text=text, but=but)
    if step == "undo":
        return desk.undo(name)
    if step == "appeal":
        if not text:
            raise GhostnoteError("Write down what the holder says.")
        return desk.appeal(name, text)
    if step == "note":
        if not text:
            raise GhostnoteError("Write down what is to be kept.")
        return desk.note(name, text)
    if step == "assign":
        return desk.assign(name, given.get("to") or desk.by)
    raise GhostnoteError(f"There is nothing called '{step}' to do with a case.")


def _told(outcomes: Sequence[Outcome]) -> str:
    accounts, plays = sum(o.accounts for o in outcomes), sum(o.plays for o in outcomes)
    kept = sum(o.kept for o in outcomes)
    last = outcomes[-1].case
    said = "honest" if last.disposition == "legit" else last.disposition
    stands = last.status if said is None else f"{last.status}: {said}"
    what = f"Case {last.case_id} is {stands}." if len(outcomes) == 1 else f"{len(outcomes)} cases are {stands}."
    if last.status in ("reviewed", "disputed"):
        what += f" {last.reviews_needed} people must agree before anything happens."
    if accounts or plays:
        follow = "follows" if accounts + plays == 1 else "follow"
        what += f" {counted(accounts, 'account')} and {counted(plays, 'play')} {follow}."
    if kept:
        what += f" {kept:,} were changed by others since, and stay as they are."
    return what

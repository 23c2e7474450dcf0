"""`ghostnote cases`: the queue of what people should look at, and what they decide."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.ledger import Address
from ghostnote.cli.screen import console, print_json
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from ghostnote.decisions.cases.case import Case
    from ghostnote.decisions.cases.deciding import Desk, Outcome
    from ghostnote.decisions.cases.reviewers import Reviewer

cases_app = typer.Typer(help="Look at cases and decide them.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(help="The case, as `ghostnote cases list` names it.", show_default=False)]
_By = Annotated[
    str | None, typer.Option("--by", envvar="GHOSTNOTE_ACTOR", help="Who decides. Default: the name you log in with.")
]
_Text = Annotated[str, typer.Option("--text", help="Why, in your own words.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@cases_app.command("list")
def list_cases(
    ledger: Address,
    status: Annotated[str | None, typer.Option(help="Only cases in this state. Default: all that wait.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only this person's cases.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Cases to show.")] = 25,
    as_json: _Json = False,
) -> None:
    """Print the queue: the cases that would cost most if nobody looked, money times certainty, first."""
    from ghostnote.decisions.cases.case import told
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.decisions.ledger.entries import STANDING

    states = STANDING["case"] or ()
    if status is not None and status not in states:
        raise GhostnoteError(f"A case is {', '.join(states[:-1])} or {states[-1]}, not '{status}'.")
    with open_ledger(ledger) as opened:
        found = list(told(opened.entries(kind="case")).values())
    chosen = [
        case
        for case in found
        if (case.waiting if status is None else case.status == status) and assignee in (None, case.assignee)
    ]
    queue = sorted(chosen, key=lambda case: (-case.priority, case.case_id))
    if as_json:
        print_json({"cases": [_plain(case) for case in queue[:most]], "count": len(queue)})
        return
    screen = console()
    if not queue:
        screen.print("No case waits." if status is None else f"No case is {status}.")
        return
    screen.print(_table(queue[:most]))
    if len(queue) > most:
        screen.print(f"{len(queue) - most:,} more: --most shows them.")


@cases_app.command("show")
def show(name: _Name, ledger: Address, as_json: _Json = False) -> None:
    """Print one case: what it is about, its accounts, and all that was done with it."""
    from ghostnote.decisions.cases.golden import ANSWER
    from ghostnote.decisions.ledger import Subject, open_ledger

    with open_ledger(ledger) as opened:
        case = _desk(opened, None).case(name)
        steps = [e for e in opened.entries(subject=Subject("case", name)) if e.action != ANSWER]
        about = [] if case.subject is None else list(opened.entries(subject=case.subject, newest_first=True))
        members = [] if case.subject is None else list(opened.states("account", parent=case.subject))
    told = {
        "case": _plain(case),
        "accounts": [{"account_id": state.subject.identifier, "action": state.action} for state in members],
        "evidence": _evidence(about[0].body) if about else [],
        "steps": [
            {"at": e.recorded_at, "by": e.actor, "what": e.action, "says": e.reason or e.body.get("text") or ""}
            for e in steps
        ],
    }
    if as_json:
        print_json(told)
    else:
        _show(case, told)


@cases_app.command("assign")
def assign(
    name: _Name,
    to: Annotated[str, typer.Argument(help="Who takes it.")],
    ledger: Address,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Give a case to somebody."""
    _take(ledger, by, as_json, lambda desk: desk.assign(name, to))


@cases_app.command("note")
def note(
    name: _Name,
    text: Annotated[str, typer.Argument(help="What to write down.")],
    ledger: Address,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Write something down about a case."""
    _take(ledger, by, as_json, lambda desk: desk.note(name, text))


@cases_app.command("decide")
def decide(
    name: _Name,
    disposition: Annotated[str, typer.Argument(help="fraud, victim (somebody else used it) or legit.")],
    ledger: Address,
    but: Annotated[
        list[str] | None, typer.Option("--but", help="An account of the case that is honest; repeat it.")
    ] = None,
    text: _Text = "",
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Decide a case: its accounts and plays follow, at once or when a second person agrees."""
    _take(ledger, by, as_json, lambda desk: desk.decide(name, disposition, text=text, but=but or []))


@cases_app.command("appeal")
def appeal(name: _Name, ledger: Address, text: _Text = "", by: _By = None, as_json: _Json = False) -> None:
    """Put a decided case before somebody else, since its holder says that the decision is wrong."""
    _take(ledger, by, as_json, lambda desk: desk.appeal(name, text))


@cases_app.command("reopen")
def reopen(name: _Name, ledger: Address, text: _Text = "", by: _By = None, as_json: _Json = False) -> None:
    """Put a decided case back into the queue; what was decided stands until it is decided anew."""
    _take(ledger, by, as_json, lambda desk: desk.reopen(name, text))


@cases_app.command("undo")
def undo(name: _Name, ledger: Address, by: _By = None, as_json: _Json = False) -> None:
    """Take a decision back: accounts and plays stand as before it, unless somebody changed them since."""
    _take(ledger, by, as_json, lambda desk: desk.undo(name))


@cases_app.command("golden")
def golden(
    lake: Annotated[Path, typer.Option(help="The lake whose labels are known to be true.", show_default=False)],
    decisions: Annotated[Path, typer.Option(help="What `ghostnote score` wrote.", show_default=False)],
    ledger: Address,
    count: Annotated[int, typer.Option(min=1, help="Cases to add.")] = 10,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Add cases whose answer is known, which look like all others, to measure how well people decide."""
    from ghostnote.decisions.cases.golden import golden as drafts_of
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.events.labels import known_by
    from ghostnote.events.lake import Lake
    from ghostnote.events.reading import read

    known = known_by(read(Lake(lake), "labels").rows, datetime.now(UTC))
    labels = known.filter(known["subject_type"] == "account").select("subject_id", "verdict")
    folder = DecisionFolder(decisions)
    with open_ledger(ledger) as opened:
        desk = _desk(opened, by)
        drafts = drafts_of(folder, labels, desk.cases(), count, desk.at.isoformat())
        opened.append(drafts, actor=desk.by, at=desk.at)
    if as_json:
        print_json({"added": len(drafts) // 2})
    else:
        console().print(f"{len(drafts) // 2:,} cases with known answers are in the queue.")


@cases_app.command("reviewers")
def reviewers(ledger: Address, as_json: _Json = False) -> None:
    """Print how well everybody decides: against known answers, against each other, and after appeals."""
    from ghostnote.decisions.cases.case import told
    from ghostnote.decisions.cases.golden import answers
    from ghostnote.decisions.cases.reviewers import reviewers as measured
    from ghostnote.decisions.ledger import open_ledger

    with open_ledger(ledger) as opened:
        found = measured(told(opened.entries(kind="case")).values(), answers(opened))
    if as_json:
        print_json({"reviewers": found})
    elif not found:
        console().print("Nobody decided anything yet.")
    else:
        console().print(_reviewer_table(found))


@cases_app.command("labels")
def labels(
    ledger: Address,
    lake: Annotated[Path, typer.Option(help="The lake to write labels into.", show_default=False)],
    as_json: _Json = False,
) -> None:
    """Write what people decided into a lake as labels, known from the moment at which they decided."""
    from ghostnote.decisions.cases.labels import labels as found_in
    from ghostnote.decisions.cases.labels import put_into
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.events.lake import Lake

    target = Lake(lake)
    with open_ledger(ledger) as opened:
        written = put_into(target, found_in(opened))
    if as_json:
        print_json({"lake": str(lake), "labels": written})
    else:
        console().print(f"{written:,} labels in {lake}: `ghostnote train` learns from them.")


def _desk(ledger: Any, by: str | None) -> Any:
    from ghostnote.decisions.cases.deciding import Desk

    return Desk(ledger, by=actor(by), at=datetime.now(UTC))


def _take(ledger: str, by: str | None, as_json: bool, step: "Callable[[Desk], Outcome]") -> None:
    """One person's step at a case, and what follows from it."""
    from ghostnote.decisions.ledger import open_ledger

    with open_ledger(ledger) as opened:
        outcome = step(_desk(opened, by))
    _tell(outcome, as_json)


def _tell(outcome: "Outcome", as_json: bool) -> None:
    case = outcome.case
    if as_json:
        changed = {"accounts": outcome.accounts, "plays": outcome.plays, "kept": outcome.kept}
        print_json({"case": _plain(case), "changed": changed})
        return
    stands = case.status if case.disposition is None else f"{case.status}: {case.disposition}"
    screen = console()
    whose = f", {case.assignee}'s" if case.assignee else ""
    screen.print(f"{case.case_id} is {stands}{whose}.", markup=False)
    if case.status in ("reviewed", "disputed"):
        screen.print(f"{case.reviews_needed} people must agree before anything happens: somebody else looks next.")
    if outcome.accounts or outcome.plays:
        screen.print(f"{outcome.accounts:,} accounts and {outcome.plays:,} plays follow.")
    if outcome.kept:
        screen.print(f"{outcome.kept:,} were changed by others since, and stay as they are.")


def _table(queue: list["Case"]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name, side in (("case", "left"), ("at stake", "right"), ("certainty", "right"), ("state", "left")):
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    table.add_column("whose", no_wrap=True)
    table.add_column("about")
    for case in queue:
        money = f"{case.money:,.2f} {case.currency}"
        whose = case.assignee or ""
        table.add_row(case.case_id, money, f"{case.certainty:.0%}", case.status, whose, f"{_about(case)}: {case.title}")
    return table


def _reviewer_table(found: list["Reviewer"]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("reviewer")
    for name in ("opinions", "decided", "known answers right", "agreed with others", "overturned", "median hours"):
        table.add_column(name, justify="right")
    for person in found:
        span = f" ({person.low:.0%} to {person.high:.0%})" if person.golden else ""
        table.add_row(
            person.name,
            f"{person.opinions:,}",
            f"{person.decided:,}",
            f"{person.golden_right} of {person.golden}{span}",
            f"{person.agreed} of {person.paired}",
            f"{person.overturned:,}",
            f"{person.hours:.1f}",
        )
    return table


def _show(case: "Case", told: dict[str, Any]) -> None:
    screen = console()
    stands = case.status if case.disposition is None else f"{case.status}: {case.disposition}"
    screen.print(f"{case.case_id}: {_about(case)}, {stands}", markup=False, style="bold")
    screen.print(case.title, markup=False)
    needed = " Two people must agree." if case.reviews_needed > 1 else ""
    screen.print(f"{case.money:,.2f} {case.currency} at stake, certainty {case.certainty:.0%}.{needed}", markup=False)
    for line in told["evidence"]:
        screen.print(f"- {line}", markup=False)
    accounts = told["accounts"]
    for account in accounts[:20]:
        screen.print(f"  {account['account_id']} {account['action']}", markup=False)
    if len(accounts) > 20:
        screen.print(f"  and {len(accounts) - 20:,} more accounts: --json lists them")
    for step in told["steps"]:
        says = f": {step['says']}" if step["says"] else ""
        screen.print(f"{step['at']:%Y-%m-%d %H:%M} {step['by']} {step['what']}{says}", markup=False)


def _evidence(body: Any) -> list[str]:
    return [str(line) for line in body.get("evidence") or body.get("reasons") or []]


def _about(case: "Case") -> str:
    return "a forgotten account" if case.subject is None else f"{case.subject.kind} {case.subject.identifier}"


def _plain(case: "Case") -> dict[str, object]:
    return {
        "case_id": case.case_id,
        "about": None if case.subject is None else {"kind": case.subject.kind, "id": case.subject.identifier},
        "status": case.status,
        "title": case.title,
        "money": case.money,
        "currency": case.currency,
        "certainty": case.certainty,
        "priority": case.priority,
        "reviews_needed": case.reviews_needed,
        "assignee": case.assignee,
        "disposition": case.disposition,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "reviews": [{"by": r.by, "disposition": r.disposition, "at": r.at} for r in case.reviews],
    }

"""`ghostnote ledger`: decisions kept for good, each bound to all before it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.screen import console, print_json, progress_bars
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.decisions.ledger import Entry
    from ghostnote.decisions.ledger.verifying import Verification
    from ghostnote.decisions.recording import Recorded

ledger_app = typer.Typer(help="Keep decisions for good, and prove it.", no_args_is_help=True, rich_markup_mode=None)

#: The address of a ledger, as every command asks for it.
Address = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="GHOSTNOTE_LEDGER",
        help="The ledger: a file (SQLite) or postgresql://HOST/NAME.",
        show_default=False,
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@ledger_app.command("append")
def append(
    decisions: Annotated[Path, typer.Option(help="What `ghostnote score` wrote.", show_default=False)],
    ledger: Address,
    accept_surge: Annotated[
        list[str] | None,
        typer.Option(help="Let a rule (or model, lockstep, ...) act on far more accounts than before."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(envvar="GHOSTNOTE_ACTOR", help="Who accepts it [default: who is logged in].")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Write what a run decided to the ledger, begun if there is none: only what changes, and nothing twice.

    What acts on far more accounts than in earlier runs is held until somebody accepts it: accounts as review, plays on
    hold, and an alert in the ledger.
    """
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.decisions.ledger import SYSTEM, open_ledger
    from ghostnote.decisions.recording import record

    folder = DecisionFolder(decisions)
    who = actor(by) if accept_surge else SYSTEM
    with open_ledger(ledger, create=True) as opened, progress_bars() as progress:
        recorded = record(folder, opened, at=datetime.now(UTC), accept=accept_surge or (), by=who, progress=progress)
        seq, last = opened.head()
        name = opened.name
    if as_json:
        print_json({"ledger": name, "recorded": recorded, "head": {"seq": seq, "hash": last.hex()}})
        return
    _show_recorded(recorded, name)
    _show_held(recorded)
    console().print(f"Last entry {seq:,}, hash {last.hex()}: noted elsewhere, it proves all before it.")


@ledger_app.command("decide")
def decide(
    kind: Annotated[str, typer.Argument(help="play or account.", show_default=False)],
    identifier: Annotated[str, typer.Argument(help="Its event_id or account_id.", show_default=False)],
    action: Annotated[str, typer.Argument(help="count, hold or exclude; allow, challenge, limit, review or suspend.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence that names nobody.", show_default=False)],
    ledger: Address,
    lake: Annotated[Path | None, typer.Option(help="Where to look up what the ledger does not know yet.")] = None,
    by: Annotated[str | None, typer.Option("--by", envvar="GHOSTNOTE_ACTOR", help="Who decides.")] = None,
    as_json: _Json = False,
) -> None:
    """Decide about one play or account; runs leave it so. Deciding again undoes it, and both stay in the ledger."""
    from ghostnote.cli.actor import actor
    from ghostnote.decisions.adjudicating import adjudicate
    from ghostnote.decisions.ledger import Subject, open_ledger
    from ghostnote.events.lake import Lake

    source = None if lake is None else Lake(lake)
    with open_ledger(ledger) as opened:
        who, now = actor(by), datetime.now(UTC)
        seq = adjudicate(opened, Subject(kind, identifier), action, reason=reason, by=who, at=now, lake=source)
    if as_json:
        print_json({"seq": seq, "kind": kind, "id": identifier, "action": action, "by": who})
    else:
        console().print(f"Entry {seq:,}: {kind} {identifier} is {action} from now on, says {who}.", markup=False)


@ledger_app.command("verify")
def verify(
    ledger: Address,
    expect: Annotated[str | None, typer.Option(help="The hash of an entry that was noted elsewhere.")] = None,
    as_json: _Json = False,
) -> None:
    """Work every hash out again: what was altered, lost, added or put out of order is told. Exits 1 if anything was."""
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.decisions.ledger.verifying import verify as walk

    expected = _hash(expect)
    with open_ledger(ledger) as opened, progress_bars() as progress:
        found = walk(opened, expected=expected, watch=lambda done, total: progress("Verifying", done, total))
        name = opened.name
    if as_json:
        problems = [{"seq": problem.seq, "says": problem.says} for problem in found.problems]
        told = {"entries": found.entries, "hash": found.hash.hex(), "problems": problems, "count": found.count}
        print_json({"ledger": name, "sound": found.sound, **told})
    else:
        _show_verification(found, name)
    if not found.sound:
        raise typer.Exit(1)


@ledger_app.command("head")
def head(ledger: Address, as_json: _Json = False) -> None:
    """Print the last entry's number and hash, to be noted where nobody who writes the ledger can change it."""
    from ghostnote.decisions.ledger import open_ledger

    with open_ledger(ledger) as opened:
        seq, last = opened.head()
        if as_json:
            print_json({"ledger": opened.name, "seq": seq, "hash": last.hex()})
        else:
            console().print(f"{seq} {last.hex()}")


@ledger_app.command("show")
def show(
    ledger: Address,
    account: Annotated[str | None, typer.Option(help="Only this account's entries.")] = None,
    play: Annotated[str | None, typer.Option(help="Only this play's entries, by its event_id.")] = None,
    track: Annotated[str | None, typer.Option(help="Only this track's entries.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign's entries.")] = None,
    case: Annotated[str | None, typer.Option(help="Only this case's entries.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Entries to show, newest first.")] = 20,
    as_json: _Json = False,
) -> None:
    """Print entries, the newest first: what was decided, when, by whom, why, and for how much."""
    from itertools import islice

    from ghostnote.decisions.ledger import Subject, open_ledger

    asked = {"account": account, "play": play, "track": track, "campaign": campaign, "case": case}
    chosen = [Subject(kind, identifier) for kind, identifier in asked.items() if identifier is not None]
    if len(chosen) > 1:
        raise GhostnoteError("Name one thing to show the entries of, not several.")
    with open_ledger(ledger) as opened:
        found = list(islice(opened.entries(subject=chosen[0] if chosen else None, newest_first=True), most))
    if as_json:
        print_json({"entries": [_plain(entry) for entry in found]})
        return
    if not found and chosen:
        console().print(f"Nothing was ever decided about the {chosen[0].kind} {chosen[0].identifier}.")
    for entry in found:
        console().print(_line(entry), markup=False)


def _hash(given: str | None) -> bytes | None:
    if given is None:
        return None
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise GhostnoteError("--expect takes a hash of 64 hexadecimal digits, as `ghostnote ledger head` prints it.")
    return found


def _show_recorded(recorded: "Recorded", name: str) -> None:
    screen = console()
    if recorded.already:
        screen.print(f"{name} has this run already ({recorded.run_id}): nothing new.")
        return
    screen.print(
        f"{name}: {recorded.entries:,} entries for run {recorded.run_id}: {recorded.accounts:,} decisions about "
        f"accounts and {recorded.plays:,} about plays changed, {recorded.undone:,} of them undone. "
        f"{recorded.cases:,} cases opened."
    )
    if recorded.settled:
        screen.print(f"{recorded.settled:,} decisions were left as people settled them.")


def _show_held(recorded: "Recorded") -> None:
    held = [trip for trip in recorded.trips if trip.source not in recorded.accepted]
    if not held:
        return
    what = "; ".join(trip.said for trip in held)
    accept = " ".join(f"--accept-surge {trip.source}" for trip in held)
    how = (
        "Still held"
        if recorded.already
        else f"HELD, {recorded.held_accounts:,} accounts as review and {recorded.held_plays:,} plays"
    )
    console().print(f"{how}: {what}. Look at them; to let it stand, append again with {accept}.", markup=False)


def _show_verification(found: "Verification", name: str) -> None:
    screen = console()
    if found.sound:
        screen.print(f"{name} is sound: {found.entries:,} entries, last hash {found.hash.hex()}.")
        return
    for problem in found.problems:
        screen.print(f"{problem.says[0].upper()}{problem.says[1:]}.", markup=False)
    more = found.count - len(found.problems)
    screen.print(f"{name} is NOT sound: {found.count:,} problems{f', {more:,} more than shown' if more else ''}.")


def _line(entry: "Entry") -> str:
    whom = "(forgotten)" if entry.subject is None else entry.subject.identifier
    money = f" {entry.amount / 1e6:,.2f} {entry.currency}" if entry.amount and entry.currency else ""
    why = f": {entry.reason}" if entry.reason else ""
    when = f"{entry.recorded_at:%Y-%m-%d %H:%M:%S}"
    return f"{entry.seq:>8} {when} {entry.actor} {entry.kind} {whom} {entry.action}{money}{why}"


def _plain(entry: "Entry") -> dict[str, object]:
    return {
        "seq": entry.seq,
        "decision_id": entry.decision_id.hex(),
        "recorded_at": entry.recorded_at,
        "kind": entry.kind,
        "action": entry.action,
        "subject": None if entry.subject is None else entry.subject.identifier,
        "parent": None if entry.parent is None else entry.parent.identifier,
        "actor": entry.actor,
        "day": entry.day,
        "amount": entry.amount / 1e6,
        "currency": entry.currency,
        "reason": entry.reason,
        "cause": None if entry.cause is None else entry.cause.hex(),
        "body": entry.body,
        "hash": entry.hash.hex(),
    }

"""`ghostnote forget` and `ghostnote expire`: erasure of one account, and of days that are too old."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.screen import console, print_json
from ghostnote.errors import GhostnoteError


def forget(
    account: Annotated[str, typer.Argument(help="The account's id.", show_default=False)],
    lake: Annotated[list[Path] | None, typer.Option(help="A lake it is in; repeat for several.")] = None,
    decisions: Annotated[list[Path] | None, typer.Option(help="Decisions it is in; repeat for several.")] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", envvar="GHOSTNOTE_LEDGER", help="The ledger: a file or postgresql://...")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the ledger; name nobody.")] = None,
    by: Annotated[str | None, typer.Option("--by", envvar="GHOSTNOTE_ACTOR", help="Who does it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Remove an account's name and personal fields; what was decided and paid stays, and the ledger still verifies."""
    from ghostnote.cli.actor import actor
    from ghostnote.events.erasure import forget_in_files, pseudonym

    folders = [*(lake or []), *(decisions or [])]
    if not folders and ledger is None:
        raise GhostnoteError("Say where it is to be forgotten: --lake, --decisions, --ledger.")
    for folder in folders:
        if not folder.is_dir():
            raise GhostnoteError(f"There is no folder {folder}: nothing was changed.")
    name = pseudonym()
    told = [(str(folder), forget_in_files(folder, account, name)) for folder in folders]
    gone = _in_ledger(account, ledger, actor(by), reason)
    if as_json:
        files = [{"folder": folder, "files": found.files, "rows": found.rows} for folder, found in told]
        print_json({"pseudonym": name, "folders": files, "ledger": gone})
        return
    screen = console()
    for place, found in told:
        where = f"{found.rows:,} rows in {found.files:,} files" if found.rows else "not in there"
        screen.print(f"{place}: {where}", markup=False)
    if ledger is not None:
        screen.print(
            "Ledger: " + ("it was never in there" if gone is None else f"erased by entry {gone}"), markup=False
        )
    screen.print("Reports, packets and copies made before still name it: make them again or delete them.")


def expire(
    lake: Annotated[Path, typer.Option(help="The lake.", show_default=False)],
    keep_days: Annotated[int, typer.Option(min=1, help="Days to keep, counted back from today.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, say what would be.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Delete days of plays, logins and actions that are older than a team may keep them."""
    from ghostnote.events import retention
    from ghostnote.events.lake import Lake

    today = datetime.now(UTC).date()
    step = retention.expire if yes else retention.expired
    found = step(Lake(lake), keep_days, today)
    if as_json:
        print_json({"lake": str(lake), "deleted": yes, "expired": found})
        return
    screen = console()
    for part in found:
        done = "deleted" if yes else "would be deleted"
        screen.print(f"{part.table}: {part.days:,} days, {part.first} to {part.last}, {done}")
    if not found:
        screen.print(f"Nothing in {lake} is older than {keep_days} days.", markup=False)
    elif not yes:
        screen.print("Nothing was deleted: --yes does it.")


def _in_ledger(account: str, address: str | None, by: str, reason: str | None) -> int | None:
    if address is None:
        return None
    from ghostnote.decisions.ledger import Subject, open_ledger
    from ghostnote.decisions.ledger.erasing import forget as erase

    with open_ledger(address) as opened:
        return erase(opened, Subject("account", account), actor=by, at=datetime.now(UTC), reason=reason).seq

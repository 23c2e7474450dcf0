"""`ghostnote close`: the files that recommendations, charts and payouts take."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.ledger import Address
from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.decisions.closes.document import Close

close_app = typer.Typer(help="Close a day, a week or a month.", no_args_is_help=True, rich_markup_mode=None)

_Lake = Annotated[Path, typer.Option(help="The lake whose plays are closed.", show_default=False)]
_Out = Annotated[Path, typer.Option(help="The folder to write the close to.", show_default=False)]
_Terms = Annotated[Path | None, typer.Option(help="Currency, revenue, eligibility and penalty, as TOML.")]
_By = Annotated[
    str | None, typer.Option("--by", envvar="GHOSTNOTE_ACTOR", help="Who closes. Default: the name you log in with.")
]
_Partial = Annotated[bool, typer.Option("--partial", help="Close what there is although days are missing.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@close_app.command("daily")
def daily(
    lake: _Lake,
    ledger: Address,
    day: Annotated[str, typer.Option("--date", help="The day plays arrived (YYYY-MM-DD).", show_default=False)],
    out: _Out,
    terms: _Terms = None,
    partial: _Partial = False,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Write which plays of a day count, for recommendations."""
    _close("daily", day, lake, ledger, out, terms, partial, by, as_json)


@close_app.command("weekly")
def weekly(
    lake: _Lake,
    ledger: Address,
    day: Annotated[str, typer.Option("--date", help="The last of the week's seven days.", show_default=False)],
    out: _Out,
    top: Annotated[int, typer.Option(min=1, help="Ranks of each chart.")] = 200,
    deadline: Annotated[
        bool, typer.Option("--deadline", help="Publish with intervals what held plays could still change.")
    ] = False,
    terms: _Terms = None,
    partial: _Partial = False,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Write the week's charts, of the world and of each country. Held plays that could change one stop it."""
    _close("weekly", day, lake, ledger, out, terms, partial, by, as_json, top=top, deadline=deadline)


@close_app.command("monthly")
def monthly(
    lake: _Lake,
    ledger: Address,
    day: Annotated[str, typer.Option("--date", help="The month (YYYY-MM).", show_default=False)],
    out: _Out,
    terms: _Terms = None,
    streams: Annotated[
        Path | None, typer.Option(help="Each track's streams over the last months, if the lake has not all.")
    ] = None,
    partial: _Partial = False,
    by: _By = None,
    as_json: _Json = False,
) -> None:
    """Write what each owner is paid for a month, with what is held put aside."""
    _close("monthly", day, lake, ledger, out, terms, partial, by, as_json, streams=streams)


def _close(
    kind: str,
    day: str,
    lake: Path,
    address: str,
    out: Path,
    terms: Path | None,
    partial: bool,
    by: str | None,
    as_json: bool,
    *,
    top: int = 200,
    deadline: bool = False,
    streams: Path | None = None,
) -> None:
    from ghostnote.decisions.closes.calendar import period
    from ghostnote.decisions.closes.closing import Order, close
    from ghostnote.decisions.ledger import open_ledger
    from ghostnote.decisions.royalties.terms import load_terms
    from ghostnote.events.lake import Lake

    order = Order(load_terms(terms), top=top, deadline=deadline, partial=partial, streams=streams)
    days = period(kind, day)
    source = Lake(lake)
    with open_ledger(address) as opened, progress_bars() as progress:
        said = close(source, opened, days, out, order, by=actor(by), at=datetime.now(UTC), progress=progress)
    if as_json:
        print_json({"out": str(out), "close": said})
    else:
        _show(said, out, order.terms.currency)
    if said.unreadable_files:
        raise typer.Exit(1)


def _show(said: "Close", out: Path, currency: str) -> None:
    screen = console()
    screen.print(
        f"{said.name} is closed: {said.plays:,} plays arrived, {said.excluded:,} are excluded and {said.held:,} held. "
        f"{out} has {', '.join(said.files)}.",
        markup=False,
    )
    if said.under_watch:
        screen.print(f"{said.under_watch:,} places are under watch: publish them with their intervals.")
    for owed in said.corrections:
        screen.print(
            f"Correction of {owed.close}: {owed.plays:,} plays were decided otherwise since, {owed.streams:+,} "
            f"streams, {owed.amount:+,.2f} {currency}."
        )
    for said_so in said.notes:
        screen.print(said_so, markup=False)
    for path in said.unreadable_files:
        screen.print(f"Not read: {path}", markup=False)

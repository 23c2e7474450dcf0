"""The application object and its commands, one module each."""

from typing import Annotated

import typer

from ghostnote.cli.cases import cases_app
from ghostnote.cli.close import close_app
from ghostnote.cli.console import console
from ghostnote.cli.deliveries import deliveries_app
from ghostnote.cli.demo import demo
from ghostnote.cli.evaluate import evaluate
from ghostnote.cli.features import features
from ghostnote.cli.forget import expire, forget
from ghostnote.cli.import_ import import_app
from ghostnote.cli.keys import keys_app
from ghostnote.cli.ledger import ledger_app
from ghostnote.cli.load import load
from ghostnote.cli.packet import packet
from ghostnote.cli.plant import plant
from ghostnote.cli.policy import policy_app
from ghostnote.cli.profit import profit
from ghostnote.cli.report import report
from ghostnote.cli.royalties import royalties
from ghostnote.cli.score import score
from ghostnote.cli.serve import serve
from ghostnote.cli.simulate import simulate
from ghostnote.cli.train import train
from ghostnote.cli.validate import validate

app = typer.Typer(
    help="Finds fake accounts and artificial streaming, decides, prices and explains.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(demo)
app.command()(simulate)
app.command()(plant)
app.add_typer(import_app, name="import")
app.command()(validate)
app.command()(features)
app.command()(train)
app.command()(score)
app.command()(evaluate)
app.command()(serve)
app.command()(load)
app.add_typer(policy_app, name="policy")
app.add_typer(ledger_app, name="ledger")
app.add_typer(cases_app, name="cases")
app.add_typer(close_app, name="close")
app.add_typer(keys_app, name="keys")
app.add_typer(deliveries_app, name="deliveries")
app.command()(console)
app.command()(report)
app.command()(packet)
app.command()(forget)
app.command()(expire)
app.command()(royalties)
app.command()(profit)


def _show_version(wanted: bool) -> None:
    if wanted:
        from ghostnote import __version__

        typer.echo(f"ghostnote {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass

"""The application object and its commands, one module each."""

import typer

app = typer.Typer(
    help="Finds fake accounts and artificial streaming, decides, prices and explains.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

"""The report: one HTML file that needs nothing but a browser, made from a folder of decisions."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from ghostnote.console import sections, wording
from ghostnote.console.drawing import Draughtsman
from ghostnote.console.palette import css_variables
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.errors import GhostnoteError
from ghostnote.progress import Progress, silent

_HERE = Path(__file__).parent
_STEP = "Drawing the report"


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where the report went and its headline figures, for `--json`."""

    report: str
    bytes: int
    plays: int
    plays_withheld: int
    accounts: int
    accounts_acted: int
    accounts_in_review: int
    campaigns: int
    currency: str
    withheld: float
    moved_to_honest: float


def write_report(
    decisions: str | os.PathLike[str], out: str | os.PathLike[str], *, progress: Progress = silent
) -> ReportFacts:
    """Read a folder of decisions and write its report to `out`, whole or not at all.

    Raises `GhostnoteError` if the folder is not what it should be or `out` cannot be written.
    """
    folder, path = DecisionFolder(decisions), Path(out)
    if path.is_dir():
        raise GhostnoteError(f"{path} is a folder: give the name of a file, such as {path / 'report.html'}.")
    context = report_context(folder, progress)
    page = render("report.html", context).encode()
    write_page(path, page)
    head = context["head"]
    return ReportFacts(
        report=str(path),
        bytes=len(page),
        plays=head.plays,
        plays_withheld=head.plays_withheld,
        accounts=head.accounts,
        accounts_acted=head.accounts_acted,
        accounts_in_review=head.accounts_in_review,
        campaigns=head.campaigns,
        currency=folder.summary.money.currency,
        withheld=head.withheld,
        moved_to_honest=head.moved_to_honest,
    )


def report_context(folder: DecisionFolder, progress: Progress = silent) -> dict[str, Any]:
    """Everything that the page shows, section by section."""
    draughtsman = Draughtsman()
    parts: tuple[Callable[[], sections.Section], ...] = (
        lambda: sections.lead(folder),
        lambda: sections.trends(folder, draughtsman),
        lambda: sections.campaigns(folder, draughtsman),
        lambda: sections.accounts(folder),
        lambda: sections.music(folder, draughtsman),
        lambda: sections.scores(folder, draughtsman),
        lambda: sections.truth(folder, draughtsman),
    )
    context: dict[str, Any] = {"summary": folder.summary, "currency": folder.summary.money.currency}
    for done, part in enumerate(parts):
        progress(_STEP, done, len(parts))
        context.update(part())
    progress(_STEP, len(parts), len(parts))
    return context


def render(template: str, context: dict[str, Any]) -> str:
    """A page as HTML. Everything is escaped except the drawings, which the SVG writer has escaped."""
    currency = context["currency"]
    style = css_variables() + (_HERE / "static" / "report.css").read_text(encoding="utf-8")
    page = environment().get_template(template)
    return page.render(**context, style=Markup(style), money=lambda amount: wording.money(amount, currency))


def environment() -> jinja2.Environment:
    """Where templates come from and what they can say."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=wording.number,
        share=wording.share,
        clean=wording.clean,
        short=wording.short,
        moment=wording.moment,
        day=wording.day,
        hours=wording.hours,
        a_day=wording.a_day,
        drawn=lambda drawing: Markup(drawing.svg),
    )
    made.globals.update(counted=wording.counted, span=wording.days, amount=wording.money, done=wording.DONE)
    return made


def write_page(path: Path, page: bytes) -> None:
    """Write a page under a temporary name, then move it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(page)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        why = error.strerror or str(error)
        raise GhostnoteError(f"Could not write {path}: {why}. Free some space or choose another place.") from error

"""An evaluation as a page of text for a terminal: its page in short."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from ghostnote.console import wording
from ghostnote.console.charts.evaluation import withheld_of
from ghostnote.console.evaluation import signup_kinds, totals
from ghostnote.console.summary_text import against_truth, plain_table
from ghostnote.decisions.evaluation import Evaluation, Replayed


def told(found: Evaluation) -> Group:
    """What was caught and who was harmed, day by day too, and what changes if something is left out."""
    trained, judged = (
        wording.days(found.trained_from, found.trained_to),
        wording.days(found.judged_from, found.judged_to),
    )
    parts: list[RenderableType] = [Text(f"Trained on {trained}, judged {judged}\n", style="bold")]
    parts += against_truth(found.whole.truth, found.currency, found.ceiling, simulated=found.simulated)
    if found.replayed:
        parts += _daily(found.replayed)
    parts += [*_beside(found), *_kinds(found), *_ways(found)]
    parts += [Text(f"Note: {wording.clean(note)}", style="yellow") for note in found.notes]
    return Group(*parts)


def _daily(replayed: Replayed) -> Iterator[RenderableType]:
    yield Text("Decided day by day, nothing of later days known", style="bold")
    table = plain_table("Campaign", "Kind", "Withheld the same day>", "Of its first 24 h>", "First caught after>")
    for row in replayed.campaigns:
        table.add_row(
            Text(wording.short(row.campaign_id, 24)),
            wording.clean(row.kind.replace("_", " ")),
            wording.share(row.withheld_share),
            wording.share(row.first_day_share),
            "never" if row.hours is None else wording.hours(row.hours),
        )
    yield table
    honest = replayed.honest
    yield Text(
        f"  Honest accounts ever acted on: {honest.acted:,} of {honest.accounts:,}; honest plays withheld when their "
        f"day ended: {honest.withheld:,} of {honest.plays:,}\n"
    )


def _beside(found: Evaluation) -> Iterator[RenderableType]:
    """What detectors are worth that no decision rests on."""
    if found.sequence is not None and found.sequence.at:
        yield Text("Accounts ranked", style="bold")
        table = plain_table("By", "Average precision>", "Recall, 1 % looked at>")
        for name, ranking in (("their score", found.whole.accounts), ("the sequence detector", found.sequence)):
            recall = next(at.recall for at in ranking.at if at.alerts == 0.01)
            table.add_row(name, wording.number(ranking.average_precision, 3), wording.share(recall))
        yield table
    signups = found.whole.signups
    if signups is None:
        return
    precise = wording.number(signups.ranking.average_precision, 3)
    yield Text(f"Sign-ups ranked as they happen: average precision {precise}", style="bold")
    if signups.kinds:
        table = plain_table("Kind", "Sign-ups>", "Average precision at 1 %>", "If never taught>", "Challenged>")
        for row, never in signup_kinds(found):
            table.add_row(
                wording.clean(row.kind.replace("_", " ")),
                wording.number(row.signups),
                wording.number(row.average_precision, 3),
                wording.number(never.average_precision if never else None, 3),
                wording.number(row.challenged),
            )
        yield table
    spread = f"{wording.share(signups.low)} to {wording.share(signups.high)}"
    yield Text(f"  Honest sign-ups challenged: {signups.honest_challenged:,} of {signups.honest:,} ({spread})\n")


def _kinds(found: Evaluation) -> Iterator[RenderableType]:
    if not found.kinds_left_out:
        return
    yield Text("Trained without one kind of attack", style="bold")
    table = plain_table("Kind", "Its plays withheld if known>", "If never taught>", "Honest accounts acted on>")
    for one in found.kinds_left_out:
        table.add_row(
            wording.clean(one.name.replace("_", " ")),
            wording.share(withheld_of(found.whole, one.name)),
            wording.share(withheld_of(one, one.name)),
            wording.number(one.truth.honest.acted),
        )
    yield table


def _ways(found: Evaluation) -> Iterator[RenderableType]:
    if not found.left_out:
        return
    yield Text("Decided without one part", style="bold")
    columns = (
        "Left out",
        "Artificial plays withheld>",
        "Accounts caught>",
        "Honest accounts acted on>",
        "Honest plays withheld>",
    )
    table = plain_table(*columns)
    for one in (found.whole, *found.left_out):
        sums = totals(one)
        table.add_row(
            "nothing" if one is found.whole else one.name,
            wording.share(sums["plays"]),
            wording.share(sums["accounts"]),
            wording.number(one.truth.honest.acted),
            wording.number(one.truth.honest.withheld),
        )
    yield table

"""The outcome of a run as a page of text for a terminal: the report in short, for `score` and `demo`."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ghostnote.console import findings, wording
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.summary import CampaignTruth, HoldOut, HoldOutTruth, Truth
from ghostnote.decisions.tables import ACTED
from ghostnote.evaluation.metrics import wilson

_BLOCKS = 6
#: Columns that give way on a narrow terminal.
_WRAPPED = {"Evidence", "Attack"}


def outcome(folder: DecisionFolder, *, campaigns: int = 8) -> Group:
    """What was found, what it is worth, the largest campaigns and, where it is known, what was missed."""
    parts: list[RenderableType] = [_headline(folder), *_campaigns(folder, campaigns)]
    if folder.truth is not None:
        currency, ceiling = folder.summary.money.currency, folder.summary.policy.honest_account_ceiling
        parts += against_truth(folder.truth, currency, ceiling)
    parts += [Text(f"Note: {wording.clean(note)}", style="yellow") for note in folder.summary.notes]
    return Group(*parts)


def _headline(folder: DecisionFolder) -> RenderableType:
    head, currency = findings.headline(folder), folder.summary.money.currency
    span = wording.days(folder.summary.start, folder.summary.end)
    judged = f"{wording.counted(head.plays, 'play')} by {wording.counted(head.accounts, 'account')}, {span}"
    acted = head.accounts_acted / head.accounts if head.accounts else 0.0
    paid = head.withheld / head.pool if head.pool else 0.0
    grid = Table.grid(padding=(0, 3))
    alignment: tuple[JustifyMethod, ...] = ("left", "right", "right", "left")
    for justify in alignment:
        grid.add_column(justify=justify)
    for row in (
        ("Plays withheld", wording.number(head.plays_withheld), wording.share(head.withheld_share), _verdicts(head)),
        ("Accounts acted on", wording.number(head.accounts_acted), wording.share(acted), _actions(folder, head)),
        (
            "Money withheld",
            wording.money(head.withheld, currency),
            wording.share(paid),
            f"of a pool of {wording.money(head.pool, currency)}",
        ),
        (
            "Back to honest artists",
            wording.money(head.moved_to_honest, currency),
            "",
            f"to {wording.counted(head.owners_gaining, 'owner')}",
        ),
    ):
        name, value, share, more = row
        grid.add_row(name, Text(value, style="bold"), share, Text(more, style="dim"))
    if folder.summary.hold_out is not None:
        grid.add_row(*_left_alone(folder.summary.hold_out, currency))
    return Group(Text(f"Judged {judged}", style="bold"), Padding(grid, (1, 0, 1, 2)))


def _left_alone(held: HoldOut, currency: str) -> tuple[str, Text, str, Text]:
    paid = sum(row.payout for row in held.spared)
    spared = [f"{wording.number(row.accounts)} would be {wording.DONE[row.action]}" for row in held.spared]
    said = f"{', '.join(spared)}; {wording.money(paid, currency)} is paid that would not" if spared else "none would be"
    share = wording.share(sum(row.accounts for row in held.spared) / held.accounts if held.accounts else None)
    return "Left alone (hold-out)", Text(wording.number(held.accounts), style="bold"), share, Text(said, style="dim")


def _verdicts(head: findings.Headline) -> str:
    return f"{wording.number(head.excluded)} excluded, {wording.number(head.held)} held"


def _actions(folder: DecisionFolder, head: findings.Headline) -> str:
    counts = dict(folder.scan("accounts").group_by("action").len().collect().iter_rows())
    done = [
        f"{wording.number(counts[action])} {said}"
        for action, said in wording.DONE.items()
        if action in ACTED and counts.get(action)
    ]
    waiting = f"{wording.number(head.accounts_in_review)} wait for review"
    return ", ".join([*done, waiting])


def _campaigns(folder: DecisionFolder, limit: int) -> Iterator[RenderableType]:
    found = findings.top_campaigns(folder)
    if found.is_empty():
        yield Text("No accounts were found that act together.\n")
        return
    table = plain_table("Campaign", "Accounts>", "Tracks>", "Plays>", "Payout>", "Evidence")
    for row in found.head(limit).iter_rows(named=True):
        table.add_row(
            _id(row["campaign_id"]),
            wording.number(row["n_accounts"]),
            wording.number(row["n_tracks"]),
            wording.number(row["plays"]),
            wording.money(row["payout"], folder.summary.money.currency),
            Text(wording.clean(_strongest(row["evidence"])), style="dim"),
        )
    more = found.height - limit
    yield Text(f"Groups of accounts that act together: {wording.number(found.height)}", style="bold")
    yield table
    if more > 0:
        yield Text(f"  and {wording.number(more)} more, in the report.\n", style="dim")


def _strongest(evidence: list[str] | None) -> str:
    """The first sentence that says more than the numbers already in the row."""
    lines = evidence or [""]
    return lines[1] if len(lines) > 1 and lines[1] else lines[0]


def against_truth(
    truth: Truth, currency: str, ceiling: float | None, *, simulated: bool = True
) -> list[RenderableType]:
    """What was caught and who was harmed, for a terminal; `ceiling` is the share of honest accounts agreed on."""
    known = "the truth, known because the attacks were simulated or planted" if simulated else "what the team labelled"
    parts: list[RenderableType] = [Text(f"Against {known}", style="bold")]
    if truth.campaigns:
        parts.append(_caught(truth.campaigns, currency))
    else:
        parts.append(Text("  No attack was planted in this period.\n"))
    parts.append(Padding(_harm(truth, currency, ceiling), (0, 0, 1, 2)))
    if truth.hold_out is not None:
        parts += _held_out(truth.hold_out)
    if truth.note:
        parts.append(Text(f"{wording.clean(truth.note)}\n", style="dim"))
    return parts


def _held_out(held: HoldOutTruth) -> Iterator[RenderableType]:
    yield Text(
        f"Accounts left alone: {wording.number(held.accounts)}, in which no action of ours had a part", style="bold"
    )
    table = plain_table("Would be", "Accounts>", "Rightly>", "Wrongly>", "Precision>", "95 % interval>")
    for row in held.would_be:
        table.add_row(
            wording.DONE[row.action],
            wording.number(row.accounts),
            wording.number(row.fraud),
            wording.number(row.honest),
            wording.share(row.precision),
            f"{wording.share(row.low)} to {wording.share(row.high)}",
        )
    yield table
    found = f"{wording.share(held.recall)} ({wording.share(held.low)} to {wording.share(held.high)})"
    said = f"of their {wording.number(held.fraud)} found to be fraud, {found} would be acted on" if held.fraud else ""
    yield Text(f"  {said or 'none of them was found to be fraud'}\n", style="dim")


def _caught(campaigns: list[CampaignTruth], currency: str) -> Table:
    table = plain_table("Attack", "Accounts caught", "Plays withheld", "of>", "Payout>", "First day>")
    kinds = [row.kind for row in campaigns]
    for row in campaigns:
        kind = wording.clean(row.kind.replace("_", " "))
        table.add_row(
            Text(kind if kinds.count(row.kind) == 1 else f"{kind} {wording.short(row.campaign_id, 24)}"),
            _bar(row.accounts_caught, row.accounts, f"{row.accounts_caught:,} of {row.accounts:,}"),
            _bar(row.plays_withheld, row.plays, _part(row.plays_withheld, row.plays)),
            wording.number(row.plays),
            wording.money(row.payout, currency),
            wording.share(row.first_day_share_withheld),
        )
    return table


def _bar(hits: int, total: int, said: str) -> Text:
    if not total:
        return Text("none made", style="dim")
    share = hits / total
    full = min(_BLOCKS, int(share * _BLOCKS + 0.5))
    colour = "green" if share >= 0.8 else "yellow" if share >= 0.3 else "red"
    return Text.assemble(("█" * full, colour), ("░" * (_BLOCKS - full), "dim"), f" {said}")


def _harm(truth: Truth, currency: str, ceiling: float | None) -> RenderableType:
    grid = Table.grid(padding=(0, 3))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_column()
    for name, value, more in _harm_rows(truth, currency, ceiling):
        grid.add_row(name, Text(value, style="bold"), Text(more, style="dim"))
    return grid


def _harm_rows(truth: Truth, currency: str, ceiling: float | None) -> Iterator[tuple[str, str, str]]:
    honest, precision = truth.honest, truth.average_precision
    low, high = wilson(honest.acted, honest.accounts)
    agreed = "" if ceiling is None else f"; ceiling {wording.share(ceiling)}"
    acted = f"of {wording.number(honest.accounts)}, {_part(honest.acted, honest.accounts)}"
    yield (
        "Honest accounts acted on",
        wording.number(honest.acted),
        f"{acted} ({wording.share(low)} to {wording.share(high)}{agreed})",
    )
    lost = wording.money(honest.payout_withheld, currency)
    withheld = f"of {wording.number(honest.plays)}, {_part(honest.withheld, honest.plays)}, worth {lost}"
    yield "Honest plays withheld", wording.number(honest.withheld), withheld
    harmed = [
        f"{wording.clean(cohort.cohort.replace('_', ' '))} {cohort.accounts_acted} of {wording.number(cohort.accounts)}"
        for cohort in truth.cohorts
        if cohort.accounts_acted
    ]
    if harmed:
        yield "  by kind of listener", "", ", ".join(harmed)
    plays = f"of accounts; {wording.number(precision.plays, 3)} of plays"
    yield "Average precision", wording.number(precision.accounts, 3), plays


def _part(hits: int, total: int) -> str:
    return wording.share(hits / total) if total else wording.share(None)


def plain_table(*columns: str) -> Table:
    """A plain table; a column whose name ends in > is set to the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1))
    for column in columns:
        justify: JustifyMethod = "right" if column.endswith(">") else "left"
        table.add_column(column.rstrip(">"), justify=justify, no_wrap=column not in _WRAPPED)
    return table


def _id(text: str) -> Text:
    return Text(wording.short(text, 24))

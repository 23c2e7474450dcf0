"""Two policies side by side on a terminal, for `policy simulate`."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from ghostnote.console import wording
from ghostnote.console.summary_text import plain_table
from ghostnote.decisions.comparison import Comparison, Observed, Outcome

#: Changed accounts, and cohorts of a kind, that are shown.
_MOST_CHANGES, _MOST_COHORTS = 10, 6


def told(found: Comparison) -> Group:
    """What each policy decides, who pays for it, and for whom that differs."""
    span = wording.days(found.start, found.end)
    judged = f"{wording.counted(found.plays, 'play')} by {wording.counted(found.accounts, 'account')}, {span}"
    parts: list[RenderableType] = [Text(f"Decided twice: {judged}", style="bold"), _figures(found)]
    parts += [_observed(found), *_cohorts(found), *_changes(found)]
    for one in (found.first, found.second):
        parts += [Text(f"Note on {one.name}: {wording.clean(note)}", style="yellow") for note in one.notes]
    return Group(*parts)


def _figures(found: Comparison) -> RenderableType:
    table = plain_table("", f"{_name(found.first)}>", f"{_name(found.second)}>")
    rows = [(name, _plays(found, name)) for name in ("held", "excluded")]
    for name, values in rows:
        table.add_row(f"Plays {name}", *values)
    both = (found.first, found.second)
    for action in found.first.actions:
        table.add_row(f"Accounts: {action}", *(wording.number(one.actions[action]) for one in both))
    table.add_row("Reviews a day", *(wording.number(one.reviews_per_day, 1) for one in both))
    table.add_row("Campaigns withheld", *(f"{one.campaigns_withheld} of {one.campaigns}" for one in both))
    table.add_row("Money withheld", *(wording.money(one.withheld, one.currency) for one in both))
    table.add_row("Money moved", *(wording.money(one.moved, one.currency) for one in both))
    if all(one.honest is not None for one in both):
        table.add_row("Honest accounts acted on", *(wording.number(one.honest.acted) for one in both if one.honest))
        table.add_row("Honest plays withheld", *(wording.number(one.honest.withheld) for one in both if one.honest))
    return table


def _plays(found: Comparison, verdict: str) -> tuple[str, ...]:
    first, second = found.first, found.second
    if verdict == "held":
        return wording.number(first.plays_held), wording.number(second.plays_held)
    return wording.number(first.plays_excluded), wording.number(second.plays_excluded)


def _observed(found: Comparison) -> RenderableType:
    table = plain_table("Accounts acted on, by", "", "Accounts>", f"{_name(found.first)}>", f"{_name(found.second)}>")
    second = {(one.by, one.cohort): one for one in found.second.observed}
    shown: dict[str, int] = {}
    kinds = list(dict.fromkeys(one.by for one in found.first.observed))
    # Where somebody is acted on, and then the largest: the others say nothing.
    ordered = sorted(
        found.first.observed, key=lambda o: (kinds.index(o.by), -max(o.acted, second[o.by, o.cohort].acted))
    )
    for one in ordered:
        shown[one.by] = shown.get(one.by, 0) + 1
        if shown[one.by] <= _MOST_COHORTS:
            other = second[one.by, one.cohort]
            table.add_row(one.by, wording.clean(one.cohort), wording.number(one.accounts), _acted(one), _acted(other))
    return table


def _acted(one: Observed) -> str:
    if not one.acted:
        return "0"
    wrong = f", {wording.number(one.wrong)} honest" if one.wrong is not None else ""
    return f"{wording.number(one.acted)} ({wording.share(one.low)} to {wording.share(one.high)}{wrong})"


def _cohorts(found: Comparison) -> Iterator[RenderableType]:
    second = {one.cohort: one for one in found.second.cohorts}
    rows = [one for one in found.first.cohorts if one.accounts_acted or second[one.cohort].accounts_acted]
    if found.first.cohorts and not rows:
        yield Text("No honest listener of any kind is acted on under either.\n")
    if rows:
        table = plain_table(
            "Honest listeners acted on", "Accounts>", f"{_name(found.first)}>", f"{_name(found.second)}>"
        )
        for one in rows:
            both = (one, second[one.cohort])
            said = (
                f"{wording.number(c.accounts_acted)} ({wording.share(c.low)} to {wording.share(c.high)})" for c in both
            )
            table.add_row(wording.clean(one.cohort).replace("_", " "), wording.number(one.accounts), *said)
        yield table


def _changes(found: Comparison) -> Iterator[RenderableType]:
    first, second = _name(found.first), _name(found.second)
    if not found.changed:
        yield Text("Both decide the same about every account.")
        return
    yield Text(
        f"{wording.counted(found.changed, 'account')} treated differently; acted on by {first} alone: "
        f"{wording.number(found.only_first)}, by {second} alone: {wording.number(found.only_second)}."
    )
    table = plain_table("Account", f"{first}", f"{second}", "Withheld>", "Withheld>")
    for change in found.changes[:_MOST_CHANGES]:
        payouts = (wording.money(amount, found.first.currency) for amount in change.payouts)
        table.add_row(wording.short(wording.clean(change.account_id), 24), *change.actions, *payouts)
    yield table


def _name(one: Outcome) -> str:
    return wording.short(wording.clean(one.name))

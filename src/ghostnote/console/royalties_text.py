"""A settlement as a page of text for a terminal: what is paid, who gains, who loses, what it may cost."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ghostnote.console import wording
from ghostnote.console.summary_text import plain_table
from ghostnote.decisions.royalties.document import Royalties
from ghostnote.decisions.royalties.sharing import UNALLOCATED
from ghostnote.decisions.royalties.statements import Settlement
from ghostnote.decisions.royalties.terms import ALL

_OWNERS, _POOLS = 8, 12


def outcome(settled: Settlement, said: Royalties, out: Path) -> Group:
    """What was settled, the pools with most money, the owners that lose and gain most, penalties and notes."""
    owners = settled.statements.filter(pl.col("owner_id") != UNALLOCATED)
    losing = owners.filter(pl.col("difference") < 0).head(_OWNERS)
    gaining = owners.filter(pl.col("difference") > 0).sort("difference", "owner_id", descending=[True, False])
    parts: list[RenderableType] = [_headline(said), *_pools(settled.pools)]
    parts += _owners("Paid less once artificial plays are gone", losing, said.totals.owners_losing)
    parts += _owners("Paid more", gaining.head(_OWNERS), said.totals.owners_gaining)
    parts.append(_penalties(said))
    parts.append(Text(f"{wording.clean(said.eligibility.said)}{_below(said)}\n"))
    parts += [Text(f"Note: {wording.clean(note)}", style="yellow") for note in said.notes]
    parts += [Text(f"Not readable, left out: {wording.clean(name)}", style="red") for name in said.unreadable_files]
    parts.append(
        Text(
            f"The statements are in {out}: statements.csv, statements_by_pool.csv and pools.csv; all tables as Parquet."
        )
    )
    return Group(*parts)


def amount(value: Decimal, sign: bool = False) -> str:
    """An exact amount, in the digits that it has.

    >>> amount(Decimal("1234.50")), amount(Decimal("-0.05")), amount(Decimal("3.00"), sign=True)
    ('1,234.50', '−0.05', '+3.00')
    """
    plus = "+" if sign and value > 0 else ""
    return plus + f"{value:,}".replace("-", "\N{MINUS SIGN}")


def _headline(said: Royalties) -> RenderableType:
    totals, currency = said.totals, wording.clean(said.currency)
    grid = Table.grid(padding=(0, 3))
    alignment: tuple[JustifyMethod, ...] = ("left", "right", "left")
    for justify in alignment:
        grid.add_column(justify=justify)
    pools = wording.counted(totals.pools, "pool")
    rows = [
        ("Shared out", totals.pool, f"{currency}, from {pools}"),
        ("Paid with all plays", totals.paid_before, f"to {wording.counted(totals.owners, 'owner')}"),
        (
            "Paid without artificial ones",
            totals.paid_after,
            f"{totals.owners_gaining:,} gain {amount(totals.gained)}, {totals.owners_losing:,} lose",
        ),
        ("Held until confirmed or cleared", totals.held, f"for {wording.counted(totals.held_plays, 'play')}"),
    ]
    if totals.unallocated_before or totals.unallocated_after:
        rows.append(
            (
                "Left in pools without a claim",
                totals.unallocated_after,
                f"{amount(totals.unallocated_before)} with all plays",
            )
        )
    for name, value, more in rows:
        grid.add_row(name, Text(amount(value), style="bold"), Text(more, style="dim"))
    span = wording.days(said.start, said.end)
    plays = f"{wording.counted(totals.plays, 'play')}, {totals.paying_plays:,} of them royalty-bearing"
    plays += f", {totals.artificial_plays:,} artificial"
    return Group(Text(f"Settled {span}: {plays}", style="bold"), Padding(grid, (1, 0, 1, 2)))


def _pools(pools: pl.DataFrame) -> Iterator[RenderableType]:
    table = plain_table(
        "Country",
        "Plan",
        "Pool>",
        "Royalty-bearing>",
        "Artificial>",
        "Paid before>",
        "Paid after>",
        "Held>",
        "Unallocated>",
    )
    for row in (
        pools.sort("pool", "country", "plan", descending=[True, False, False]).head(_POOLS).iter_rows(named=True)
    ):
        money = (row["payout_before"], row["payout_after"], row["held_payout"], row["unallocated_after"])
        names = ("all" if row[key] == ALL else wording.clean(row[key]) for key in ("country", "plan"))
        counts = (f"{row['paying_plays']:,}", f"{row['artificial_plays']:,}")
        table.add_row(*names, amount(row["pool"]), *counts, *(amount(value) for value in money))
    yield Text(f"Pools{_of(min(_POOLS, pools.height), pools.height)}", style="bold")
    yield Padding(table, (0, 0, 0, 2))


def _owners(title: str, owners: pl.DataFrame, total: int) -> Iterator[RenderableType]:
    if owners.is_empty():
        return
    table = plain_table(
        "Owner", "Plays>", "Artificial>", "Paid before>", "Paid after>", "Held>", "Difference>", "Penalty>", "at most>"
    )
    for row in owners.iter_rows(named=True):
        table.add_row(
            Text(wording.short(row["owner_id"], 28)),
            f"{row['plays']:,}",
            f"{row['artificial_plays']:,}",
            *(amount(row[name]) for name in ("payout_before", "payout_after", "held_payout")),
            amount(row["difference"], sign=True),
            *(amount(row[name]) for name in ("penalty", "penalty_at_most")),
        )
    yield Text(f"{title}{_of(owners.height, total)}", style="bold")
    yield Padding(table, (0, 0, 0, 2))


def _of(shown: int, total: int) -> str:
    return f" ({shown:,} of {total:,})" if shown < total else ""


def _penalties(said: Royalties) -> RenderableType:
    found, currency = said.penalties, wording.clean(said.currency)
    will, may = wording.counted(found.tracks_will, "track"), wording.counted(found.tracks_may, "track")
    return Text(
        f"Penalty for {wording.share(found.line)} artificial or more, {currency} {amount(found.per_track)} per track: "
        f"{will} will be fined ({amount(found.amount)}), {may} may be (at most {amount(found.at_most)} in all).\n"
    )


def _below(said: Royalties) -> str:
    facts = said.eligibility
    if not facts.applied:
        return ""
    plays = wording.counted(facts.plays_below_after, "royalty-bearing play")
    return f" Below that, and paid nothing: {wording.counted(facts.tracks_below_after, 'track')} with {plays}."

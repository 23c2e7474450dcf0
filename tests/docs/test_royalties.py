"""The worked example on the page about royalties is what the command settles, to the cent."""

import re
from decimal import Decimal
from pathlib import Path

import polars as pl
from tests.cli.calling import done
from tests.decisions.royalties.service import Heard, made

from ghostnote.decisions.royalties.statements import TABLES
from ghostnote.decisions.royalties.terms import Eligibility, Penalty, Terms

PAGE = (Path(__file__).parents[2] / "docs" / "royalties.md").read_text(encoding="utf-8")


def table(after: str) -> list[list[str]]:
    """The rows of the first table after a text, without its head."""
    lines = PAGE[PAGE.index(after) :].splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def heard() -> tuple[list[Heard], list[tuple[str, str, str]]]:
    """The page's plays, spread evenly over as many accounts of the pool as it says."""
    plays, accounts = [], []
    for country, plan, _, track, *rest in table("What was played for 30 seconds"):
        count, excluded, held, listeners, _ = (int(number(cell)) for cell in rest)
        verdicts = ["exclude"] * excluded + ["hold"] * held + ["count"] * (count - excluded - held)
        for place in range(listeners):
            name = f"{country}-{track}-{place}"
            accounts.append((name, country, plan))
            plays += [Heard(name, track, verdict=verdict) for verdict in verdicts[place::listeners]]
    return plays, accounts


def test_the_worked_example_is_what_the_command_settles(tmp_path: Path) -> None:
    plays, accounts = heard()
    rows = table("What was played for 30 seconds")
    service = made(tmp_path, plays, accounts=accounts, tracks=sorted({(row[3], row[2]) for row in rows}))
    (tmp_path / "terms.toml").write_text(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])
    streams = pl.DataFrame({row[3]: int(number(row[8])) for row in rows}).unpivot(
        variable_name="track_id", value_name="streams"
    )
    streams.write_csv(tmp_path / "streams.csv")
    out = tmp_path / "royalties"
    arguments = ["--lake", service.lake, "--decisions", service.decisions, "--month", "2026-03", "--out", out]
    done("royalties", *arguments, "--terms", tmp_path / "terms.toml", "--streams", tmp_path / "streams.csv")

    columns = ("payout_before", "payout_after", "held_payout", "difference", "penalty", "penalty_at_most")
    found = pl.read_parquet(out / "statements.parquet")
    *owners, whole = table("does not cross into another pool")
    assert found.select("owner_id", *columns).rows() == [(row[0], *map(number, row[1:])) for row in owners]
    assert [found[name].sum() for name in columns] == [number(cell) for cell in whole[1:]]
    (low,) = re.findall(r"low end of that share's interval, (\d+) %", PAGE)
    fined = pl.read_parquet(out / "tracks.parquet").filter(pl.col("forecast") == "will")
    assert [(row["track_id"], round(row["low"] * 100)) for row in fined.iter_rows(named=True)] == [("c1", int(low))]


def test_the_table_of_terms_has_every_field_with_its_default() -> None:
    told = dict(re.findall(r"^\| `([\w.]+)` \| ([^|]+?) \|", PAGE[PAGE.index("## The terms") :], re.MULTILINE))
    kinds = {"": Terms(), "eligibility.": Eligibility(), "penalty.": Penalty()}
    fields = {
        f"{head}{name}": getattr(kind, name)
        for head, kind in kinds.items()
        for name in kind.__struct_fields__
        if name not in ("revenue", "eligibility", "penalty")
    }
    assert {name: told[name] for name in fields} == {
        name: '`["country", "plan"]`' if name == "pool_by" else f'`"{value}"`' if name == "currency" else str(value)
        for name, value in fields.items()
    }


def test_every_table_and_column_is_told() -> None:
    for name, columns in TABLES.items():
        assert f"| `{name}` |" in PAGE
        assert [column for column in columns if f"`{column}`" not in PAGE] == []

"""`ghostnote royalties`."""

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.cli.calling import call, done, left, refused
from tests.decisions.royalties.service import Heard, Service, decide, made, rows
from tests.worlds import Judged, copy

from ghostnote.decisions.royalties.document import ROYALTIES_FILE, read_royalties
from ghostnote.decisions.royalties.statements import TABLES, schemas
from ghostnote.decisions.royalties.writing import SHEETS
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

_APRIL = (date(2026, 4, 1), date(2026, 4, 30))


def settle(service: Service, out: Path, *more: object) -> list[object]:
    return ["royalties", "--lake", service.lake, "--decisions", service.decisions, "--out", out, *more]


def table(out: Path, name: str = "statements") -> pl.DataFrame:
    return pl.read_parquet(out / f"{name}.parquet")


@pytest.fixture
def small(tmp_path: Path) -> Service:
    heard = [
        Heard("ann", "t", 30, day=date(2026, 3, 10)),
        Heard("bob", "u", 20, "exclude", day=date(2026, 3, 11)),
        Heard("bob", "t", 10, "hold", day=date(2026, 3, 12)),
        Heard("eve", "v", 40, day=date(2026, 3, 12), ms=1000),
    ]
    accounts = [("ann", "DE", "free"), ("bob", "DE", "free")]
    return made(tmp_path / "small", heard, accounts=accounts, tracks=[("t", "ada"), ("u", "=1+1"), ("v", "ada")])


# --- what it writes ---------------------------------------------------------------------------------------------------


def test_a_judged_world_is_settled(town: Judged, tmp_path: Path) -> None:
    out, service = tmp_path / "out", Service(town.lake.path, town.decisions)
    said = done(*settle(service, out)).out
    assert f"{town.summary.counts.plays:,}\N{NO-BREAK SPACE}plays" in said
    assert "was not applied: the lake begins on 2026-03-02" in said
    assert left(out) == sorted(
        [*(f"{name}.parquet" for name in TABLES), *(f"{name}.csv" for name in SHEETS), ROYALTIES_FILE]
    )
    for name, schema in schemas(2).items():
        assert table(out, name).schema == schema, name
    plays, pools, tracks = town.table("plays"), table(out, "pools"), table(out, "tracks")
    artificial = plays.filter(pl.col("verdict") != "count")
    assert artificial.height > 0
    for name in TABLES:
        assert table(out, name)["plays"].sum() == plays.height
        assert table(out, name)["artificial_plays"].sum() == artificial.height
    assert {"US", "DE"} <= set(pools["country"])
    assert {"free", "premium", "(unknown)"} <= set(pools["plan"])
    expected = town.table("tracks").select("track_id", "owner_id", "plays", "artificial_plays").sort("track_id")
    assert tracks.select(expected.columns).sort("track_id").equals(expected)
    told = done(*settle(service, out), "--json").told["royalties"]
    assert told["totals"]["pool"] == told["totals"]["paid_before"] == f"{pools['pool'].sum()}"
    assert read_royalties(out).totals.plays == plays.height
    assert left(tmp_path) == sorted(["out", *(f"out/{name}" for name in left(out))])


def test_one_pool_for_all_is_shared_as_scoring_shares_it(town: Judged, tmp_path: Path) -> None:
    (tmp_path / "terms.toml").write_text("pool_by = []\n[eligibility]\nstreams = 0\n")
    out = tmp_path / "out"
    done(*settle(Service(town.lake.path, town.decisions), out, "--terms", tmp_path / "terms.toml"))
    both = table(out).join(town.table("owners"), on="owner_id", how="full", suffix="_score")
    assert both["owner_id"].equals(both["owner_id_score"], check_names=False)
    for name in ("plays", "artificial_plays"):
        assert both[name].equals(both[f"{name}_score"], check_names=False)
    assert [round(x * 100) for x in both["payout_before_score"]] == [int(x * 100) for x in both["payout_before"]]
    if not both["held_payout"].sum():
        assert [round(x * 100) for x in both["payout_after_score"]] == [int(x * 100) for x in both["payout_after"]]


def test_a_lake_without_countries_plans_or_owners_is_settled(tmp_path: Path) -> None:
    service = made(tmp_path / "bare", [Heard("ann", "t", 75), Heard("bob", "u", 25, "exclude")])
    called = done(*settle(service, tmp_path / "out"))
    row = table(tmp_path / "out").row(0, named=True)
    assert (row["owner_id"], row["plays"], row["payout_before"], row["payout_after"]) == (
        "(unknown)",
        100,
        Decimal("0.40"),
        Decimal("0.40"),
    )
    assert table(tmp_path / "out", "pools").select("country", "plan").rows() == [("(unknown)", "(unknown)")]
    assert "The country of 100 plays is not known" in called.out
    assert "The plan of 100 plays is not known" in called.out
    assert "Who is paid for 100 plays is not known" in called.out


def test_books_are_csv_that_a_spreadsheet_opens_and_does_not_run(small: Service, tmp_path: Path) -> None:
    done(*settle(small, tmp_path / "out"))
    raw = (tmp_path / "out" / "statements.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert [(row["owner_id"], row["payout_before"], row["difference"]) for row in found] == [
        ("'=1+1", "0.08", "-0.08"),
        ("ada", "0.16", "0.02"),
    ]
    assert "=1+1" in set(table(tmp_path / "out")["owner_id"])


def test_the_same_lake_gives_the_same_books(small: Service, tmp_path: Path) -> None:
    for name in ("one", "two"):
        done(*settle(small, tmp_path / name))
    for name in left(tmp_path / "one"):
        if name != ROYALTIES_FILE:
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_settlement_is_replaced_and_other_things_are_not(small: Service, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done(*settle(small, out))
    (out / "old").write_text("x")
    done(*settle(small, out))
    assert not (out / "old").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work")
    assert "holds no royalties: choose another --out" in refused(*settle(small, tmp_path / "other"))
    assert "Could not write" in refused(*settle(small, tmp_path / "other" / "thesis.txt" / "out"))
    assert left(tmp_path / "other") == ["thesis.txt"]


def test_a_settlement_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"has no royalties\.json"):
        read_royalties(tmp_path)


# --- which plays ------------------------------------------------------------------------------------------------------


def test_a_part_of_what_was_judged_is_settled(small: Service, tmp_path: Path) -> None:
    done(*settle(small, tmp_path / "out", "--from", "2026-03-11", "--to", "2026-03-11"))
    assert table(tmp_path / "out").select("owner_id", "plays").rows() == [("=1+1", 20), ("(unallocated)", 0)]
    done(*settle(small, tmp_path / "out", "--month", "2026-03"))
    assert table(tmp_path / "out")["plays"].sum() == 100


def test_a_play_that_came_in_the_month_before_is_paid_once(small: Service, tmp_path: Path) -> None:
    """A file delivered again lies in a later day's folder. Scoring counts its plays on the first day alone."""
    again = rows([Heard("ann", "t", 4)]).drop("verdict", "dt")
    for day in ("2026-02-20", "2026-03-20"):
        folder = small.lake / "plays" / f"dt={day}"
        folder.mkdir()
        again.with_columns(event_id=pl.col("event_id") + "-twice").write_parquet(folder / "part-0000.parquet")
    done(*settle(small, tmp_path / "out"))
    assert table(tmp_path / "out")["plays"].sum() == 100
    assert read_royalties(tmp_path / "out").duplicates == 4


def test_a_play_that_was_decided_about_with_an_earlier_month_is_paid_once(tmp_path: Path) -> None:
    """As before, but the decisions are about both months, so its verdict is known."""
    heard = [Heard("ann", "t", 3, day=date(2026, 2, 20)), Heard("ann", "t", 5)]
    service = made(tmp_path / "small", heard, judged=(date(2026, 2, 1), date(2026, 3, 31)))
    folder = service.lake / "plays" / "dt=2026-03-20"
    shutil.copytree(service.lake / "plays" / "dt=2026-02-20", folder)
    done(*settle(service, tmp_path / "out", "--month", "2026-03"))
    assert table(tmp_path / "out")["plays"].sum() == 5
    assert read_royalties(tmp_path / "out").duplicates == 3


def test_small_tracks_are_left_out_where_the_lake_reaches_back(tmp_path: Path) -> None:
    """Three months, of which the lake has all: what was streamed before the period counts, and is not paid."""
    heard = [
        Heard("ann", "big", 7, day=date(2026, 2, 1)),
        Heard("ann", "big", 3, day=date(2026, 4, 2)),
        Heard("ann", "small", 9, day=date(2026, 4, 2)),
        Heard("bob", "pushed", 4, "exclude", day=date(2026, 4, 3)),
        Heard("ann", "pushed", 8, day=date(2026, 4, 3)),
    ]
    tracks = [("big", "ada"), ("small", "ben"), ("pushed", "cleo")]
    service = made(tmp_path / "year", heard, tracks=tracks, judged=_APRIL)
    terms = tmp_path / "terms.toml"
    terms.write_text("pool_by = []\nrevenue = [{ amount = 15 }]\n[eligibility]\nstreams = 10\nmonths = 3\n")
    out = tmp_path / "out"
    said = done(*settle(service, out, "--terms", terms)).out
    assert "from 10 streams from 2026-02-01 to 2026-04-30 on" in said
    paid = {row["owner_id"]: (row["payout_before"], row["payout_after"]) for row in table(out).iter_rows(named=True)}
    assert paid == {
        "ada": (Decimal(3), Decimal(15)),
        "ben": (Decimal(0), Decimal(0)),
        "cleo": (Decimal(12), Decimal(0)),
    }
    facts = read_royalties(out).eligibility
    assert (facts.tracks_below_before, facts.tracks_below_after, facts.plays_below_after) == (1, 2, 21)
    terms.write_text(terms.read_text().replace("months = 3", "months = 4"))
    assert "was not applied: the lake begins on 2026-02-01" in done(*settle(service, out, "--terms", terms)).out
    assert not read_royalties(out).eligibility.applied


def test_files_that_cannot_be_read_are_named(small: Service, tmp_path: Path) -> None:
    (small.lake / "signups" / "torn.parquet").write_text("x")
    called = call(*settle(small, tmp_path / "out"))
    assert called.code == 1
    assert "Not readable, left out" in called.out
    assert "torn.parquet" in called.out


# --- what cannot be ---------------------------------------------------------------------------------------------------


def test_decisions_of_other_days_are_refused(small: Service, tmp_path: Path) -> None:
    decide(small.decisions, rows([Heard("ann", "t", 30)]), (date(2026, 3, 10), date(2026, 3, 10)), "lake")
    said = refused(*settle(small, tmp_path / "out", "--month", "2026-03"))
    assert "are about 2026-03-10 to 2026-03-10, and plays arrived 2026-03-10 to 2026-03-12" in said
    assert left(tmp_path / "out") == []


def test_decisions_of_another_lake_are_refused(small: Service, tmp_path: Path) -> None:
    month = (date(2026, 3, 1), date(2026, 3, 31))
    some = rows([Heard("ann", "t", 30)])
    for event_ids, unknown in ((some, 70), (some.with_columns(event_id="x" + pl.col("event_id")), 100)):
        decide(small.decisions, event_ids, month, "elsewhere")
        said = refused(*settle(small, tmp_path / "out"))
        assert f"know nothing of {unknown} of the 100 plays of {small.lake}" in said
        assert "they were made from elsewhere" in said
    (small.lake / "plays" / "dt=2026-03-11" / "part-0000.parquet").unlink()
    decide(
        small.decisions,
        rows([Heard("ann", "t", 30), Heard("b", "u", 20), Heard("b", "t", 10), Heard("e", "v", 40)]),
        month,
        "",
    )
    assert "are about 100 plays and" in refused(*settle(small, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_folders_that_are_none_are_refused(small: Service, town: Judged, tmp_path: Path) -> None:
    out = tmp_path / "out"
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert "has no summary.json: give the folder that" in refused(*settle(Service(small.lake, nothing), out))
    assert "There is no lake at" in refused(*settle(Service(tmp_path / "none", small.decisions), out))
    (small.decisions / "plays.parquet").unlink()
    assert "plays.parquet cannot be read" in refused(*settle(small, out))
    pl.DataFrame({"event_id": ["a"]}).write_parquet(small.decisions / "plays.parquet")
    assert "plays.parquet cannot be read" in refused(*settle(small, out))
    no_plays = copy(town.lake, tmp_path / "lake", "signups")
    assert "has no plays: there is nothing to settle" in refused(*settle(Service(no_plays, town.decisions), out))


def test_a_month_without_plays_is_refused(small: Service, tmp_path: Path) -> None:
    said = refused(*settle(small, tmp_path / "out", "--month", "2026-05"))
    assert "has no plays from 2026-05-01 to 2026-05-31" in said
    for path in (small.lake / "plays").glob("*/*.parquet"):
        pl.read_parquet(path).clear().write_parquet(path)
    assert "No play of" in refused(*settle(small, tmp_path / "out", "--month", "2026-03"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--month", "March"], "--month 'March' is no month"),
        (["--from", "soon"], "--from 'soon' is no date"),
        (["--month", "2026-03", "--to", "2026-03-05"], "not both"),
        (["--to", "2026-04-02"], "lies in more than one month"),
    ],
)
def test_dates_that_cannot_be_are_refused(small: Service, tmp_path: Path, more: list[str], said: str) -> None:
    assert said in refused(*settle(small, tmp_path / "out", *more))


def test_terms_that_cannot_be_are_refused(small: Service, tmp_path: Path) -> None:
    terms = tmp_path / "terms.toml"
    arguments = settle(small, tmp_path / "out", "--terms", terms)
    terms.write_text('currency = "EURO"\n')
    assert "did you mean 'EUR'?" in refused(*arguments)
    terms.write_text('[[revenue]]\nmonth = "2026-03"\ncountry = "DE"\nplan = "free"\namount = 5\n')
    assert "is that of the whole month" in refused(*arguments, "--to", "2026-03-12")
    assert "cannot be read as streams per track" in refused(*arguments, "--streams", tmp_path / "none.csv")
    assert not (tmp_path / "out").exists()


def test_revenue_that_finds_no_plays_is_told(small: Service, tmp_path: Path) -> None:
    terms = tmp_path / "terms.toml"
    row = '[[revenue]]\nmonth = "{}"\ncountry = "{}"\nplan = "free"\namount = 5\n'
    terms.write_text(row.format("2026-03", "SE") + row.format("2026-02", "SE"))
    said = done(*settle(small, tmp_path / "out", "--terms", terms)).out
    assert "Nobody is to be paid from SE/free with all plays: EUR 5.00 is (unallocated)." in said
    assert "No revenue is given for (unknown)/(unknown), DE/free: each is worth EUR 0.004" in said
    assert "Revenue of other months is given and was not used: 2026-02." in said


def test_a_lake_that_was_copied_is_still_the_one_that_was_judged(small: Service, tmp_path: Path) -> None:
    moved = shutil.copytree(small.lake, tmp_path / "moved")
    done(*settle(Service(Path(moved), small.decisions), tmp_path / "out"))
    assert Lake(moved).days("plays")[0] == date(2026, 3, 10)

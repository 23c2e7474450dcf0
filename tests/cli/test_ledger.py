"""From decisions to a ledger, cases, closes and back, as somebody types it."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.cli.calling import call, done, refused
from tests.surging import made
from tests.worlds import Judged

from ghostnote.events.lake import Lake
from ghostnote.events.reading import read


@pytest.fixture
def books(town: Judged, tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    done("ledger", "append", "--decisions", town.decisions, "--ledger", path)
    return path


def waiting(books: Path) -> list[dict[str, object]]:
    return list(done("cases", "list", "--ledger", books, "--most", 1000, "--json").told["cases"])


def of_campaign(books: Path) -> str:
    """A case about a campaign that one person may decide."""
    found = [case for case in waiting(books) if dict(case["about"])["kind"] == "campaign"]  # type: ignore[call-overload]
    return next(str(case["case_id"]) for case in found if case["reviews_needed"] == 1)


def test_appending_tells_what_changed_and_says_so_when_nothing_did(town: Judged, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    arguments = ["ledger", "append", "--decisions", town.decisions, "--ledger", path]
    told = done(*arguments, "--json").told
    withheld = town.table("plays").filter(pl.col("verdict") != "count").height
    assert told["recorded"]["plays"] == withheld
    assert "nothing new" in done(*arguments).out
    head = done("ledger", "head", "--ledger", path, "--json").told
    assert (head["seq"], head["hash"]) == (told["head"]["seq"], told["head"]["hash"])


def test_a_sound_ledger_is_called_sound_and_an_altered_one_is_not(books: Path) -> None:
    import sqlite3

    head = done("ledger", "head", "--ledger", books, "--json").told["hash"]
    assert "is sound" in done("ledger", "verify", "--ledger", books, "--expect", head).out
    connection = sqlite3.connect(books)
    connection.execute("DROP TRIGGER ledger_entries_update_refused")
    connection.execute("UPDATE ledger_entries SET amount = 0 WHERE kind = 'play' AND amount > 0")
    connection.commit()
    connection.close()
    called = call("ledger", "verify", "--ledger", books)
    assert called.code == 1
    assert "is not what was written" in called.out
    assert "NOT sound" in called.out
    assert "64 hexadecimal digits" in refused("ledger", "verify", "--ledger", books, "--expect", "abc")


def test_a_case_is_decided_shown_undone_and_learnt_from(town: Judged, books: Path, tmp_path: Path) -> None:
    name = of_campaign(books)
    assert name in done("cases", "list", "--ledger", books, "--most", 1000).out
    done("cases", "assign", name, "otto", "--ledger", books, "--by", "ines")
    done("cases", "note", name, "same card", "--ledger", books, "--by", "ines")
    decided = done("cases", "decide", name, "fraud", "--ledger", books, "--by", "otto", "--json").told
    assert decided["case"]["disposition"] == "fraud"
    assert decided["changed"]["accounts"] > 0
    said = done("cases", "show", name, "--ledger", books).out
    for bit in ("same card", "otto decided: fraud", "suspend"):
        assert bit in said
    lake = Path(shutil.copytree(town.lake.path, tmp_path / "lake"))
    written = done("cases", "labels", "--ledger", books, "--lake", lake, "--json").told["labels"]
    assert written == decided["changed"]["accounts"]
    labels = read(Lake(lake), "labels")
    assert labels.rejected.is_empty()
    assert labels.rows.filter(pl.col("source") == "review", pl.col("verdict") == "fraud").height >= written
    assert "otto" in done("cases", "reviewers", "--ledger", books).out
    assert "is reopened" in done("cases", "undo", name, "--ledger", books, "--by", "ines").out
    assert done("cases", "labels", "--ledger", books, "--lake", lake, "--json").told["labels"] == 0
    assert "not decided" in refused("cases", "appeal", name, "--ledger", books)


def test_golden_cases_look_like_others_and_change_nothing(town: Judged, books: Path) -> None:
    before = {str(case["case_id"]) for case in waiting(books)}
    done("cases", "golden", "--lake", town.lake.path, "--decisions", town.decisions, "--ledger", books, "--count", 4)
    [added, *_] = [case for case in waiting(books) if case["case_id"] not in before]
    assert "golden" not in done("cases", "show", str(added["case_id"]), "--ledger", books).out
    entries = done("ledger", "show", "--ledger", books, "--json").told["entries"]
    people = ["ines", "otto"][: int(str(added["reviews_needed"]))]
    for person in people:
        done("cases", "decide", str(added["case_id"]), "fraud", "--ledger", books, "--by", person)
    after = done("ledger", "show", "--ledger", books, "--most", 25, "--json").told["entries"]
    new = [entry for entry in after if entry["seq"] > entries[0]["seq"]]
    assert {entry["kind"] for entry in new} == {"case"}
    record = done("cases", "reviewers", "--ledger", books, "--json").told["reviewers"]
    assert sum(person["golden"] for person in record) == len(people)


def test_a_day_is_closed_once(town: Judged, books: Path, tmp_path: Path) -> None:
    arguments = ["close", "daily", "--ledger", books, "--lake", town.lake.path, "--date", town.first_judged]
    told = done(*arguments, "--out", tmp_path / "day", "--json").told
    assert told["close"]["plays"] > 0
    assert "was closed on" in refused(*arguments, "--out", tmp_path / "again")
    assert "is no date" in refused(*arguments[:-1], "soon", "--out", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert "holds no close" in refused(*arguments, "--out", tmp_path / "mine")


def test_week_and_month_in_part(town: Judged, books: Path, tmp_path: Path) -> None:
    rest = ["--ledger", books, "--lake", town.lake.path, "--date", town.first_judged, "--partial"]
    week = done("close", "weekly", *rest, "--deadline", "--top", 5, "--out", tmp_path / "week").out
    assert "Closed in part" in week
    assert (tmp_path / "week" / "chart.csv").is_file()
    done("close", "monthly", *rest, "--out", tmp_path / "month")
    assert (tmp_path / "month" / "royalties" / "statements.csv").is_file()


def test_an_account_is_forgotten_everywhere(town: Judged, books: Path, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.lake.path, tmp_path / "lake"))
    decisions = Path(shutil.copytree(town.decisions, tmp_path / "decisions"))
    account = town.table("accounts").filter(pl.col("action") == "suspend")["account_id"][0]
    arguments = ["forget", account, "--lake", lake, "--decisions", decisions, "--ledger", books, "--by", "ines"]
    told = done(*arguments, "--json").told
    assert told["ledger"] is not None
    for path in (*lake.rglob("*.parquet"), *decisions.rglob("*.parquet")):
        assert account not in pl.read_parquet(path).write_json()
    assert account.encode() not in books.read_bytes()
    assert "is sound" in done("ledger", "verify", "--ledger", books).out
    assert "Nothing was ever decided" in done("ledger", "show", "--account", account, "--ledger", books).out
    assert "not in there" in done(*arguments).out


def test_old_days_are_told_and_deleted_only_when_asked(town: Judged, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.lake.path, tmp_path / "lake"))
    told = done("expire", "--lake", lake, "--keep-days", 10_000).out
    assert "is older than" in told
    assert "delete the lake itself" in refused("expire", "--lake", lake, "--keep-days", 1, "--yes")
    assert Lake(lake).days("plays") == town.lake.days("plays")


def test_what_cannot_be_is_said_in_a_sentence(town: Judged, books: Path, tmp_path: Path) -> None:
    for arguments, says in (
        (["ledger", "verify", "--ledger", tmp_path / "none.db"], "There is no ledger at"),
        (["ledger", "append", "--decisions", tmp_path, "--ledger", books], "give the folder that"),
        (["ledger", "show", "--account", "a", "--play", "b", "--ledger", books], "Name one thing"),
        (["cases", "show", "k-none", "--ledger", books], "There is no case k-none"),
        (["cases", "list", "--status", "lost", "--ledger", books], "A case is opened"),
        (["forget", "anna"], "Say where"),
        (["forget", "anna", "--lake", tmp_path / "none"], "There is no folder"),
        (["ledger", "head", "--ledger", "mysql://x/y"], "SQLite file or a PostgreSQL database"),
    ):
        assert says in refused(*arguments)


def test_what_acts_on_far_more_than_ever_before_is_held_until_somebody_accepts_it(
    decisions: Path, tmp_path: Path
) -> None:
    ledger, few = tmp_path / "ledger.db", Path(shutil.copytree(decisions, tmp_path / "few"))
    pl.read_parquet(decisions / "plays.parquet").gather_every(200).write_parquet(few / "plays.parquet")
    for number in range(3):
        run = made(few, tmp_path / f"run{number}", number, quiet=True)
        assert "HELD" not in done("ledger", "append", "--decisions", run, "--ledger", ledger).out
    arguments = ["ledger", "append", "--ledger", ledger, "--decisions", made(few, tmp_path / "run", 3)]
    said = done(*arguments).out
    assert "HELD, " in said
    assert "model acted on " in said
    assert "append again with --accept-surge model --accept-surge never_sleeps." in said
    assert "Still held: model acted on" in done(*arguments).out
    assert "'ties' does not act on far more" in refused(*arguments, "--accept-surge", "ties", "--by", "ines")
    both = ["--accept-surge", "model", "--accept-surge", "never_sleeps", "--by", "ines"]
    told = done(*arguments, *both, "--json").told["recorded"]
    assert (told["accepted"], told["held_accounts"]) == (["model", "never_sleeps"], 0)
    assert told["accounts"] >= 20
    assert "HELD" not in done(*arguments).out
    assert "held" not in done(*arguments).out.lower()

"""Closes of a simulated week: what goes out, what is refused, and what is owed afterwards."""

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.decisions.drafts import NOON
from tests.worlds import Judged

from ghostnote.decisions.cases.deciding import Desk
from ghostnote.decisions.closes.calendar import Period, period
from ghostnote.decisions.closes.closing import STATEMENTS, Order, close
from ghostnote.decisions.closes.document import Close, read_close
from ghostnote.decisions.ledger import Draft, Ledger, Subject, open_ledger
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.errors import GhostnoteError

PARTIAL = Order(Terms(), partial=True, deadline=True)


def closed(town: Judged, books: Ledger, days: Period, out: Path, order: Order = PARTIAL, hours: int = 1) -> Close:
    return close(town.lake, books, days, out, order, by="ines", at=NOON + timedelta(hours=hours))


def legit_campaign(books: Ledger) -> str:
    """Decide for a campaign with withheld plays that it is honest; returns the case."""
    desk = Desk(books, by="ines", at=NOON + timedelta(hours=2))
    for case in desk.cases().values():
        if case.subject is not None and case.subject.kind == "campaign":
            if case.reviews_needed == 2:
                Desk(books, by="otto", at=NOON + timedelta(hours=2)).decide(case.case_id, "legit")
            if desk.decide(case.case_id, "legit").plays:
                return case.case_id
    raise AssertionError("the town has no campaign with withheld plays")


def arrived(town: Judged, days: Period) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in town.lake.files("plays", days.start, days.end)])


def test_a_day_says_which_of_its_plays_do_not_count(town: Judged, books: Ledger, tmp_path: Path) -> None:
    days = period("daily", town.first_judged.isoformat())
    said = closed(town, books, days, tmp_path / "day")
    plays = arrived(town, days)
    decided = pl.read_parquet(town.decisions / "plays.parquet").filter(pl.col("verdict") != "count")
    wanted = plays.join(decided, on="event_id", how="semi")
    found = pl.read_parquet(tmp_path / "day" / "withheld.parquet")
    assert set(found["event_id"]) == set(wanted["event_id"])
    assert (said.plays, said.held + said.excluded) == (plays.height, wanted.height)
    tracks = pl.read_parquet(tmp_path / "day" / "tracks.parquet")
    assert (tracks["plays"].sum(), tracks["held"].sum(), tracks["excluded"].sum()) == (
        said.plays,
        said.held,
        said.excluded,
    )
    assert read_close(tmp_path / "day") == said
    assert verify(books).sound


def test_a_play_that_is_sent_again_is_closed_once(town: Judged, books: Ledger, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    days = [period("daily", (town.first_judged + timedelta(days=number)).isoformat()) for number in (0, 1)]
    again = arrived(town, days[0]).head(20)
    again.write_parquet(lake / "plays" / f"dt={days[1].start.isoformat()}" / "part-0009.parquet")
    sent = Judged(lake.parent)
    plays = [closed(sent, books, day, tmp_path / day.name).plays for day in days]
    assert plays == [arrived(town, day).height for day in days]
    month = closed(sent, books, period("monthly", days[0].start.isoformat()), tmp_path / "month")
    assert month.plays == sum(arrived(town, period("daily", day.isoformat())).height for day in town.lake.days("plays"))


def test_no_day_is_closed_twice_and_no_two_weeks_share_one(town: Judged, books: Ledger, tmp_path: Path) -> None:
    day = town.first_judged
    closed(town, books, period("daily", day.isoformat()), tmp_path / "day")
    with pytest.raises(GhostnoteError, match="was closed on 2026-03-01 13:00 by ines"):
        closed(town, books, period("daily", day.isoformat()), tmp_path / "again")
    assert not (tmp_path / "again").exists()
    closed(town, books, period("weekly", day.isoformat()), tmp_path / "week")
    with pytest.raises(GhostnoteError, match="shares days with weekly"):
        closed(town, books, period("weekly", (day + timedelta(days=1)).isoformat()), tmp_path / "next")


def test_days_that_nobody_decided_about_are_not_closed(town: Judged, books: Ledger, tmp_path: Path) -> None:
    before = town.first_judged - timedelta(days=1)
    with pytest.raises(GhostnoteError, match=rf"no run in the ledger decided about {before}"):
        closed(town, books, period("daily", before.isoformat()), tmp_path / "day", Order(Terms()))
    month = period("monthly", before.isoformat())
    with pytest.raises(GhostnoteError, match="the last plays of the lake arrived on"):
        closed(town, books, month, tmp_path / "month", Order(Terms()))
    assert not list(books.entries(kind="close"))


def test_what_changed_after_a_close_is_a_correction_of_the_next(town: Judged, books: Ledger, tmp_path: Path) -> None:
    first = period("daily", town.first_judged.isoformat())
    second, third = (period("daily", (first.end + timedelta(days=number)).isoformat()) for number in (1, 2))
    withheld = closed(town, books, first, tmp_path / "first")
    case = legit_campaign(books)
    said = closed(town, books, second, tmp_path / "second", hours=3)
    [owed] = said.corrections
    assert owed.close == first.name
    assert owed.plays > 0
    told = pl.read_parquet(tmp_path / "second" / "corrections.parquet")
    assert told.height == owed.plays
    assert set(told["now"]) == {"count"}
    before = pl.read_parquet(tmp_path / "first" / "withheld.parquet")
    assert set(told["event_id"]) <= set(before["event_id"])
    assert withheld.excluded + withheld.held == before.height
    Desk(books, by="ines", at=NOON + timedelta(hours=4)).undo(case)
    back = closed(town, books, third, tmp_path / "third", hours=5).corrections
    amounts = {each.close: (each.streams, each.amount) for each in back}
    assert amounts[first.name] == (-owed.streams, -owed.amount)
    assert set(amounts) == {first.name, second.name}
    assert sum(e.amount for e in books.entries(kind="correction", subject=Subject("close", first.name))) == 0


def test_a_month_is_paid_by_what_the_ledger_says_and_corrected_to_the_cent(
    town: Judged, books: Ledger, tmp_path: Path
) -> None:
    month = period("monthly", town.first_judged.isoformat())
    closed(town, books, month, tmp_path / "month")
    paid = pl.read_parquet(tmp_path / "month" / STATEMENTS / "statements.parquet")
    legit_campaign(books)
    following = Period("monthly", month.end + timedelta(days=1), month.end + timedelta(days=28))
    # Plays of the next month: one day of this lake, put a month later.
    lake = Path(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    plays = pl.read_parquet(town.lake.files("plays")[-1]).head(50)
    later = plays.with_columns(
        pl.col("event_time") + pl.duration(days=31), event_id=pl.lit("later-") + pl.col("event_id")
    )
    folder = lake / "plays" / f"dt={following.start.isoformat()}"
    folder.mkdir()
    later.write_parquet(folder / "part-0000.parquet")
    moved = Judged(lake.parent)
    said = closed(moved, books, following, tmp_path / "following", hours=3)
    assert [owed.close for owed in said.corrections] == [month.name]
    corrected = pl.read_parquet(tmp_path / "following" / "corrected_statements.parquet")
    assert corrected.height > 0
    joined = corrected.join(paid.select("owner_id", "payout_after"), on="owner_id")
    assert (joined["paid"] == joined["payout_after"]).all()
    assert ((corrected["owed"] - corrected["paid"]) == corrected["difference"]).all()
    # What goes back to one owner was shared out among the others.
    assert corrected["difference"].sum() == Decimal(0)


def test_a_chart_that_held_plays_could_change_needs_a_deadline(town: Judged, books: Ledger, tmp_path: Path) -> None:
    days = period("weekly", (town.first_judged + timedelta(days=2)).isoformat())
    plays = arrived(town, days)
    top = plays["track_id"].value_counts(sort=True)["track_id"][0]
    drafts = [
        Draft(kind="play", subject=Subject("play", name), action="hold", key="x", day=when.date())
        for name, when in plays.filter(track_id=top).select("event_id", "event_time").rows()
    ]
    books.append(drafts, actor="ghostnote", at=NOON + timedelta(hours=1))
    with pytest.raises(GhostnoteError, match=r"Held plays could still change .* --deadline"):
        closed(town, books, days, tmp_path / "week", Order(Terms(), partial=True), hours=2)
    assert not (tmp_path / "week").exists()
    said = closed(town, books, days, tmp_path / "week", hours=2)
    [row] = pl.read_parquet(tmp_path / "week" / "watch.parquet").filter(track_id=top, country="(all)").to_dicts()
    held = plays.filter((pl.col("track_id") == top) & (pl.col("ms_played") >= 30_000)).height
    assert (row["rank_best"], row["held"], row["streams"]) == (1, held, 0)
    assert said.under_watch > 0


def test_a_full_disk_closes_nothing(
    town: Judged, books: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ghostnote.decisions.closes.closing.write_json", full)
    days = period("daily", town.first_judged.isoformat())
    with pytest.raises(GhostnoteError, match="Could not write"):
        closed(town, books, days, tmp_path / "day")
    assert list(tmp_path.glob("*day*")) == []
    monkeypatch.undo()
    assert closed(town, books, days, tmp_path / "day").name == days.name


def test_a_run_that_was_written_in_part_is_not_closed_over(town: Judged, tmp_path: Path) -> None:
    with open_ledger(str(tmp_path / "part.db"), create=True) as ledger:
        body = {"start": date(2026, 1, 1).isoformat(), "end": date(2027, 1, 1).isoformat(), "made_at": NOON.isoformat()}
        draft = Draft(kind="run", subject=Subject("run", "r1"), action="opened", key="opened", body=body)
        ledger.append([draft], actor="ghostnote", at=NOON)
        with pytest.raises(GhostnoteError, match="not written to the ledger to its end"):
            closed(town, ledger, period("daily", town.first_judged.isoformat()), tmp_path / "day")


def test_what_a_circuit_breaker_holds_is_told(town: Judged, books: Ledger, tmp_path: Path) -> None:
    [opened, _] = books.entries(kind="run")
    assert opened.subject is not None
    trip = {"source": "model", "accounts": 90, "bound": 9, "highest": 0.001, "runs": 5}
    told = Draft(kind="alert", subject=opened.subject, action="surge", key="surge:model", body=trip)
    books.append([told], actor="ghostnote", at=NOON)
    said = closed(town, books, period("daily", town.first_judged.isoformat()), tmp_path / "day")
    assert any("What model decided" in note and "nobody accepted it" in note for note in said.notes)

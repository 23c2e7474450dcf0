"""What becomes of single plays: their verdict, their pool, their place in the sums."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decisions.royalties.service import Heard, rows

from ghostnote.decisions.royalties.homes import SIGNUPS, Homes
from ghostnote.decisions.royalties.tally import LISTENERS, SUMS, Growing, Listeners, Tally, judged
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.errors import GhostnoteError


def at(hour: int) -> datetime:
    return datetime(2026, 3, 10, hour, tzinfo=UTC)


def signups(*found: tuple[int, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame([(at(hour), *rest) for hour, *rest in found], schema=SIGNUPS, orient="row")


def pools(
    homes: Homes, *plays: tuple[int, str, str | None], by: tuple[str, ...] = ("country", "plan")
) -> list[tuple[str, str]]:
    frame = pl.DataFrame(
        [(place, at(hour), account, country) for place, (hour, account, country) in enumerate(plays)],
        schema={"place": pl.Int64, "event_time": SIGNUPS["event_time"], "account_id": pl.String, "country": pl.String},
        orient="row",
    )
    return homes.pools(frame, by).sort("place").select("country", "plan").rows()


def test_verdicts_are_found_by_id() -> None:
    verdicts = Verdicts(pl.DataFrame({"event_id": ["a", "b", "c"], "verdict": ["hold", "count", "exclude"]}).lazy())
    assert verdicts.of(pl.Series(["c", "x", "a", "b"])).to_list() == ["exclude", None, "hold", "count"]
    assert len(verdicts) == 3
    assert Verdicts(pl.DataFrame({"event_id": [], "verdict": []})).of(pl.Series(["a"])).to_list() == [None]


def test_verdicts_that_are_none_or_two_are_refused() -> None:
    with pytest.raises(GhostnoteError, match="none of count, hold, exclude"):
        Verdicts(pl.DataFrame({"event_id": ["a"], "verdict": ["fraud"]}))
    with pytest.raises(GhostnoteError, match="more than one verdict"):
        Verdicts(pl.DataFrame({"event_id": ["a", "a"], "verdict": ["count", "hold"]}))


def test_a_play_goes_to_its_own_country_and_its_accounts_plan() -> None:
    homes = Homes(signups((1, "ann", "DE", "free"), (1, "bob", "se", "duo")))
    found = pools(homes, (5, "ann", "FR"), (5, "ann", None), (5, "bob", None), (5, "eve", "US"), (5, "eve", None))
    assert found == [
        ("FR", "free"),
        ("DE", "free"),
        ("SE", "duo"),
        ("US", "(unknown)"),
        ("(unknown)", "(unknown)"),
    ]
    assert pools(homes, (5, "ann", "FR"), by=("plan",)) == [("(all)", "free")]
    assert pools(homes, (5, "eve", None), by=()) == [("(all)", "(all)")]


def test_an_account_has_the_plan_of_its_last_sign_up_before_the_play() -> None:
    homes = Homes(signups((8, "ann", "SE", "premium"), (4, "ann", "DE", "free"), (6, "bob", "US", "trial")))
    found = pools(homes, (3, "ann", None), (4, "ann", None), (7, "ann", None), (8, "ann", None), (9, "bob", None))
    assert found == [("DE", "free"), ("DE", "free"), ("DE", "free"), ("SE", "premium"), ("US", "trial")]


def test_sums_count_what_is_paying_and_what_was_decided() -> None:
    heard = [
        Heard("ann", "t", 3, "count", country="DE"),
        Heard("ann", "t", 2, "hold", country="DE"),
        Heard("ann", "t", 4, "exclude", country="DE"),
        Heard("ann", "t", 5, "exclude", ms=29_999, country="DE"),
        Heard("bob", "t", 1, "hold", ms=30_000, country="DE"),
        Heard("bob", "u", 1, "hold", ms=29_999, country="DE"),
    ]
    plays = rows(heard)
    marked = judged(plays.drop("verdict"), Verdicts(plays), Terms())
    tally = Tally(Terms(), Homes(SIGNUPS.to_frame()))
    tally.add(marked)
    assert not marked["undecided"].any()
    assert tally.sums().rows() == [
        ("DE", "(unknown)", "t", 15, 10, 3, 9, 3, 4),
        ("DE", "(unknown)", "u", 1, 0, 1, 0, 0, 0),
    ]
    assert tally.listeners().rows() == [("t", 2)]


def test_plays_that_nothing_was_decided_about_count_and_are_told() -> None:
    plays = rows([Heard("ann", "t", 3)])
    marked = judged(plays, Verdicts(plays.head(1).with_columns(verdict=pl.lit("hold"))), Terms())
    assert marked["undecided"].sum() == 2
    assert sorted(marked["verdict"]) == ["count", "count", "hold"]


_HEARD = st.lists(
    st.builds(
        Heard,
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["t", "u"]),
        st.integers(1, 3),
        st.sampled_from(["count", "hold", "exclude"]),
        st.sampled_from([date(2026, 3, 10), date(2026, 3, 11)]),
        st.sampled_from([10_000, 31_000]),
        st.sampled_from([None, "DE"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30)
@given(_HEARD, st.integers(1, 7))
def test_sums_do_not_depend_on_how_plays_come_in(heard: list[Heard], size: int) -> None:
    plays = rows(heard)
    homes = Homes(signups((1, "ann", "SE", "free")))
    whole, parts = Tally(Terms(), homes), Tally(Terms(), homes)
    marked = judged(plays, Verdicts(plays), Terms())
    whole.add(marked)
    mixed = marked.sample(fraction=1.0, shuffle=True, seed=size)
    for at_row in range(0, mixed.height, size):
        parts.add(mixed.slice(at_row, size))
    assert whole.sums().equals(parts.sums())
    assert whole.listeners().equals(parts.listeners())
    assert whole.sums().schema == SUMS
    assert whole.sums()["plays"].sum() == plays.height


def test_a_listener_counts_once_per_track() -> None:
    listeners = Listeners()
    for _ in range(3):
        listeners.add(pl.DataFrame({"track_id": ["t", "t", "u", "tb"], "account_id": ["ann", "bob", "ann", "c"]}))
    assert listeners.counts().rows() == [("t", 2), ("tb", 1), ("u", 1)]


def test_sums_that_grow_are_merged_however_often_they_are_asked_for() -> None:
    growing = Growing(LISTENERS, ["track_id"])
    for number in range(50):
        growing.add(pl.DataFrame([("a", 1), (f"b{number % 3}", 2)], schema=LISTENERS, orient="row"))
        growing.merged()
    assert dict(growing.merged().rows()) == {"a": 50, "b0": 34, "b1": 34, "b2": 32}

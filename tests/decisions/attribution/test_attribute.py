"""Roles follow from who else listens, what the accounts are there for, and how it came; in doubt there is none."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decisions.attribution.invented_evidence import (
    Rows,
    cover,
    crowd,
    evidence,
    farm,
    hijack,
    ordered,
    play,
    sabotage,
    shuffled,
)

from ghostnote.decisions.attribution import Attribution, attribute
from ghostnote.decisions.royalties.terms import UNKNOWN
from ghostnote.decisions.tables import GAINING, OWNERS, ROLES

CROWD = crowd()


def owners(found: Attribution) -> dict[str, str]:
    return dict(found.owners.select("owner_id", "role").iter_rows())


def tracks(found: Attribution) -> dict[str, str]:
    return dict(found.tracks.select("track_id", "role").iter_rows())


def judged(*attacks: Rows) -> Attribution:
    return attribute(evidence(CROWD + [row for rows in attacks for row in rows]))


def test_a_catalogue_that_only_bots_play_gains_and_what_they_hide_behind_is_camouflage() -> None:
    found = judged(farm())
    assert owners(found)["farm"] == "beneficiary"
    assert {role for track, role in tracks(found).items() if track.startswith("farm")} == {"beneficiary"}
    others = {role for owner, role in owners(found).items() if owner != "farm"}
    assert others <= {"clean", "camouflage"}
    assert "camouflage" in others


def test_a_farm_of_which_half_is_found_accuses_nobody_else() -> None:
    rows = [
        row if int(row["account_id"].removeprefix("bot")) % 2 else {**row, "verdict": "count"} for row in farm(bots=20)
    ]
    found = judged(rows)
    assert [owner for owner, role in owners(found).items() if role in GAINING] in ([], ["farm"])


def test_crude_plays_that_come_suddenly_over_one_who_is_heard_are_sabotage() -> None:
    found = judged(sabotage())
    assert owners(found)["o5"] == "sabotaged"
    assert tracks(found)["o5-0"] == "sabotaged"
    assert tracks(found)["o5-1"] == "clean"


def test_whole_plays_may_be_for_a_chart_and_are_unclear() -> None:
    assert owners(judged(sabotage(ms=180_000)))["o5"] == "unclear"


def test_sabotage_in_the_style_of_a_seller_is_unclear_not_an_accusation() -> None:
    assert owners(judged(ordered("o40-0", days=(4, 5))))["o40"] == "unclear"


def test_hidden_plays_of_one_song_that_go_on_have_been_ordered() -> None:
    found = judged(ordered())
    assert owners(found)["o40"] == "beneficiary"
    assert tracks(found)["o40-0"] == "beneficiary"


def test_two_attacks_on_one_label_are_told_apart_by_nobody() -> None:
    assert owners(judged(ordered("o5-1"), sabotage("o5")))["o5"] == "unclear"


def test_cover_on_a_bots_playlist_is_used_and_the_one_who_has_most_there_gains() -> None:
    found = judged(cover())
    assert owners(found)["farm"] == "beneficiary"
    innocent = [owners(found)[f"o{59 - n}"] for n in range(20)]
    assert innocent.count("playlist") >= 18
    assert not set(innocent) & set(GAINING)


def test_a_small_catalogue_that_lies_whole_on_a_bots_playlist_is_not_accused() -> None:
    listed = [f"farm-{n}" for n in range(12)] + [f"indie-{n}" for n in range(4)]
    rows = [
        play(track, f"loop{bot}", day, gone=True, playlist="secret")
        for bot in range(10)
        for day in range(7)
        for _ in range(10)
        for track in listed
    ]
    found = owners(judged(rows))
    assert (found["farm"], found["indie"]) == ("beneficiary", "unclear")


def test_cover_without_playlists_in_the_lake_accuses_no_innocent() -> None:
    found = attribute(evidence(CROWD + cover(), bare=True))
    assert not {owner for owner, role in owners(found).items() if role in GAINING} - {"farm"}


def test_plays_on_peoples_accounts_are_a_takeover_and_on_bots_accounts_are_not() -> None:
    assert owners(judged(hijack()))["farm"] == "takeover"
    bots = [f"person{n}" for n in range(20)]
    assert owners(attribute(evidence(CROWD + hijack(), confirmed=bots)))["farm"] == "beneficiary"


def test_a_few_accounts_are_somebodys_habits_whatever_was_decided_about_them() -> None:
    fans = [play("band-0", f"bot{fan}", day, gone=True) for fan in range(3) for day in range(7) for _ in range(30)]
    assert owners(judged(fans))["band"] == "unclear"


def test_a_song_nobody_knows_the_owner_of_accuses_nobody() -> None:
    rows = [{**row, "owner_id": None, "artist_id": None} if row["owner_id"] == "farm" else row for row in farm()]
    assert owners(judged(rows))[UNKNOWN] == "unclear"


def test_a_catalogue_of_one_with_an_audience_is_not_farmed() -> None:
    audience = [play(f"farm-{n % 40}", f"fan{n}", n % 7) for n in range(60)]
    rest = [play("o1-1", f"fan{n}", n % 7) for n in range(60) for _ in range(20)]
    assert owners(judged(farm(), audience, rest))["farm"] == "unclear"


def test_reasons_state_figures_and_the_other_side_is_heard() -> None:
    row = judged(sabotage()).owners.filter(pl.col("owner_id") == "o5").row(0, named=True)
    assert row["reasons"][0] == "8 accounts made 4,800 artificial plays of 1 of its tracks."
    assert any("It has an audience" in line for line in row["reasons"])
    assert any("payout would come from artificial plays" in line for line in row["against"])
    assert not set(row["reasons"]) & set(row["against"])


@pytest.mark.parametrize("attack", [farm(), sabotage(), cover(), hijack(), ordered()], ids=range(5))
def test_roles_do_not_depend_on_the_order_of_rows_or_the_type_of_ids(attack: Rows) -> None:
    given_rows = evidence(CROWD + attack)
    expected = attribute(given_rows)
    for seed in (1, 2):
        again = attribute(shuffled(given_rows, seed))
        assert again.owners.equals(expected.owners)
        assert again.tracks.equals(expected.tracks)


PLAYS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(0, 6), st.booleans(), st.sampled_from([1000, 180_000])),
    min_size=1,
    max_size=120,
)


@settings(max_examples=40)
@given(PLAYS, st.booleans())
def test_whoever_has_no_artificial_play_is_clean_and_everybody_has_one_role(
    drawn: list[tuple[int, int, int, bool, int]], bare: bool
) -> None:
    rows = [play(f"w{t // 2}-{t}", f"{'bot' if gone else 'p'}{a}", d, gone=gone, ms=ms) for t, a, d, gone, ms in drawn]
    found = attribute(evidence(rows, bare=bare))
    gone = {row["owner_id"] for row in rows if row["verdict"] != "count"}
    assert set(owners(found)) == {row["owner_id"] for row in rows}
    assert found.owners["owner_id"].is_unique().all()
    assert found.tracks["track_id"].is_unique().all()
    for owner, role in owners(found).items():
        assert role in ROLES
        assert (role == "clean") == (owner not in gone)
    for track, role in tracks(found).items():
        assert (role == "clean") == (not any(r["track_id"] == track and r["verdict"] != "count" for r in rows))
    assert all(found.owners.schema[name] == OWNERS[name] for name in found.owners.columns)

"""What a hold-out changes about a run: who is drawn is let alone, and all else stays as it is."""

from pathlib import Path

import polars as pl
import pytest
from tests.worlds import MADE_AT, Judged

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.summary import Summary
from ghostnote.decisions.tables import ACTED
from ghostnote.decisions.untouched import Untouched
from ghostnote.scoring import score
from ghostnote.scoring.sparing import spare

#: A bar that some of the town's accounts pass, and a salt that draws some of them.
_LOW = {"honest_account_ceiling": 0.02, "group_accounts": 3}
_NEW = ["untouched", "would_be"]


def run(town: Judged, out: Path, untouched: Untouched) -> tuple[Summary, dict[str, pl.DataFrame]]:
    policy = Policy(**_LOW, untouched=untouched)  # type: ignore[arg-type]
    summary = score(town.lake, town.loaded, out, made_at=MADE_AT, policy=policy, start=town.first_judged)
    names = ("accounts", "plays", "tracks", "owners", "days", "campaigns")
    return summary, {name: pl.read_parquet(out / f"{name}.parquet") for name in names}


def drawing(accounts: pl.Series) -> Untouched:
    """A hold-out that two of the accounts are in."""
    for number in range(10_000):
        untouched = Untouched(share=0.1, salt=f"a salt of the test {number}")
        if sum(map(untouched.includes, accounts)) == 2:
            return untouched
    raise AssertionError


@pytest.fixture(scope="module")
def usual(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, dict[str, pl.DataFrame]]:
    return run(town, tmp_path_factory.mktemp("usual") / "out", Untouched())


@pytest.fixture(scope="module")
def spared(
    usual: tuple[Summary, dict[str, pl.DataFrame]], town: Judged, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Summary, dict[str, pl.DataFrame]]:
    suspended = usual[1]["accounts"].filter(action="suspend").sort("account_id")["account_id"]
    return run(town, tmp_path_factory.mktemp("spared") / "out", drawing(suspended))


def test_without_a_share_nobody_is_spared(usual: tuple[Summary, dict[str, pl.DataFrame]]) -> None:
    summary, tables = usual
    assert summary.hold_out is None
    assert not tables["accounts"]["untouched"].any()
    assert tables["accounts"]["would_be"].null_count() == tables["accounts"].height
    assert tables["plays"]["would_be"].null_count() == tables["plays"].height


def test_who_is_drawn_is_let_alone_and_what_would_be_done_is_written(
    usual: tuple[Summary, dict[str, pl.DataFrame]], spared: tuple[Summary, dict[str, pl.DataFrame]]
) -> None:
    before, after = usual[1]["accounts"].sort("account_id"), spared[1]["accounts"].sort("account_id")
    let = after.filter(pl.col("would_be").is_not_null())
    assert let["untouched"].all()
    assert let.filter(would_be="suspend").height == 2
    assert set(let["action"]) == {"allow"}
    assert let["due"].null_count() == let["told"].null_count() == let.height
    assert let["withheld_payout"].sum() == let["artificial_plays"].sum() == 0
    # What spoke against them is told as of all others.
    assert (let["sources"].list.len() > 0).any()
    judged = after.with_columns(pl.coalesce("would_be", "action").alias("action"))
    same = ["account_id", "score", "action", "reasons", "campaign_id", "sources", "first_flagged"]
    assert judged.select(same).equals(before.select(same))


def test_their_plays_count_and_are_paid(
    usual: tuple[Summary, dict[str, pl.DataFrame]], spared: tuple[Summary, dict[str, pl.DataFrame]]
) -> None:
    before, after = usual[1]["plays"], spared[1]["plays"]
    let = spared[1]["accounts"].filter(pl.col("would_be").is_not_null())["account_id"]
    theirs = pl.col("account_id").is_in(let.implode())
    assert set(after.filter(theirs)["verdict"]) == {"count"}
    assert after.filter(theirs)["withheld_payout"].sum() == 0
    assert after.filter(theirs)["reason"].null_count() == after.filter(theirs).height
    assert after.filter(~theirs).equals(before.filter(~theirs))
    verdict = pl.coalesce("would_be", "verdict").alias("verdict")
    assert after.select("event_id", verdict).equals(before.select("event_id", "verdict"))
    paid = {name: found[1]["owners"]["payout_after"].sum() for name, found in (("usual", usual), ("spared", spared))}
    assert paid["usual"] == pytest.approx(paid["spared"])
    assert spared[0].money.withheld < usual[0].money.withheld
    assert spared[0].money.withheld + sum(
        row.payout
        for row in spared[0].hold_out.spared  # type: ignore[union-attr]
    ) == pytest.approx(usual[0].money.withheld)


def test_what_is_true_of_tracks_owners_and_campaigns_does_not_hang_on_who_is_left_alone(
    usual: tuple[Summary, dict[str, pl.DataFrame]], spared: tuple[Summary, dict[str, pl.DataFrame]]
) -> None:
    for table, columns in (
        ("tracks", ["track_id", "artificial_plays", "artificial_share", "low", "high", "role"]),
        ("owners", ["owner_id", "artificial_plays", "role"]),
        ("campaigns", ["campaign_id", "accounts", "tracks", "plays", "payout"]),
    ):
        key = columns[0]
        before, after = (found[1][table].select(columns).sort(key) for found in (usual, spared))
        assert after.equals(before), table


def test_the_summary_counts_what_they_are_spared(spared: tuple[Summary, dict[str, pl.DataFrame]]) -> None:
    summary, tables = spared
    assert summary.hold_out is not None
    assert summary.hold_out.accounts == tables["accounts"]["untouched"].sum()
    let = tables["plays"].filter(pl.col("would_be").is_not_null())
    assert sum(row.plays for row in summary.hold_out.spared) == let.height > 0
    assert {row.action: row.accounts for row in summary.hold_out.spared}["suspend"] == 2
    acted = tables["accounts"].filter(pl.col("action").is_in(ACTED))
    assert not acted.filter("untouched").height


#: Everybody is drawn by one of these.
_EVERYBODY = Untouched(share=0.1, salt="the salt of a test")
_DRAWN = [name for name in map(str, range(500)) if _EVERYBODY.includes(name)][:5]


@pytest.mark.parametrize(
    ("row", "would_be"),
    [
        ({"action": "suspend", "confirmed": True}, "suspend"),
        ({"action": "limit", "confirmed": True, "aimed_plays": 3}, "limit"),
        ({"action": "review"}, "review"),
        ({"action": "allow"}, None),
        # Nothing is to be learnt of what no account of a person can do.
        ({"action": "suspend", "confirmed": True, "certain": True}, None),
        ({"action": "review", "confirmed": True, "certain": True}, None),
        # Somebody else plays on it: its holder is helped.
        ({"action": "challenge", "aimed_plays": 9}, None),
    ],
)
def test_whom_the_hold_out_spares(row: dict[str, object], would_be: str | None) -> None:
    given = {"account_id": _DRAWN[0], "confirmed": False, "certain": False, "aimed_plays": 0, **row}
    accounts = pl.DataFrame([given, {**given, "account_id": "not drawn"}])
    verdicts = pl.Enum(["count", "hold", "exclude"])
    plays = pl.DataFrame(
        {
            "account_id": [_DRAWN[0], _DRAWN[0], "not drawn"],
            "verdict": ["hold", "count", "exclude"],
            "because": ["held", None, "account"],
        },
        schema={"account_id": pl.Categorical, "verdict": verdicts, "because": pl.String},
    )
    accounts, plays = spare(accounts, plays, _EVERYBODY)
    assert not _EVERYBODY.includes("not drawn")
    assert accounts["untouched"].to_list() == [True, False]
    assert accounts["would_be"].to_list() == [would_be, None]
    assert accounts["action"].to_list() == ["allow" if would_be else row["action"], row["action"]]
    let = would_be is not None
    assert plays["verdict"].to_list() == ["count" if let else "hold", "count", "exclude"]
    assert plays["would_be"].to_list() == ["hold" if let else None, None, None]
    assert plays["because"].to_list() == [None if let else "held", None, "account"]

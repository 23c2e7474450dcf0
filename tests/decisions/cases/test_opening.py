"""The queue knows what is at stake in a campaign, and how sure that is, whoever's accounts were used."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.invented import World, write_decisions

from ghostnote.decisions.cases.opening import opened
from ghostnote.decisions.folder import DecisionFolder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_decisions(tmp_path_factory.mktemp("opening") / "decisions", World(honest=30))


def _play(account: str, score: float, *, verdict: str, payout: float = 0.004) -> dict[str, object]:
    return {"account_id": account, "score": score, "verdict": verdict, "payout": payout}


def _folder(small: Path, place: Path, accounts: dict[str, tuple[str, float]], plays: list[dict[str, object]]) -> Path:
    """Decisions about nothing but these: account -> campaign and score, and their plays."""
    shutil.copytree(small, place)
    tables = {name: pl.read_parquet(place / f"{name}.parquet") for name in ("accounts", "plays", "campaigns")}
    rows = pl.DataFrame(
        [(a, c, s) for a, (c, s) in accounts.items()], schema=["account_id", "campaign_id", "score"], orient="row"
    )
    grouped = rows.group_by("campaign_id").agg(accounts="account_id", payout=pl.lit(1.0), plays=pl.lit(len(plays)))
    made = {"accounts": rows, "plays": pl.DataFrame(plays), "campaigns": grouped}
    for name, frame in made.items():
        empty = tables[name].clear()
        pl.concat(
            [empty, frame.select(pl.col(c).cast(empty.schema[c]) for c in frame.columns)], how="diagonal"
        ).write_parquet(place / f"{name}.parquet")
    return place


def _queue(folder: Path) -> dict[str, tuple[float, float]]:
    drafts = opened(DecisionFolder(folder), {}, "run")
    return {
        draft.parent.identifier: (draft.amount / 1e6, (draft.body or {})["certainty"])  # type: ignore[misc]
        for draft in drafts
        if draft.parent is not None and draft.parent.kind == "campaign"
    }


def test_stolen_accounts_rank_as_high_as_a_farm_that_takes_the_same(small: Path, tmp_path: Path) -> None:
    accounts = {f"bot{n}": ("farm", 0.97) for n in range(5)} | {f"victim{n}": ("takeover", 0.03) for n in range(5)}
    plays = []
    for n in range(5):
        plays += [_play(f"bot{n}", 0.2, verdict="exclude")] * 40
        # A thief's plays are sure one by one; what the holder plays stays as it was and is not at stake.
        plays += [_play(f"victim{n}", 0.97, verdict="exclude")] * 40 + [
            _play(f"victim{n}", 0.01, verdict="count")
        ] * 200
    found = _queue(_folder(small, tmp_path / "d", accounts, plays))
    assert found["takeover"] == pytest.approx(found["farm"])
    assert found["farm"] == pytest.approx((200 * 0.004, 0.97))


def test_certainty_is_weighed_by_money(small: Path, tmp_path: Path) -> None:
    accounts = {"a": ("c", 0.9), "b": ("c", 0.5)}
    plays = [_play("a", 0.1, verdict="hold", payout=0.003), _play("b", 0.1, verdict="hold", payout=0.001)]
    plays += [_play("b", 1.0, verdict="exclude", payout=0.0)]
    found = _queue(_folder(small, tmp_path / "d", accounts, plays))
    assert found["c"] == pytest.approx((0.004, 0.75 * 0.9 + 0.25 * 0.5))


def test_where_nothing_is_withheld_all_plays_are_at_stake(small: Path, tmp_path: Path) -> None:
    plays = [_play("a", float("nan"), verdict="count")] * 10
    found = _queue(_folder(small, tmp_path / "d", {"a": ("c", 0.6)}, plays))
    assert found["c"] == pytest.approx((0.04, 0.6))


def test_who_plays_nothing_that_is_paid_is_as_sure_as_its_accounts(small: Path, tmp_path: Path) -> None:
    plays = [_play("a", 0.9, verdict="hold", payout=0.0)]
    found = _queue(_folder(small, tmp_path / "d", {"a": ("c", 0.8), "b": ("c", 0.4)}, plays))
    assert found["c"] == pytest.approx((0.0, 0.6))

"""Costs and income of campaigns: from a price list, with no defence and after decisions."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import artificial, truth
from typer.testing import CliRunner

from ghostnote.cli.app import app
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.simulation import books
from ghostnote.simulation.books import read_books
from ghostnote.simulation.economics import Profit, balance, cost, load_prices
from ghostnote.simulation.outlay import Outlay
from ghostnote.simulation.planting import plant
from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.playbooks.phone_farm import PhoneFarm
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop

Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def undefended(besieged: Path) -> dict[str, Profit]:
    return {one.campaign_id: one for one in balance(Lake(besieged), None, load_prices()).campaigns}


def test_costs_are_counts_times_prices() -> None:
    outlay = Outlay(
        accounts=10,
        subscriptions={"premium": 4, "family": 1, "free": 5},
        addresses={"vpn": 3},
        phones=2,
        clients=8,
        credentials=7,
    )
    p = load_prices()
    once = 10 * p.account.price + 7 * p.credential.price + 4 * p.premium.price + p.family.price
    monthly = 3 * p.vpn.price + 2 * p.phone.price + 8 * p.client.price
    assert cost(outlay, 15, p) == pytest.approx(once + monthly / 2)
    assert cost(outlay, 31, p) == pytest.approx(once + 4 * p.premium.price + p.family.price + monthly * 31 / 30)


def test_every_price_has_a_source() -> None:
    prices = load_prices()
    for name in prices.__struct_fields__:
        if name != "currency":
            price = getattr(prices, name)
            assert price.source.split(":")[0].split(" ")[0] in {"reported", "offered", "list", "derived", "assumed"}
            assert price.price >= 0


def test_a_loop_of_the_documented_size_returns_many_times_its_cost() -> None:
    """Bulgaria, 2017: 288,000 a month against 12,000 of subscriptions, 24 times as much."""
    loop, prices = PlaylistLoop(), load_prices()
    outlay = Outlay(accounts=loop.accounts, subscriptions={"premium": loop.accounts})
    income = loop.accounts * 2000 * 30 * prices.royalty.price
    assert income / cost(outlay, 30, prices) == pytest.approx(24, rel=0.15)


def test_each_campaign_has_a_balance(undefended: dict[str, Profit]) -> None:
    assert set(undefended) == set(PLAYBOOKS) - {
        "ai_catalogue_farm", "playlist_loop", "hijacked_listeners", "fake_account_factory",
    }  # fmt: skip
    for one in undefended.values():
        assert one.surviving == one.plays
        assert one.income_after == one.income
        assert one.profit == pytest.approx(one.income - one.cost)
        assert one.cost_per_1000 == pytest.approx(one.cost / one.plays * 1000)
    assert undefended["sabotage"].income == 0
    assert undefended["ad_blocking_client"].income > 0


def test_only_own_tracks_earn(sieges: Tables, undefended: dict[str, Profit]) -> None:
    price = load_prices()
    plays = artificial(sieges, "low_and_slow")
    assert undefended["low_and_slow"].income < 0.4 * plays.height * price.royalty.price
    song = artificial(sieges, "bought_plays")["track_id"].value_counts()["count"].max()
    assert undefended["bought_plays"].income == pytest.approx(song * price.ordered.price, rel=0.02)


def test_what_decisions_withhold_is_not_earned(besieged: Path, sieges: Tables, tmp_path: Path) -> None:
    plays = artificial(sieges, "phone_farm")
    verdict = pl.when(pl.col("event_id").hash(1) % 4 == 0).then(pl.lit("count")).otherwise(pl.lit("exclude"))
    plays.select("event_id", verdict.alias("verdict")).write_parquet(tmp_path / "plays.parquet")
    users = truth(sieges).filter(pl.col("campaign_id") == "ad_blocking_client", subject_type="account")
    pl.DataFrame({"account_id": users["subject_id"], "action": "suspend"}).write_parquet(tmp_path / "accounts.parquet")
    found = {one.campaign_id: one for one in balance(Lake(besieged), tmp_path, load_prices()).campaigns}
    farm = found["phone_farm"]
    assert farm.income_after == pytest.approx(farm.income / 4, rel=0.1)
    assert farm.cost_per_1000 == pytest.approx(farm.cost / farm.surviving * 1000)
    assert farm.surviving == pytest.approx(farm.plays / 4, rel=0.1)
    assert found["ad_blocking_client"].income_after == 0
    assert found["trial_farm"].income_after == found["trial_farm"].income


def test_the_terminal_and_machines_are_told(besieged: Path) -> None:
    text = CliRunner().invoke(app, ["profit", "--lake", str(besieged)]).stdout
    assert "phone_farm" in text
    assert "in EUR" in text
    found = json.loads(CliRunner().invoke(app, ["profit", "--lake", str(besieged), "--json"]).stdout)
    assert {one["campaign_id"] for one in found["campaigns"]} >= {"phone_farm", "sabotage"}


def test_books_grow_when_more_is_planted(besieged: Path, tmp_path: Path) -> None:
    plant(besieged, [PhoneFarm(name="more-phones", phones=2, days=1)], tmp_path / "lake", seed=2)
    before, after = read_books(besieged), read_books(tmp_path / "lake")
    assert before is not None
    assert after is not None
    assert [record.campaign_id for record in after.records] == [
        *(record.campaign_id for record in before.records),
        "more-phones",
    ]
    assert after.records[-1].outlay.phones == 2


def test_lakes_without_books_and_folders_without_decisions_are_told(besieged: Path, tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["a"]}))
    with pytest.raises(GhostnoteError, match="says nothing of campaigns"):
        balance(Lake(tmp_path / "lake"), None, load_prices())
    with pytest.raises(GhostnoteError, match="no folder of decisions"):
        balance(Lake(besieged), tmp_path, load_prices())
    (tmp_path / "mine.toml").write_text("currency = 'EUR'")
    with pytest.raises(GhostnoteError, match=r"mine\.toml is impossible: .*account"):
        load_prices(tmp_path / "mine.toml")


def test_nobody_else_opens_the_books() -> None:
    """Neither by their module (the layers are held elsewhere) nor by the names of their files."""
    source = Path(books.__file__).parents[1]
    for path in source.rglob("*.py"):
        if path.parts[len(source.parts)] not in {"simulation", "cli"}:
            text = path.read_text()
            assert "campaigns.json" not in text, path
            assert "targets.parquet" not in text, path


def test_books_are_no_labels(besieged: Path) -> None:
    assert not any("campaigns" in file.parts for file in Lake(besieged).files("labels"))

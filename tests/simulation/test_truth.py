"""The truth: one label per account and artificial play, known so late that nothing learns from it by accident."""

from datetime import UTC, datetime, timedelta

import polars as pl
from tests.simulation.lakes import accounts_of, artificial, truth
from tests.simulation.worlds import ATTACKED, FACTORY, FARM, LOOP, THEFT

from ghostnote.simulation.cohorts import COHORTS

Tables = dict[str, pl.DataFrame]


def test_every_account_has_one_true_label(tables: Tables) -> None:
    accounts = truth(tables).filter(pl.col("subject_type") == "account")
    assert accounts["subject_id"].is_unique().all()
    assert tables["plays"]["account_id"].is_in(accounts["subject_id"].implode()).all()
    honest = accounts.filter(pl.col("verdict") == "legit")
    assert honest.height == ATTACKED.accounts
    assert set(honest["kind"]) <= {*COHORTS, "hijacked_listener"}


def test_the_truth_becomes_known_a_year_after_the_end(tables: Tables) -> None:
    end = datetime.combine(ATTACKED.start, datetime.min.time(), UTC) + timedelta(days=ATTACKED.days)
    assert truth(tables)["known_at"].unique().to_list() == [end + timedelta(days=365)]


def test_campaigns_are_named_where_they_are_true(tables: Tables) -> None:
    known = truth(tables)
    named = known.filter(pl.col("campaign_id").is_not_null())
    assert set(named["campaign_id"]) == {FARM, LOOP, THEFT, FACTORY}
    assert known.filter((pl.col("verdict") == "fraud") & pl.col("campaign_id").is_null()).is_empty()
    legit = named.filter(pl.col("verdict") == "legit")
    assert set(legit["campaign_id"]) == {THEFT}
    assert set(legit["kind"]) == {"hijacked_listener"}


def test_what_a_hijacked_listener_heard_is_not_artificial(tables: Tables) -> None:
    victims = accounts_of(tables, THEFT, "legit")
    plays = tables["plays"].filter(pl.col("account_id").is_in(victims.implode()))
    foreign = artificial(tables, THEFT)
    assert set(foreign["account_id"]) <= set(victims)
    assert foreign.height < plays.height

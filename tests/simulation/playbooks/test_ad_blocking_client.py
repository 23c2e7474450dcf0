"""1.3 % of users on patched clients: people's listening, a subscriber's rights, nobody's money."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, honest_plays, per_day, signups_of

from ghostnote.simulation.playbooks.ad_blocking_client import AdBlockingClient

Tables = dict[str, pl.DataFrame]


def test_as_many_users_as_documented() -> None:
    assert AdBlockingClient().size == 0.013


def test_they_listen_as_people_do(sieges: Tables) -> None:
    people, users = honest_plays(sieges), artificial(sieges, "ad_blocking_client")
    assert users["track_id"].is_in(people["track_id"].implode()).all()
    assert per_day(users).median() < 40
    assert (users["ms_played"] >= 30_000).mean() == pytest.approx((people["ms_played"] >= 30_000).mean(), abs=0.2)


def test_few_old_builds_and_offline_on_a_free_plan(sieges: Tables) -> None:
    users = artificial(sieges, "ad_blocking_client")
    assert set(signups_of(sieges, "ad_blocking_client")["plan"]) <= {"free"}
    assert users["client_version"].n_unique() <= 4
    assert accounts_of(sieges, "ad_blocking_client").len() > 5
    assert users["offline"].any()

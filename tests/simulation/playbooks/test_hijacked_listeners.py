"""2018-19: about 156 foreign plays per victim of 40-track albums, from a device the victim never used."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial
from tests.simulation.worlds import THEFT

Tables = dict[str, pl.DataFrame]


def test_as_many_foreign_plays_as_documented(tables: Tables) -> None:
    per_victim = artificial(tables, THEFT).group_by("account_id").len()["len"]
    assert per_victim.mean() == pytest.approx(156, rel=0.2)


def test_the_foreign_albums_are_short_instrumentals(tables: Tables) -> None:
    plays = artificial(tables, THEFT)
    assert plays["duration_ms"].min() >= 60_000
    assert plays["duration_ms"].max() <= 120_000
    # To the end, as the clients count it.
    assert set(plays["end_reason"]) == {"trackdone"}
    assert (plays["ms_played"] / plays["duration_ms"]).mean() > 0.99
    assert plays.group_by("artist_id").agg(pl.col("track_id").n_unique())["track_id"].max() == 40


def test_the_device_and_the_address_are_foreign_to_the_victim(tables: Tables) -> None:
    foreign = artificial(tables, THEFT)
    own = _own(tables)
    for column in ("device_id", "ip"):
        pairs = foreign.select("account_id", column).unique()
        assert pairs.join(own.select("account_id", column), on=["account_id", column], how="semi").is_empty()


def test_victims_listen_on_as_before(tables: Tables) -> None:
    victims = accounts_of(tables, THEFT, "legit")
    active = _own(tables).group_by("account_id").agg(pl.col("event_time").dt.date().n_unique().alias("days"))
    assert active.height > 0.75 * victims.len()
    assert active["days"].mean() > 2


def _own(tables: Tables) -> pl.DataFrame:
    """What the victims played themselves."""
    victims = accounts_of(tables, THEFT, "legit")
    foreign = artificial(tables, THEFT)["event_id"]
    return tables["plays"].filter(
        pl.col("account_id").is_in(victims.implode()) & ~pl.col("event_id").is_in(foreign.implode())
    )

"""Honest listeners who look guilty: each cohort shows the figures that a careless rule would convict it for.

Every world here has one cohort alone, so that its figures are its own.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.simulation import quantiles as real
from tests.simulation.lakes import cohort, plays_by, read_all, truth
from tests.simulation.worlds import SMALL_CATALOGUE

from ghostnote.simulation.cohorts import COHORT_NAMES, COHORTS, CohortShares
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.scenarios import Scenario, load_scenario
from ghostnote.simulation.world import simulate

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
Tables = dict[str, pl.DataFrame]
Of = Callable[..., Tables]


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Of:
    """The tables of a world whose accounts all belong to one cohort."""

    def made(name: str, accounts: int = 100, days: int = 10) -> Tables:
        shares = CohortShares(**{"keen": 0, "sleeper": 0, **({} if name == "casual" else {name: 1})})
        population = PopulationParameters(shares=shares, new_per_day=0, leave_per_day=0, vpn_share=0)
        path = tmp_path_factory.mktemp(name) / "lake"
        scenario = Scenario(accounts=accounts, days=days, population=population, catalogue=SMALL_CATALOGUE)
        simulate(scenario, path, seed=7)
        tables = read_all(path)
        assert cohort(tables, name).len() == accounts
        return tables

    return made


def joined(tables: Tables) -> pl.DataFrame:
    return tables["plays"].join(tables["tracks"], on="track_id").with_columns(day=pl.col("event_time").dt.date())


def stretches(plays: pl.DataFrame) -> pl.DataFrame:
    """Stretches of more than 20 plays without three hours' silence: hours heard, share of 30 s and more, tracks."""
    ordered = plays.sort("account_id", "event_time").with_columns(
        opens=(pl.col("event_time").diff().over("account_id") > pl.duration(hours=3)).fill_null(value=True)
    )
    return (
        ordered.with_columns(stretch=pl.col("opens").cum_sum().over("account_id"))
        .group_by("account_id", "stretch")
        .agg(
            hours=pl.col("ms_played").sum() / 3_600_000,
            long=(pl.col("ms_played") >= 30_000).mean(),
            plays=pl.len(),
            track=pl.col("track_id").mode().first(),
        )
        .filter(pl.col("plays") > 20)
    )


def test_a_cohort_is_documented_and_can_be_asked_for() -> None:
    assert {*CohortShares.__struct_fields__, "casual"} == set(COHORT_NAMES)
    for name, kind in COHORTS.items():
        assert kind.doc.endswith(".")
        assert PopulationParameters().of(name) == kind.listening
        assert f"| `{name}` |" in PAGE.read_text(encoding="utf-8")


def test_the_demo_has_every_cohort_in_small_shares() -> None:
    shares = dict(zip(COHORT_NAMES, load_scenario("demo").population.shares.in_order(), strict=True))
    assert all(share > 0 for share in shares.values())
    assert shares["casual"] > 0.5
    assert all(share <= 0.03 for name, share in shares.items() if name not in {"casual", "keen"})


def test_sleepers_play_short_tracks_all_night_every_night(of: Of) -> None:
    plays = joined(of("sleeper", accounts=60))
    assert plays.group_by("account_id", "day").agg(pl.col("ms_played").sum())["ms_played"].max() < 24 * 3_600_000
    noise = real.runs(plays).filter(pl.col("plays") >= 60)["track_id"].unique().implode()
    nights = stretches(plays.filter(pl.col("track_id").is_in(noise)))
    assert nights.height > 0.85 * 60 * 9
    assert nights["hours"].quantile(0.05) > 5.5
    assert nights["hours"].quantile(0.95) < 9.2
    assert nights.group_by("account_id").agg(pl.col("track").n_unique())["track"].max() <= 3
    assert plays.filter(pl.col("track_id").is_in(noise))["duration_ms"].median() < 110_000


def test_organised_fans_play_one_song_twenty_times_a_day_for_a_week(of: Of) -> None:
    plays = joined(of("organised_fan", accounts=120, days=12))
    counts = plays.group_by("account_id", "day", "track_id").agg(pl.len().alias("n"), pl.col("ms_played").min())
    party = counts.filter(pl.col("n") >= 8).sort("n").unique(["account_id", "day"], keep="last")
    songs = party["track_id"].value_counts(sort=True).head(4)["track_id"]
    party = party.filter(pl.col("track_id").is_in(songs.implode()))
    assert party["n"].median() == pytest.approx(20, abs=4)
    assert party.group_by("account_id").len()["len"].median() == pytest.approx(7, abs=1)
    played = plays.filter(pl.col("track_id").is_in(songs.implode()) & (pl.col("ms_played") >= 30_000))
    assert (played["ms_played"] > 0.97 * played["duration_ms"]).mean() > 0.93
    # Two or three other songs between two plays of the song.
    ordered = plays.sort("account_id", "event_time").with_row_index("place")
    theirs = ordered.join(party.select("account_id", "day", "track_id"), on=["account_id", "day", "track_id"])
    between = theirs.select((pl.col("place").diff().over("account_id", "day") - 1).alias("n"))["n"].drop_nulls()
    assert between.filter(between < 8).is_between(2, 3).mean() > 0.9
    at_home = plays.group_by("ip").agg(pl.col("account_id").n_unique())["account_id"]
    assert 4 <= at_home.filter(at_home > 1).quantile(0.9) <= 6


def test_shops_play_twelve_to_sixteen_hours_a_day(of: Of) -> None:
    tables = of("shop", accounts=50)
    days = stretches(joined(tables))
    assert days.filter(pl.col("hours") >= 11.5).height > 0.8 * days.height
    assert days["hours"].quantile(0.98) <= 17
    full = days.filter(pl.col("hours") >= 11.5)
    assert full["long"].mean() > 0.95
    kinds = tables["plays"].join(tables["ips"], on="ip")["ip_kind"]
    assert (kinds == "business").mean() > 0.95


def test_homes_share_an_address_and_a_device(of: Of) -> None:
    plays = of("shared_home", accounts=120)["plays"]
    per_device = plays.group_by("device_id").agg(pl.col("account_id").n_unique(), pl.col("ip").n_unique())
    shared = per_device.filter((pl.col("account_id") > 1) & pl.col("device_id").is_not_null())
    assert shared["account_id"].median() >= 4
    assert shared["account_id"].max() <= 6
    per_address = plays.group_by("ip").agg(pl.col("account_id").n_unique())["account_id"]
    assert 4 <= per_address.quantile(0.95) <= 8


@pytest.mark.parametrize(("name", "kind"), [("campus", "education"), ("carrier_nat", "mobile")])
def test_hundreds_are_behind_one_address(of: Of, name: str, kind: str) -> None:
    tables = of(name, accounts=700, days=5)
    behind = tables["plays"].join(tables["ips"], on="ip").group_by("ip", "ip_kind").agg(pl.col("account_id").n_unique())
    busiest = behind.sort("account_id", descending=True).head(1)
    assert busiest["ip_kind"].to_list() == [kind]
    assert busiest["account_id"][0] >= 200


def test_travellers_are_in_several_countries(of: Of) -> None:
    countries = of("traveller", days=14)["plays"].group_by("account_id").agg(pl.col("country").n_unique())["country"]
    assert countries.median() >= 3


def test_night_workers_listen_while_others_sleep(of: Of) -> None:
    def night_share(name: str) -> float:
        tables = of(name)
        local = tables["plays"].filter(pl.col("country").is_in(["DE", "FR", "ES", "IT", "GB"]))["event_time"].dt.hour()
        return float(local.is_between(0, 4).mean())

    assert night_share("night_worker") > 0.25 > 3 * night_share("casual")


def test_children_repeat_one_song_in_long_runs(of: Of) -> None:
    plays = joined(of("child_on_repeat"))
    assert 100 <= real.longest_run(plays) <= 600
    days = real.account_days(plays)
    assert days["top track's share"].median() > 0.3
    assert (plays["genre"] == "children").mean() > 0.5


def test_skimmers_go_through_hundreds_of_tracks_and_hear_hardly_any(of: Of) -> None:
    days = real.account_days(joined(of("skimmer", accounts=60)))
    busy = days.filter(pl.col("plays") >= 300)
    assert busy.height > 60
    assert busy["share of plays >= 30 s"].median() < 0.25
    assert days["plays"].max() >= 1000


def test_a_viral_hit_comes_from_nowhere_and_fades(of: Of) -> None:
    plays = joined(of("viral_listener", accounts=300, days=14))
    hit = plays["track_id"].value_counts(sort=True)["track_id"][0]
    daily = plays.filter(pl.col("track_id") == hit).group_by("day").len().sort("day")
    peak = daily.sort("len")["day"][-1]
    assert daily["day"].min() > plays["day"].min()
    assert daily["len"].max() > 100
    assert daily.filter(pl.col("day") == daily["day"].max())["len"][0] < 0.4 * daily["len"].max()
    rows = plays.filter((pl.col("track_id") == hit) & (pl.col("day") == peak))
    assert rows["account_id"].n_unique() > 50
    assert rows["country"].n_unique() > 5


def test_a_new_album_spikes_on_its_day(of: Of) -> None:
    plays = joined(of("release_fan", accounts=150, days=10))
    albums = plays.filter(pl.col("source") == "album").with_columns(
        age=(pl.col("event_time") - pl.col("released_at")).dt.total_hours()
    )
    fresh = albums.filter(pl.col("age").is_between(0, 58))
    listeners = fresh.group_by("artist_id").agg(pl.col("account_id").n_unique(), pl.col("track_id").n_unique())
    spiked = listeners.filter(pl.col("account_id") >= 20)
    assert 1 <= spiked.height <= 4
    assert spiked["track_id"].max() == 10
    assert plays.filter(pl.col("released_at") > pl.col("event_time")).is_empty()


def test_migrants_sign_up_on_one_day_after_a_campaign(of: Of) -> None:
    signups = of("migrant", accounts=400)["signups"]
    assert signups.height == 400
    span = signups["event_time"].max() - signups["event_time"].min()
    assert span.total_seconds() <= 26 * 3600
    assert (signups["referrer"] == "campaign").mean() > 0.75
    assert signups["email_domain"].n_unique() > 8
    assert signups["ip"].n_unique() > 250


def test_a_mixed_world_tells_cohorts_in_the_labels_alone(tmp_path: Path) -> None:
    demo = load_scenario("demo")
    simulate(demo, tmp_path / "lake", accounts=1500, days=4, seed=3)
    tables = read_all(tmp_path / "lake")
    kinds = truth(tables).filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "legit"))["kind"]
    assert set(kinds) == {*COHORT_NAMES, "hijacked_listener"}
    for name, rows in tables.items():
        if name == "labels":
            continue
        for column in rows.drop("genre", strict=False).select(pl.col(pl.String)):
            assert not column.is_in(list(COHORT_NAMES)).any(), (name, column.name)
    assert plays_by(tables, cohort(tables, "keen")).height > 0

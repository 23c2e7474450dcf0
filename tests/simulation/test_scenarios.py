"""Scenario files: what is right in them is taken, what is wrong is named together with what was probably meant."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import IP_KINDS
from ghostnote.simulation.networks import COUNTRY_NAMES, Country, IpKind
from ghostnote.simulation.playbooks import PLAYBOOKS
from ghostnote.simulation.prevalence import Prevalence, TooSmallError
from ghostnote.simulation.scenarios import load_campaigns, load_scenario, shipped
from ghostnote.simulation.world import simulate

MISTAKES = [
    ("accuonts = 5", "accuonts", "accounts"),
    ("[population.shares]\norganized_fan = 0.1", "organized_fan", "organised_fan"),
    ("[population.keen]\nday_shap = 1", "day_shap", "day_shape"),
    ("[catalogue]\nleast_track = 2000", "least_track", "least_tracks"),
    ("[team]\ndelay = 2", "delay", "delay_days"),
    ("[[campaigns]]\nplaybook = 'playlist_lop'", "playlist_lop", "playlist_loop"),
    ("[[campaigns]]\nplaybook = 'playlist_loop'\nhuors = 3", "huors", "hours"),
    ("[[campaigns]]\nplaybook = 'playlist_loop'\ncountry = 'us'", "us", "US"),
    ("[[campaigns]]\nplaybook = 'playlist_loop'\nip_kind = 'residental'", "residental", "residential"),
]
IMPOSSIBLE = [
    ("accounts = 0", "accounts"),
    ("days = 4000", "days"),
    ("start = 'soon'", "start"),
    ("[population.shares]\nkeen = 1.2", "keen"),
    ("[population.shares]\nkeen = 0.9\nsleeper = 0.4", "sleeper"),
    ("[[campaigns]]\nplaybook = 'playlist_loop'\nhours = -1", "hours"),
    ("[[campaigns]]\nname = 'no playbook'", "playbook"),
]


@pytest.mark.parametrize("name", shipped())
def test_what_ships_is_possible(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.description.strip()
    assert len({campaign.name for campaign in scenario.campaigns}) == len(scenario.campaigns)


@pytest.mark.parametrize(("text", "wrong", "meant"), MISTAKES)
def test_a_misspelt_name_is_told_with_the_nearest_valid_one(text: str, wrong: str, meant: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(GhostnoteError, match=rf"mine\.toml is impossible: .*{wrong}.* Did you mean '{meant}'\?"):
        load_scenario(str(tmp_path / "mine.toml"))


def test_a_name_that_is_like_no_other_is_told_with_all_possible_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[[campaigns]]\nplaybook = 'playlist_loop'\ncountry = 'Atlantis'")
    with pytest.raises(GhostnoteError, match=r"'Atlantis'.*country.* Possible are US, GB, .*, TR\."):
        load_scenario(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(("text", "key"), IMPOSSIBLE)
def test_an_impossible_value_is_told_with_its_key(text: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(GhostnoteError, match=rf"is impossible: .*{key}"):
        load_scenario(str(tmp_path / "mine.toml"))


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("accounts = [")
    with pytest.raises(GhostnoteError, match="not valid TOML"):
        load_scenario(str(tmp_path / "mine.toml"))


def test_what_does_not_exist_is_told_with_what_does() -> None:
    with pytest.raises(GhostnoteError, match=r"no scenario 'demmo'\. Did you mean demo\?"):
        load_scenario("demmo")
    with pytest.raises(GhostnoteError, match=r"no campaign 'loop'\. Did you mean playlist_loop\?"):
        load_campaigns("loop")
    with pytest.raises(GhostnoteError, match=r"no scenario 'xyz'\. Give a TOML file or one of .*demo"):
        load_scenario("xyz")


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbooks_name_is_a_campaign(name: str) -> None:
    assert load_campaigns(name) == (PLAYBOOKS[name](),)


def test_campaign_files_hold_several(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "[[campaigns]]\nplaybook = 'playlist_loop'\n[[campaigns]]\nplaybook = 'hijacked_listeners'\nvictims = 3"
    )
    assert [campaign.kind for campaign in load_campaigns(str(tmp_path / "mine.toml"))] == [
        "playlist_loop",
        "hijacked_listeners",
    ]


def test_every_country_and_network_can_be_asked_for() -> None:
    assert get_args(Country) == COUNTRY_NAMES
    assert get_args(IpKind) == IP_KINDS


@pytest.mark.parametrize(("name", "low", "high"), [("rare", 0.004, 0.006), ("flooded", 0.09, 0.11)])
def test_prevalence_is_as_described(name: str, low: float, high: float) -> None:
    """By the shares asked for, of the campaigns whose size is a share of plays."""
    shares = [
        campaign.size
        for campaign in load_scenario(name).campaigns
        if campaign.size and campaign.kind not in {"fake_account_factory", "ad_blocking_client"}
    ]
    assert low <= sum(shares) <= high


def test_a_small_world_has_as_many_artificial_plays_as_its_scenario_says(tmp_path: Path) -> None:
    """Within what half of the smallest campaign makes; without `keep_shares`, it has several times as many."""
    rare = load_scenario("rare")
    kept = simulate(rare, tmp_path / "kept", accounts=2000)
    plain = simulate(msgspec.structs.replace(rare, keep_shares=False), tmp_path / "plain", accounts=2000)
    assert (len(plain.left_out), plain.campaigns) == (0, 5)
    assert len(kept.left_out) == 5 - kept.campaigns > 0
    assert 0.003 < kept.artificial_plays / kept.plays < 0.007
    assert plain.artificial_plays / plain.plays > 0.014


def test_what_a_campaign_could_not_bring_those_after_it_do() -> None:
    prevalence = Prevalence(kept=True)
    with pytest.raises(TooSmallError):
        prevalence.units(100, each=100, least=4)
    assert prevalence.units(150, each=100, least=4) == 4
    assert prevalence.owed == -150
    with pytest.raises(TooSmallError):
        prevalence.units(300, each=100, least=4)
    assert prevalence.units(1000, each=100, least=4) == 12
    assert Prevalence().units(1, each=100, least=4) == 4

"""Scenarios small enough for tests."""

from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.playbooks.ad_blocking_client import AdBlockingClient
from ghostnote.simulation.playbooks.ai_catalogue_farm import AiCatalogueFarm
from ghostnote.simulation.playbooks.bought_plays import BoughtPlays
from ghostnote.simulation.playbooks.chart_burst import ChartBurst
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.impossible_volume import ImpossibleVolume
from ghostnote.simulation.playbooks.innocent_cover import InnocentCover
from ghostnote.simulation.playbooks.lockstep_fleet import LockstepFleet
from ghostnote.simulation.playbooks.low_and_slow import LowAndSlow
from ghostnote.simulation.playbooks.phone_farm import PhoneFarm
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.playbooks.proxy_mimics import ProxyMimics
from ghostnote.simulation.playbooks.sabotage import Sabotage
from ghostnote.simulation.playbooks.trial_farm import TrialFarm
from ghostnote.simulation.scenarios import Scenario

SMALL_CATALOGUE = CatalogueParameters(least_tracks=4000)
FARM, LOOP, THEFT, FACTORY = "rain-zzq", "sunday-zzq", "ears-zzq", "fame-zzq"
#: Four playbooks with their documented figures, but few accounts.
ATTACKED = Scenario(
    accounts=400,
    days=6,
    catalogue=SMALL_CATALOGUE,
    campaigns=(
        AiCatalogueFarm(name=FARM, accounts=12, days=6),
        PlaylistLoop(name=LOOP, accounts=8, days=6),
        HijackedListeners(name=THEFT, victims=60, days=6),
        FakeAccountFactory(name=FACTORY, accounts=60, start=1, days=4),
    ),
)

#: The other playbooks, likewise; campaigns are called after their playbooks.
BESIEGED = Scenario(
    accounts=300,
    days=7,
    catalogue=SMALL_CATALOGUE,
    campaigns=(
        ImpossibleVolume(name="impossible_volume", accounts=1, days=1),
        LockstepFleet(name="lockstep_fleet", accounts=60, days=3),
        ChartBurst(name="chart_burst", plays=8000),
        BoughtPlays(name="bought_plays", plays=600, accounts=60),
        PhoneFarm(name="phone_farm", phones=4, days=2),
        AdBlockingClient(name="ad_blocking_client", size=0.05, days=7),
        TrialFarm(name="trial_farm", accounts=12, trial_days=3, days=6),
        LowAndSlow(name="low_and_slow", accounts=60, days=6),
        ProxyMimics(name="proxy_mimics", accounts=60, days=6),
        InnocentCover(name="innocent_cover", accounts=6, days=3),
        Sabotage(name="sabotage", accounts=4, days=2),
    ),
)

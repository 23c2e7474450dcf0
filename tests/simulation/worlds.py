"""Scenarios small enough for tests."""

from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.playbooks.ai_catalogue_farm import AiCatalogueFarm
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.scenarios import Scenario

SMALL_CATALOGUE = CatalogueParameters(least_tracks=4000)
FARM, LOOP, THEFT, FACTORY = "rain-zzq", "sunday-zzq", "ears-zzq", "fame-zzq"
#: Every playbook with its documented figures, but few accounts.
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

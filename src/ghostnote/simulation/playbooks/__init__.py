"""Ways to attack a streaming service: one file each, parameters from the documented case as defaults."""

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

AnyPlaybook = (
    AiCatalogueFarm
    | PlaylistLoop
    | HijackedListeners
    | FakeAccountFactory
    | ImpossibleVolume
    | LockstepFleet
    | ChartBurst
    | BoughtPlays
    | PhoneFarm
    | AdBlockingClient
    | TrialFarm
    | LowAndSlow
    | ProxyMimics
    | InnocentCover
    | Sabotage
)

_ALL: tuple[type[AnyPlaybook], ...] = (
    AiCatalogueFarm,
    PlaylistLoop,
    HijackedListeners,
    FakeAccountFactory,
    ImpossibleVolume,
    LockstepFleet,
    ChartBurst,
    BoughtPlays,
    PhoneFarm,
    AdBlockingClient,
    TrialFarm,
    LowAndSlow,
    ProxyMimics,
    InnocentCover,
    Sabotage,
)
#: Every playbook by its name.
PLAYBOOKS: dict[str, type[AnyPlaybook]] = {playbook.kind: playbook for playbook in _ALL}

__all__ = ["PLAYBOOKS", "AnyPlaybook"]

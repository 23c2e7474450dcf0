"""Ways to attack a streaming service: one file each, parameters from the documented case as defaults."""

from ghostnote.simulation.playbooks.ai_catalogue_farm import AiCatalogueFarm
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop

AnyPlaybook = AiCatalogueFarm | PlaylistLoop | HijackedListeners | FakeAccountFactory

#: Every playbook by its name.
PLAYBOOKS: dict[str, type[AnyPlaybook]] = {
    playbook.kind: playbook for playbook in (AiCatalogueFarm, PlaylistLoop, HijackedListeners, FakeAccountFactory)
}

__all__ = ["PLAYBOOKS", "AnyPlaybook"]

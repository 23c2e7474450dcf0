"""What the first call would wait for is done while the state is read: compiled code comes from the disk when it is
first used, and for all of it that takes a second or two.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from ghostnote.features.declaration import Feature
from ghostnote.serving.engine.rollout import Model
from ghostnote.serving.state.content import Content, encode_content
from ghostnote.serving.state.opening import Known, arriving
from ghostnote.serving.state.seen import hashes_of
from ghostnote.serving.state.state import State
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.events import Event
from ghostnote.serving.wire.verdicts import Verdicts

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_ADDRESS = {"ip": "192.0.2.7", "device_id": "d", "platform": "web", "country": "DE"}
_EVENTS = (
    Event("signup", "e0", _MOMENT, "a", **_ADDRESS),
    Event("login", "e1", _MOMENT, "a", success=True, **_ADDRESS),
    Event("play", "e2", _MOMENT, "a", track_id="t", ms_played=31_000, **_ADDRESS),
    Event("play", "e3", _MOMENT, "b", track_id="t", ms_played=9_000, **_ADDRESS),
)


def warm(features: Sequence[Feature], absent: frozenset[str], models: Sequence[Model]) -> None:
    """Fold and judge a few events that nobody sent, on a state that is thrown away."""
    state = State.of(features, arriving(Known(), absent), 10)
    # One event alone goes other ways than several.
    for events in (Events.of(_EVENTS), Events.of(_EVENTS[2:3])):
        hashes = hashes_of(events.ids)
        state.seen.find(hashes)
        _, values = state.follow(events, _MOMENT.date())
        for model in models:
            model.live.weighed(events.kinds, values)
        state.seen.add(hashes, 0)
        count = len(events)
        none = Verdicts([], np.zeros(count, np.int32), np.zeros(count), np.zeros(count, np.bool_))
        encode_content(Content(0, events, none))

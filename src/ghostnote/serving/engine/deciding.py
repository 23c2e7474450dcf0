"""What is decided about a call's events: those of which nothing is known but a score are let through all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ghostnote.decisions.inline import ALLOW, COUNT, Decision, Opinion, decide_inline
from ghostnote.decisions.standing import Standing
from ghostnote.decisions.untouched import Untouched
from ghostnote.scoring.live import Weighed
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Asked:
    """Events that are to be decided about, the artists of their tracks, and how accounts stand."""

    events: Events
    artists: Sequence[str | None]
    standing: Standing


def decided(asked: Asked, weighed: Weighed, untouched: Untouched, *, bundle: str, policy: str) -> Verdicts:
    """One verdict an event: see `inline.decide_inline`; `bundle` and `policy` name what decides."""
    events, standing = asked.events, asked.standing
    kinds, accounts, tracks = events.kinds, events.accounts, events.column("track_id")
    made: dict[Decision, int] = {COUNT: 0, ALLOW: 1}
    which = np.array([kind != "play" for kind in kinds], dtype=np.int32)
    scores, marked = weighed.scores, weighed.marked
    for place in _to_look_at(asked, weighed):
        score, fired = float(scores[place]), weighed.fired.get(place, ())
        opinion = Opinion(None if np.isnan(score) else score, bool(marked[place]), fired)
        decision = decide_inline(
            kinds[place], accounts[place], tracks[place], asked.artists[place], opinion, standing, untouched
        )
        which[place] = made.setdefault(decision, len(made))
    said = [
        Verdict(each.verdict, None, False, each.account, each.reasons, each.campaign_id, bundle, policy, each.would_be)
        for each in made
    ]
    return Verdicts(said, which, scores, marked)


def _to_look_at(asked: Asked, weighed: Weighed) -> list[int]:
    """The events of which more is known than a score: their account's standing, a rule that fires, a marked sign-up."""
    events, concerned = asked.events, asked.standing.concerned
    found = set(weighed.fired)
    if concerned and not concerned.isdisjoint(events.accounts):
        found.update(place for place, account in enumerate(events.accounts) if account in concerned)
    found.update(place for place in np.flatnonzero(weighed.marked).tolist() if events.kinds[place] == "signup")
    return sorted(found)

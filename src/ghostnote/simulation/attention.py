"""How long people listen to what they play, and why plays start and end."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.compiling import inlined, lean
from ghostnote.simulation.draws import beta, dice, exponential, normal, uniform
from ghostnote.simulation.listening import Choices
from ghostnote.simulation.randomness import Bools, Words
from ghostnote.simulation.rows import END, SECOND, START
from ghostnote.simulation.sittings import SLEEP, Sittings

_FULL, _SHORT, _PART = range(3)
# Compiled code takes numbers, not dictionaries.
_DONE, _FORWARD, _BACK, _ENDPLAY, _LOGOUT, _EXIT = (
    END[name] for name in ("trackdone", "fwdbtn", "backbtn", "endplay", "logout", "unexpected-exit")
)
_AFTER_DONE, _AFTER_FORWARD, _AFTER_BACK = (START[name] for name in ("trackdone", "fwdbtn", "backbtn"))
_CLICKED, _PRESSED, _LOADED, _REMOTE = (START[name] for name in ("clickrow", "playbtn", "appload", "remote"))
#: Plays given up within 30 s: half of them within 3 s (FACTS: ms_played p5 and p25, R).
_SHORT_MEDIAN, _SHORT_SPREAD, _SHORT_ENDS = 2700.0, 1.4, 30_000.0
#: Some clients count a track that ran to its end a little short of its length: share, and mean milliseconds.
_TRIMMED, _TRIMMED_MS = 0.12, 350.0


@dataclass
class Heard:
    """Per play: milliseconds played, the pause before it (microseconds), and both reasons."""

    ms: npt.NDArray[np.int32]
    pause: npt.NDArray[np.int64]
    start_reason: npt.NDArray[np.int8]
    end_reason: npt.NDArray[np.int8]

    @classmethod
    def room(cls, count: int) -> "Heard":
        """Arrays of this length, to be filled."""
        return cls(
            np.empty(count, np.int32), np.empty(count, np.int64), np.empty(count, np.int8), np.empty(count, np.int8)
        )


def listen(sittings: Sittings, choices: Choices, duration_ms: npt.NDArray[np.int32], rng: np.random.Generator) -> Heard:
    """How each play went. `duration_ms` is the length of each track of the catalogue."""
    heard = Heard.room(choices.track.size)
    _listen(
        sittings.plays, sittings.skip, sittings.mood, duration_ms, dice(rng),
        choices.track, choices.fresh, choices.again, choices.shuffle,
        heard.ms, heard.pause, heard.start_reason, heard.end_reason,
    )  # fmt: skip
    return heard


def short_listens(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Milliseconds of plays given up within 30 s."""
    ms = _SHORT_MEDIAN * np.exp(_SHORT_SPREAD * rng.standard_normal(count))
    return np.where(ms >= _SHORT_ENDS, _SHORT_ENDS * rng.random(count) ** 0.7, ms)


@lean
def _listen(
    plays: npt.NDArray[np.int64],
    skips: npt.NDArray[np.float64],
    moods: npt.NDArray[np.int8],
    duration_ms: npt.NDArray[np.int32],
    state: Words,
    tracks: npt.NDArray[np.int32],
    freshes: Bools,
    agains: Bools,
    shuffles: Bools,
    ms: npt.NDArray[np.int32],
    pauses: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int8],
    ends: npt.NDArray[np.int8],
) -> None:
    row = 0
    for s in range(plays.size):
        # In a quarter of sittings there is no play given up in the third quarter of the first minute.
        least = 45_000.0 if uniform(state) < 0.25 else 30_000.0
        calm = moods[s] >= SLEEP
        before, ended = _FULL, _DONE
        for place in range(plays[s]):
            last = place == plays[s] - 1
            moves = not last and freshes[row + 1]
            odds = skips[s] + (-0.8 if agains[row] else 0.0) + (0.2 if shuffles[row] else -0.1)
            outcome = _outcome(odds, last or moves, calm, state)
            ms[row] = _played(outcome, float(duration_ms[tracks[row]]), least, state)
            pauses[row] = 0 if place == 0 else _pause(before, moods[s] == SLEEP, state)
            starts[row] = _start_reason(ended, place == 0, freshes[row], state)
            ended = _end_reason(outcome, last, moves, state)
            ends[row] = ended
            before = outcome
            row += 1


@inlined
def _outcome(odds: float, ends_here: bool, calm: bool, state: Words) -> int:
    """Left within half a minute, later, or not at all. `calm`: nobody reaches for the button."""
    rest = math.exp(-odds)
    if uniform(state) < 1.0 / (1.0 + rest):
        return _SHORT
    # Between a quarter and a half of the plays that outlast the first half minute are still left before the end.
    partly = 0.6 if ends_here else 0.05 + 0.36 / (1.0 + rest * math.exp(-0.6))
    return _PART if uniform(state) < (0.002 if calm else partly) else _FULL


@inlined
def _played(outcome: int, duration: float, least: float, state: Words) -> int:
    if outcome == _SHORT:
        ms = _SHORT_MEDIAN * math.exp(_SHORT_SPREAD * normal(state))
        if ms >= _SHORT_ENDS:
            ms = _SHORT_ENDS * uniform(state) ** 0.7
        return int(min(ms, duration))
    if outcome == _PART:
        return int(min(least + beta(state, 0.82, 0.95) * max(duration - least, 0.0), duration))
    loss = _TRIMMED_MS * exponential(state) if uniform(state) < _TRIMMED else 0.0
    return int(max(duration - loss, 0.0))


@inlined
def _end_reason(outcome: int, last: bool, moves: bool, state: Words) -> int:
    """FACTS: track done 50 %, forward button 26 %, endplay 14 %, logout 3 %, back button 2 % (R)."""
    draw = uniform(state)
    if outcome == _FULL:
        return _DONE
    if last:
        return _LOGOUT if draw < 0.55 else _ENDPLAY if draw < 0.9 else _EXIT
    if moves:
        return _ENDPLAY if draw < 0.6 else _FORWARD
    if draw < 0.725:
        return _FORWARD if draw < 0.68 else _BACK
    return _ENDPLAY if draw <= 0.985 else _EXIT


@inlined
def _start_reason(before: int, first: bool, fresh: bool, state: Words) -> int:
    """Why a play started follows from how the one before it ended, unless somebody chose something new."""
    draw = uniform(state)
    if first:
        if draw > 0.94:
            return _REMOTE
        return _CLICKED if draw < 0.5 else _PRESSED if draw < 0.75 else _LOADED
    # More often than not the next list begins by itself where the last one ended.
    if not fresh or (before == _DONE and uniform(state) < 0.75):
        if before == _DONE:
            return _AFTER_DONE
        if before == _FORWARD:
            return _AFTER_FORWARD
        if before == _BACK:
            return _AFTER_BACK
    return _CLICKED if draw < 0.82 else _PRESSED if draw < 0.95 else _REMOTE


@inlined
def _pause(before: int, asleep: bool, state: Words) -> int:
    """Microseconds of silence before a play: next to none after a whole track, seconds after a skip, or a break."""
    seconds = exponential(state) * (0.35 if before == _FULL else 1.6)
    if uniform(state) < 0.10 and not asleep:
        seconds += min(math.exp(4.2 + 1.2 * normal(state)), 1500.0)
    return int(seconds * SECOND)

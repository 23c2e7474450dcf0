"""How long people listen to what they play, and why plays start and end."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.listening import Choices
from ghostnote.simulation.randomness import Bools, Floats, Ints
from ghostnote.simulation.rows import END, SECOND, START
from ghostnote.simulation.sittings import SLEEP, Sittings

FULL, SHORT, PART = range(3)


@dataclass
class Heard:
    """Per play: milliseconds played, the pause before it (microseconds), and both reasons."""

    ms: npt.NDArray[np.int32]
    pause: npt.NDArray[np.int64]
    start_reason: npt.NDArray[np.int8]
    end_reason: npt.NDArray[np.int8]


def listen(sittings: Sittings, choices: Choices, duration_ms: Ints, rng: np.random.Generator) -> Heard:
    """How each play went. `duration_ms` is the length of each play's track."""
    sitting, count = choices.sitting, choices.sitting.size
    last = np.append(choices.place[1:] == 0, True)
    before_fresh = np.append(choices.fresh[1:], False) & ~last
    odds = sittings.skip[sitting] + np.where(choices.again, -0.8, 0.0) + np.where(choices.shuffle, 0.2, -0.1)
    leaves = rng.random(count) < 1 / (1 + np.exp(-odds))
    # Between a quarter and a half of the plays that outlast the first half minute are still left before the end.
    partly = 0.05 + 0.36 / (1 + np.exp(-(odds + 0.6)))
    partly = np.where(last | before_fresh, 0.6, partly)
    # Asleep or steady, nobody reaches for the button.
    partly = np.where(sittings.mood[sitting] >= SLEEP, 0.002, partly)
    outcome = np.where(leaves, SHORT, np.where(rng.random(count, dtype=np.float32) < partly, PART, FULL))
    patient = (rng.random(sittings.account.size) < 0.25)[sitting]
    ms = _played(outcome, duration_ms, patient, rng)
    end_reason = _end_reasons(outcome, last, before_fresh, rng)
    return Heard(
        ms=ms,
        pause=_pauses(outcome, choices.place, sittings.mood[sitting] == SLEEP, rng),
        start_reason=start_reasons(end_reason, choices.place == 0, choices.fresh, rng),
        end_reason=end_reason,
    )


def short_listens(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Milliseconds of plays given up within 30 s: half of them within 3 s (FACTS: ms_played p5 and p25, R)."""
    ms = 2700 * np.exp(1.4 * rng.standard_normal(count))
    return np.where(ms >= 30_000, 30_000 * rng.random(count) ** 0.7, ms)


def _played(outcome: Ints, duration_ms: Ints, patient: Bools, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    count = outcome.size
    ms = duration_ms.astype(np.float64)
    short = np.flatnonzero(outcome == SHORT)
    ms[short] = np.minimum(short_listens(short.size, rng), ms[short])
    part = np.flatnonzero(outcome == PART)
    fraction = rng.beta(0.82, 0.95, part.size)
    # In a quarter of sittings there is no play given up in the third quarter of the first minute.
    least = np.where(patient[part], 45_000, 30_000)
    ms[part] = np.minimum(least + fraction * np.maximum(ms[part] - least, 0), ms[part])
    # Some clients count a track that ran to its end a little short of its length.
    trimmed = (outcome == FULL) & (rng.random(count, dtype=np.float32) < 0.12)
    ms -= np.where(trimmed, rng.exponential(350, count), 0)
    return np.maximum(ms, 0).astype(np.int32)


def _end_reasons(outcome: Ints, last: Bools, before_fresh: Bools, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """FACTS: track done 50 %, forward button 26 %, endplay 14 %, logout 3 %, back button 2 % (R)."""
    draw = rng.random(outcome.size)
    inside = np.where(draw < 0.68, END["fwdbtn"], np.where(draw < 0.725, END["backbtn"], END["endplay"]))
    inside = np.where(draw > 0.985, END["unexpected-exit"], inside)
    closing = np.where(draw < 0.55, END["logout"], np.where(draw < 0.9, END["endplay"], END["unexpected-exit"]))
    moving = np.where(draw < 0.6, END["endplay"], END["fwdbtn"])
    reason = np.where(last, closing, np.where(before_fresh, moving, inside))
    return np.where(outcome == FULL, END["trackdone"], reason).astype(np.int8)


def start_reasons(end_reason: Ints, first: Bools, fresh: Bools, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Why a play started follows from how the one before it ended, unless somebody chose something new."""
    draw = rng.random(end_reason.size)
    before = np.roll(end_reason, 1)
    clicked = np.where(draw < 0.82, START["clickrow"], np.where(draw < 0.95, START["playbtn"], START["remote"]))
    follows = np.where(
        before == END["trackdone"],
        START["trackdone"],
        np.where(
            before == END["fwdbtn"], START["fwdbtn"], np.where(before == END["backbtn"], START["backbtn"], clicked)
        ),
    )
    opening = np.where(draw < 0.5, START["clickrow"], np.where(draw < 0.75, START["playbtn"], START["appload"]))
    opening = np.where(draw > 0.94, START["remote"], opening)
    # More often than not the next list begins by itself where the last one ended.
    chosen = fresh & ~((before == END["trackdone"]) & (draw * 16 % 1 < 0.75))
    return np.where(first, opening, np.where(chosen, clicked, follows)).astype(np.int8)


def _pauses(outcome: Ints, place: Ints, asleep: Bools, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Microseconds of silence before each play: next to none after a whole track, seconds after a skip, or a break."""
    count = outcome.size
    after_full = np.roll(outcome, 1) == FULL
    seconds: Floats = rng.standard_exponential(count) * np.where(after_full, 0.35, 1.6)
    breaks = np.flatnonzero((rng.random(count, dtype=np.float32) < 0.10) & ~asleep)
    seconds[breaks] += np.minimum(rng.lognormal(4.2, 1.2, breaks.size), 1500)
    seconds[place == 0] = 0
    return (seconds * SECOND).astype(np.int64)

"""Sessions of real listeners, played again by somebody else."""

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.machine import Fleet
from ghostnote.simulation.randomness import Bools, Ints, ragged
from ghostnote.simulation.rows import DAY, END, MINUTE, Plays
from ghostnote.simulation.stage import Played, Stage
from ghostnote.simulation.timeline import start_without_overlap

#: Milliseconds from which a play is paid: only such plays are worth replacing.
_PAID = 30_000


def plays_per_day(stage: Stage) -> float:
    """Mean plays per day and account of those who were overheard."""
    heard = stage.overheard
    listeners = np.unique(heard.account).size
    return max(len(heard), 1) / max(listeners * stage.service.days, 1)


def replay(
    stage: Stage,
    fleet: Fleet,
    start: int,
    end: int,
    own: npt.NDArray[np.int32],
    share: float,
    rng: np.random.Generator,
    *,
    offline: bool = False,
) -> None:
    """Each member of the fleet repeats one listener's days, some days later, a few minutes off.

    A share `share` of the plays that are long enough to be paid goes to one of the tracks `own` instead. Plays keep
    their sources and reasons; with `offline`, also that they were made without a connection.
    """
    rows, member, time = _borrowed(stage, fleet, rng)
    # On its model's first day an account does not play before it exists.
    kept = (time >= np.maximum(start, fleet.signed_up[member] + MINUTE)) & (time < end)
    rows, member, time = rows.take(kept), member[kept], time[kept]
    swapped = (rng.random(time.size) < share) & (rows.ms >= _PAID) if own.size else np.zeros(time.size, dtype=np.bool_)
    track, ms = _with_own(stage, rows, swapped, own, rng)
    # A track not out yet gives way to its artist's best known, which is.
    catalogue = stage.service.catalogue
    track = np.where(catalogue.released[track] > time, catalogue.artist_first[catalogue.artist[track]], track)
    ms = np.minimum(ms, catalogue.duration_ms[track])
    begun = start_without_overlap(member, time - rows.ms.astype(np.int64) * 1000, ms * 1000)
    sitting = np.cumsum((np.diff(begun, prepend=0) > 30 * MINUTE).astype(np.int64))
    played = Played(
        account=fleet.account[member],
        end=begun + ms * 1000,
        track=track.astype(np.int32),
        ms=ms,
        source=rows.source,
        source_ref=rows.source_ref,
        start_reason=rows.start_reason,
        finished=np.zeros(time.size, dtype=np.bool_),
        ip=fleet.ip(member, sitting),
        device=fleet.device[member],
        target=swapped,
    )
    inside = played.end < end
    stage.play(
        played.take(inside),
        rows.shuffle[inside].astype(np.float64),
        rng,
        end_reason=rows.end_reason[inside],
        offline=rows.offline[inside] if offline else None,
    )


def _borrowed(stage: Stage, fleet: Fleet, rng: np.random.Generator) -> tuple[Plays, Ints, Ints]:
    """The plays that each member copies, in order: their rows, whose copy each is, and when it is played."""
    heard = stage.overheard.take(np.argsort(stage.overheard.account, kind="stable"))
    _, first, count = np.unique(heard.account, return_index=True, return_counts=True)
    model = rng.integers(0, max(first.size, 1), fleet.account.size) if first.size else np.zeros(0, dtype=np.int64)
    member, place = ragged(count[model])
    rows = heard.take(first[model][member] + place)
    span = stage.service.days * DAY
    # Whole days, so that the hour stays; and not to the second.
    shift = rng.integers(1, max(stage.service.days, 2), fleet.account.size) * DAY
    shift += (rng.normal(0, 25, fleet.account.size) * MINUTE).astype(np.int64)
    time = stage.service.start + (rows.end - stage.service.start + shift[member]) % span
    order = np.lexsort((time, member))
    return rows.take(order), member[order], time[order]


def _with_own(
    stage: Stage, rows: Plays, swapped: Bools, own: npt.NDArray[np.int32], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    track, ms = rows.track.astype(np.int64), rows.ms.astype(np.int64)
    chosen = np.flatnonzero(swapped)
    if chosen.size:
        track[chosen] = own[rng.integers(0, own.size, chosen.size)]
        length = stage.service.catalogue.duration_ms[track[chosen]].astype(np.int64)
        whole = rows.end_reason[chosen] == END["trackdone"]
        ms[chosen] = np.where(whole, length, np.minimum(ms[chosen], length))
    return track, ms

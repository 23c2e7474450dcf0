"""What a fraud team finds out by hand: few things, late, and now and then wrong ones."""

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from ghostnote.events.schema import LABELS
from ghostnote.simulation.names import Names
from ghostnote.simulation.randomness import Floats, Ints, Stream, generator
from ghostnote.simulation.rows import DAY, Events
from ghostnote.simulation.stage import Cast
from ghostnote.simulation.truth import account_labels, begun, first_events, ordered, play_labels, times

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_SOURCES = ("review", "chargeback", "distributor")


class TeamParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a team finds.

    `found`: share of attackers' accounts, and of hijacked listeners, labelled sooner or later; `delay_days`: median
    time from an account's first artificial event to its label, with `delay_spread` (sigma of the log); `wrong`: honest
    accounts labelled fraud, as a share of the right labels, half of whom appeal; `cleared`: share of honest accounts
    looked at and found honest.
    """

    found: Share = 0.5
    delay_days: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    delay_spread: Annotated[float, msgspec.Meta(ge=0)] = 0.7
    wrong: Share = 0.02
    cleared: Share = 0.004


def team_labels(
    events: Events,
    casts: list[Cast],
    honest: Ints,
    names: Names,
    team: TeamParameters,
    *,
    seed: int,
    start: int,
    end: int,
) -> pl.DataFrame:
    """The labels known by `end`, of a world that is watched from `start` (both microseconds)."""
    rng = generator(seed, Stream.KNOWLEDGE)
    first = first_events(events)
    parts = [LABELS.empty()]
    right = 0
    for cast in casts:
        members = cast.members[begun(first, cast.members) < end]
        found = members[rng.random(members.size) < team.found]
        right += found.size
        since = begun(first, found)
        rows = account_labels(names, found, "fraud", times(since), kind=_repeated(cast.kind, found.size))
        source = pl.Series([_SOURCES[i] for i in rng.choice(3, found.size, p=[0.6, 0.25, 0.15])], dtype=pl.String)
        parts.append(
            rows.with_columns(source.alias("source"), times(since + _delay(team, found.size, rng)).alias("known_at"))
        )
        parts += _complaints(events, cast, first, names, team, rng)
    parts += _about_honest(honest, right, names, team, rng, start, end)
    table = pl.concat(parts, how="diagonal_relaxed")
    return ordered(table.filter(pl.col("known_at") < times(np.array([end])).item()))


def _complaints(
    events: Events,
    cast: Cast,
    first: npt.NDArray[np.int64],
    names: Names,
    team: TeamParameters,
    rng: np.random.Generator,
) -> list[pl.DataFrame]:
    """Hijacked listeners point at the plays so far that were not theirs: those are labelled, not the accounts."""
    victims = np.sort(cast.victims[rng.random(cast.victims.size) < team.found])
    wait = _delay(team, victims.size, rng)
    parts = []
    for rows in events.plays:
        chosen = rows.take(np.isin(rows.account, victims))
        if not len(chosen):
            continue
        place = np.searchsorted(victims, chosen.account)
        noticed = begun(first, victims) + wait
        told = chosen.end <= noticed[place]
        labels = play_labels(chosen.take(told), cast.kind, names)
        parts.append(labels.with_columns(source=pl.lit("review"), known_at=times(noticed[place[told]])))
    return parts


def _about_honest(
    honest: Ints, right: int, names: Names, team: TeamParameters, rng: np.random.Generator, start: int, end: int
) -> list[pl.DataFrame]:
    """A few mistakes, half of which are appealed against, and reviews that found nothing."""
    mistakes = round(right * team.wrong)
    looked_at = rng.permutation(honest)[: mistakes + round(honest.size * team.cleared)]
    accused, cleared = looked_at[:mistakes], looked_at[mistakes:]
    when = start + (rng.random(looked_at.size) * (end - start)).astype(np.int64)
    appeal = when[:mistakes:2] + 3 * DAY
    parts = []
    for codes, verdict, source, at in (
        (accused, "fraud", "review", when[:mistakes]),
        (accused[::2], "legit", "appeal", appeal),
        (cleared, "legit", "review", when[mistakes:]),
    ):
        rows = account_labels(names, codes, verdict, times(at), kind=_repeated(None, codes.size))
        parts.append(rows.with_columns(source=pl.lit(source), known_at=pl.col("event_time")))
    return parts


def _repeated(kind: str | None, count: int) -> pl.Series:
    return pl.Series([kind], dtype=pl.String).new_from_index(0, count)


def _delay(team: TeamParameters, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    days: Floats = team.delay_days * np.exp(team.delay_spread * rng.standard_normal(count))
    return (days * DAY).astype(np.int64)

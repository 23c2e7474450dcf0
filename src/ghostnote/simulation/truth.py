"""What is true of a world, as labels that become known long after its end."""

import numpy as np
import numpy.typing as npt
import polars as pl

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.events.schema import LABELS, TIME
from ghostnote.simulation.names import Names
from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import DAY, Events, Plays
from ghostnote.simulation.stage import Cast
from ghostnote.simulation.tokens import Domain

#: So late that nothing can learn from the truth by accident.
TRUTH_DELAY = 365 * DAY
#: The cohort of honest accounts that somebody else has played on.
VICTIM = "hijacked_listener"
_NEVER = np.iinfo(np.int64).max


def true_labels(
    events: Events, casts: list[Cast], honest: Ints, cohorts: list[str], names: Names, end: int
) -> pl.DataFrame:
    """One label per account and per artificial play of a world that ends at `end` (microseconds).

    `events` are the attackers', `honest` the codes of honest accounts and `cohorts` the cohort of each.
    """
    first = first_events(events)
    victims = np.concatenate([np.zeros(0, dtype=np.int32), *(cast.victims for cast in casts)])
    spared = ~np.isin(honest, victims)
    kinds = pl.Series(cohorts, dtype=pl.String).filter(pl.Series(spared))
    parts = [account_labels(names, honest[spared], "legit", times(np.full(int(spared.sum()), end)), kind=kinds)]
    for cast in casts:
        for codes, verdict, kind in ((cast.members, "fraud", cast.kind), (cast.victims, "legit", VICTIM)):
            seen = codes[begun(first, codes) < _NEVER]
            kinds = pl.Series([kind], dtype=pl.String).new_from_index(0, seen.size)
            rows = account_labels(names, seen, verdict, times(begun(first, seen)), kind=kinds)
            parts.append(rows.with_columns(campaign_id=pl.lit(cast.name)))
    parts += [_artificial(rows, casts[int(rows.campaign[0])], names) for rows in events.plays if len(rows)]
    known = times(np.array([end + TRUTH_DELAY])).item()
    return ordered(pl.concat(parts, how="diagonal").with_columns(source=pl.lit(TRUTH_SOURCE), known_at=pl.lit(known)))


def first_events(events: Events) -> npt.NDArray[np.int64]:
    """Microseconds of the first event on each account code; the largest int64 where there is none."""
    pairs = [(rows.account, rows.end) for rows in events.plays]
    for group in (events.actions, events.signups, events.logins):
        pairs += [(rows.account, rows.time) for rows in group]
    size = max((int(account.max(initial=-1)) + 1 for account, _ in pairs), default=0)
    first = np.full(size, _NEVER)
    for account, time in pairs:
        np.minimum.at(first, account, time)
    return first


def begun(first: npt.NDArray[np.int64], codes: Ints) -> npt.NDArray[np.int64]:
    """The first event's time of each of `codes`, as `first_events` has them."""
    return np.where(codes < first.size, first[np.minimum(codes, first.size - 1)], _NEVER) if first.size else first[:0]


def account_labels(names: Names, codes: Ints, verdict: str, when: pl.Series, *, kind: pl.Series) -> pl.DataFrame:
    """Labels of accounts about the times `when`, without a source and a time at which they became known."""
    return pl.DataFrame({"subject_id": names.of(Domain.ACCOUNT, codes), "event_time": when, "kind": kind}).with_columns(
        subject_type=pl.lit("account"), verdict=pl.lit(verdict)
    )


def play_labels(rows: Plays, kind: str, names: Names) -> pl.DataFrame:
    """The same for plays that nobody heard."""
    return pl.DataFrame(
        {"subject_id": names.tokens.of(Domain.PLAY, rows.number), "event_time": times(rows.end)}
    ).with_columns(subject_type=pl.lit("play"), verdict=pl.lit("fraud"), kind=pl.lit(kind))


def _artificial(rows: Plays, cast: Cast, names: Names) -> pl.DataFrame:
    return play_labels(rows, cast.kind, names).with_columns(campaign_id=pl.lit(cast.name))


def times(values: Ints) -> pl.Series:
    """Microseconds since 1970 as the contract's times."""
    return pl.Series(np.asarray(values, dtype=np.int64)).cast(TIME)


def ordered(table: pl.DataFrame) -> pl.DataFrame:
    """The contract's columns of labels, in the contract's order."""
    return table.select(name for name in LABELS.names if name in table.columns).sort(*LABELS.order, maintain_order=True)

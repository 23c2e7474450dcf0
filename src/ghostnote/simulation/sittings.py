"""When people sit down to listen, for how many plays, and in what mood."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.networks import COUNTRIES
from ghostnote.simulation.population import Population
from ghostnote.simulation.randomness import Floats, Ints, ragged
from ghostnote.simulation.rows import DAY, HOUR

NORMAL, LOOP, SKIM, SLEEP, STEADY = range(5)
#: Plays a day from which a wish for more is met less and less, and the power by which it is.
LONG_DAY, LONG_DAY_POWER = 150.0, 0.72
#: What each doubling or so (each unit of the log) of a day's plays adds to the log-odds of leaving a track.
SKIP_BY_PLAYS = 0.27
#: Length of the night in which hardly anybody listens, and hours from its begin to the mean waking hour.
QUIET_HOURS = (6.0, 6.3)
_ZONES = np.array([tz for _, _, tz in COUNTRIES])


@dataclass
class Sittings:
    """Stretches of listening, by account, then wished-for start.

    `account` is an account code, `day` a day of the world in the account's local time, `start` microseconds (UTC),
    `hour` the local hour, `mood` one of NORMAL, LOOP, SKIM, SLEEP, STEADY (nobody skips), `skip` the log-odds of
    leaving a track early. Every `every`-th play is of `track` and of the `span - 1` tracks after it in turn (`track`
    -1: of nothing special), started from `source` (a place in `SOURCES`).
    """

    account: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    hour: npt.NDArray[np.float64]
    plays: npt.NDArray[np.int64]
    mood: npt.NDArray[np.int8]
    skip: npt.NDArray[np.float64]
    track: npt.NDArray[np.int32]
    span: npt.NDArray[np.int64]
    every: npt.NDArray[np.int64]
    source: npt.NDArray[np.int8]

    @classmethod
    def joined(cls, parts: Sequence["Sittings"]) -> "Sittings":
        """Several, in order of account and start."""
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)}).ordered()

    def ordered(self) -> "Sittings":
        order = np.lexsort((self.start, self.account))
        return Sittings(**{f.name: getattr(self, f.name)[order] for f in fields(self)})


def plan_sittings(people: Population, accounts: Ints, start: int, days: int, rng: np.random.Generator) -> Sittings:
    """The sittings of `accounts` on every day of a world that begins at `start` (microseconds)."""
    account, day = _active_days(people, accounts, start, days, rng)
    plays, skimming = _plays_per_day(people, account, rng)
    count = _sittings_per_day(people, account, plays, rng)
    row, _ = ragged(count)
    sizes = _split(plays, count, row, rng)
    hour = _hours(people, account[row], day[row], start, rng)
    loop = rng.random(row.size) < people.loop_sittings[account[row]]
    mood = np.where(skimming[row], SKIM, np.where(loop, LOOP, NORMAL)).astype(np.int8)
    # Somebody who loops a track stays with it: that is where runs of a hundred and more come from.
    longer = np.where((mood == LOOP) & (rng.random(row.size) < 0.12), rng.gamma(1.0, 6.0, row.size) + 1, 1.0)
    sizes = np.where(
        longer > 1, np.maximum(sizes, np.minimum(sizes * longer, rng.lognormal(4.1, 0.72, row.size))), sizes
    )
    sittings = sit(people, account[row], day[row], hour, start, sizes, mood, rng)
    # The more tracks somebody goes through on a day, the fewer of them to the end.
    sittings.skip += SKIP_BY_PLAYS * np.log(np.maximum(plays, 2) / 50)[row]
    return sittings


def _active_days(
    people: Population, accounts: Ints, start: int, days: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Account and day of every day on which somebody listens. Weekends are a little quieter, holidays silent."""
    weekday = (start // DAY + 3 + np.arange(days)) % 7
    chance = people.active_share[accounts][:, None] * np.where(weekday >= 5, 0.96, 1.015)[None, :]
    draws = rng.random((accounts.size, days), dtype=np.float32)
    morning = start + np.arange(days) * DAY
    known = people.signed_up[accounts][:, None] < morning[None, :] + DAY
    stays = people.left[accounts][:, None] > morning[None, :]
    which, day = np.nonzero((draws < chance) & known & stays)
    return accounts[which], day


def _plays_per_day(people: Population, account: Ints, rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.bool_]]:
    shape = people.day_shape[account]
    plays = people.plays_mean[account] * rng.standard_gamma(shape) / shape
    skimming = rng.random(account.size) < people.skim_days[account]
    factor = people.skim_factor[account] * rng.lognormal(0, 0.5, account.size)
    # Nobody hears out four hundred tracks in a day: the longer a day gets, the more of the wish gives way to the clock.
    plays = np.where(plays > LONG_DAY, LONG_DAY * (plays / LONG_DAY) ** LONG_DAY_POWER, plays)
    plays = np.where(skimming, plays * factor, plays)
    return np.clip(plays, 1, 2600), skimming


def _sittings_per_day(people: Population, account: Ints, plays: Floats, rng: np.random.Generator) -> Ints:
    """More plays mean more sittings, but far fewer than in proportion (FACTS: clock hours against plays, R)."""
    expected = people.sittings[account] * np.maximum(0.57 * np.sqrt(plays) - 0.75, 0.04)
    return np.minimum(1 + rng.poisson(expected), np.maximum(plays, 1)).astype(np.int64)


def _split(plays: Floats, count: Ints, row: Ints, rng: np.random.Generator) -> Floats:
    """A day's plays dealt out to its sittings, unevenly."""
    weight = rng.standard_gamma(1.0, row.size) + 0.05
    total = np.bincount(row, weights=weight, minlength=count.size)
    return np.maximum(np.floor(plays[row] * weight / total[row] + rng.random(row.size)), 1)


def _hours(people: Population, account: Ints, day: Ints, start: int, rng: np.random.Generator) -> Floats:
    """Local hour of each sitting: around one of two favourite times, or anywhere in the waking day."""
    weekend = (start // DAY + 3 + day) % 7 >= 5
    favourite = rng.integers(0, 2, account.size)
    around = people.peaks[account, favourite] + rng.normal(0, 0.09, account.size)
    anywhere = rng.random(account.size)
    place = np.where(rng.random(account.size) < np.where(weekend, 0.25, 0.45), around, anywhere)
    late = np.where(weekend, 1.3, 0.0) + rng.normal(0, 0.4, account.size)
    return np.asarray(people.wake[account] + late + people.awake[account] * np.clip(place, -0.03, 1.04))


def _local_to_utc(people: Population, account: Ints, day: Ints, hour: Floats, start: int) -> npt.NDArray[np.int64]:
    away, country = people.whereabouts(account, day)
    tz = np.where(away, _ZONES[country], people.tz[account]).astype(np.float64)
    return np.asarray(start + day * DAY + ((hour - tz) * HOUR).astype(np.int64), dtype=np.int64)


def sit(
    people: Population,
    account: Ints,
    day: Ints,
    hour: Floats,
    start: int,
    plays: Ints | Floats,
    mood: Ints | int,
    rng: np.random.Generator,
    *,
    track: Ints | int = -1,
    span: Ints | int = 1,
    every: Ints | int = 1,
    source: int = 0,
) -> Sittings:
    """Sittings of a world that begins at `start`; what is the same for all may be given once (see `Sittings`)."""
    count = account.size
    moods = np.broadcast_to(np.asarray(mood, dtype=np.int8), count)
    skip = people.skip[account] + people.mood_spread[account] * rng.standard_normal(count)
    skip = np.where(moods >= SLEEP, -9.0, skip + np.where(moods == SKIM, 3.2, np.where(moods == LOOP, -2.0, 0.0)))
    return Sittings(
        account=np.asarray(account, dtype=np.int64),
        day=np.asarray(day, dtype=np.int64),
        start=_local_to_utc(people, account, day, hour, start),
        hour=np.asarray(hour % 24, dtype=np.float64),
        plays=np.maximum(np.asarray(plays).astype(np.int64), 1),
        mood=moods,
        skip=np.asarray(skip, dtype=np.float64),
        track=np.broadcast_to(np.asarray(track, dtype=np.int32), count),
        span=np.broadcast_to(np.asarray(span, dtype=np.int64), count),
        every=np.broadcast_to(np.asarray(every, dtype=np.int64), count),
        source=np.full(count, source, dtype=np.int8),
    )

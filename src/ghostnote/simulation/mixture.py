"""Telling keen from casual listeners in logs: a mixture of two kinds of account, fitted by expectation-maximisation.

Of each account only two numbers are used: on how many of its days it played, and how many plays it had on such a day.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from ghostnote.simulation.population import CONCENTRATION
from ghostnote.simulation.randomness import Floats, Ints

_ROUNDS = 200
_ENOUGH = 1e-4
_GRID = np.linspace(0.02, 0.98, 97)


@dataclass(frozen=True)
class Kind:
    """One kind of account: its share of accounts, and its `CohortParameters` of the same names."""

    share: float
    active_share: float
    plays: float
    plays_spread: float
    concentration: float


@dataclass(frozen=True)
class Mixture:
    """`keen` and `casual` accounts; `is_keen` is each seen account's probability; `unseen` accounts never played."""

    keen: Kind
    casual: Kind
    is_keen: npt.NDArray[np.float64]
    unseen: float


def separate(active: Ints, days: int, plays: Floats, day_shape: float) -> Mixture:
    """The two kinds behind accounts that played on `active` of `days` days, `plays` on such a day on average.

    Accounts that never played are not among the rows, and are allowed for.
    """
    # The log of a mean of few days lies below the log of what they are a sample of.
    level = np.log(plays) + 0.5 / (day_shape * active)
    cut = np.quantile(level, 0.6)
    keen = Kind(0.4, 0.8, float(np.exp(np.median(level[level >= cut]))), 0.6, CONCENTRATION["keen"])
    casual = Kind(0.6, 0.4, float(np.exp(np.median(level[level < cut]))), 0.7, CONCENTRATION["casual"])
    likely = np.full(active.size, -np.inf)
    for _ in range(_ROUNDS):
        densities = [_density(kind, active, days, level, day_shape) for kind in (keen, casual)]
        total = np.logaddexp(*densities)
        is_keen = np.exp(densities[0] - total)
        if abs(total.mean() - likely.mean()) < _ENOUGH:
            break
        likely = total
        keen = _refit(keen, is_keen, active, days, level, day_shape)
        casual = _refit(casual, 1 - is_keen, active, days, level, day_shape)
    return _with_unseen(keen, casual, is_keen, days)


def _density(kind: Kind, active: Ints, days: int, level: Floats, day_shape: float) -> npt.NDArray[np.float64]:
    """Log density of each account under one kind, given that it was seen at all, times the kind's share."""
    counts = _active_days(kind, days)
    seen = counts[1:] - np.log1p(-np.exp(counts[0]))
    variance = kind.plays_spread**2 + 1 / (day_shape * active)
    distance = (level - np.log(kind.plays)) ** 2 / variance
    density = np.log(kind.share) + seen[active - 1] - 0.5 * (distance + np.log(variance))
    return np.asarray(density, dtype=np.float64)


def _active_days(kind: Kind, days: int) -> npt.NDArray[np.float64]:
    """Log probability of 0, 1, ... `days` active days (beta-binomial)."""
    first, second = kind.active_share * kind.concentration, (1 - kind.active_share) * kind.concentration
    k = np.arange(days + 1)
    ways = gammaln(days + 1) - gammaln(k + 1) - gammaln(days - k + 1)
    return np.asarray(ways + betaln(k + first, days - k + second) - betaln(first, second), dtype=np.float64)


def _refit(kind: Kind, weight: Floats, active: Ints, days: int, level: Floats, day_shape: float) -> Kind:
    histogram = np.bincount(active, weights=weight, minlength=days + 1)[1:]
    fits = []
    for share in _GRID:
        counts = _active_days(replace(kind, active_share=float(share)), days)
        fits.append(float(histogram @ (counts[1:] - np.log1p(-np.exp(counts[0])))))
    noise = 1 / (day_shape * active)
    precise = weight / (kind.plays_spread**2 + noise)
    centre = float((precise * level).sum() / precise.sum())
    spread = (precise * ((level - centre) ** 2 - noise)).sum() / precise.sum()
    return replace(
        kind,
        share=float(weight.mean()),
        active_share=float(_GRID[int(np.argmax(fits))]),
        plays=float(np.exp(centre)),
        plays_spread=float(np.sqrt(max(spread, 0.05**2))),
    )


def _with_unseen(keen: Kind, casual: Kind, is_keen: npt.NDArray[np.float64], days: int) -> Mixture:
    """Shares of all accounts, not only of those that were seen; keen are those with more plays a day."""
    if keen.plays < casual.plays:
        keen, casual, is_keen = casual, keen, 1 - is_keen
    whole = [kind.share / -np.expm1(_active_days(kind, days)[0]) for kind in (keen, casual)]
    return Mixture(
        keen=replace(keen, share=float(whole[0] / sum(whole))),
        casual=replace(casual, share=float(whole[1] / sum(whole))),
        is_keen=is_keen,
        unseen=float((sum(whole) - 1) * is_keen.size),
    )

"""A population like the one in real logs: parameters estimated from a lake, with whatever columns it has."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.labels import subjects
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read, read_days
from ghostnote.events.schema import LABELS
from ghostnote.progress import Progress, silent
from ghostnote.simulation.catalogue import GENRE_SHARES, GENRES, CatalogueParameters
from ghostnote.simulation.cohorts import CohortParameters
from ghostnote.simulation.mixture import Mixture, separate
from ghostnote.simulation.networks import COUNTRIES, COUNTRY_NAMES
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.randomness import Floats
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.sittings import LONG_DAY, LONG_DAY_POWER, QUIET_HOURS, SKIP_BY_PLAYS

#: Fewer accounts than these say too little about the differences between people.
_FEWEST = 30
#: Fewer days than these do not tell who listens rarely.
_FEWEST_DAYS = 5
#: Active days from which an account's days say something about how they differ.
_ENOUGH_DAYS = 4
_ZONES = {name: float(tz) for name, _, tz in COUNTRIES}
#: A day on which somebody only skimmed: at least so many plays, so many times that account's usual number, and a share
#: of them of 30 s below this.
_SKIMMED_PLAYS, _SKIMMED_TIMES, _SKIMMED_LONG = 60, 3.0, 0.3


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter: its name as in a scenario file, its value, and what it rests on."""

    parameter: str
    value: float | int | str
    basis: str


@dataclass(frozen=True)
class Fit:
    """`scenario` with what was estimated, `estimates` to show, and `missing`: what could not be estimated, and why."""

    scenario: Scenario
    estimates: tuple[Estimate, ...]
    missing: tuple[str, ...]


def fit(lake: str | os.PathLike[str], scenario: Scenario, *, progress: Progress = silent) -> Fit:
    """`scenario` with the population, size, days and track lengths of the honest accounts of a lake.

    Accounts and plays that labels call fraudulent are left out. What the lake's columns do not tell stays as in
    `scenario`, its cohorts that look guilty included. Raises `GhostnoteError` if too few accounts of the lake have
    plays, or on too few days.
    """
    source = Lake(lake)
    plays = _plays(source, progress)
    accounts = plays["account_id"].n_unique()
    if accounts < _FEWEST:
        raise GhostnoteError(f"{source.path} has plays of {accounts} accounts: a fit needs {_FEWEST}.")
    first, days = _span(plays)
    if days < _FEWEST_DAYS:
        raise GhostnoteError(f"{source.path} has plays of {days} days: a fit needs {_FEWEST_DAYS}.")
    daily = _daily(plays)
    shape = _day_shape(daily)
    usual = pl.col("wished").filter(~pl.col("skimmed")).mean()
    people = daily.group_by("account_id", maintain_order=True).agg(
        # Local days may be one more than days in UTC.
        active=pl.len().clip(upper_bound=days),
        plays=pl.coalesce(usual, pl.col("wished").mean()),
    )
    found = separate(people["active"].to_numpy(), days, people["plays"].to_numpy(), shape)
    total = accounts + round(found.unseen)
    daily = daily.join(people.select("account_id", is_keen=pl.Series(found.is_keen > 0.5)), on="account_id")
    fitted = msgspec.structs.replace(scenario, accounts=total, days=min(days, 400), start=first)
    estimates = [
        _told("accounts", total, f"{accounts:,} accounts with plays, and about {total - accounts:,} without"),
        _told("days", fitted.days, "first to last play"),
        _told("start", first.isoformat(), "first play"),
    ]
    fitted, told = _listening(fitted, daily, found, shape)
    estimates += told
    missing = []
    for step in (_where_and_when, _lengths, _growth):
        fitted, told, lacks = step(source, plays, fitted)
        estimates += told
        missing += lacks
    return Fit(fitted, tuple(estimates), tuple(missing))


def _listening(
    scenario: Scenario, daily: pl.DataFrame, found: Mixture, shape: float
) -> tuple[Scenario, list[Estimate]]:
    """How keen and casual accounts listen, and how many are keen; other cohorts keep their shares."""
    population = scenario.population
    shares = msgspec.structs.asdict(population.shares)
    others = sum(share for name, share in shares.items() if name != "keen")
    keen = round(found.keen.share * (1 - others), 4)
    told = [_told("population.shares.keen", keen, "plays per day and days active, account by account")]
    population = msgspec.structs.replace(population, shares=msgspec.structs.replace(population.shares, keen=keen))
    for name, kind in (("keen", found.keen), ("casual", found.casual)):
        rows = daily.filter(pl.col("is_keen") == (name == "keen"))
        values = {
            "active_share": kind.active_share,
            "plays": kind.plays,
            "plays_spread": kind.plays_spread,
            "day_shape": shape,
            "skip": _skip(rows, population.of(name)),
            "skim_days": _skim_share(rows),
        }
        values = {key: round(value, 4) for key, value in values.items()}
        changed = msgspec.structs.replace(population.of(name), **values)
        population = msgspec.structs.replace(population, **{name: changed})
        told += [_told(f"population.{name}.{key}", value, _BASES[key]) for key, value in values.items()]
    return msgspec.structs.replace(scenario, population=population), told


_BASES: Mapping[str, str] = {
    "active_share": "days with plays",
    "plays": "plays per active day",
    "plays_spread": "plays per active day, between accounts",
    "day_shape": "plays per active day, between one account's days",
    "skip": "share of plays under 30 s",
    "skim_days": "days of many plays, hardly any of them of 30 s",
}
_Step = tuple[Scenario, list[Estimate], list[str]]


def _told(parameter: str, value: float | int | str, basis: str) -> Estimate:
    return Estimate(parameter=parameter, value=value, basis=basis)


def _plays(lake: Lake, progress: Progress) -> pl.DataFrame:
    """account_id, track_id, ms_played, event_time and, where there is one, country of plays of honest accounts."""
    labels = read(lake, "labels").rows if "labels" in lake.tables() else LABELS.empty()
    accounts, artificial = (subjects(labels, of, "fraud").implode() for of in ("account", "play"))
    parts, days = [], lake.days("plays")
    for done, (_, reading) in enumerate(read_days(lake, "plays")):
        progress("Looking at the lake", min(done, len(days)), len(days))
        names = ("event_id", "account_id", "track_id", "ms_played", "event_time", "country")
        rows = reading.rows.select(name for name in names if name in reading.rows.columns)
        rows = rows.filter(~pl.col("account_id").is_in(accounts) & ~pl.col("event_id").is_in(artificial))
        parts.append(rows.drop("event_id"))
    progress("Looking at the lake", len(days), len(days))
    if not parts:
        raise GhostnoteError(f"{lake.path} holds no plays: there is nothing to fit a population to.")
    return pl.concat(parts, how="diagonal")


def _span(plays: pl.DataFrame) -> tuple[date, int]:
    day = plays["event_time"].dt.date()
    first, last = day.min(), day.max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first, (last - first).days + 1


def _daily(plays: pl.DataFrame) -> pl.DataFrame:
    """account_id, plays, the share of them of 30 s and more, and whether it was a day of skimming, of each active day.

    Days are local ones where plays have a country, else UTC. `wished` is what somebody would have played if a long day
    did not give way to the clock.
    """
    zone = pl.col("country").replace_strict(_ZONES, default=0.0) if "country" in plays.columns else pl.lit(0.0)
    local = pl.col("event_time") + pl.duration(minutes=(zone * 60).cast(pl.Int64))
    count = pl.col("plays")
    return (
        plays.group_by("account_id", local.dt.date().alias("day"))
        .agg(plays=pl.len(), long=(pl.col("ms_played") >= 30_000).mean())
        .sort("account_id", "day")
        .with_columns(
            skimmed=(count >= _SKIMMED_PLAYS)
            & (count >= _SKIMMED_TIMES * count.median().over("account_id"))
            & (pl.col("long") < _SKIMMED_LONG),
            wished=pl.when(count > LONG_DAY)
            .then(LONG_DAY * (count / LONG_DAY) ** (1 / LONG_DAY_POWER))
            .otherwise(count.cast(pl.Float64)),
        )
    )


def _day_shape(daily: pl.DataFrame) -> float:
    """One over the squared variation between an account's days, over accounts with enough ordinary days."""
    ordinary = daily.filter(~pl.col("skimmed"))
    accounts = ordinary.group_by("account_id").agg(
        n=pl.len(), mean=pl.col("wished").mean(), variance=pl.col("wished").var()
    )
    accounts = accounts.filter((pl.col("n") >= _ENOUGH_DAYS) & (pl.col("mean") >= 5))
    if accounts.is_empty():
        return CohortParameters().day_shape
    # The variance of counts includes their own; the squared mean is too large by the mean's variance.
    squared = (accounts["mean"] ** 2 - accounts["variance"] / accounts["n"]).clip(1)
    ratio = np.average((accounts["variance"] / squared).to_numpy(), weights=(accounts["n"] - 1).to_numpy())
    return float(np.clip(1 / ratio, 0.2, 20))


def _skim_share(daily: pl.DataFrame) -> float:
    return float(daily["skimmed"].sum() / max(daily.height, 1))


def _skip(daily: pl.DataFrame, usual: CohortParameters) -> float:
    """The log-odds at which the simulation leaves as many plays within 30 s as were left."""
    rows = daily.filter(~pl.col("skimmed"))
    if rows.is_empty():
        return usual.skip
    # Day by day, lest the busiest of those taken for casual by mistake outweigh all others.
    left = 1 - float(np.mean(rows["long"].to_numpy()))
    spread = float(np.hypot(usual.skip_spread, usual.mood_spread))
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    plays = np.quantile(rows["plays"].to_numpy(), np.linspace(0.01, 0.99, 50))
    shift = SKIP_BY_PLAYS * np.log(np.maximum(plays, 2) / 50)

    def expected(skip: float) -> float:
        odds = skip + shift[:, None] + spread * nodes[None, :]
        return float(((1 / (1 + np.exp(-odds))) @ weights).mean() / weights.sum())

    return _solve(expected, left, -6.0, 4.0)


def _solve(rising: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def _where_and_when(lake: Lake, plays: pl.DataFrame, scenario: Scenario) -> _Step:
    """Countries, and the local hour at which people wake up: both need to know where plays came from."""
    if "country" not in plays.columns or plays["country"].null_count() == plays.height:
        return scenario, [], ["countries and hours: plays have no country"]
    homes = plays.group_by("account_id").agg(pl.col("country").drop_nulls().mode().sort().first())["country"]
    counts = homes.value_counts().filter(pl.col("country").is_in(COUNTRY_NAMES)).sort("count", descending=True)
    if counts.is_empty():
        return scenario, [], [f"countries and hours: none of the countries is one of {', '.join(COUNTRY_NAMES)}"]
    total = int(counts["count"].sum())
    shares = {name: round(count / total, 4) for name, count in counts.iter_rows()}
    known = plays.filter(pl.col("country").is_in(COUNTRY_NAMES))
    zone = known["country"].replace_strict(_ZONES, return_dtype=pl.Float64)
    local = ((known["event_time"].to_physical() / 3.6e9 + zone) % 24).to_numpy()
    wake = round(_wake(local), 2)
    population = msgspec.structs.replace(scenario.population, countries=shares, wake=wake)
    told = [_told(f"population.countries.{name}", share, "most frequent country") for name, share in shares.items()]
    told.append(_told("population.wake", wake, "the quietest hours of the night, local time"))
    lacks = ["countries that the simulation does not know"] if total < homes.len() else []
    return msgspec.structs.replace(scenario, population=population), told, lacks


def _wake(local: Floats) -> float:
    """The end of the quietest `QUIET_HOURS`, which is when most have woken up."""
    histogram, _ = np.histogram(local, bins=96, range=(0, 24))
    width = round(QUIET_HOURS[0] * 4)
    quiet = np.array([np.roll(histogram, -begin)[:width].sum() for begin in range(96)])
    return float((np.argmin(quiet) / 4 + QUIET_HOURS[1]) % 24)


def _lengths(lake: Lake, plays: pl.DataFrame, scenario: Scenario) -> _Step:
    """Track lengths from the catalogue, or else from how long whole plays of the same track lasted."""
    if "tracks" in lake.tables() and "duration_ms" in (tracks := read(lake, "tracks").rows).columns:
        heard = plays.select("track_id").unique()
        seconds = tracks.join(heard, on="track_id", how="semi")["duration_ms"].drop_nulls() / 1000
        basis = "lengths of the tracks that were played"
    else:
        often = plays.group_by("track_id").agg(n=pl.len(), longest=pl.col("ms_played").quantile(0.8, "nearest"))
        seconds = often.filter((pl.col("n") >= 4) & (pl.col("longest") >= 31_000))["longest"] / 1000
        basis = "longest plays of tracks played at least four times"
    if seconds.len() < _FEWEST:
        return scenario, [], ["track lengths: too few tracks with a known length or several plays"]
    log = np.log(seconds.filter(seconds > 0).to_numpy())
    low, middle, high = np.quantile(log, [0.25, 0.5, 0.75])
    # Genres and artists account for a part of the variation.
    genre = np.log(np.array(list(GENRES.values())))
    centre = float(GENRE_SHARES @ genre)
    rest = ((high - low) / 1.349) ** 2 - 0.1**2 - float(GENRE_SHARES @ (genre - centre) ** 2)
    median, spread = round(float(np.exp(middle - centre)), 1), round(float(np.sqrt(max(rest, 0.02**2))), 3)
    catalogue: CatalogueParameters = msgspec.structs.replace(
        scenario.catalogue, median_seconds=median, length_spread=spread
    )
    told = [_told("catalogue.median_seconds", median, basis), _told("catalogue.length_spread", spread, basis)]
    return msgspec.structs.replace(scenario, catalogue=catalogue), told, []


def _growth(lake: Lake, plays: pl.DataFrame, scenario: Scenario) -> _Step:
    if "signups" not in lake.tables():
        return scenario, [], ["growth: there are no sign-ups"]
    signups = read(lake, "signups").rows
    joined = signups.join(plays.select("account_id").unique(), on="account_id", how="semi").height
    seen = plays["account_id"].n_unique()
    rate = round(min(0.2, (1 - min(joined / seen, 0.99)) ** (-1 / scenario.days) - 1), 5)
    population: PopulationParameters = msgspec.structs.replace(scenario.population, new_per_day=rate)
    told = _told("population.new_per_day", rate, f"{joined} sign-ups of accounts with plays")
    return msgspec.structs.replace(scenario, population=population), [told], []

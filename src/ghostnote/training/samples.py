"""Gathering rows to learn from: every account-day, every sign-up, and the labelled plays beside a random part of the
others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.rules import RULES, hits, needed
from ghostnote.events.lake import Lake
from ghostnote.events.players import players
from ghostnote.features.account_days import account_days, day_names, with_columns
from ghostnote.features.catalog import CATALOG
from ghostnote.features.declaration import Feature
from ghostnote.features.history import Day, Intake, walk
from ghostnote.features.sequences import CHANNELS, Sequences, token_values, with_token_features
from ghostnote.features.signups import signup_features
from ghostnote.models.table import Table
from ghostnote.models.tokens import TokenRows
from ghostnote.progress import Progress
from ghostnote.training.known import Known, member
from ghostnote.training.weak import TRUST, WeakLabels

Floats = NDArray[np.float64]
Days = NDArray[np.int32]

#: The day, as an ordinal, on which what is never known becomes known.
NEVER = 2_000_000_000

#: Plays not labelled that are kept for fitting: enough for smooth tails, small enough for a laptop.
PLAY_ROWS = 500_000
#: At most so many plays of one account a day teach, so that a farm's loudest accounts do not drown the others.
PLAYS_PER_ACCOUNT_DAY = 60
#: Account-days not labelled whose last plays are kept, if sequences are asked for: more than are learnt from.
SEQUENCE_ROWS = 50_000
#: Events of the first days are not learnt from: their windows are still filling.
WARM_UP = timedelta(days=1)


class View(Protocol):
    """What detectors are given: rows that can be chosen from."""

    def take(self, rows: NDArray[np.bool_]) -> Self: ...


V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class Sample(Generic[V]):
    """Rows to learn from: whose they are, what is known of them (features or plays), whether labelled fraud, how many
    rows each stands for.

    `weight` is the number of rows of the lake that a row stands for; `emphasis` what it counts in fitting, where a
    labelled row stands for itself alone: a campaign counts by its accounts, not by its noise. `trust` is what a label
    of fraud counts, if that is not 1: see `weak`. `day` is the ordinal of each row's day, `known` that of the day from
    which a label (or a certain rule) says fraud, `NEVER` if none does.
    """

    accounts: pl.Series
    table: V
    fraud: NDArray[np.bool_]
    weight: Floats
    day: Days
    known: Days
    trust: Floats | None = None

    @property
    def emphasis(self) -> Floats:
        return np.where(self.fraud, 1.0 if self.trust is None else self.trust, self.weight)

    def take(self, rows: NDArray[np.bool_]) -> "Sample[V]":
        """The chosen rows, by mask."""
        return Sample(
            self.accounts.filter(pl.Series(rows)),
            self.table.take(rows),
            self.fraud[rows],
            self.weight[rows],
            self.day[rows],
            self.known[rows],
            None if self.trust is None else self.trust[rows],
        )

    def without(self, accounts: frozenset[str]) -> "Sample[V]":
        """The same rows without those of `accounts`."""
        return self.take(~member(self.accounts, accounts).to_numpy())

    def with_fraud(self, since: Mapping[str, date], trust: float = 1.0) -> "Sample[V]":
        """The same rows, with those of the accounts in `since` taken for labelled fraud, known from that day on.

        `trust` is what such a label counts; rows that were fraud before keep theirs.
        """
        known = known_on([self.accounts], since)
        new = (known < NEVER) & ~self.fraud
        trusted = np.ones(len(new)) if self.trust is None else self.trust
        trusts = np.where(new, trust, trusted) if trust < 1.0 and new.any() else self.trust
        return replace(self, fraud=self.fraud | new, known=np.minimum(self.known, known), trust=trusts)

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """Which rows are labelled fraud by somebody who knows, or by a certain rule."""
        return self.fraud if self.trust is None else self.fraud & (self.trust >= 1.0)


def known_on(subjects: Sequence[pl.Series], since: Mapping[str, date]) -> Days:
    """The ordinal of the first day that `since` has for any of a row's subjects, `NEVER` without; shape (rows,)."""
    ids, days = list(since), [day.toordinal() for day in since.values()]
    asked = (of.cast(pl.String).replace_strict(ids, days, default=NEVER, return_dtype=pl.Int32) for of in subjects)
    return np.asarray(np.minimum.reduce([of.to_numpy() for of in asked]), dtype=np.int32)


def _joined(parts: Sequence[Sample[V]], table: V) -> Sample[V]:
    """All rows of `parts`, whose tables are already joined in `table`."""
    nothing = np.zeros(0, np.int32)
    return Sample(
        pl.concat([pl.Series("account_id", [], dtype=pl.String), *(part.accounts for part in parts)]),
        table,
        np.concatenate([np.zeros(0, np.bool_), *(part.fraud for part in parts)]),
        np.concatenate([np.zeros(0), *(part.weight for part in parts)]),
        np.concatenate([nothing, *(part.day for part in parts)]),
        np.concatenate([nothing, *(part.known for part in parts)]),
    )


def _of_features(parts: Sequence[Sample[Table]], names: tuple[str, ...]) -> Sample[Table]:
    """The same of rows of the features `names`."""
    none = np.zeros((0, len(names)), np.float32)
    return _joined(parts, Table(names, np.concatenate([none, *(part.table.values for part in parts)])))


def _on(day: date, rows: int) -> Days:
    return np.full(rows, day.toordinal(), np.int32)


@dataclass(frozen=True)
class Samples:
    """What one walk through the lake gathered; `certain` are accounts that no label but a certain rule names, `weak`
    those that none of the two names and that were in lockstep.

    `signups` has a row for each sign-up, with the features as of that event (`features.signups`). `sequences`, if they
    were asked for, are the last plays as of the end of account-days.
    """

    days: Sample[Table]
    plays: Sample[Table]
    signups: Sample[Table]
    certain: frozenset[str]
    sequences: Sample[TokenRows] | None = None
    weak: frozenset[str] = frozenset()

    def without(self, accounts: frozenset[str]) -> "Samples":
        """The same without any row of `accounts`."""
        sequences = self.sequences.without(accounts) if self.sequences else None
        return Samples(
            self.days.without(accounts),
            self.plays.without(accounts),
            self.signups.without(accounts),
            self.certain - accounts,
            sequences,
            self.weak - accounts,
        )


def gather(
    lake: Lake,
    features: Sequence[Feature],
    known: Known,
    intake: Intake,
    window: tuple[date, date],
    *,
    seed: int,
    progress: Progress,
    sequences: bool = False,
    weak: bool = False,
) -> Samples:
    """Walk the lake to the window's end and keep rows from its start plus the warm-up on.

    Accounts on which single plays are labelled fraud (somebody else played them) teach through those plays alone.
    Accounts that a certain rule catches count as labelled fraud, unless somebody looked and found them honest: labels
    come late and miss half, and what is left among the others would teach that fraud is honest. If `weak`, so do
    accounts in lockstep that nobody has judged, with less weight (`weak.WeakLabels`).
    """
    start, end = window
    names = tuple(feature.name for feature in features)
    victims = victims_of(lake, known)
    days: list[Sample[Table]] = []
    plays: list[Sample[Table]] = []
    signups: list[Sample[Table]] = []
    certain: dict[str, date] = {}
    span = max((end - start).days, 1)
    share = min(1.0, PLAY_ROWS / max(_plays(lake, start, end), 1) * (span + 1) / span)
    # Sign-ups are learnt from with all that scoring knows of them, which folds what every rule needs.
    opening = signup_features(with_columns(features, needed(), CATALOG))
    folded = with_columns(features, {*needed(certain_only=True), *day_names(opening)}, CATALOG)
    recent = RecentPlays(folded, SEQUENCE_ROWS // span) if sequences else None
    together = WeakLabels() if weak else None
    for walked in walk(lake, with_token_features(folded) if sequences else folded, intake, end, progress):
        day = replace(walked, values=walked.values[:, : len(folded)])
        if recent:
            recent.follow(walked)
        if together:
            together.follow(day)
        if day.day < min(start + WARM_UP, end):
            continue
        random = [seed, day.day.toordinal()]
        today, caught = _account_days(day, folded, len(features), known, victims)
        days.append(today)
        for account in caught:
            certain.setdefault(account, day.day)
        plays.append(_some_plays(day, names, known, victims, share, np.random.default_rng(random)))
        signups.append(_signups(day, folded, opening, known))
        if recent:
            recent.keep(day, known, victims, np.random.default_rng([*random, 1]))
    judged = known.honest_accounts | known.fraud_accounts
    found = {account: day for account, day in sorted(certain.items()) if account not in judged}
    thought = together.since(judged | victims | frozenset(found), end) if together else {}

    def taught(sample: Sample[V]) -> Sample[V]:
        return sample.with_fraud(found).with_fraud(thought, TRUST)

    return Samples(
        taught(_of_features(days, day_names(features))),
        taught(_of_features(plays, names)),
        taught(_of_features(signups, tuple(feature.name for feature in opening))),
        certain=frozenset(found),
        sequences=taught(recent.joined()) if recent else None,
        weak=frozenset(thought),
    )


class RecentPlays:
    """The last plays of accounts, day by day, and those of them that are kept to learn from."""

    def __init__(self, features: Sequence[Feature], rows: int) -> None:
        self._features, self._rows = tuple(features), max(rows, 1)
        self._state = Sequences()
        self._parts: list[Sample[TokenRows]] = []

    def follow(self, day: Day) -> None:
        """Take in a day with the values of `with_token_features`."""
        self._state.update(day.stream, token_values(day.values, self._features))

    def keep(self, day: Day, known: Known, victims: frozenset[str], random: np.random.Generator) -> None:
        """Keep the day's accounts: those labelled fraud, and of the others as many as there is room for."""
        accounts = day.stream["account_id"].drop_nulls().unique().sort()
        accounts = accounts.filter(~member(accounts, victims))
        fraud = member(accounts, known.fraud_accounts).to_numpy()
        odds = np.where(fraud, 1.0, min(1.0, self._rows / max(int((~fraud).sum()), 1)))
        kept = random.random(len(accounts)) < odds
        chosen = accounts.filter(pl.Series(kept, dtype=pl.Boolean))
        rows = TokenRows(CHANNELS, self._state.last(chosen).tokens)
        found = known_on([chosen], known.since)
        self._parts.append(Sample(chosen, rows, fraud[kept], 1.0 / odds[kept], _on(day.day, len(chosen)), found))

    def joined(self) -> Sample[TokenRows]:
        """All rows that were kept."""
        nobody = pl.Series("account_id", [], dtype=pl.String)
        tokens = np.concatenate([self._state.last(nobody).tokens, *(part.table.values for part in self._parts)])
        return _joined(self._parts, TokenRows(CHANNELS, tokens))


def _plays(lake: Lake, start: date, end: date) -> int:
    files = lake.files("plays", start, end)
    total = 0
    for path in files:
        try:
            total += int(pl.scan_parquet(path).select(pl.len()).collect().item())
        except (OSError, pl.exceptions.PolarsError):  # named and counted when it is read
            continue
    return total


def victims_of(lake: Lake, known: Known) -> frozenset[str]:
    """Accounts on which single plays are labelled fraud, while they are not labelled themselves."""
    wanted = pl.DataFrame({"event_id": sorted(known.fraud_plays)}, schema={"event_id": pl.String})
    return frozenset(players(lake, wanted)["account_id"].to_list()) - known.fraud_accounts


def _account_days(
    day: Day, folded: Sequence[Feature], learnt: int, known: Known, victims: frozenset[str]
) -> tuple[Sample[Table], set[str]]:
    """A day's account-days with the first `learnt` features, and the accounts that a certain rule catches."""
    rows = account_days(day.stream, day.values, folded, day.day)
    accounts = rows.accounts["account_id"]
    keep = (~member(accounts, victims)).to_numpy()
    fraud = member(accounts, known.fraud_accounts).to_numpy()
    kept, names = accounts.filter(pl.Series(keep)), day_names(folded)
    table = Table(names[:learnt], rows.values[keep, :learnt])
    found = known_on([kept], known.since)
    sample = Sample(kept, table, fraud[keep], np.ones(len(kept)), _on(day.day, len(kept)), found)
    return sample, set(accounts.filter(pl.Series(certainly_fraud(rows.values, names) & keep)).to_list())


def certainly_fraud(values: NDArray[np.float32], names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which account-days a certain rule fires on."""
    certain = [rule for rule in RULES if rule.certain]
    needed = sorted({name for rule in certain for name in rule.needs if name in names})
    frame = pl.DataFrame({name: values[:, names.index(name)] for name in needed})
    fired = np.zeros(len(values), dtype=np.bool_)
    for rule in certain:
        fired |= hits(rule, frame).to_numpy()
    return fired


def _some_plays(
    day: Day,
    names: tuple[str, ...],
    known: Known,
    victims: frozenset[str],
    share: float,
    random: np.random.Generator,
) -> Sample[Table]:
    """The day's plays that teach, with the features `names`, the first of those folded: see `gather`."""
    accounts = day.stream["account_id"]
    is_play = (day.stream["kind"] == "play").to_numpy()
    fraud = (member(accounts, known.fraud_accounts) | member(day.stream["event_id"], known.fraud_plays)).to_numpy()
    draw = random.random(len(accounts))
    unclear = member(accounts, victims).to_numpy() & ~fraud
    per_account = day.stream.select(pl.len().over("account_id"))["len"].to_numpy()
    odds = np.where(fraud, np.minimum(1.0, PLAYS_PER_ACCOUNT_DAY / per_account), share)
    keep = is_play & ~unclear & (draw < odds)
    rows = day.stream.filter(pl.Series(keep))
    found = known_on([rows["account_id"], rows["event_id"]], known.since)
    table = Table(names, day.values[keep, : len(names)])
    return Sample(rows["account_id"], table, fraud[keep], 1.0 / odds[keep], _on(day.day, rows.height), found)


def _signups(day: Day, folded: Sequence[Feature], opening: Sequence[Feature], known: Known) -> Sample[Table]:
    """The day's sign-ups, victims' too: whoever was hijacked later had opened the account all the same."""
    rows = np.flatnonzero((day.stream["kind"] == "signup").to_numpy())
    accounts = day.stream["account_id"].gather(rows)
    columns = [folded.index(feature) for feature in opening]
    table = Table(tuple(feature.name for feature in opening), day.values[np.ix_(rows, np.asarray(columns))])
    found = known_on([accounts], known.since)
    fraud = member(accounts, known.fraud_accounts).to_numpy()
    return Sample(accounts, table, fraud, np.ones(len(rows)), _on(day.day, len(rows)), found)

"""Runs that act on far more accounts than earlier ones: what trips is told in the ledger, and held until accepted."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from ghostnote.decisions.breaker import Acts, Trip, tripped
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger.entries import LONGEST_REASON, Draft, Subject
from ghostnote.decisions.ledger.ledger import Ledger
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.summary import Summary
from ghostnote.decisions.tables import ACTED

_SURGE, _ACCEPTED = "surge", "accepted"
#: Why a play does not count whose account's decision is held.
WHY = "What spoke against its account acts on far more accounts than ever before; held until somebody has looked."


@dataclass(frozen=True)
class Alerts:
    """What tripped in a run, and what of it somebody accepted."""

    trips: tuple[Trip, ...] = ()
    accepted: frozenset[str] = frozenset()

    @property
    def sources(self) -> tuple[str, ...]:
        """What tripped, by name."""
        return tuple(trip.source for trip in self.trips)

    @property
    def held(self) -> tuple[str, ...]:
        """What nobody accepted."""
        return tuple(source for source in self.sources if source not in self.accepted)


def alerts_of(
    folder: DecisionFolder, ledger: Ledger, run_id: str, runs: Mapping[str, tuple[bool, Mapping[str, Any]]]
) -> Alerts:
    """What trips in a run: as the ledger has it if it was told of, else by the runs before it.

    `runs` are those in the ledger, in order: whether each is complete, and its summary.
    """
    told = _told(ledger)
    if run_id in told:
        return told[run_id]
    if runs.get(run_id, (False, {}))[0]:
        return Alerts()
    earlier = [
        _acts(body, frozenset(told[name].held) if name in told else frozenset())
        for name, (complete, body) in runs.items()
        if complete and name != run_id
    ]
    limits = (folder.summary.settings or Policy()).breaker
    return Alerts(tuple(tripped(_counted(folder.summary), earlier, limits)))


def surge_drafts(alerts: Alerts, run_id: str) -> list[Draft]:
    """Entries that tell what tripped."""
    return [
        Draft(
            kind="alert",
            subject=Subject("run", run_id),
            action=_SURGE,
            key=f"{_SURGE}:{trip.source}",
            reason=trip.said[:LONGEST_REASON],
            body=asdict(trip),
        )
        for trip in alerts.trips
    ]


def accepted_drafts(sources: Collection[str], run_id: str) -> list[Draft]:
    """Entries by which a person lets stand what tripped."""
    return [
        Draft(
            kind="alert",
            subject=Subject("run", run_id),
            action=_ACCEPTED,
            key=f"{_ACCEPTED}:{source}",
            reason=source,
            body={"source": source},
        )
        for source in sorted(sources)
    ]


class Held(DecisionFolder):
    """The same decisions, with those of some sources held: accounts wait for review, their excluded plays are on hold.

    Accounts in `standing` were acted on before: they stay as they are.
    """

    def __init__(self, folder: DecisionFolder, sources: Collection[str], standing: Collection[str]) -> None:
        super().__init__(folder.path)
        stands = pl.Series(sorted(standing), dtype=pl.String).implode()
        spoke = pl.col("sources").list.set_intersection(pl.lit(sorted(sources), dtype=pl.List(pl.String)))
        held = pl.col("action").is_in(ACTED) & (spoke.list.len() > 0) & ~pl.col("account_id").is_in(stands)
        #: The accounts whose decision is held.
        self.accounts: pl.Series = super().scan("accounts").filter(held).select("account_id").collect().to_series()

    def scan(self, table: str) -> pl.LazyFrame:
        """As `DecisionFolder.scan`."""
        rows = super().scan(table)
        if table not in ("accounts", "plays"):
            return rows
        theirs = pl.col("account_id").is_in(self.accounts.implode())
        if table == "accounts":
            return rows.with_columns(
                pl.when(theirs).then(pl.lit("review")).otherwise("action").alias("action"),
                *(pl.when(~theirs).then(name).alias(name) for name in ("due", "told")),
            )
        out = theirs & (pl.col("verdict") == "exclude")
        return rows.with_columns(
            pl.when(out).then(pl.lit("hold")).otherwise("verdict").alias("verdict"),
            pl.when(out).then(pl.lit(WHY)).otherwise("reason").alias("reason"),
        )


def held_sources(ledger: Ledger) -> Mapping[str, tuple[str, ...]]:
    """What tripped and nobody accepted, by run; runs without any are left out."""
    return {run: alerts.held for run, alerts in _told(ledger).items() if alerts.held}


def _counted(summary: Summary) -> Acts:
    return Acts({found.name: found.accounts for found in summary.acted}, summary.account_days)


def _acts(body: Mapping[str, Any], unknown: frozenset[str]) -> Acts:
    """A run's counts as its entry has them; none of a run by a version that did not count."""
    counts = {found["name"]: found["accounts"] for found in body.get("acted", ())}
    # What is held is no history yet: else the same surge would pass the day after.
    return Acts(counts, body.get("account_days", 0), unknown)


def _told(ledger: Ledger) -> dict[str, Alerts]:
    """The alerts in the ledger, by run."""
    trips: dict[str, list[Trip]] = {}
    accepted: dict[str, set[str]] = {}
    for entry in ledger.entries(kind="alert"):
        if entry.subject is None or entry.subject.kind != "run":
            continue
        if entry.action == _SURGE:
            trips.setdefault(entry.subject.identifier, []).append(Trip(**entry.body))
        elif entry.action == _ACCEPTED:
            accepted.setdefault(entry.subject.identifier, set()).add(entry.body["source"])
    return {run: Alerts(tuple(found), frozenset(accepted.get(run, ()))) for run, found in trips.items()}

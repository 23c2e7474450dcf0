"""The labels that training may see, as sets of ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from ghostnote.events.labels import known_by, subjects
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import LABELS
from ghostnote.features.history import Intake


@dataclass(frozen=True)
class Known:
    """What was known by a date; ids are strings. `since` has the day on which each subject's fraud became known."""

    fraud_accounts: frozenset[str]
    honest_accounts: frozenset[str]
    fraud_plays: frozenset[str]
    since: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def by(cls, lake: Lake, as_of: datetime, intake: Intake | None = None) -> "Known":
        """The lake's labels with `known_at <= as_of`; none if it has no labels. `intake` is told what was unusable."""
        rows = LABELS.empty()
        if "labels" in lake.tables():
            reading = read(lake, "labels")
            rows = reading.rows
            if intake is not None:
                intake.add(reading)
        visible = known_by(rows, as_of) if rows.height else rows
        return cls(
            fraud_accounts=frozenset(subjects(visible, "account", "fraud")),
            honest_accounts=frozenset(subjects(visible, "account", "legit")),
            fraud_plays=frozenset(subjects(visible, "play", "fraud")),
            since=_since(rows, visible),
        )

    @property
    def fraud(self) -> int:
        """How many labels of fraud there are."""
        return len(self.fraud_accounts) + len(self.fraud_plays)


def _since(labels: pl.DataFrame, visible: pl.DataFrame) -> dict[str, date]:
    """By subject that counts as fraud: the day of the first label that said so."""
    subject = ["subject_type", "subject_id"]
    fraud = visible.filter(pl.col("verdict") == "fraud").select(subject)
    said = labels.filter(pl.col("verdict") == "fraud").join(fraud, on=subject, how="semi")
    days = said.group_by("subject_id").agg(pl.col("known_at").min().dt.date()).sort("subject_id")
    return dict(days.iter_rows())


def member(ids: pl.Series, chosen: frozenset[str]) -> pl.Series:
    """Which of `ids` are among `chosen`, as booleans."""
    if not chosen:
        return pl.Series([False]).new_from_index(0, len(ids))
    return ids.is_in(pl.Series(sorted(chosen), dtype=pl.String).implode())

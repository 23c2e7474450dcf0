"""What the bundle's sequence detector, if it has one, thinks of accounts: beside all decisions, and moving none."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from ghostnote.features.declaration import Feature
from ghostnote.features.history import Day
from ghostnote.features.sequences import CHANNELS, Sequences, token_values, with_token_features
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.tokens import TokenRows


class Aside:
    """Follows the plays of all accounts day by day, and scores those of days that are judged.

    `folded` are the features that days must come with: those that the bundle's other detectors need and, if there is a
    sequence detector, those that tokens are made of.
    """

    def __init__(self, detector: PlaySequence | None, features: Sequence[Feature]) -> None:
        self._detector, self._features = detector, tuple(features)
        self._recent = Sequences(detector.length) if detector else None
        self._parts: list[pl.DataFrame] = []
        self.folded = with_token_features(features) if detector else self._features

    def follow(self, day: Day, *, judged: bool) -> Day:
        """Take in one more day; returns it with the values of the other detectors' features alone."""
        if self._detector is not None and self._recent is not None:
            self._recent.update(day.stream, token_values(day.values, self._features))
            if judged:
                accounts = day.stream["account_id"].drop_nulls().unique().sort()
                rows = TokenRows(CHANNELS, self._recent.last(accounts).tokens)
                self._parts.append(pl.DataFrame({"account_id": accounts, "sequence": self._detector.score(rows)}))
        return replace(day, values=day.values[:, : len(self._features)])

    def highest(self) -> pl.DataFrame:
        """account_id and sequence, the highest score of any of its days; no rows without a detector."""
        return pl.concat([no_scores(), *self._parts]).group_by("account_id").agg(pl.col("sequence").max())


def no_scores() -> pl.DataFrame:
    """What `Aside.highest` says without a detector."""
    return pl.DataFrame(schema={"account_id": pl.String, "sequence": pl.Float64})

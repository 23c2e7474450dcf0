"""Who plays a track, on average, and how far out in the crowd of tracks that lies: needs neither labels nor suspicion.

What one account does may be anybody's whim; what all who play one track do is not. Plays that were bought, a rival that
is sabotaged, a client that skips what pays for it: each account looks like a person, the audience does not.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ghostnote.features.declaration import Feature
from ghostnote.features.directions import directions
from ghostnote.features.history import Day
from ghostnote.features.wording import sentence
from ghostnote.models.budget import threshold_for_alerts
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails

#: Plays and listeners from which an audience says anything: fewer are a few people's habits.
FEWEST_PLAYS, FEWEST_LISTENERS = 30, 5
#: Sentences per track.
_MOST = 3

JUDGED = pl.Schema(
    {"track_id": pl.String(), "surprise": pl.Float64(), "watched": pl.Boolean(), "reasons": pl.List(pl.String())}
)


class Audiences:
    """Adds up, track by track, what the features said as of each of its plays: those that are suspicious one way."""

    def __init__(self, features: Sequence[Feature]) -> None:
        known = directions(features)
        self._chosen = [(place, feature) for place, feature in enumerate(features) if feature.name in known]
        self._directions = known
        self._sums: pl.DataFrame | None = None

    def add(self, day: Day) -> None:
        """Take in a day's plays."""
        plays = (day.stream["kind"] == "play").to_numpy() & day.stream["track_id"].is_not_null().to_numpy()
        names = [feature.name for _, feature in self._chosen]
        values = day.values[plays][:, [place for place, _ in self._chosen]].astype(np.float64)
        rows = pl.DataFrame(values, schema=names, orient="row").with_columns(
            day.stream.filter(pl.Series(plays))["track_id"].cast(pl.String)
        )
        known = [pl.col(name).is_not_nan() for name in names]
        today = rows.group_by("track_id").agg(
            *(pl.col(name).filter(is_known).sum() for name, is_known in zip(names, known, strict=True)),
            *(
                is_known.sum().cast(pl.Int64).alias(f"{name} known")
                for name, is_known in zip(names, known, strict=True)
            ),
        )
        both = [today] if self._sums is None else [self._sums, today]
        self._sums = pl.concat(both).group_by("track_id").agg(pl.all().sum())

    def judged(self, tracks: pl.DataFrame, alerts: int) -> pl.DataFrame:
        """See `JUDGED`: of each of `tracks` (track_id, plays, listeners, role) with an audience, its surprise.

        `watched` are at most `alerts` tracks, the most surprising ones, with the reasons; targets are left out, since
        something is done about them already. Distributions are those of these very tracks.
        """
        enough = tracks.filter((pl.col("plays") >= FEWEST_PLAYS) & (pl.col("listeners") >= FEWEST_LISTENERS))
        if self._sums is None or enough.is_empty():
            return JUDGED.to_frame()
        found = enough.select("track_id", "role").join(self._sums, on="track_id").sort("track_id")
        table = self._means(found)
        detector = Tails(directions=self._directions).fit(table)
        surprise = detector.score(table)
        open_to_doubt = (found["role"] != "target").to_numpy()
        watched = open_to_doubt & (surprise >= threshold_for_alerts(surprise[open_to_doubt], alerts))
        reasons = self._reasons(detector, table, np.flatnonzero(watched))
        return pl.DataFrame(
            {
                "track_id": found["track_id"],
                "surprise": surprise,
                "watched": watched,
                "reasons": [reasons.get(row, []) for row in range(len(table))],
            },
            schema=JUDGED,
        )

    def _means(self, found: pl.DataFrame) -> Table:
        names = [feature.name for _, feature in self._chosen]
        means = found.select((pl.col(name) / pl.col(f"{name} known")).cast(pl.Float32).alias(name) for name in names)
        return Table(tuple(names), means.to_numpy())

    def _reasons(self, detector: Tails, table: Table, rows: Sequence[int] | np.ndarray) -> dict[int, list[str]]:
        if not len(rows):
            return {}
        by_name = {feature.name: feature for _, feature in self._chosen}
        typical = {name: float(np.nanmedian(table.column(name))) for name in detector.names}
        parts = detector.explain(table.take(np.asarray(rows)))
        told = {}
        for place, row in enumerate(rows):
            best = [column for column in np.argsort(-parts[place], kind="stable")[:_MOST] if parts[place, column] > 0]
            lines = []
            for column in best:
                name = detector.names[column]
                lines.append(_said(by_name[name], float(table.column(name)[row]), typical[name]))
            told[int(row)] = lines
        return told


def _said(feature: Feature, value: float, typical: float) -> str:
    if feature.by == "track":
        return sentence(feature, value, typical, averaged=False) + "."
    averaged = feature.by not in ("account", "payment", "email_domain")
    return f"Its listeners, on average: {sentence(feature, value, typical, averaged=averaged)}."

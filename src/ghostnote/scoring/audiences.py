"""Who plays a track, on average, and how far out in the crowd of tracks that lies: needs neither labels nor suspicion.

What one account does may be anybody's whim; what all who play one track do is not. Plays that were bought, a rival that
is sabotaged, a client that skips what pays for it: each account looks like a person, the audience does not.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.tracks import mostly_artificial
from ghostnote.features.account_days import averaged
from ghostnote.features.codes import TextCodes
from ghostnote.features.declaration import Feature
from ghostnote.features.directions import directions
from ghostnote.features.history import Day
from ghostnote.features.sums import add_known, means
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
        self._tracks = TextCodes()
        self._columns = np.array([place for place, _ in self._chosen], dtype=np.int64)
        self._sums = np.zeros((0, len(self._chosen)))
        self._counts = np.zeros((0, len(self._chosen)), dtype=np.int64)

    def add(self, day: Day) -> None:
        """Take in a day's plays."""
        rows = np.flatnonzero((day.stream["kind"] == "play").to_numpy())
        tracks = self._tracks.encode(day.stream["track_id"].cast(pl.String))[rows]
        more = len(self._tracks) - len(self._sums)
        if more > 0:
            self._sums = np.pad(self._sums, ((0, more), (0, 0)))
            self._counts = np.pad(self._counts, ((0, more), (0, 0)))
        add_known(day.values, rows, tracks, self._columns, self._sums, self._counts)

    def judged(self, tracks: pl.DataFrame, alerts: int) -> pl.DataFrame:
        """See `JUDGED`: of each of `tracks` with an audience, its surprise.

        `tracks` has track_id, plays, listeners, artificial_share, low. `watched` are at most `alerts` tracks, the most
        surprising ones, with the reasons; those that are mostly artificial are left out, since something is done about
        them already. Distributions are those of these very tracks.
        """
        enough = tracks.filter((pl.col("plays") >= FEWEST_PLAYS) & (pl.col("listeners") >= FEWEST_LISTENERS))
        places = pl.DataFrame({"track_id": self._tracks.texts()}).with_row_index("place")
        found = (
            enough.select("track_id", mostly_artificial().alias("done")).join(places, on="track_id").sort("track_id")
        )
        if found.is_empty():
            return JUDGED.to_frame()
        table = self._means(found["place"].to_numpy())
        detector = Tails(directions=self._directions).fit(table)
        surprise = detector.score(table)
        open_to_doubt = ~found["done"].to_numpy()
        watched = open_to_doubt & (surprise >= threshold_for_alerts(surprise[open_to_doubt], alerts))
        reasons = self._reasons(detector, table, np.flatnonzero(watched))
        told = pl.DataFrame(
            {"track_id": [found["track_id"][row] for row in reasons], "reasons": list(reasons.values())},
            schema={name: JUDGED[name] for name in ("track_id", "reasons")},
        )
        judged = found.select("track_id", pl.Series("surprise", surprise), pl.Series("watched", watched))
        judged = judged.join(told, on="track_id", how="left", maintain_order="left")
        return judged.with_columns(pl.col("reasons").fill_null(pl.lit([], dtype=JUDGED["reasons"])))

    def _means(self, tracks: NDArray[np.uint32]) -> Table:
        names = tuple(feature.name for _, feature in self._chosen)
        return Table(names, means(self._sums[tracks], self._counts[tracks]))

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
    said = sentence(feature, value, typical, averaged=averaged(feature))
    theirs = said.replace(" of its ", " of their ").replace("that it used", "that they used")
    return f"Its listeners, on average: {theirs}."

"""How often each track was played before the period that is judged: what an owner was before anything happened."""

import numpy as np
import polars as pl

from ghostnote.features.codes import TextCodes
from ghostnote.features.history import Day

PAST = pl.Schema({"track_id": pl.String(), "past_plays": pl.Int64(), "past_days": pl.Int64()})


class Past:
    """Counts plays by track, day by day; holds two numbers for each track that was ever played."""

    def __init__(self) -> None:
        self.days = 0
        self._tracks = TextCodes()
        self._plays = np.zeros(0, dtype=np.int64)
        self._days = np.zeros(0, dtype=np.int64)

    def add(self, day: Day) -> None:
        """Take in a day before the period."""
        tracks = day.stream.filter(pl.col("kind") == "play")["track_id"].cast(pl.String)
        codes = self._tracks.encode(tracks)
        more = len(self._tracks) - len(self._plays)
        if more > 0:
            self._plays, self._days = np.pad(self._plays, (0, more)), np.pad(self._days, (0, more))
        counted = np.bincount(codes[codes >= 0], minlength=len(self._plays))
        self._plays += counted
        self._days += counted > 0
        self.days += 1

    def tracks(self) -> pl.DataFrame:
        """See `PAST`: every track played before the period, with its plays and the days on which it had any."""
        found = {"track_id": self._tracks.texts(), "past_plays": self._plays, "past_days": self._days}
        return pl.DataFrame(found, schema=PAST)

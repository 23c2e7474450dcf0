"""What attribution looks at: the plays of a period, what was decided about them, and what was known before."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.royalties.terms import UNKNOWN

Codes = NDArray[np.uint32]


def paid() -> pl.Expr:
    """Who is paid for a play: its owner, the artist where nobody knows the owner, as text named owner_id."""
    return pl.coalesce(pl.col("owner_id", "artist_id").cast(pl.String), pl.lit(UNKNOWN)).alias("owner_id")


@dataclass(frozen=True)
class Evidence:
    """A period, decided.

    `plays`: track_id, account_id, artist_id, owner_id, playlist_id (text or Categorical; the last three may be null),
    day (Date), ms_played, verdict, paying (whether it would be paid), withheld_payout; one row per play.
    `accounts`: account_id, plays, active_days, confirmed; one row per account. `catalogue`: track_id, artist_id,
    owner_id, duration_ms, released_at, all but the first may be null. `past`: track_id, past_plays, of the `past_days`
    days before the period.
    """

    plays: pl.DataFrame
    accounts: pl.DataFrame
    catalogue: pl.DataFrame
    past: pl.DataFrame
    past_days: int

    @cached_property
    def track_codes(self) -> Codes:
        """A number for each play's track; counting by it takes a tenth of the time that grouping by ids does."""
        return self.plays["track_id"].cast(pl.Categorical).to_physical().to_numpy()

    @cached_property
    def account_codes(self) -> Codes:
        """A number for each play's account."""
        return self.plays["account_id"].cast(pl.Categorical).to_physical().to_numpy()

    @cached_property
    def gone(self) -> NDArray[np.bool_]:
        """Whether each play is withheld."""
        return (self.plays["verdict"] != "count").to_numpy()

    @cached_property
    def tracks(self) -> pl.DataFrame:
        """track_id, owner_id (who is paid), code, plays, artificial, paying, paying_artificial: a row per track."""
        codes, paying = self.track_codes, self.plays["paying"].to_numpy()
        first = np.full(int(codes.max(initial=0)) + 1, -1, dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
        there = np.flatnonzero(first >= 0)
        chosen = {"artificial": self.gone, "paying": paying, "paying_artificial": paying & self.gone}
        counted = {"plays": np.bincount(codes)}
        counted |= {name: np.bincount(codes[rows], minlength=len(first)) for name, rows in chosen.items()}
        named = self.plays[first[there]].select(pl.col("track_id").cast(pl.String), paid())
        columns = {"code": there, **{name: count[there] for name, count in counted.items()}}
        return named.with_columns(pl.Series(name, values, pl.Int64) for name, values in columns.items()).sort(
            "track_id"
        )

    @cached_property
    def artificial(self) -> pl.DataFrame:
        """The plays that do not count, ids as text, owner_id being who is paid."""
        gone = self.plays.filter(pl.col("verdict") != "count")
        return gone.with_columns(pl.col("track_id", "account_id", "playlist_id").cast(pl.String), paid())

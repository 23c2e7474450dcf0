"""What attribution looks at: the plays of a period, what was decided about them, and what was known before."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ghostnote.decisions.royalties import UNKNOWN_OWNER


def paid() -> pl.Expr:
    """Who is paid for a play: its owner, the artist where nobody knows the owner, as text named owner_id."""
    return pl.coalesce(pl.col("owner_id", "artist_id").cast(pl.String), pl.lit(UNKNOWN_OWNER)).alias("owner_id")


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
    def tracks(self) -> pl.DataFrame:
        """track_id, owner_id (who is paid), plays, artificial, paying, paying_artificial: one row per track played."""
        gone = pl.col("verdict") != "count"
        grouped = self.plays.group_by("track_id").agg(
            pl.col("owner_id", "artist_id").first(),
            pl.len().cast(pl.Int64).alias("plays"),
            gone.sum().cast(pl.Int64).alias("artificial"),
            pl.col("paying").sum().cast(pl.Int64),
            (pl.col("paying") & gone).sum().cast(pl.Int64).alias("paying_artificial"),
        )
        return grouped.with_columns(paid(), pl.col("track_id").cast(pl.String)).drop("artist_id").sort("track_id")

    @cached_property
    def artificial(self) -> pl.DataFrame:
        """The plays that do not count, ids as text, owner_id being who is paid."""
        gone = self.plays.filter(pl.col("verdict") != "count")
        return gone.with_columns(pl.col("track_id", "account_id", "playlist_id").cast(pl.String), paid())

"""What attribution looks at: a period's plays summed up, those that do not count, and what was known before."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from ghostnote.decisions.royalties.terms import UNKNOWN

_IDS = ("track_id", "account_id", "playlist_id")


def paid() -> pl.Expr:
    """Who is paid for a play: its owner, the artist where nobody knows the owner, as text named owner_id."""
    return pl.coalesce(pl.col("owner_id", "artist_id").cast(pl.String), pl.lit(UNKNOWN)).alias("owner_id")


@dataclass(frozen=True)
class Evidence:
    """A period, decided.

    `tracks`: track_id, owner_id (who is paid), plays, artificial, paying (would be paid), paying_artificial (int64);
    one row per track played. `artificial`: the plays that do not count, one row each: track_id, account_id,
    playlist_id, owner_id (who is paid), day (Date), ms_played, withheld_payout; ids as text. `heard`: account_id,
    track_id, plays; one row per pair. `listed`: account_id, playlist_id; one row per pair. The ids of these two may be
    Categorical. `start`: first day with plays.
    `accounts`: account_id, plays, active_days, confirmed; one row per account. `catalogue`: track_id, artist_id,
    owner_id, duration_ms, released_at, all but the first may be null. `past`: track_id, past_plays, of the `past_days`
    days before the period.
    """

    tracks: pl.DataFrame
    artificial: pl.DataFrame
    heard: pl.DataFrame
    listed: pl.DataFrame
    start: date
    accounts: pl.DataFrame
    catalogue: pl.DataFrame
    past: pl.DataFrame
    past_days: int

    @classmethod
    def of(
        cls, plays: pl.DataFrame, accounts: pl.DataFrame, catalogue: pl.DataFrame, past: pl.DataFrame, past_days: int
    ) -> "Evidence":
        """From rows of plays: track_id, account_id, artist_id, owner_id, playlist_id, day, ms_played, verdict, paying,
        withheld_payout.
        """
        gone, start = pl.col("verdict") != "count", plays["day"].min()
        assert isinstance(start, date)
        tracks = plays.group_by(pl.col("track_id").cast(pl.String)).agg(
            paid().first(),
            pl.len().cast(pl.Int64).alias("plays"),
            gone.sum().cast(pl.Int64).alias("artificial"),
            pl.col("paying").sum().cast(pl.Int64),
            (pl.col("paying") & gone).sum().cast(pl.Int64).alias("paying_artificial"),
        )
        return cls(
            tracks.sort("track_id"),
            as_paid(plays.filter(gone)),
            plays.group_by("account_id", "track_id").len("plays"),
            plays.drop_nulls("playlist_id").select("account_id", "playlist_id").unique(),
            start,
            accounts,
            catalogue,
            past,
            past_days,
        )


def as_paid(plays: pl.DataFrame) -> pl.DataFrame:
    """Plays with ids as text, owner_id being who is paid."""
    return plays.with_columns(pl.col(_IDS).cast(pl.String), paid())

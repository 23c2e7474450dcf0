"""What artificial plays would cost the owner of tracks, if the month ended as it stands: the forecast of royalties."""

from typing import Any

import polars as pl

from ghostnote.decisions.royalties.cents import to_amount
from ghostnote.decisions.royalties.penalties import forecast
from ghostnote.decisions.royalties.terms import Terms


class Penalties:
    """Holds plays of the run against the penalty line of `terms`."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    def of_tracks(self, plays: pl.DataFrame) -> pl.DataFrame:
        """The forecast for each track of `plays` (track_id, account_id, verdict, payout), see `penalties.forecast`."""
        # What is paid for is royalty-bearing: decisions keep no length of plays.
        bearing = plays.filter(pl.col("payout") > 0)
        sums = bearing.group_by("track_id").agg(
            pl.len().alias("paying"),
            (pl.col("verdict") == "hold").sum().alias("paying_held"),
            (pl.col("verdict") == "exclude").sum().alias("paying_excluded"),
        )
        tracks = plays.select("track_id").unique(maintain_order=True).join(sums, on="track_id", how="left")
        listeners = bearing.group_by("track_id").agg(pl.col("account_id").n_unique().alias("listeners"))
        counted = tracks.with_columns(pl.col("paying", "paying_held", "paying_excluded").fill_null(0).cast(pl.Int64))
        return forecast(counted, listeners, self.terms)

    def of_track(self, plays: pl.DataFrame) -> dict[str, Any]:
        """The forecast for the one track of `plays`, with what `told` says."""
        found = self.of_tracks(plays)
        row = found.row(0, named=True)
        kept = ("forecast", "artificial_share", "low", "high", "paying", "listeners")
        return {**{name: row[name] for name in kept}, **self.told(found)}

    def told(self, found: pl.DataFrame) -> dict[str, Any]:
        """How many of some tracks will and may be charged, and how much; money in the terms' currency."""
        digits, says = self.terms.digits, pl.col("forecast").cast(pl.String)
        return {
            "line": self.terms.penalty.line,
            "per_track": float(self.terms.penalty.per_track),
            "currency": self.terms.currency,
            "tracks": found.height,
            "will": found.filter(says == "will").height,
            "may": found.filter(says == "may").height,
            "amount": float(to_amount(int(found["penalty"].sum()), digits)),
            "at_most": float(to_amount(int(found["penalty_at_most"].sum()), digits)),
        }

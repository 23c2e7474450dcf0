"""Which plays are aimed: for a confirmed target, or what a member of a proven campaign plays for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.targets import confirmed_targets
from ghostnote.scoring.plays import Plays
from ghostnote.scoring.together import Campaigns

_TARGETS = ("artist_id", "owner_id")
_COUNTED = pl.Schema({"account_id": pl.Categorical(), "day": pl.Date(), "aimed": pl.UInt32()})


@dataclass(frozen=True)
class Aimed:
    """`places`: of each day, which of its plays are aimed. `counts`: account_id (Categorical), day, aimed."""

    places: Mapping[date, NDArray[np.uint32]]
    counts: pl.DataFrame

    @classmethod
    def of(
        cls,
        plays: Plays,
        links: pl.DataFrame,
        days: pl.DataFrame,
        campaigns: Campaigns,
        policy: Policy,
        last: date | None,
    ) -> "Aimed":
        """Found in plays up to `last`; `links` (see `links.summed`) and `days` (account-days) count all of them."""
        pairs = _pairs(plays, links, _active(days), campaigns, policy, last)
        places, counts = {}, [_COUNTED.to_frame()]
        for day, rows in plays.days(last, ("account_id", "track_id", *_TARGETS)):
            found = [_places(rows, aimed) for aimed in pairs]
            places[day] = np.unique(np.concatenate(found))
            theirs = rows.select("account_id")[places[day]].group_by("account_id").len("aimed")
            counts.append(theirs.select("account_id", pl.lit(day).alias("day"), "aimed"))
        return cls(places, pl.concat(counts))

    def rows(self, day: date, height: int) -> pl.Series:
        """Which of a day's plays, so many, are aimed, as booleans."""
        aimed = np.zeros(height, dtype=np.bool_)
        aimed[self.places[day]] = True
        return pl.Series(aimed)

    def by_day(self, days: pl.DataFrame) -> pl.DataFrame:
        """account_id, day, plays, aimed: the days with plays of accounts with any that is aimed."""
        theirs = pl.col("account_id").is_in(self.counts["account_id"].unique().implode())
        active = _active(days).filter(theirs)
        counted = active.join(self.counts, on=["account_id", "day"], how="left", maintain_order="left")
        return counted.with_columns(pl.col("aimed").fill_null(0))


def _active(days: pl.DataFrame) -> pl.DataFrame:
    played = days.filter(pl.col("plays") > 0)
    return played.select(pl.col("account_id").cast(pl.Categorical), "day", "plays")


def _pairs(
    plays: Plays,
    links: pl.DataFrame,
    active: pl.DataFrame,
    campaigns: Campaigns,
    policy: Policy,
    last: date | None,
) -> list[pl.DataFrame]:
    """account_id and what it aims at: frames of two columns."""
    marked = pl.concat(rows for day, rows in plays.marked.items() if last is None or day <= last)
    pairs = []
    for target in _TARGETS:
        # Only plays have an artist and an owner, so links to them count plays.
        played = links.filter(pl.col("kind") == target)
        played = played.select("account_id", pl.col("key").alias(target), pl.col("events").alias("plays"))
        pairs.append(confirmed_targets(marked, played, active, target, policy))
    theirs = campaigns.aimed().with_columns(pl.all().cast(pl.Categorical))
    pairs += [theirs.select("account_id", column).drop_nulls().unique() for column in ("artist_id", "track_id")]
    return pairs


def _places(plays: pl.DataFrame, pairs: pl.DataFrame) -> NDArray[np.uint32]:
    """The places of the plays that agree with a row of `pairs`.

    Accounts first: those that there is anything to say of are few, and one column is looked up much faster than two.
    """
    near = plays.select(pairs.columns).with_row_index("place")
    near = near.filter(pl.col("account_id").is_in(pairs["account_id"].unique().implode()))
    return near.join(pairs, on=pairs.columns, how="semi")["place"].to_numpy()

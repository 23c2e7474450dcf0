"""Which tracks and owners got more artificial plays than their popularity explains.

Who hides behind what everybody plays gives each owner about what everybody gives it. So do wrong decisions about honest
listeners. More than that is no accident: somebody is after this track.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: How many times as much as everybody gives it one group's taste may give to a track: bots copy some people, not all.
TASTE = 5.0
#: How many owners or tracks may be taken for hit by chance, on average.
CHANCE = 0.01
#: Fewest artificial plays that say anything.
FEWEST = 5
#: Share of artificial plays from which a track of an owner who is hit is hit as well.
_MOSTLY = 0.5


def hit_tracks(tracks: pl.DataFrame) -> pl.DataFrame:
    """The tracks that somebody is after: those of `tracks` (track_id, owner_id, plays, artificial) with `artificial`.

    A track is hit if it got so many artificial plays that `TASTE` times its share of counted plays hardly ever brings
    as many (Poisson's upper tail times the number of tracks is below `CHANCE`); or if its owner is, in the same sense,
    and half of its own plays are artificial: a large catalogue may get a few plays for each of its tracks.
    """
    owners = tracks.group_by("owner_id").agg(pl.col("plays", "artificial").sum())
    sought = owners.filter(pl.Series(_beyond_taste(owners), dtype=pl.Boolean))
    itself = pl.Series(_beyond_taste(tracks), dtype=pl.Boolean)
    of_owner = pl.col("owner_id").is_in(sought["owner_id"].implode()) & (pl.col("artificial") > 0)
    return tracks.filter(itself | (of_owner & (pl.col("artificial") >= _MOSTLY * pl.col("plays"))))


def _beyond_taste(counted: pl.DataFrame) -> NDArray[np.bool_]:
    # Its import takes as long as half of a service's start.
    from scipy.stats import poisson

    artificial = counted["artificial"].to_numpy()
    honest = counted["plays"].to_numpy() - artificial
    # One imaginary play more, shared by all: what nobody else has played in a period is not impossible.
    popularity = (honest + 1.0 / max(len(honest), 1)) / (honest.sum() + 1.0)
    tail = poisson.sf(artificial - 1, TASTE * artificial.sum() * popularity)
    return np.asarray((artificial >= FEWEST) & (tail * len(artificial) < CHANCE), dtype=np.bool_)

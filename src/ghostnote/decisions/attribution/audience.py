"""Who else listens: people, as far as they are not at the service of the same tracks."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.attribution.evidence import Evidence

#: Share of all its plays from which an account is there for tracks that bots are after: a bot not yet found, or a fan.
_DEVOTED = 0.1


def audiences(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    """owner_id, listeners, honest_plays: of the owners of `hit` tracks, for all their tracks.

    Listeners are accounts without an artificial play that give less than a tenth of what they play to hit tracks of
    anybody. So bots that were not found are no audience; nor are an artist's fans, once its songs are hit: the others
    must speak for it.
    """
    owners = hit["owner_id"].unique().sort()
    # By code: a pair is looked at once, however many listeners a hit has.
    # Codes mean the same only as long as somebody holds a Categorical: this one.
    ids = evidence.heard.select(pl.col("track_id", "account_id").cast(pl.Categorical))
    tracks, accounts = _codes(ids["track_id"]), _codes(ids["account_id"])
    plays, most = evidence.heard["plays"].to_numpy(), int(tracks.max(initial=0)) + 1
    owner_of = _by_code(evidence.tracks, owners, most)
    aimed = _by_code(hit, owners, most)[tracks] >= 0
    every = np.bincount(accounts, plays)
    given = np.bincount(accounts[aimed], plays[aimed], minlength=len(every))
    bots = np.zeros(len(every), dtype=np.bool_)
    bots[_codes(evidence.artificial["account_id"])] = True
    people = ~bots & ((given == 0) | (given < _DEVOTED * every))
    heard = np.flatnonzero((owner_of[tracks] >= 0) & people[accounts])
    owner = owner_of[tracks[heard]].astype(np.uint64)
    pairs = np.unique(owner << np.uint64(32) | accounts[heard].astype(np.uint64))
    listeners = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(owners))
    counted = np.bincount(owner.astype(np.int64), plays[heard], minlength=len(owners)).astype(np.int64)
    found = {"owner_id": owners, "listeners": listeners, "honest_plays": counted}
    return pl.DataFrame(found, schema={"owner_id": pl.String, "listeners": pl.Int64, "honest_plays": pl.Int64})


def _codes(ids: pl.Series) -> NDArray[np.uint32]:
    """A number for each id."""
    return ids.cast(pl.Categorical).to_physical().to_numpy()


def _by_code(tracks: pl.DataFrame, owners: pl.Series, most: int) -> NDArray[np.int32]:
    """For each code of a track below `most` the place of its owner in `owners`, -1 if it is not one of `tracks`."""
    placed = tracks.select("track_id", "owner_id").join(owners.to_frame().with_row_index("place"), on="owner_id")
    codes, places = _codes(placed["track_id"]), np.full(most, -1, dtype=np.int32)
    there = codes < most
    places[codes[there]] = placed["place"].to_numpy()[there]
    return places

"""Who else listens: people, as far as they are not at the service of the same tracks."""

import numpy as np
import polars as pl

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
    # By code: a play is looked at once, however many listeners a hit has.
    tracks, accounts, gone = evidence.track_codes, evidence.account_codes, evidence.gone
    owner_of = _by_code(evidence, evidence.tracks, owners)
    aimed = _by_code(evidence, hit, owners)[tracks] >= 0
    every = np.bincount(accounts)
    given = np.bincount(accounts[aimed], minlength=len(every))
    bots = np.bincount(accounts[gone], minlength=len(every)) > 0
    people = ~bots & ((given == 0) | (given < _DEVOTED * every))
    heard = np.flatnonzero((owner_of[tracks] >= 0) & people[accounts])
    owner = owner_of[tracks[heard]].astype(np.uint64)
    pairs = np.unique(owner << np.uint64(32) | accounts[heard].astype(np.uint64))
    listeners = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(owners))
    plays = np.bincount(owner.astype(np.int64), minlength=len(owners))
    found = {"owner_id": owners, "listeners": listeners, "honest_plays": plays}
    return pl.DataFrame(found, schema={"owner_id": pl.String, "listeners": pl.Int64, "honest_plays": pl.Int64})


def _by_code(evidence: Evidence, tracks: pl.DataFrame, owners: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """For each code of a track the place of its owner in `owners`, -1 if the track is not among `tracks` of these."""
    placed = tracks.join(owners.to_frame().with_row_index("place"), on="owner_id")
    places = np.full(int(evidence.track_codes.max(initial=0)) + 1, -1, dtype=np.int32)
    places[placed["code"].to_numpy()] = placed["place"].to_numpy()
    return places

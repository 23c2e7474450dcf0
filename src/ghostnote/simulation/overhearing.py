"""What an attacker who watches real listeners can copy: plays of some accounts of a lake, as codes."""

import numpy as np
import polars as pl

from ghostnote.simulation.catalogue import Catalogue
from ghostnote.simulation.rows import END, SOURCE, START, Plays

#: Enough different people for any campaign, few enough to keep in memory.
_LISTENERS = 2000
#: A play of this share of its track's length has run to the end.
_WHOLE = 0.95


def overhear(plays: pl.DataFrame, accounts: pl.Series, tracks: pl.Series, catalogue: Catalogue) -> Plays:
    """Plays (account_id, track_id, ms_played, time in microseconds) as rows; what a lake may lack is made up.

    `accounts` and `tracks` are the ids behind the codes.
    """
    chosen = plays["account_id"].unique().sort().gather_every(max(1, plays["account_id"].n_unique() // _LISTENERS))
    rows = plays.filter(pl.col("account_id").is_in(chosen.implode())).sort("account_id", "time", "track_id")
    account = _codes(rows["account_id"], accounts)
    track = _codes(rows["track_id"], tracks)
    ms = rows["ms_played"].to_numpy().astype(np.int32)
    count = ms.size
    whole = ms >= _WHOLE * catalogue.duration_ms[track]
    time = rows["time"].to_numpy()
    return Plays(
        end=time,
        arrival=time,
        account=account,
        track=track,
        ms=ms,
        source=np.full(count, SOURCE["library"], dtype=np.int8),
        source_ref=np.full(count, -1, dtype=np.int64),
        start_reason=np.where(np.append(False, whole[:-1]), START["trackdone"], START["fwdbtn"]).astype(np.int8),
        end_reason=np.where(whole, END["trackdone"], END["fwdbtn"]).astype(np.int8),
        shuffle=np.zeros(count, dtype=np.bool_),
        offline=np.zeros(count, dtype=np.bool_),
        ip=np.zeros(count, dtype=np.int32),
        device=np.zeros(count, dtype=np.int32),
        number=np.arange(count, dtype=np.int64),
        campaign=np.full(count, -1, dtype=np.int16),
        target=np.zeros(count, dtype=np.bool_),
    )


def _codes(ids: pl.Series, known: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    table = pl.DataFrame({"id": known, "code": np.arange(len(known), dtype=np.int32)})
    return ids.to_frame("id").join(table, on="id", how="left", maintain_order="left")["code"].to_numpy()

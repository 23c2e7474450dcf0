"""What was decided about each play, in nine bytes each, so that a month of a large service fits into memory."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.tables import PLAY_VERDICTS
from ghostnote.errors import GhostnoteError

#: Fixed, so that a play is found under the hash that it was kept under.
_SEED = 0x726F79
_KINDS = pl.Enum(PLAY_VERDICTS)


class Verdicts:
    """The verdict on each play by `event_id`, of which a 64-bit hash is kept.

    Two different ids among n share a hash with a probability of about n^2 / 2^65 (1 in 3,700 for 10^8 ids): making
    them known is refused then, as if an id came twice.
    """

    def __init__(self, plays: pl.DataFrame | pl.LazyFrame) -> None:
        """`plays` has event_id and verdict (`count`, `hold`, `exclude`), each play once; it is read piece by piece.

        Raises `GhostnoteError` if a verdict is none of these, or a play has more than one.
        """
        found = (
            plays.lazy()
            .select(
                pl.col("event_id").cast(pl.String).hash(_SEED).alias("hash"),
                pl.col("verdict").cast(pl.String).cast(_KINDS, strict=False).to_physical().cast(pl.UInt8),
            )
            .collect(engine="streaming")
        )
        if found["verdict"].null_count():
            raise GhostnoteError(f"Some plays have a verdict that is none of {', '.join(PLAY_VERDICTS)}.")
        hashes, kinds = found["hash"].to_numpy(), found["verdict"].to_numpy()
        order = np.argsort(hashes, kind="stable")
        self._hashes: NDArray[np.uint64] = hashes[order]
        self._kinds: NDArray[np.uint8] = kinds[order]
        if (self._hashes[1:] == self._hashes[:-1]).any():
            raise GhostnoteError("Some plays have more than one verdict: give each event_id once.")

    def __len__(self) -> int:
        return len(self._hashes)

    def of(self, event_ids: pl.Series) -> pl.Series:
        """The verdict on each play (`decisions.tables.PLAY_VERDICTS`); null where nothing was decided."""
        wanted = event_ids.hash(_SEED).to_numpy()
        if not len(self):
            return pl.Series("verdict", [None] * len(wanted), dtype=_KINDS)
        # In order, since looking up at random would fetch memory for each play anew.
        order = np.argsort(wanted, kind="stable")
        at = np.empty(len(wanted), dtype=np.intp)
        at[order] = np.minimum(np.searchsorted(self._hashes, wanted[order]), len(self) - 1)
        known = self._hashes[at] == wanted
        codes = pl.Series("verdict", self._kinds[at])
        return (
            codes.to_frame()
            .select(pl.when(pl.Series(known)).then(pl.col("verdict").replace_strict(_by_code(), return_dtype=_KINDS)))
            .to_series()
        )


def _by_code(kinds: Sequence[str] = PLAY_VERDICTS) -> dict[int, str]:
    return dict(enumerate(kinds))

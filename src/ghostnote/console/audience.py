"""How far the plays of a track or an owner come from few of its listeners, beside others of its size."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ghostnote.console.catalogue import Catalogue
from ghostnote.console.rasters import evenly

#: Shares of the listeners, most eager first, whose part of the plays is told.
PARTS = (0.01, 0.05, 0.1, 0.2, 0.5)
#: A tenth of fewer listeners is nobody.
FEWEST = 10
#: How many others are looked at: their middle does not move much beyond.
_TRACKS, _OWNERS, _LEAST_OTHERS = 300, 40, 5
_SEED = 7
#: Plays of one listener of one track or owner fit into so many bits.
_BITS = np.uint64(32)
_MOST = np.uint64(2**32 - 1)


@dataclass(frozen=True)
class Concentration:
    """`own` and `usual`: what share of plays the first `PARTS` of the listeners made; `others` were compared.

    `usual` is the middle of `others` that nobody is after and that are half to twice as large, by their plays that
    count; None without enough of them. `own` is None below `FEWEST` listeners. `most` is the share that the keenest
    listener alone made.
    """

    listeners: int
    most: float
    own: tuple[float, ...] | None
    usual: tuple[float, ...] | None
    others: int


class Audiences:
    """Every track's and every owner's plays that count, by listeners: added up once, when first asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def concentration(self, kind: str, row: dict[str, object], plays: pl.DataFrame) -> Concentration:
        """That of a track or owner from its row of the decisions and its `plays` (account_id)."""
        counts = plays.group_by("account_id").agg(n=pl.len()).select(pl.lit("own").alias("key"), "account_id", "n")
        if counts.is_empty():
            return Concentration(0, 0.0, None, None, 0)
        most = float(counts.select(pl.col("n").max() / pl.col("n").sum()).item())
        if counts.height < FEWEST:
            return Concentration(counts.height, most, None, None, 0)
        others = self._others(kind, row)
        usual = (
            tuple(float(value) for value in others.drop("key").median().row(0))
            if len(others) >= _LEAST_OTHERS
            else None
        )
        own = tuple(float(value) for value in parts(counts).drop("key").row(0))
        return Concentration(counts.height, most, own, usual, others.height)

    @cached_property
    def tracks(self) -> pl.DataFrame:
        """`parts` of every track, by track_id."""
        names = self._catalogue.tracks.select("track_id", key=pl.col("track_id").hash(_SEED))
        return parts(self._counts).join(names, on="key").drop("key").rename({"track_id": "key"})

    @cached_property
    def owners(self) -> pl.DataFrame:
        """`parts` of every owner, by owner_id."""
        tracks = self._catalogue.tracks.select("owner_id", key=pl.col("track_id").hash(_SEED)).drop_nulls()
        numbered = tracks.with_columns(owner=pl.col("owner_id").rank("dense"))
        theirs = self._counts.join(numbered.select("key", "owner"), on="key")
        sums = theirs.group_by("owner", "account_id").agg(pl.col("n").sum()).rename({"owner": "key"})
        names = numbered.select("owner_id", key="owner").unique()
        return parts(sums).join(names, on="key").drop("key").rename({"owner_id": "key"})

    @cached_property
    def _counts(self) -> pl.DataFrame:
        """Key (a hash of the track), account_id (of the account), n: ids are long, and there is one for each play."""
        counted = self._catalogue.folder.scan("plays").filter(pl.col("verdict") == "count")
        hashed = counted.select(key=pl.col("track_id").hash(_SEED), account_id=pl.col("account_id").hash(_SEED))
        return hashed.group_by("key", "account_id").agg(n=pl.len()).collect(engine="streaming")

    def _others(self, kind: str, row: dict[str, object]) -> pl.DataFrame:
        """`parts` of tracks or owners of like size that nobody is after."""
        size = "listeners" if kind == "track" else "plays"
        table = self._catalogue.tracks if kind == "track" else self._catalogue.owners
        name = f"{kind}_id"
        own = int(str(row[size]))
        alike = pl.col(size).is_between(own / 2, own * 2) & (pl.col(name) != row[name])
        innocent = pl.col("role").is_in(["clean", "camouflage"])
        chosen = evenly(table.filter(alike & innocent)[name].sort(), _TRACKS if kind == "track" else _OWNERS)
        made = self.tracks if kind == "track" else self.owners
        return made.filter(pl.col("key").is_in(chosen.implode()))


def parts(counts: pl.DataFrame) -> pl.DataFrame:
    """For each `key`, a column per part of `PARTS`: the share of plays of that part of its listeners.

    `counts` has key, account_id, n (plays). A part of the listeners is rounded up to whole ones. Keys with fewer than
    `FEWEST` listeners are left out.
    """
    names = counts.group_by("key").len().filter(pl.col("len") >= FEWEST).sort("key").with_row_index("code")
    coded = counts.join(names.select("key", "code"), on="key")
    # Key and plays in one number, most plays first: one sort of millions instead of several windows over them.
    packed = np.sort(
        (coded["code"].cast(pl.UInt64).to_numpy() << _BITS) | (_MOST - coded["n"].cast(pl.UInt64).to_numpy())
    )
    upto = np.concatenate([[0], np.cumsum(_MOST - (packed & _MOST))]).astype(np.float64)
    sizes = names["len"].cast(pl.Int64).to_numpy()
    starts = np.cumsum(sizes) - sizes
    total = upto[starts + sizes] - upto[starts]
    first = [np.ceil(sizes * part).astype(np.int64) for part in PARTS]
    shares = {str(part): (upto[starts + n] - upto[starts]) / total for part, n in zip(PARTS, first, strict=True)}
    return names.select("key").with_columns(pl.Series(name, values) for name, values in shares.items())

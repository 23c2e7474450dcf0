"""How far the plays of a track or an owner come from few of its listeners, beside others of its size."""

from dataclasses import dataclass

import polars as pl

from ghostnote.console.catalogue import Catalogue
from ghostnote.console.rasters import evenly

#: Shares of the listeners, most eager first, whose part of the plays is told.
PARTS = (0.01, 0.05, 0.1, 0.2, 0.5)
#: A tenth of fewer listeners is nobody.
FEWEST = 10
#: How many others are looked at: their middle does not move much beyond, and each costs a look at its plays.
_TRACKS, _OWNERS, _LEAST_OTHERS = 300, 40, 5


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


def concentration(catalogue: Catalogue, kind: str, row: dict[str, object], plays: pl.DataFrame) -> Concentration:
    """That of a track or owner from its row of the decisions and its `plays` (account_id)."""
    counts = plays.group_by("account_id").agg(n=pl.len()).select(pl.lit("own").alias("key"), "account_id", "n")
    if counts.is_empty():
        return Concentration(0, 0.0, None, None, 0)
    most = float(counts.select(pl.col("n").max() / pl.col("n").sum()).item())
    if counts.height < FEWEST:
        return Concentration(counts.height, most, None, None, 0)
    others = parts(_others(catalogue, kind, row))
    usual = (
        tuple(float(value) for value in others.drop("key").median().row(0)) if len(others) >= _LEAST_OTHERS else None
    )
    own = tuple(float(value) for value in parts(counts).drop("key").row(0))
    return Concentration(counts.height, most, own, usual, others.height)


def parts(counts: pl.DataFrame) -> pl.DataFrame:
    """For each `key`, a column per part of `PARTS`: the share of plays of that part of its listeners.

    `counts` has key, account_id, n (plays). A part of the listeners is rounded up to whole ones. Keys with fewer than
    `FEWEST` listeners are left out.
    """
    size, place = pl.len().over("key"), pl.int_range(pl.len()).over("key")
    ranked = counts.sort("key", "n", descending=[False, True]).filter(size >= FEWEST)
    ranked = ranked.with_columns(place.alias("place"), size.alias("size"))
    first = [
        (pl.col("n").filter(pl.col("place") < (pl.col("size") * part).ceil()).sum() / pl.col("n").sum()).alias(
            str(part)
        )
        for part in PARTS
    ]
    return ranked.group_by("key", maintain_order=True).agg(first)


def _others(catalogue: Catalogue, kind: str, row: dict[str, object]) -> pl.DataFrame:
    """key, account_id, n of plays that count, of tracks or owners of like size that nobody is after."""
    size = "listeners" if kind == "track" else "plays"
    table = catalogue.tracks if kind == "track" else catalogue.owners
    name = f"{kind}_id"
    own = int(str(row[size]))
    alike = pl.col(size).is_between(own / 2, own * 2) & (pl.col(name) != row[name])
    innocent = pl.col("role").is_in(["clean", "camouflage"])
    chosen = evenly(table.filter(alike & innocent)[name].sort(), _TRACKS if kind == "track" else _OWNERS)
    tracks = catalogue.tracks.filter(pl.col(name).is_in(chosen.implode())).select("track_id", pl.col(name).alias("key"))
    wanted = pl.col("track_id").is_in(tracks["track_id"].implode()) & (pl.col("verdict") == "count")
    scanned = catalogue.folder.scan("plays").filter(wanted)
    counted = scanned.group_by("track_id", "account_id").agg(n=pl.len()).collect(engine="streaming")
    return counted.join(tracks, on="track_id").group_by("key", "account_id").agg(pl.col("n").sum())

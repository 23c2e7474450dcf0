"""Who else listens: people, as far as they are not at the service of the same tracks."""

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
    bots = evidence.artificial["account_id"].unique()
    tracks = evidence.tracks.filter(pl.col("owner_id").is_in(hit["owner_id"].unique().implode()))
    played = _kept(evidence.plays, "track_id", tracks["track_id"]).filter(pl.col("verdict") == "count")
    counted = played.group_by("track_id", "account_id").agg(pl.len().alias("given"))
    counted = counted.with_columns(pl.col("track_id", "account_id").cast(pl.String))
    counted = counted.filter(~pl.col("account_id").is_in(bots.implode()))
    wanted = counted.join(hit.select("track_id"), on="track_id", how="semi")
    devoted = (
        wanted.group_by("account_id")
        .agg(pl.col("given").sum())
        .join(evidence.accounts.select("account_id", "plays"), on="account_id")
        .filter(pl.col("given") >= _DEVOTED * pl.col("plays"))
    )
    people = counted.join(devoted, on="account_id", how="anti").join(
        tracks.select("track_id", "owner_id"), on="track_id"
    )
    return people.group_by("owner_id").agg(
        pl.col("account_id").n_unique().cast(pl.Int64).alias("listeners"),
        pl.col("given").sum().cast(pl.Int64).alias("honest_plays"),
    )


def _kept(plays: pl.DataFrame, column: str, values: pl.Series) -> pl.DataFrame:
    """The rows of `plays` with one of these values: as the column has them, which is much faster than as text."""
    return plays.filter(pl.col(column).is_in(values.cast(plays.schema[column]).implode()))

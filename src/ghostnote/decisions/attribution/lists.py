"""Playlists that only bots listen to, and who else is on them."""

import polars as pl

from ghostnote.decisions.attribution.evidence import Evidence

#: Fewest accounts with artificial plays from it, and their share of all its listeners, that make a playlist a bot's.
_FEWEST, _BOTS = 3, 0.8


def listed(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    """owner_id, via_list, list_owners, list_part, list_top: of owners whose hit tracks were played from such playlists.

    `via_list`: share of the artificial plays on its hit tracks that came from bots' playlists. `list_owners`: owners
    on those playlists; `list_part`: this one's share of the artificial plays from them; `list_top`: the largest share
    of any.
    """
    aimed = evidence.artificial.join(hit.select("track_id"), on="track_id", how="semi")
    lists = bot_playlists(evidence)
    total = aimed.group_by("owner_id").agg(pl.len().alias("all"))
    through = aimed.filter(pl.col("playlist_id").is_in(lists.implode()))
    by_list = through.group_by("playlist_id", "owner_id").agg(pl.len().alias("given"))
    mine = by_list.select("owner_id", "playlist_id")
    # Several playlists of one owner are looked at together, with everybody who is on any of them.
    around = mine.join(by_list.rename({"owner_id": "other"}), on="playlist_id")
    shares = around.group_by("owner_id", "other").agg(pl.col("given").sum())
    own = pl.col("given").filter(pl.col("owner_id") == pl.col("other"))
    summed = shares.group_by("owner_id").agg(
        own.sum().alias("own"),
        pl.len().cast(pl.Int64).alias("list_owners"),
        (own.sum() / pl.col("given").sum()).alias("list_part"),
        (pl.col("given").max() / pl.col("given").sum()).alias("list_top"),
    )
    return summed.join(total, on="owner_id").select(
        "owner_id", (pl.col("own") / pl.col("all")).alias("via_list"), "list_owners", "list_part", "list_top"
    )


def bot_playlists(evidence: Evidence) -> pl.Series:
    """playlist_id of those whose listeners are, by four fifths and three at least, accounts with artificial plays."""
    used = (
        evidence.artificial.drop_nulls("playlist_id")
        .group_by("playlist_id")
        .agg(pl.col("account_id").n_unique().alias("bots"))
        .filter(pl.col("bots") >= _FEWEST)
    )
    names = used["playlist_id"].cast(evidence.listed.schema["playlist_id"])
    heard = evidence.listed.filter(pl.col("playlist_id").is_in(names.implode()))
    everybody = heard.group_by(pl.col("playlist_id").cast(pl.String)).len("all")
    return used.join(everybody, on="playlist_id").filter(pl.col("bots") >= _BOTS * pl.col("all"))["playlist_id"].sort()

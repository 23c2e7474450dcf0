"""Everything known about an owner whose tracks somebody is after, in one row."""

import polars as pl

from ghostnote.decisions.attribution.audience import audiences
from ghostnote.decisions.attribution.effort import efforts, main
from ghostnote.decisions.attribution.evidence import Evidence, paid
from ghostnote.decisions.attribution.lists import listed
from ghostnote.decisions.attribution.timing import timings
from ghostnote.decisions.intervals import high, low
from ghostnote.decisions.tracks import PENALTY_SHARE

_MONTH = 30


def facts(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    """One row per owner of `hit` tracks: the columns of `audiences`, `efforts`, `timings` and `listed`, and

    owner_id, plays, artificial, share, low, high (of all its tracks); `hit_plays`, `hit_artificial`, `hit_share`,
    `hit_low`, `hit_high`, `hit_tracks` (of those somebody is after); `main_tracks`: how many of them have a tenth of
    the most-hit one's; `over_line`: how many lie above the penalty line; `played_tracks`, `known_tracks`: tracks played
    in the period, and in the catalogue; `dependence`: the share of its payout that is artificial; `withheld`: what its
    artificial plays would have been paid; `monthly`: plays of hit tracks by one of those accounts in a
    month that would be paid.
    """
    owners = hit["owner_id"].unique().sort()
    mine = evidence.tracks.filter(pl.col("owner_id").is_in(owners.implode()))
    known = evidence.catalogue.with_columns(paid()).filter(pl.col("owner_id").is_in(owners.implode()))
    found = (
        _whole(mine)
        .join(_on_hits(hit), on="owner_id")
        .join(main(hit).group_by("owner_id").agg(pl.len().cast(pl.Int64).alias("main_tracks")), on="owner_id")
        .join(efforts(evidence, hit), on="owner_id")
        .join(timings(evidence, hit), on="owner_id")
        .join(listed(evidence, hit), on="owner_id", how="left")
        .join(audiences(evidence, hit), on="owner_id", how="left")
        .join(known.group_by("owner_id").agg(pl.len().cast(pl.Int64).alias("known_tracks")), on="owner_id", how="left")
        .join(_withheld(evidence), on="owner_id", how="left")
        .with_columns(
            pl.col("listeners", "honest_plays", "list_owners").fill_null(0),
            pl.col("via_list", "list_part", "list_top").fill_null(0.0),
            pl.max_horizontal("known_tracks", "played_tracks").alias("known_tracks"),
        )
    )
    paid_share = pl.col("paying_artificial") / pl.col("artificial")
    found = found.with_columns((pl.col("pace") * paid_share * _MONTH).alias("monthly"))
    return _bounded(_bounded(found, ""), "hit_").drop("paying_artificial").sort("owner_id")


def _whole(mine: pl.DataFrame) -> pl.DataFrame:
    return mine.group_by("owner_id").agg(
        pl.col("plays", "artificial").sum(),
        pl.len().cast(pl.Int64).alias("played_tracks"),
        (pl.col("paying_artificial").sum() / pl.col("paying").sum()).fill_nan(0.0).alias("dependence"),
        pl.col("paying_artificial").sum(),
    )


def _on_hits(hit: pl.DataFrame) -> pl.DataFrame:
    return hit.group_by("owner_id").agg(
        pl.col("plays").sum().alias("hit_plays"),
        pl.col("artificial").sum().alias("hit_artificial"),
        pl.len().cast(pl.Int64).alias("hit_tracks"),
        (pl.col("artificial") > PENALTY_SHARE * pl.col("plays")).sum().cast(pl.Int64).alias("over_line"),
    )


def _bounded(found: pl.DataFrame, prefix: str) -> pl.DataFrame:
    share = pl.col(f"{prefix}artificial") / pl.col(f"{prefix}plays")
    of, trials = pl.col(f"{prefix}share"), pl.col("listeners") + pl.col("accounts")
    return found.with_columns(share.alias(f"{prefix}share")).with_columns(
        low(of, trials).alias(f"{prefix}low"), high(of, trials).alias(f"{prefix}high")
    )


def _withheld(evidence: Evidence) -> pl.DataFrame:
    return evidence.artificial.group_by("owner_id").agg(pl.col("withheld_payout").sum().alias("withheld"))

"""What the accounts behind artificial plays were up to: for whom they worked, how openly, and whose they are."""

import polars as pl

from ghostnote.decisions.attribution.evidence import Evidence

#: Share of its active days without artificial plays, from which an account that nobody confirmed is a person's.
_OWN_DAYS = 0.25
#: Share of the artificial plays on an owner's most-hit track, from which another is a main one too.
_MAIN = 0.1
#: Share of a track's length below which a play did not hear it out.
_CUT = 0.5


def efforts(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    """One row per owner of `hit` tracks, averaged over the artificial plays on them.

    owner_id, accounts; `effort`: the share of what the play's account gave to hit tracks of anybody that went to this
    owner; `rival`: the largest such share of another owner, over the same accounts; `cover`: the share of all plays of
    the account that went to no hit track; `repeats`: plays of the track by the account on that day; `people`: the share
    of plays whose account is a person's; `pace`: plays of hit tracks of anybody by the account on a day with any
    artificial play; `cut`: the share that stopped before half of the track, null if unknown; `shared`: of its main
    tracks the smallest share of plays by accounts that play another main one too, 1 if there is only one.
    """
    aimed = evidence.artificial.join(hit.select("track_id"), on="track_id", how="semi")
    accounts = _accounts(evidence, aimed)
    pairs = aimed.group_by("owner_id", "account_id").agg(pl.len().alias("given")).join(accounts, on="account_id")
    weighted = pairs.group_by("owner_id").agg(
        pl.len().cast(pl.Int64).alias("accounts"),
        _mean(pl.col("given") / pl.col("aimed"), "effort"),
        _mean((1 - pl.col("aimed") / pl.col("plays")).clip(0.0, 1.0), "cover"),
        _mean(pl.col("person").cast(pl.Float64), "people"),
        _mean(pl.col("aimed") / pl.col("days"), "pace"),
    )
    repeated = aimed.group_by("owner_id", "account_id", "day", "track_id").agg(pl.len().alias("given"))
    return (
        weighted.join(_rivals(pairs), on="owner_id", how="left")
        .join(repeated.group_by("owner_id").agg(_mean(pl.col("given"), "repeats")), on="owner_id")
        .join(_cut(evidence, aimed), on="owner_id")
        .join(_shared(aimed, hit), on="owner_id")
        .with_columns(pl.col("rival").fill_null(0.0))
    )


def _mean(value: pl.Expr, name: str) -> pl.Expr:
    return ((value * pl.col("given")).sum() / pl.col("given").sum()).alias(name)


def _accounts(evidence: Evidence, aimed: pl.DataFrame) -> pl.DataFrame:
    """account_id, aimed, plays, days, person: a person's own days have no artificial play; a bot goes to work."""
    at_it = evidence.artificial.group_by("account_id").agg(pl.col("day").n_unique().alias("days"))
    given = aimed.group_by("account_id").agg(pl.len().alias("aimed")).join(at_it, on="account_id")
    own = pl.col("days") <= (1 - _OWN_DAYS) * pl.col("active_days")
    known = evidence.accounts.select("account_id", "plays", "active_days", "confirmed")
    return given.join(known, on="account_id").select(
        "account_id", "aimed", "plays", "days", (own & ~pl.col("confirmed")).alias("person")
    )


def _rivals(pairs: pl.DataFrame) -> pl.DataFrame:
    """owner_id, rival. Weighed as `effort` is: by what each account gave to the owner asked about."""
    shares = pairs.select("account_id", "owner_id", "given", (pl.col("given") / pl.col("aimed")).alias("share"))
    # Of each account its two best: one of them is the best that is not the owner asked about.
    best = (
        shares.sort("share", "owner_id", descending=[True, False]).group_by("account_id", maintain_order=True).head(2)
    )
    other = shares.join(
        best.select("account_id", pl.col("owner_id").alias("other"), pl.col("share").alias("rivals")),
        on="account_id",
    ).filter(pl.col("owner_id") != pl.col("other"))
    others = other.group_by("owner_id", "other").agg((pl.col("rivals") * pl.col("given")).sum().alias("weighed"))
    total = shares.group_by("owner_id").agg(pl.col("given").sum())
    most = others.group_by("owner_id").agg(pl.col("weighed").max()).join(total, on="owner_id")
    return most.select("owner_id", (pl.col("weighed") / pl.col("given")).alias("rival"))


def main(hit: pl.DataFrame) -> pl.DataFrame:
    """Those of the `hit` tracks that have a tenth, or more, of what their owner's most-hit one has."""
    return hit.filter(pl.col("artificial") >= _MAIN * pl.col("artificial").max().over("owner_id"))


def _shared(aimed: pl.DataFrame, hit: pl.DataFrame) -> pl.DataFrame:
    """owner_id, shared. Two unrelated things may happen to one label: then other accounts are on other tracks."""
    mains = main(hit).select("track_id", pl.len().over("owner_id").alias("mains"))
    given = aimed.join(mains, on="track_id").group_by("owner_id", "mains", "track_id", "account_id").len("given")
    alone = pl.col("track_id").n_unique().over("owner_id", "account_id") == 1
    tracks = given.with_columns(alone.alias("alone")).group_by("owner_id", "mains", "track_id")
    shares = tracks.agg((1.0 - (pl.col("alone") * pl.col("given")).sum() / pl.col("given").sum()).alias("both"))
    value = pl.when(pl.col("mains") == 1).then(1.0).otherwise("both")
    return shares.group_by("owner_id").agg(value.min().alias("shared"))


def _cut(evidence: Evidence, aimed: pl.DataFrame) -> pl.DataFrame:
    known = evidence.catalogue.select("track_id", pl.col("duration_ms").cast(pl.Float64))
    short = pl.col("ms_played") < _CUT * pl.col("duration_ms")
    return aimed.join(known, on="track_id", how="left").group_by("owner_id").agg(short.mean().alias("cut"))

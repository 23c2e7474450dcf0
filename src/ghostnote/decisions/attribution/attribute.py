"""Who gained, who was used, who was hurt: a role for each track and owner with artificial plays, with its reasons."""

from dataclasses import dataclass

import polars as pl

from ghostnote.decisions.attribution.effort import main
from ghostnote.decisions.attribution.evidence import Evidence
from ghostnote.decisions.attribution.facts import facts
from ghostnote.decisions.attribution.hits import hit_tracks
from ghostnote.decisions.attribution.roles import few, owner_role
from ghostnote.decisions.attribution.signs import with_signs
from ghostnote.decisions.attribution.wording import told
from ghostnote.decisions.intervals import high
from ghostnote.decisions.royalties.terms import UNKNOWN

_LINES = pl.List(pl.String)
TRACK_PARTS = pl.Schema({"track_id": pl.String(), "role": pl.String()})
OWNER_PARTS = pl.Schema({"owner_id": pl.String(), "role": pl.String(), "reasons": _LINES, "against": _LINES})
#: Share of what an account's artificial plays give, up to which it gave a track or owner next to nothing.
_THIN = 0.05
_FEW_SAID = "Few of its plays are artificial, about as many as bots give to anybody."
_LITTLE_SAID = "Too few artificial plays to say whose they are."


@dataclass(frozen=True)
class Attribution:
    """`tracks` (`TRACK_PARTS`) has every track played, `owners` (`OWNER_PARTS`) everybody who is paid.

    `cases`: `facts`, signs and role of the owners whose tracks somebody is after; `hit`: those tracks.
    """

    tracks: pl.DataFrame
    owners: pl.DataFrame
    cases: pl.DataFrame
    hit: pl.DataFrame


def attribute(evidence: Evidence) -> Attribution:
    """Roles of tracks and owners. They depend on the rows of `evidence`, not on their order."""
    hit = hit_tracks(evidence.tracks)
    cases = _cases(evidence, hit)
    return Attribution(_tracks(evidence, hit, cases), _owners(evidence, cases), cases, hit)


def _cases(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    signed = with_signs(facts(evidence, hit))
    # Nobody is behind what nobody knows the owner of.
    unknown = pl.col("owner_id") == UNKNOWN
    return signed.with_columns(pl.when(unknown).then(pl.lit("unclear")).otherwise(owner_role()).alias("role"))


def _owners(evidence: Evidence, cases: pl.DataFrame) -> pl.DataFrame:
    lines = [told(row) for row in cases.iter_rows(named=True)]
    known = cases.select("owner_id", "role").with_columns(
        pl.Series("reasons", [one for one, _ in lines], dtype=_LINES),
        pl.Series("against", [other for _, other in lines], dtype=_LINES),
    )
    summed = evidence.tracks.group_by("owner_id").agg(pl.col("plays", "artificial").sum())
    others = summed.join(known, on="owner_id", how="anti").with_columns(pl.lit(value=False).alias("sought"))
    others = _at_large(evidence, others, "owner_id")
    nothing = pl.lit([], dtype=_LINES)
    said = (
        pl.when(pl.col("role") == "camouflage")
        .then(pl.lit([_FEW_SAID], dtype=_LINES))
        .when(pl.col("role") == "unclear")
        .then(pl.lit([_LITTLE_SAID], dtype=_LINES))
        .otherwise(nothing)
    )
    others = others.with_columns(said.alias("reasons"), nothing.alias("against"))
    return pl.concat([known, others.select(known.columns)]).sort("owner_id").cast(OWNER_PARTS)


def _tracks(evidence: Evidence, hit: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    owned = hit.join(cases.select("owner_id", "role", "is_wide"), on="owner_id")
    part = pl.col("is_wide") | pl.col("track_id").is_in(main(hit)["track_id"].implode())
    named = owned.filter(part & (pl.col("role") != "camouflage")).select("track_id", "role")
    # Where somebody is after one whom hardly anybody hears, what its other tracks got is not for show, however little.
    sought = pl.col("owner_id").is_in(cases.filter(~pl.col("is_heard"))["owner_id"].implode())
    others = evidence.tracks.join(named, on="track_id", how="anti").with_columns(sought.alias("sought"))
    others = _at_large(evidence, others, "track_id")
    return pl.concat([named, others.select(named.columns)]).sort("track_id").cast(TRACK_PARTS)


def _at_large(evidence: Evidence, counted: pl.DataFrame, key: str) -> pl.DataFrame:
    """`counted` (key, plays, artificial, sought) with `role`: of those that nobody is after for all that is known."""
    given = evidence.artificial.group_by(key, "account_id").agg(pl.len().alias("given"))
    made = evidence.artificial.group_by("account_id").agg(pl.len().alias("made"))
    share = pl.col("given") / pl.col("made")
    weighed = (
        given.join(made, on="account_id")
        .group_by(key)
        .agg(pl.len().alias("accounts"), ((share * pl.col("given")).sum() / pl.col("given").sum()).alias("effort"))
    )
    artificial = pl.col("artificial") / pl.col("plays")
    trials = pl.col("plays").clip(lower_bound=1) - pl.col("artificial") + pl.col("accounts")
    thin = few(artificial, high(artificial, trials)) | ((pl.col("effort") <= _THIN) & ~pl.col("sought"))
    role = (
        pl.when(pl.col("artificial") == 0)
        .then(pl.lit("clean"))
        .when(thin)
        .then(pl.lit("camouflage"))
        .otherwise(pl.lit("unclear"))
    )
    return counted.join(weighed, on=key, how="left").with_columns(role.alias("role"))

"""How often attribution names the right part, and how often it accuses somebody who had none, by owner and track.

Verdicts come from the truth, less what a defence misses and with a few honest accounts taken for bots: attribution is
measured apart from detection. GHOSTNOTE_BENCH_ATTRIBUTION="novel:21:6000:1.0 other:1:6000:0.5" names worlds: scenario
(`other`: benchmarks/attribution.toml), seed, accounts, and the share of attackers' accounts that are found.
GHOSTNOTE_BENCH_ATTRIBUTION_DECIDED="novel:22:20000" names worlds of which a bundle is trained and which it judges.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from ghostnote.decisions.attribution import Attribution, Evidence, attribute, paid
from ghostnote.decisions.tables import GAINING
from ghostnote.evaluation.splits import usual_as_of
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.scoring import score
from ghostnote.simulation.books import read_books
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate
from ghostnote.training import train

Row = dict[str, str | int | float]

#: Scenario, seed, accounts, share found.
WORLDS = " ".join(
    f"{name}:{seed}:6000:{found}"
    for name, seed in (("novel", 901), ("novel", 902), ("stolen", 903), ("bought", 904), ("farms", 905), ("other", 906))
    for found in ("1.0", "0.6")
)
_OTHER = Path(__file__).with_suffix(".toml")
#: Honest accounts all of whose plays are withheld by mistake: ten times what a policy allows.
_WRONG = 1e-3
#: Days before the period that is judged.
_BEFORE = 8
_PAID_MS, _PER_PLAY = 30_000, 0.004
#: What the attacker wants of the tracks that he is there for; others are cover.
_WANTS = {"sabotage": "sabotaged", "hijacked_listeners": "takeover"}
_RANK = {"beneficiary": 3, "takeover": 3, "sabotaged": 2, "playlist": 1, "camouflage": 0}


def run() -> list[Row]:
    """Attribute each world, and count owners and tracks by what they are and what they are taken for."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for world in os.environ.get("GHOSTNOTE_BENCH_ATTRIBUTION", WORLDS).split():
            name, seed, accounts, share = world.split(":")
            lake = made(Path(folder) / f"{name}-{seed}-{accounts}", name, int(seed), int(accounts))
            evidence = believed(lake, found=float(share), seed=int(seed))
            found.append(_named(held_against(evidence, attribute(evidence), lake), "by the truth", float(share)))
        for world in os.environ.get("GHOSTNOTE_BENCH_ATTRIBUTION_DECIDED", "").split():
            name, seed, accounts = world.split(":")
            lake = made(Path(folder) / f"{name}-{seed}-{accounts}", name, int(seed), int(accounts))
            found.append(_named(decided(lake, Path(folder) / f"{name}-{seed}-decisions", int(seed)), "decided", 1.0))
    return [*_confusion(pl.concat(found)), *_accused(pl.concat(found))]


def made(folder: Path, name: str, seed: int, accounts: int) -> Lake:
    """The world's lake, simulated once."""
    if not folder.exists():
        simulate(load_scenario(str(_OTHER) if name == "other" else name), folder, seed=seed, accounts=accounts)
    return Lake(folder)


def believed(lake: Lake, *, found: float, seed: int, wrong: float = _WRONG) -> Evidence:
    """The lake's days after the eighth, with verdicts as the truth has them of the accounts that are found.

    All plays of a share `wrong` of honest accounts are withheld as well, as if they had been convicted.
    """
    rng = np.random.default_rng(seed)
    plays, catalogue, labels = read(lake, "plays").rows, read(lake, "tracks").rows, _truth(lake)
    accounts = labels.filter(pl.col("subject_type") == "account").unique("subject_id").sort("subject_id")
    known = accounts.select(
        pl.col("subject_id").alias("account_id"),
        (pl.col("verdict") == "fraud").alias("attacker"),
        pl.Series("seen", rng.random(accounts.height) < found),
        pl.Series("wrong", rng.random(accounts.height) < wrong),
    )
    artificial = labels.filter(pl.col("subject_type") == "play").select(
        pl.col("subject_id").alias("event_id"), artificial=pl.lit(value=True)
    )
    convicted = (pl.col("attacker") & pl.col("seen")) | (~pl.col("attacker") & pl.col("wrong"))
    gone = (pl.col("artificial").fill_null(value=False) & pl.col("seen")) | (~pl.col("attacker") & pl.col("wrong"))
    start: date = plays["dt"].min() + timedelta(days=_BEFORE)  # type: ignore[operator, assignment]
    joined = plays.join(known, on="account_id").join(artificial, on="event_id", how="left")
    joined = joined.join(catalogue.select("track_id", "artist_id", "owner_id"), on="track_id", how="left")
    past = joined.filter(pl.col("dt") < start).group_by("track_id").agg(pl.len().cast(pl.Int64).alias("past_plays"))
    paying = pl.col("ms_played") >= _PAID_MS
    period = joined.filter(pl.col("dt") >= start).with_columns(
        pl.col("dt").alias("day"),
        pl.when(pl.col("source") == "playlist").then("source_id").alias("playlist_id"),
        paying.alias("paying"),
        pl.when(gone).then(pl.lit("exclude")).otherwise(pl.lit("count")).alias("verdict"),
        pl.when(gone & paying).then(_PER_PLAY).otherwise(0.0).alias("withheld_payout"),
        convicted.alias("confirmed"),
    )
    summed = period.group_by("account_id").agg(
        pl.len().cast(pl.Int64).alias("plays"),
        pl.col("day").n_unique().alias("active_days"),
        pl.col("confirmed").any(),
    )
    return Evidence.of(period, summed, catalogue, past, _BEFORE)


def held_against(evidence: Evidence, parts: Attribution, lake: Lake) -> pl.DataFrame:
    """The columns what (owner or track), id, role, true: of those with a withheld play."""
    gone = evidence.artificial.select("event_id", "track_id", "owner_id")
    return _against(gone, parts.owners.select("owner_id", "role"), parts.tracks, lake)


def decided(lake: Lake, out: Path, seed: int) -> pl.DataFrame:
    """The same of what a bundle trained on the first days decides about the others."""
    as_of = usual_as_of(list(lake.days("plays")))
    bundle = train(lake, as_of=as_of, seed=seed)
    score(lake, bundle, out, made_at=datetime.now(UTC), start=as_of.date() + timedelta(days=1))
    owners, tracks, plays = (pl.read_parquet(out / f"{name}.parquet") for name in ("owners", "tracks", "plays"))
    catalogue = read(lake, "tracks").rows.select("track_id", paid())
    gone = plays.filter(pl.col("verdict") != "count").join(catalogue, on="track_id", how="left")
    gone = gone.select("event_id", "track_id", "owner_id")
    return _against(gone, owners.select("owner_id", "role"), tracks.select("track_id", "role"), lake)


def _against(gone: pl.DataFrame, owners: pl.DataFrame, tracks: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    parts = []
    for what, roles in (("owner", owners), ("track", tracks)):
        key = f"{what}_id"
        true = _part(_wanted(gone, lake), key)
        judged = roles.filter(pl.col("role") != "clean").join(true, on=key, how="left")
        parts.append(
            judged.select(
                pl.lit(what).alias("what"), pl.col(key).alias("id"), "role", pl.col("true").fill_null("nothing")
            )
        )
    return pl.concat(parts)


def _wanted(gone: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """Withheld plays that are truly artificial, with what their campaign wanted of the track (`true`)."""
    books = read_books(lake.path)
    assert books is not None
    labels = _truth(lake).filter(pl.col("subject_type") == "play")
    made_by = labels.select(pl.col("subject_id").alias("event_id"), "kind", "campaign_id")
    aims = books.targets.with_columns(pl.lit(value=True).alias("aim"))
    joined = gone.join(made_by, on="event_id").join(aims, on=["campaign_id", "track_id"], how="left")
    true = (
        pl.when(pl.col("aim"))
        .then(pl.col("kind").replace_strict(_WANTS, default="beneficiary"))
        .when(pl.col("kind") == "innocent_cover")
        .then(pl.lit("playlist"))
        .otherwise(pl.lit("camouflage"))
    )
    return joined.with_columns(true.alias("true"))


def _part(wanted: pl.DataFrame, key: str) -> pl.DataFrame:
    """What each truly is: a gain counts before harm, that before cover; of two gains the larger."""
    counted = wanted.group_by(key, "true").len().with_columns(pl.col("true").replace_strict(_RANK).alias("rank"))
    return counted.sort("rank", "len", "true", descending=True).unique(key, keep="first").select(key, "true")


def _truth(lake: Lake) -> pl.DataFrame:
    labels = pl.concat([pl.read_parquet(file) for file in lake.files("labels")], how="diagonal")
    return labels.filter(pl.col("source") == "simulation")


def _named(found: pl.DataFrame, verdicts: str, share: float) -> pl.DataFrame:
    return found.with_columns(pl.lit(f"{verdicts}, {share:.0%} found" if share < 1 else verdicts).alias("verdicts"))


def _confusion(found: pl.DataFrame) -> Iterator[Row]:
    for (what, verdicts), part in found.group_by("what", "verdicts", maintain_order=True):
        counts = part.group_by("true", "role").len().sort("true", "role").pivot(on="role", index="true", values="len")
        roles = sorted(set(counts.columns) - {"true"})
        for row in counts.fill_null(0).iter_rows(named=True):
            yield {
                "table": f"{str(what).title()}s, verdicts {verdicts}",
                "truly": row["true"],
                **{role: row[role] for role in roles},
            }


def _accused(found: pl.DataFrame) -> Iterator[Row]:
    """The worst error: somebody without a part taken for one who gains. And the second worst: who gains let off."""
    gains, accused = pl.col("true").is_in(GAINING), pl.col("role").is_in(GAINING)
    for (what, verdicts), part in found.group_by("what", "verdicts", maintain_order=True):
        yield {
            "table": "Accused and let off",
            "what": f"{what}s, verdicts {verdicts}",
            "without a part": part.filter(~gains).height,
            "of them accused": part.filter(~gains & accused).height,
            "gaining": part.filter(gains).height,
            "named": part.filter(gains & accused).height,
            "unclear": part.filter(gains & (pl.col("role") == "unclear")).height,
            "taken for harmed or used": part.filter(gains & ~accused & (pl.col("role") != "unclear")).height,
        }

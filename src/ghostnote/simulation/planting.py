"""Attacks planted into logs that exist: what a defence would have seen is learnt on one's own listeners."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.labels import truth
from ghostnote.events.lake import Lake, LakeWriter, new_lake
from ghostnote.events.reading import read, read_days
from ghostnote.events.schema import TABLES
from ghostnote.progress import Progress, silent
from ghostnote.simulation.books import keep_books, read_books
from ghostnote.simulation.catalogue import GENRES, Catalogue, Guide
from ghostnote.simulation.clients import PLATFORM, Devices
from ghostnote.simulation.crew import usual_threads
from ghostnote.simulation.happenings import Happenings
from ghostnote.simulation.lake_rows import LakeRows
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.names import Names
from ghostnote.simulation.networks import make_networks
from ghostnote.simulation.overhearing import overhear
from ghostnote.simulation.playbooks import AnyPlaybook
from ghostnote.simulation.playlists import make_playlists
from ghostnote.simulation.randomness import key
from ghostnote.simulation.rows import DAY, HOUR, Plays
from ghostnote.simulation.service import Accounts, Service
from ghostnote.simulation.stage import Cast, Stage
from ghostnote.simulation.tables import Writer
from ghostnote.simulation.team import TeamParameters, team_labels
from ghostnote.simulation.tokens import Domain, Tokens
from ghostnote.simulation.truth import true_labels
from ghostnote.simulation.world import World

#: Length of a track that nothing is known of: the median of real listening (FACTS, R).
_USUAL_MS = 210_000
#: What honest accounts of somebody's own logs are called in the truth.
OWN_COHORT = "own_listener"
_EPOCH = 719_163


@dataclass(frozen=True)
class _Found:
    """What was read of a lake: its service, and the ids behind its codes."""

    service: Service
    accounts: pl.Series
    names: Names
    overheard: Plays


def plant(
    lake: str | os.PathLike[str],
    campaigns: Sequence[AnyPlaybook],
    out: str | os.PathLike[str],
    *,
    seed: int = 1,
    start: date | None = None,
    team: TeamParameters | None = None,
    progress: Progress = silent,
) -> World:
    """Copy a lake and add campaigns, in its own columns and resolution of time; the truth goes to its labels.

    Campaigns' days count from `start`; by default from where the lake has most active accounts for as long as they
    last. Every account of the lake is taken for honest, unless an earlier simulation says otherwise. What a `team`
    (default: `TeamParameters()`) would have found out of the campaigns, late, in part and now and then wrongly, goes to
    the labels as well. Raises `GhostnoteError` if the lake has no plays, `start` lies
    outside its days, `out` holds files or the disk refuses.
    """
    source = Lake(lake)
    length = max((campaign.start + campaign.days for campaign in campaigns), default=1.0)
    found = _look(source, start, length, seed, progress)
    with new_lake(Path(out)) as writer:
        _copy(source, writer.path, progress)
        stage = Stage.of(found.service, found.overheard)
        for done, campaign in enumerate(campaigns):
            progress("Staging campaigns", done, len(campaigns))
            campaign.stage(stage)
        progress("Staging campaigns", len(campaigns), len(campaigns))
        world = _write(stage, found, writer, source, team or TeamParameters())
        events = stage.events.until(found.service.end)
        before = read_books(source.path)
        keep_books(writer.path, campaigns, stage.casts, events, found.names, found.service.days, before=before)
        return world


def _write(stage: Stage, found: _Found, lake: LakeWriter, source: Lake, team: TeamParameters) -> World:
    service, old = stage.service, found.service
    events = stage.events.until(service.end)
    writer = Writer(service, found.names)
    with LakeRows(lake, Likeness.of(source.path)) as rows:
        rows.collect(events)
        rows.write(writer, usual_threads())
        rows.dimensions(writer, np.arange(old.catalogue.tracks, service.catalogue.tracks))
    honest = _unlabelled(source, found.accounts)
    cohorts = [OWN_COHORT] * honest.size
    lake.write_by_arrival("labels", true_labels(events, stage.casts, honest, cohorts, found.names, service.end))
    noticed = team_labels(
        events, stage.casts, honest, found.names, team, seed=service.seed, start=service.start, end=service.end
    )
    if noticed.height:
        lake.write_by_arrival("labels", noticed)
    return World(
        seed=service.seed,
        accounts=len(found.accounts),
        fake_accounts=_count(stage.casts),
        plays=int(old.plays),
        artificial_plays=events.play_count,
        campaigns=len(stage.casts),
    )


def _unlabelled(source: Lake, accounts: pl.Series) -> npt.NDArray[np.int64]:
    """Codes of accounts of which no earlier simulation says what they are."""
    if "labels" not in source.tables():
        return np.arange(len(accounts))
    told = truth(read(source, "labels").rows).filter(pl.col("subject_type") == "account")["subject_id"]
    return np.flatnonzero((~accounts.is_in(told.implode())).to_numpy())


def _count(casts: list[Cast]) -> int:
    return sum(cast.members.size for cast in casts)


def _look(lake: Lake, start: date | None, length: float, seed: int, progress: Progress) -> _Found:
    """The lake as a service: who listens when, to what, and how often."""
    plays = _plays(lake, progress)
    if plays.is_empty():
        raise GhostnoteError(f"{lake.path} holds no plays: there is nothing to plant a campaign among.")
    begin, end = _window(lake, plays, start, length)
    accounts = plays["account_id"].unique().sort()
    catalogue, tracks, artists, owners = _catalogue(lake, plays)
    known = {
        Domain.ACCOUNT: accounts,
        Domain.TRACK: tracks,
        Domain.ARTIST: artists,
        Domain.OWNER: owners,
    }
    within = plays.filter((pl.col("time") >= begin) & (pl.col("time") < end))
    service = Service(
        seed=seed,
        start=begin,
        end=end,
        plays=float(within.height),
        catalogue=catalogue,
        playlists=make_playlists(catalogue, accounts=len(accounts), seed=seed),
        networks=make_networks(accounts=max(len(accounts), 1000), seed=seed),
        devices=Devices(np.full(1, PLATFORM["android"], dtype=np.int8), np.zeros(1, dtype=np.float32)),
        accounts=_accounts(plays, within, accounts, (end - begin) / DAY),
        happenings=Happenings.none(),
    )
    return _Found(
        service, accounts, Names(Tokens(_fresh(seed, plays)), known), overhear(within, accounts, tracks, catalogue)
    )


def _fresh(seed: int, plays: pl.DataFrame) -> int:
    """A seed of ids that no lake has yet: not one simulated with the same seed, nor one planted into before."""
    return int(key(seed, plays.height, plays["account_id"].n_unique(), plays["track_id"].n_unique()))


def _plays(lake: Lake, progress: Progress) -> pl.DataFrame:
    """account_id, track_id, ms_played and time (microseconds) of every play."""
    parts = []
    days = lake.days("plays")
    for done, (_, reading) in enumerate(read_days(lake, "plays")):
        progress("Looking at the lake", min(done, len(days)), len(days))
        parts.append(
            reading.rows.select("account_id", "track_id", "ms_played", pl.col("event_time").to_physical().alias("time"))
        )
    progress("Looking at the lake", len(days), len(days))
    return pl.concat(parts) if parts else pl.DataFrame()


def _window(lake: Lake, plays: pl.DataFrame, start: date | None, length: float) -> tuple[int, int]:
    """Begin and end (microseconds, midnights) of the campaigns' days."""
    day = (plays["time"] // DAY).alias("day")
    first, last = int(day.min()), int(day.max())  # type: ignore[arg-type]
    span = max(1, int(np.ceil(length)))
    if start is not None:
        wanted = start.toordinal() - _EPOCH
        if not first <= wanted <= last:
            low, high = (date.fromordinal(d + _EPOCH) for d in (first, last))
            raise GhostnoteError(f"{start} lies outside the days of {lake.path}: they are {low} to {high}.")
        return wanted * DAY, (wanted + span) * DAY
    active = plays.select("account_id", day).unique()["day"].value_counts().sort("day")
    counts = np.zeros(last - first + 1)
    counts[active["day"].to_numpy() - first] = active["count"].to_numpy()
    sums = np.convolve(counts, np.ones(min(span, counts.size)), "valid")
    best = first + int(np.argmax(sums))
    return best * DAY, (best + span) * DAY


def _accounts(plays: pl.DataFrame, within: pl.DataFrame, accounts: pl.Series, days: float) -> Accounts:
    """Accounts with plays before and within the window can be hijacked; so can those heard when the lake begins."""
    opening = int(plays["time"].min()) + 2 * DAY  # type: ignore[arg-type]
    span = plays.group_by("account_id").agg(first=pl.col("time").min(), last=pl.col("time").max())
    hour = (pl.col("time") % DAY / HOUR * (2 * np.pi / 24)).alias("angle")
    recent = (
        within.with_columns(hour)
        .group_by("account_id")
        .agg(count=pl.len(), sine=pl.col("angle").sin().mean(), cosine=pl.col("angle").cos().mean())
    )
    joined = accounts.to_frame().join(span, on="account_id", how="left", maintain_order="left")
    joined = joined.join(recent, on="account_id", how="left", maintain_order="left").fill_null(0)
    busy = np.arctan2(joined["sine"].to_numpy(), joined["cosine"].to_numpy()) * 24 / (2 * np.pi)
    count = len(accounts)
    return Accounts(
        # Who is heard in the first days of the logs will have been there before.
        signed_up=joined.select(pl.when(pl.col("first") < opening).then(0).otherwise("first")).to_series().to_numpy(),
        left=joined["last"].to_numpy() + 1,
        activity=(joined["count"].to_numpy() / days).astype(np.float32),
        quiet_hour=((busy + 12) % 24).astype(np.float32),
        country=np.zeros(count, dtype=np.int8),
        device=np.zeros(count, dtype=np.int32),
    )


def _catalogue(lake: Lake, plays: pl.DataFrame) -> tuple[Catalogue, pl.Series, pl.Series, pl.Series]:
    """The lake's tracks grouped by artist, most played first; and the ids of tracks, artists and owners."""
    counts = plays.group_by("track_id").agg(count=pl.len(), longest=pl.col("ms_played").quantile(0.9, "nearest"))
    tracks = read(lake, "tracks").rows if "tracks" in lake.tables() else TABLES["tracks"].empty()
    for name in ("owner_id", "duration_ms", "released_at"):
        if name not in tracks.columns:
            tracks = tracks.with_columns(pl.lit(None, TABLES["tracks"][name].dtype).alias(name))
    rows = counts.join(tracks, on="track_id", how="full", coalesce=True).with_columns(
        pl.col("artist_id").fill_null(pl.col("track_id")), pl.col("count").fill_null(0)
    )
    rows = rows.with_columns(pl.col("owner_id").fill_null(pl.col("artist_id")))
    rows = rows.sort("artist_id", "count", "track_id", descending=[False, True, False])
    per_artist = rows.group_by("artist_id", maintain_order=True).agg(pl.len(), pl.col("owner_id").first())
    owners = per_artist["owner_id"].unique().sort()
    sizes = per_artist["len"].to_numpy().astype(np.int32)
    weights = rows["count"].to_numpy().astype(np.float64)
    artist = np.repeat(np.arange(sizes.size, dtype=np.int32), sizes)
    of_artist = np.bincount(artist, weights, sizes.size) + 1e-9
    guide = Guide.of(of_artist)
    catalogue = Catalogue(
        artist=artist,
        duration_ms=_durations(rows),
        released=rows["released_at"].to_physical().fill_null(np.iinfo(np.int64).min).to_numpy(),
        artist_first=(np.cumsum(sizes) - sizes).astype(np.int32),
        artist_size=sizes,
        artist_genre=np.zeros(sizes.size, dtype=np.int8),
        artist_owner=np.searchsorted(owners.to_numpy(), per_artist["owner_id"].to_numpy()).astype(np.int32),
        artist_guide=guide,
        genre_guides=tuple(guide for _ in GENRES),
        owners=len(owners),
        track_guide=Guide.of(weights + 1e-9),
    )
    return catalogue, rows["track_id"], per_artist["artist_id"], owners


def _durations(rows: pl.DataFrame) -> npt.NDArray[np.int32]:
    """A track's length, or else how long its longest plays lasted."""
    length = pl.coalesce("duration_ms", "longest", pl.lit(_USUAL_MS)).clip(31_000, 3_600_000)
    return rows.select(length.cast(pl.Int32)).to_series().to_numpy()


def _copy(lake: Lake, out: Path, progress: Progress) -> None:
    files = [(name, path) for name in lake.tables() for path in lake.files(name)]
    for done, (name, path) in enumerate(files):
        progress("Copying the lake", done, len(files))
        target = out / name / path.relative_to(lake.path / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    progress("Copying the lake", len(files), len(files))

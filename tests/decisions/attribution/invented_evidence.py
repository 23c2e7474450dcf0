"""Small periods, decided: a crowd that plays by popularity, and one attack among them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from ghostnote.decisions.attribution import Evidence

START = date(2026, 3, 2)
DAYS = 7
_PLAYS = {
    "track_id": pl.String(), "account_id": pl.String(), "artist_id": pl.String(), "owner_id": pl.String(),
    "playlist_id": pl.String(), "day": pl.Date(), "ms_played": pl.Int64(), "verdict": pl.String(),
}  # fmt: skip
Rows = list[dict[str, Any]]


def play(track: str, account: str, day: int, *, gone: bool = False, ms: int = 180_000, playlist: str | None = None):
    """One play; a track's owner is what comes before its hyphen."""
    owner = track.split("-", maxsplit=1)[0]
    return {
        "track_id": track, "account_id": account, "artist_id": f"{owner}-a", "owner_id": owner,
        "playlist_id": playlist, "day": START + timedelta(days=day), "ms_played": ms,
        "verdict": "exclude" if gone else "count",
    }  # fmt: skip


def crowd(listeners: int = 300, owners: int = 60, tracks: int = 5, plays: int = 60, seed: int = 1) -> Rows:
    """Listeners who play `o0-0` and what follows, the first far more than the last."""
    rng = np.random.default_rng(seed)
    chosen = (owners * tracks * rng.random((listeners, plays)) ** 2).astype(int)
    return [
        play(f"o{track // tracks}-{track % tracks}", f"person{account}", int(rng.integers(0, DAYS)))
        for account, row in enumerate(chosen)
        for track in row
    ]


def camouflaged(account: str, plays: int, days: Sequence[int], rng: np.random.Generator, *, gone: bool = True) -> Rows:
    """What everybody plays, played by a bot."""
    chosen = (300 * rng.random(plays) ** 2).astype(int)
    return [play(f"o{t // 5}-{t % 5}", account, int(rng.choice(list(days))), gone=gone) for t in chosen]


def farm(bots: int = 10, tracks: int = 40, each: int = 40) -> Rows:
    """Bots that play the whole catalogue of `farm`, and a little of what everybody plays."""
    rng = np.random.default_rng(2)
    rows = []
    for bot in range(bots):
        for day in range(DAYS):
            chosen = rng.integers(0, tracks, each)
            rows += [play(f"farm-{track}", f"bot{bot}", day, gone=True) for track in chosen]
        rows += camouflaged(f"bot{bot}", 20, range(DAYS), rng)
    return rows


def sabotage(target: str = "o5", bots: int = 8, each: int = 300, songs: int = 1, ms: int = 33_000) -> Rows:
    """For two days bots play a song of somebody who is heard, again and again, and break it off."""
    return [
        play(f"{target}-{n % songs}", f"crude{bot}", day, gone=True, ms=ms)
        for bot in range(bots)
        for day in (4, 5)
        for n in range(each)
    ]


def cover(bots: int = 10, own: int = 10, innocent: int = 20, rounds: int = 8) -> Rows:
    """A playlist of ten tracks of `farm`, and one each of twenty owners of whom few have heard."""
    listed = [f"farm-{n}" for n in range(own)] + [f"o{59 - n}-4" for n in range(innocent)]
    return [
        play(track, f"loop{bot}", day, gone=True, playlist="secret")
        for bot in range(bots)
        for day in range(DAYS)
        for _ in range(rounds)
        for track in listed
    ]


def hijack(victims: int = 20, tracks: int = 40) -> Rows:
    """People's accounts, on which somebody plays the catalogue of `farm` on one day of seven."""
    rows = []
    for victim in range(victims):
        rows += [play(f"farm-{track}", f"person{victim}", victim % DAYS, gone=True) for track in range(tracks)]
    return rows


def ordered(target: str = "o40-0", accounts: int = 60, days: Sequence[int] = range(DAYS)) -> Rows:
    """A song slipped in among everybody's music, two of eight plays, by many accounts on every day."""
    rng = np.random.default_rng(3)
    rows = []
    for account in range(accounts):
        for day in days:
            rows += [play(target, f"sold{account}", day, gone=True)] * 2
            rows += camouflaged(f"sold{account}", 6, [day], rng, gone=False)
    return rows


def evidence(rows: Rows, *, confirmed: Sequence[str] = (), past: int = 3, bare: bool = False) -> Evidence:
    """`past`: plays of each track on each of eight days before; `bare`: a lake that knows nothing but its plays."""
    plays = pl.DataFrame(rows, schema=_PLAYS).with_columns(
        (pl.col("ms_played") >= 30_000).alias("paying"),
        pl.when(pl.col("verdict") == "count").then(0.0).otherwise(0.004).alias("withheld_payout"),
    )
    bots = pl.col("account_id").str.contains("^(bot|crude|loop|sold)")
    accounts = plays.group_by("account_id").agg(
        pl.len().cast(pl.Int64).alias("plays"),
        pl.col("day").n_unique().alias("active_days"),
        (bots | pl.col("account_id").is_in(list(confirmed))).first().alias("confirmed"),
    )
    released = datetime(2020, 1, 1, tzinfo=UTC)
    new = pl.when(pl.col("owner_id") == "farm").then(datetime(2026, 2, 1, tzinfo=UTC)).otherwise(released)
    catalogue = (
        plays.select("track_id", "artist_id", "owner_id")
        .unique()
        .sort("track_id")
        .with_columns(pl.lit(180_000, pl.Int64).alias("duration_ms"), new.alias("released_at"))
    )
    before = catalogue.filter(pl.col("owner_id") != "farm").select(
        "track_id", pl.lit(past * 8, pl.Int64).alias("past_plays")
    )
    if not bare:
        return Evidence.of(plays, accounts, catalogue, before, 8)
    nothing = [pl.lit(None, dtype=catalogue.schema[name]).alias(name) for name in catalogue.columns[1:]]
    unknown = plays.with_columns(pl.lit(None, pl.String).alias("playlist_id"))
    return Evidence.of(unknown, accounts, catalogue.clear().with_columns(nothing), before.clear(), 0)


def shuffled(found: Evidence, seed: int) -> Evidence:
    """The same rows in another order, ids of pairs as Categorical."""
    frames = {
        one.name: value.sample(fraction=1.0, shuffle=True, seed=seed + place)
        for place, one in enumerate(fields(found))
        if isinstance(value := getattr(found, one.name), pl.DataFrame)
    }
    for name in ("heard", "listed"):
        frames[name] = frames[name].with_columns(pl.col(pl.String).cast(pl.Categorical))
    return replace(found, **frames)

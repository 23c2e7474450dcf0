"""Which plays a packet is about: those of one track, of an owner's tracks, or of the tracks a campaign was after."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from ghostnote.decisions.attribution.evidence import paid
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read, read_days

KINDS = ("track", "owner", "campaign")
#: Roles of tracks that a campaign was not after.
_BESIDE = ("clean", "camouflage")
_LAKE = {"source": pl.String(), "source_id": pl.String(), "country": pl.String()}


@dataclass(frozen=True)
class Concerned:
    """`tracks`: rows of the decision table with `owner_id` being who is paid; `plays`: all plays of them.

    Plays have event_time, account_id, track_id, verdict, withheld_payout, source, source_id, country (null if the lake
    does not say). `beside`: how many other tracks, and of how many other owners, the same accounts played artificially.
    """

    kind: str
    name: str
    tracks: pl.DataFrame
    plays: pl.DataFrame
    beside: tuple[int, int]


def concerned(folder: DecisionFolder, lake: Lake, kind: str, name: str) -> Concerned:
    """What a packet about the `kind` (one of `KINDS`) called `name` looks at.

    Raises `GhostnoteError` if the decisions know no such thing, it has no artificial play, or the lake has none of it.
    """
    every = owned(folder.read("tracks"), lake)
    tracks = _tracks(folder, every, kind, name)
    plays = folder.scan("plays").filter(pl.col("track_id").is_in(tracks["track_id"].implode()))
    decided = plays.select("event_id", "event_time", "account_id", "track_id", "verdict", "withheld_payout").collect()
    if not (decided["verdict"] != "count").any():
        raise GhostnoteError(f"No play of the {kind} {name} is withheld: there is nothing to give evidence of.")
    heard = _heard(folder, lake, tracks["track_id"], decided)
    joined = decided.join(heard, on="event_id", how="left", maintain_order="left").drop("event_id")
    return Concerned(kind, name, tracks, joined, _beside(folder, every, tracks, decided))


def owned(tracks: pl.DataFrame, lake: Lake) -> pl.DataFrame:
    """`tracks` (track_id, owner_id) with who is paid for each as owner_id: the artist where nobody knows the owner."""
    known = read(lake, "tracks").rows
    if known.is_empty() or "artist_id" not in known.columns:
        return tracks
    owner = pl.lit(None, dtype=pl.String).alias("owner_id")
    known = known if "owner_id" in known.columns else known.with_columns(owner)
    paying = known.select("track_id", paid().alias("payee"))
    joined = tracks.join(paying, on="track_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("owner_id", "payee").alias("owner_id")).drop("payee")


def _tracks(folder: DecisionFolder, every: pl.DataFrame, kind: str, name: str) -> pl.DataFrame:
    if kind == "campaign":
        found = _of_campaign(folder, every, name)
    else:
        found = every.filter(pl.col(f"{kind}_id") == name)
        if found.is_empty():
            raise GhostnoteError(f"{folder.path} knows no {kind} {name}.")
    return found.sort("artificial_plays", "track_id", descending=[True, False])


def _of_campaign(folder: DecisionFolder, every: pl.DataFrame, name: str) -> pl.DataFrame:
    campaign = folder.scan("campaigns").filter(pl.col("campaign_id") == name).collect()
    if campaign.is_empty():
        raise GhostnoteError(f"{folder.path} knows no campaign {name}.")
    members = campaign["accounts"].explode()
    gone = folder.scan("plays").filter(pl.col("account_id").is_in(members.implode()) & (pl.col("verdict") != "count"))
    played = gone.select("track_id").unique().collect()["track_id"]
    sought = every.filter(pl.col("track_id").is_in(played.implode()) & ~pl.col("role").is_in(_BESIDE))
    if sought.is_empty():
        raise GhostnoteError(
            f"Campaign {name} was after no track: there is nothing to tell an artist or a distributor."
        )
    return sought


def _heard(folder: DecisionFolder, lake: Lake, tracks: pl.Series, decided: pl.DataFrame) -> pl.DataFrame:
    """event_id, source, source_id, country as the lake has them, day by day of arrival of the days that were judged."""
    wanted = tracks.implode()
    parts = [pl.DataFrame(schema={"event_id": pl.String(), **_LAKE})]
    for rows in _days(folder, lake):
        chosen = rows.filter(pl.col("track_id").is_in(wanted))
        parts.append(
            chosen.select(
                "event_id",
                *(
                    pl.col(name) if name in chosen.columns else pl.lit(None, dtype=dtype).alias(name)
                    for name, dtype in _LAKE.items()
                ),
            )
        )
    heard = pl.concat(parts).unique("event_id", keep="first", maintain_order=True)
    if heard.join(decided, on="event_id", how="semi").is_empty():
        raise GhostnoteError(f"{lake.path} has none of these plays: give the lake that the decisions were made from.")
    return heard


def _days(folder: DecisionFolder, lake: Lake) -> Iterator[pl.DataFrame]:
    for _, reading in read_days(lake, "plays", folder.summary.start, folder.summary.end):
        yield reading.rows


def _beside(
    folder: DecisionFolder, every: pl.DataFrame, tracks: pl.DataFrame, decided: pl.DataFrame
) -> tuple[int, int]:
    accounts = decided.filter(pl.col("verdict") != "count")["account_id"].unique()
    gone = folder.scan("plays").filter(pl.col("account_id").is_in(accounts.implode()) & (pl.col("verdict") != "count"))
    played = gone.select("track_id").unique().collect()["track_id"]
    others = every.filter(
        pl.col("track_id").is_in(played.implode()) & ~pl.col("track_id").is_in(tracks["track_id"].implode())
    )
    owners = others.filter(~pl.col("owner_id").is_in(tracks["owner_id"].drop_nulls().unique().implode()))["owner_id"]
    return others.height, owners.n_unique()

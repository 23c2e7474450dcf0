"""The plays of one account's export -> the contract's plays: ids for names, true times, each play once."""

import polars as pl

from ghostnote.events.lake import DAY
from ghostnote.events.privacy import Hasher
from ghostnote.events.sources import platforms

#: When the play was sent in: what the export calls its time.
SENT = "_sent"
#: What the export says of the beginning of a play without a connection (see `export_rows.FIELDS`).
OFFLINE_START = "offline_start"
#: The keyed hash of the title alone: services write the artist in more than one way.
TITLE = "_title"
#: A play that was sent in this long after it ended was sent late; less is a pause or a slow clock.
_LATE_MINUTES = 10
#: Downloads must be renewed about monthly, so an older offline time is a clock that was never set.
_OLDEST_OFFLINE_DAYS = 90
#: Numbers above this are milliseconds: as seconds they would lie in the year 5138.
_MILLISECONDS_FROM = 1e11


def without_names(plays: pl.DataFrame, account_id: str, hasher: Hasher) -> pl.DataFrame:
    """`plays` in the contract's columns, every name and address replaced by its keyed hash."""
    # A track that has left the catalogue has lost its names, but not its address.
    uri = pl.col("uri") if "uri" in plays.columns else pl.lit(None, dtype=pl.String)
    named = plays.select(
        pl.coalesce(pl.concat_str(["artist", "track"], separator="\n"), uri, "track").alias("track"),
        pl.coalesce("track", uri).alias("title"),
        "artist",
    )
    ids = plays.select(
        pl.int_range(pl.len()).cast(pl.String).alias("event_id"),
        pl.col("ended").alias("event_time"),
        pl.lit(account_id).alias("account_id"),
        hasher.names("track_id", named["track"]).alias("track_id"),
        "ms_played",
        hasher.names("artist_id", named["artist"]).alias("artist_id"),
        hasher.names("title", named["title"]).alias(TITLE),
    )
    if "ip" not in plays.columns:
        return ids
    country = pl.col("country").str.strip_chars().str.to_uppercase()
    extended = plays.select(
        "start_reason",
        "end_reason",
        "shuffle",
        "offline",
        hasher.ips(plays["ip"]).alias("ip"),
        platforms.plain(pl.col("platform")).alias("platform"),
        # ZZ is "unknown" in the code's own language.
        pl.when(country != "ZZ").then(country).alias("country"),
        pl.col(OFFLINE_START),
    )
    return ids.hstack(extended)


def true_times(plays: pl.DataFrame) -> pl.DataFrame:
    """Plays without a connection carry the time they were sent in: they arrived then, and ended earlier.

    Whole flights share one such time. `offline_timestamp` says when each play began by the device's clock, in seconds
    in some exports and in milliseconds in others. It is believed if it lies in the weeks before the sending.
    """
    sent = pl.col("event_time")
    plays = plays.with_columns(sent.dt.date().alias(DAY), sent.alias(SENT))
    if OFFLINE_START not in plays.columns:
        return plays
    start = pl.col(OFFLINE_START)
    micros = pl.when(start < _MILLISECONDS_FROM).then(start * 1_000_000).otherwise(start * 1_000)
    in_range = micros.is_between(0, _MILLISECONDS_FROM * 1_000_000)
    began = pl.when(in_range).then(micros).cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    ended = began + pl.duration(milliseconds=pl.col("ms_played"))
    delay = sent - ended
    late = delay.is_between(pl.duration(minutes=_LATE_MINUTES), pl.duration(days=_OLDEST_OFFLINE_DAYS))
    return plays.with_columns(pl.when(pl.col("offline") & late).then(ended).otherwise(sent).alias("event_time"))


def once(plays: pl.DataFrame) -> pl.DataFrame:
    """Overlapping exports tell the same play again, perhaps in the other shape.

    The same play is one of the same second (short shape: minute), title and length to the millisecond. Within one short
    file equal rows are different plays: a flight's repeats all bear the minute of landing.
    """
    key = ["event_time", TITLE, "ms_played"]
    rank = pl.when("short").then(pl.int_range(pl.len()).over("file", *key)).otherwise(0)
    plays = plays.with_columns(rank.alias("_rank")).unique([*key, "short", "_rank"], keep="first", maintain_order=True)
    short, extended = plays.filter("short"), plays.filter(~pl.col("short"))
    if short.height and extended.height:
        for time in ("event_time", SENT):
            told = extended.select(pl.col(time).dt.truncate("1m").alias("event_time"), TITLE, "ms_played")
            short = short.join(told.unique(), on=key, how="anti", maintain_order="left")
        plays = pl.concat([extended, short])
    return plays.sort("event_time", "file", maintain_order=True)


def with_ids(plays: pl.DataFrame) -> pl.DataFrame:
    """Ids that sort as the export does: account, millisecond, place among the plays of that millisecond."""
    number = pl.int_range(pl.len()).over("event_time").cast(pl.String).str.zfill(4)
    millisecond = pl.col("event_time").dt.epoch("ms").cast(pl.String).str.zfill(13)
    return plays.with_columns(pl.concat_str("account_id", millisecond, number, separator="-").alias("event_id"))

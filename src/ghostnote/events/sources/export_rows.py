"""One JSON file of an export -> its rows: which shape it has, what is music, what is left out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import polars as pl

_Count = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]

#: A file's first rows tell what it is.
_PROBED = 20
#: What the importer knows of a play, before names become ids. `row` counts the rows of its file from 1.
FIELDS = pl.Schema(
    {
        "row": pl.Int64(),
        "ended": pl.String(),
        "ms_played": pl.Int64(),
        "track": pl.String(),
        "artist": pl.String(),
        "uri": pl.String(),
        "platform": pl.String(),
        "country": pl.String(),
        "ip": pl.String(),
        "start_reason": pl.String(),
        "end_reason": pl.String(),
        "shuffle": pl.Boolean(),
        "offline": pl.Boolean(),
        "offline_start": pl.Float64(),
    }
)
#: What the short shape tells; the other fields exist only in the extended one.
SHORT_FIELDS = ("row", "ended", "ms_played", "track", "artist")


class _Short(msgspec.Struct):
    ended: str | None = msgspec.field(name="endTime", default=None)
    ms_played: _Count | None = msgspec.field(name="msPlayed", default=None)
    track: str | None = msgspec.field(name="trackName", default=None)
    artist: str | None = msgspec.field(name="artistName", default=None)

    @property
    def kind(self) -> str:
        return "music" if self.track else "without a track"


class _Extended(msgspec.Struct):
    ended: str | None = msgspec.field(name="ts", default=None)
    ms_played: _Count | None = None
    track: str | None = msgspec.field(name="master_metadata_track_name", default=None)
    artist: str | None = msgspec.field(name="master_metadata_album_artist_name", default=None)
    uri: str | None = msgspec.field(name="spotify_track_uri", default=None)
    platform: str | None = None
    country: str | None = msgspec.field(name="conn_country", default=None)
    ip_addr: str | None = None
    ip_addr_decrypted: str | None = None
    start_reason: str | None = msgspec.field(name="reason_start", default=None)
    end_reason: str | None = msgspec.field(name="reason_end", default=None)
    shuffle: bool | None = None
    offline: bool | None = None
    offline_start: float | None = msgspec.field(name="offline_timestamp", default=None)
    episode_name: str | None = None
    spotify_episode_uri: str | None = None
    audiobook_title: str | None = None
    audiobook_uri: str | None = None
    audiobook_chapter_uri: str | None = None

    @property
    def ip(self) -> str | None:
        return self.ip_addr or self.ip_addr_decrypted

    @property
    def kind(self) -> str:
        if self.track or self.uri:
            return "music"
        if self.audiobook_title or self.audiobook_uri or self.audiobook_chapter_uri:
            return "audiobooks"
        if self.episode_name or self.spotify_episode_uri:
            return "podcasts"
        return "without a track"


@dataclass(frozen=True)
class Decoded:
    """`shape`: `short`, `extended`, `other` (a JSON file that is no history) or `unreadable`.

    `plays`: the music (see `FIELDS`; a short file has only `SHORT_FIELDS`). `left_out`: other rows, by kind.
    `broken`: rows that could not be understood, as (row, why). `trouble`: why the file is unreadable.
    """

    shape: str
    plays: pl.DataFrame = field(default_factory=pl.DataFrame)
    left_out: Counter[str] = field(default_factory=Counter)
    broken: tuple[tuple[int, str], ...] = ()
    trouble: str = ""


def decode(content: bytes, place: str) -> Decoded:
    """Understand one file. `place` is its name: where it says video, podcast or audiobook, its rows are left out."""
    text = _as_utf8(content)
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
        keys = {key for raw in raws[:_PROBED] for key in _keys(raw)}
    except msgspec.ValidationError:
        return Decoded("other")
    except msgspec.DecodeError as error:
        if not _looks_like_history(text, place):
            return Decoded("other")
        return Decoded("unreadable", trouble=_why_broken(text, error))
    spoken = _named_kind(place)
    if {"endTime", "msPlayed"} <= keys:
        if "trackName" not in keys:
            spoken = spoken or "podcasts"
        return _decode("short", _Short, text, raws, spoken)
    if {"ts", "ms_played"} <= keys:
        return _decode("extended", _Extended, text, raws, spoken)
    return Decoded("other")


def _keys(raw: msgspec.Raw) -> Iterable[str]:
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return ()


def _decode(
    shape: str, row_type: type[_Short] | type[_Extended], text: bytes, raws: list[msgspec.Raw], spoken: str | None
) -> Decoded:
    names = SHORT_FIELDS if shape == "short" else tuple(FIELDS)
    schema = {name: FIELDS[name] for name in names}
    if spoken:
        return Decoded(shape, pl.DataFrame(schema=schema), Counter({spoken: len(raws)}))
    broken: list[tuple[int, str]] = []
    rows: Iterable[tuple[int, _Short | _Extended]]
    try:
        rows = enumerate(msgspec.json.decode(text, type=list[row_type], strict=False), 1)  # type: ignore[valid-type]
    except msgspec.ValidationError:
        rows, broken = _one_by_one(row_type, raws)
    left_out: Counter[str] = Counter()
    numbers: list[int] = []
    music: list[_Short | _Extended] = []
    for number, row in rows:
        if row.kind == "music":
            numbers.append(number)
            music.append(row)
        else:
            left_out[row.kind] += 1
    columns = {name: [getattr(row, name) for row in music] for name in names if name != "row"}
    plays = pl.DataFrame({"row": numbers, **columns}, schema=schema)
    return Decoded(shape, plays, left_out, tuple(broken))


def _one_by_one(
    row_type: type[_Short] | type[_Extended], raws: list[msgspec.Raw]
) -> tuple[list[tuple[int, _Short | _Extended]], list[tuple[int, str]]]:
    """A value of the wrong type spoils its row, not its file."""
    rows: list[tuple[int, _Short | _Extended]] = []
    broken: list[tuple[int, str]] = []
    for number, raw in enumerate(raws, 1):
        try:
            rows.append((number, msgspec.json.decode(raw, type=row_type, strict=False)))
        except msgspec.ValidationError as error:
            broken.append((number, str(error).replace("`", "")))
    return rows, broken


def _as_utf8(content: bytes) -> bytes:
    """Exports opened and saved again come back in whatever encoding the editor likes."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").encode()
    if content[1:2] == b"\0":
        return content.decode("utf-16-le", errors="replace").encode()
    if content[:1] == b"\0":
        return content.decode("utf-16-be", errors="replace").encode()
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").encode()
    return content


def _looks_like_history(text: bytes, place: str) -> bool:
    name = place.lower().replace("_", "").replace(" ", "")
    keys = (b'"endTime"', b'"msPlayed"', b'"ms_played"', b'"ts"')
    return "streaminghistory" in name or "endsong" in name or any(key in text for key in keys)


def _why_broken(text: bytes, error: msgspec.DecodeError) -> str:
    if not text.strip():
        return "it is empty"
    if "truncated" in str(error):
        return "its JSON is cut off before the end: download it again"
    return f"it is no JSON ({error})"


def _named_kind(place: str) -> str | None:
    """Videos look like music inside; only the file's name tells them."""
    name = place.replace("\\", "/").rpartition("/")[2].lower()
    for word, kind in (("video", "videos"), ("podcast", "podcasts"), ("audiobook", "audiobooks")):
        if word in name:
            return kind
    return None

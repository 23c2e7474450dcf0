"""The histories that services hand people on request -> a lake: plays and tracks, names replaced by keyed hashes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import LakeWriter, new_lake
from ghostnote.events.privacy import Hasher
from ghostnote.events.quarantine import write_quarantine
from ghostnote.events.reading import Reading
from ghostnote.events.schema import PLAYS
from ghostnote.events.sources.archives import Export, contents, find
from ghostnote.events.sources.export_plays import OFFLINE_START, SENT, TITLE, once, true_times, with_ids, without_names
from ghostnote.events.sources.export_rows import Decoded, decode
from ghostnote.events.validation import REJECTED, check
from ghostnote.progress import Progress, silent

#: What the importer needs of a play beyond the contract.
_PRIVATE = ("artist_id", TITLE, OFFLINE_START)


@dataclass(frozen=True)
class Account:
    """What became of one account's export. `left_out`: rows that are no music, by kind; `late`: offline plays."""

    name: str
    account_id: str
    files: int
    plays: int
    first: datetime | None
    last: datetime | None
    duplicates: int
    late: int
    left_out: Counter[str]


@dataclass(frozen=True)
class Imported:
    """What an import did. `other_files`: JSON files that are no histories. `unreadable`: files, with reasons.

    `rejected`: see `validation.REJECTED`; without names, so that it may lie in the lake.
    """

    accounts: tuple[Account, ...]
    tracks: int
    rejected: pl.DataFrame
    other_files: int
    unreadable: tuple[tuple[str, str], ...]


@dataclass
class _Gathered:
    """An account's files while they are being read."""

    plays: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    files: int = 0
    other_files: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def import_streaming_history(
    paths: Sequence[Path], out: Path, hasher: Hasher, account: str | None = None, progress: Progress = silent
) -> Imported:
    """Read the exports under `paths` and write a new lake to `out`, whole or not at all.

    One account per archive or folder (see `archives.find`), or `account` for all. Files that cannot be read are told in
    the result; rejected rows go to `out`/quarantine. Raises `GhostnoteError` if nothing at all can be imported.
    """
    LakeWriter(out)  # refuses a place that is taken before the work, not after it
    exports = find(paths, account)
    accounts: list[Account] = []
    plays: list[pl.DataFrame] = []
    gathered: list[_Gathered] = []
    for done, export in enumerate(exports, 1):
        account_id = hasher.one("account_id", export.name)
        gathered.append(_gather(export, account_id, hasher))
        summary, rows = _one_account(export.name, account_id, gathered[-1])
        if summary.files:
            accounts.append(summary)
            plays.append(rows)
        progress("Importing histories", done, len(exports))
    unreadable = tuple(file for part in gathered for file in part.unreadable)
    if not any(part.height for part in plays):
        raise GhostnoteError(_nothing(paths, unreadable))
    rejected = pl.concat([REJECTED.to_frame(), *(frame for part in gathered for frame in part.rejected)])
    tracks = _write(out, pl.concat(plays, how="diagonal"), rejected, progress)
    return Imported(tuple(accounts), tracks, rejected, sum(part.other_files for part in gathered), unreadable)


def _nothing(paths: Sequence[Path], unreadable: tuple[tuple[str, str], ...]) -> str:
    where = ", ".join(str(path) for path in paths)
    if unreadable:
        place, reason = unreadable[0]
        more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        return f"Nothing to import in {where}: {place}: {reason}{more}."
    return f"Nothing to import in {where}: found no play in a streaming history (JSON files, folders or zip archives)."


def _gather(export: Export, account_id: str, hasher: Hasher) -> _Gathered:
    """Every file of an export, its music checked row by row, in the order of the files."""
    gathered = _Gathered()
    for file in contents(export):
        if file.trouble is not None:
            gathered.unreadable.append((file.place, file.trouble))
            continue
        decoded = decode(file.content, file.place)
        if decoded.shape == "unreadable":
            gathered.unreadable.append((file.place, decoded.trouble))
        elif decoded.shape == "other":
            gathered.other_files += 1
        else:
            gathered.left_out.update(decoded.left_out)
            good, rejected = _check(decoded, file.place, account_id, hasher)
            gathered.plays.append(good.with_columns(file=pl.lit(gathered.files), short=decoded.shape == "short"))
            gathered.rejected.append(rejected)
            gathered.files += 1
    return gathered


def _check(decoded: Decoded, place: str, account_id: str, hasher: Hasher) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The good plays of a file with the columns that only the importer needs, and the rejected rows."""
    raw = without_names(decoded.plays, account_id, hasher)
    checked = check(PLAYS, raw, place)
    # Until ids are given, a play's event_id is its place in `raw`.
    at = checked.good["event_id"].cast(pl.Int64)
    private = raw.select(name for name in _PRIVATE if name in raw.columns)[at]
    rows = decoded.plays["row"]
    rejected = checked.rejected.with_columns(row=rows.gather(checked.rejected["row"] - 1))
    broken = pl.DataFrame(
        [(place, row, "the row is not a play's", reason, None) for row, reason in decoded.broken],
        schema=REJECTED,
        orient="row",
    )
    return checked.good.hstack(private), pl.concat([rejected, broken])


def _one_account(name: str, account_id: str, gathered: _Gathered) -> tuple[Account, pl.DataFrame]:
    """An account's plays in order, each once, with their ids."""
    late = duplicates = 0
    plays = PLAYS.empty().select(PLAYS.required)
    if gathered.plays:
        found = pl.concat(gathered.plays, how="diagonal")
        plays = with_ids(once(true_times(found)))
        duplicates = found.height - plays.height
        late = plays.filter(pl.col("event_time") != pl.col(SENT)).height
    first, last = plays.select(pl.col("event_time").min(), last=pl.col("event_time").max()).row(0)
    summary = Account(name, account_id, gathered.files, plays.height, first, last, duplicates, late, gathered.left_out)
    return summary, plays


def _write(out: Path, plays: pl.DataFrame, rejected: pl.DataFrame, progress: Progress) -> int:
    """The lake of `plays`; returns how many tracks they name."""
    tracks = plays.select("track_id", "artist_id").drop_nulls().unique("track_id", keep="first").sort("track_id")
    with new_lake(out) as lake:
        # A column that no row fills is a column the source does not have.
        empty = [name for name in PLAYS.names if name in plays.columns and plays[name].null_count() == plays.height]
        lake.write_by_arrival("plays", plays.drop(empty))
        lake.write("tracks", tracks)
        if rejected.height:
            write_quarantine([Reading("plays", PLAYS.empty(), rejected)], lake.path / "quarantine")
        progress("Writing the lake", 1, 1)
    return tracks.height

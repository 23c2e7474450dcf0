"""Simulated rows in the shape of a real lake: only its tables and columns, its gaps, its resolution of time."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ghostnote.events.lake import DAY as DAY_COLUMN
from ghostnote.events.lake import Lake
from ghostnote.events.schema import EVENT_TABLES, POSITION, TABLES
from ghostnote.simulation.dictionaries import named
from ghostnote.simulation.randomness import Ints, noise
from ghostnote.simulation.rows import MINUTE, SECOND
from ghostnote.simulation.tokens import Domain, Tokens

#: Files looked at per table: evenly spread over a lake's days.
_FILES = 40
_SECRET = np.uint64(0x6C696B65)
#: Written whatever the other lake has: without them there is nothing to learn or to check.
_ALWAYS = ("labels",)


@dataclass(frozen=True)
class Likeness:
    """What a lake has. With no arguments: everything that the contract has.

    `gaps[table][column]` is the share of accounts (of rows, in a table without accounts) that lack a column, 1 for a
    column that the lake does not have; a table that is missing in `gaps` is not written. `step` is the resolution of
    time in microseconds; `prompt` says that rows are filed by the day they happened on; `hashed` that addresses are
    opaque ids.
    """

    gaps: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {name: {} for name in TABLES})
    step: int = 1
    prompt: bool = False
    hashed: bool = False

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> "Likeness":
        """The likeness of a lake. Raises `GhostnoteError` if there is none at `path`."""
        lake = Lake(path)
        gaps: dict[str, dict[str, float]] = {name: {} for name in _ALWAYS}
        step, prompt, hashed = MINUTE, True, False
        for name in lake.tables():
            if name in _ALWAYS:
                continue
            rows = _some_rows(lake, name)
            gaps[name] = _gaps(name, rows)
            if "event_time" in rows.columns:
                step = min(step, _resolution(rows["event_time"]))
                prompt &= bool((rows["event_time"].dt.date() == rows[DAY_COLUMN]).fill_null(value=True).all())
            if "ip" in rows.columns and rows["ip"].null_count() < rows.height:
                hashed |= not rows["ip"].drop_nulls().str.contains(r"[.:]").any()
        return cls(gaps, step, prompt, hashed)

    def fit(
        self, table: str, rows: pa.Table, tokens: Tokens, *, account: Ints | None, ip: Ints | None
    ) -> pa.Table | None:
        """Full `rows` of a table with what the lake lacks left out; None if it lacks the whole table.

        `account` and `ip` are the rows' codes, where they have them.
        """
        if table not in self.gaps:
            return None
        gaps = self.gaps[table]
        kept = [name for name in rows.column_names if gaps.get(name, 0.0) < 1.0 or name in TABLES[table].required]
        columns = {name: rows[name].chunk(0) for name in kept if rows.num_rows}
        if self.hashed and "ip" in kept and ip is not None:
            columns["ip"] = named(ip, lambda found: tokens.text(Domain.ADDRESS, found))
        if "event_time" in kept and self.step > 1:
            time = columns["event_time"]
            columns["event_time"] = pa.array(coarse(time.cast(pa.int64()).to_numpy(), self.step)).cast(time.type)
        hidden = [name for name in kept if 0.0 < gaps.get(name, 0.0) < 1.0]
        if hidden:
            # Somebody whose records lack one thing tends to lack the next as well: one draw per account.
            draw = noise(account, _SECRET) if account is not None else np.ones(rows.num_rows)
            for name in hidden:
                columns[name] = pc.if_else(pa.array(draw < gaps[name]), None, columns[name])
        return pa.table(columns)


def coarse(time: Ints, step: int) -> npt.NDArray[np.int64]:
    """Times at a resolution of `step` (both microseconds)."""
    return np.asarray(time - time % step, dtype=np.int64)


def _some_rows(lake: Lake, table: str) -> pl.DataFrame:
    parts = lake.partitions(table)
    parts = parts[:: max(1, len(parts) // _FILES)]
    known = set(TABLES[table].names)
    frames = []
    for day, path in parts:
        try:
            frame = pl.read_parquet(path, hive_partitioning=False)
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):  # `ghostnote validate` names it
            continue
        frames.append(
            frame.select(name for name in frame.columns if name in known).with_columns(
                pl.lit(day, pl.Date).alias(DAY_COLUMN)
            )
        )
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def _gaps(table: str, rows: pl.DataFrame) -> dict[str, float]:
    if not rows.height:
        return {}
    whose = "account_id" if table in EVENT_TABLES else None
    gaps = {}
    for name in TABLES[table].names:
        if name == POSITION:  # A service numbers its events itself.
            continue
        if name not in rows.columns:
            gaps[name] = 1.0
        elif whose is None or name in TABLES[table].required:
            gaps[name] = rows[name].null_count() / rows.height
        else:
            accounts = rows.group_by(whose).agg(lacking=pl.col(name).is_null().all())
            gaps[name] = int(accounts["lacking"].sum()) / accounts.height
    return gaps


def _resolution(times: pl.Series) -> int:
    values = times.drop_nulls().to_physical()
    return next((step for step in (MINUTE, SECOND, 1000) if bool((values % step == 0).all())), 1)

"""Forgetting an account in files: what it played stays to be counted, whose it was and from where goes.

Whoever is forgotten gets a pseudonym that is drawn, not worked out, so nobody can find it from the name. Royalties need
the plays, with country and plan; nobody needs addresses, devices, mail or payment of somebody who is gone.
"""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not

#: Columns that say who somebody is or where, in every table of the contract.
PERSONAL = ("ip", "device_id", "email_domain", "email_shape", "email_hash", "referrer", "payment_hash", "family_id")
#: Columns that may name an account.
_NAMING = ("account_id", "subject_id", "object_id", "accounts")
#: Of these the contract requires a value.
_REQUIRED = ("ip",)
#: Columns of decisions that say in words what somebody did.
_WORDS = ("reasons",)


@dataclass(frozen=True)
class Rewritten:
    """Files in which an account was named, and the rows that named it."""

    files: int
    rows: int


def pseudonym(random: Callable[[int], str] = secrets.token_hex) -> str:
    """A new name that says nothing about the old one."""
    return f"forgotten-{random(8)}"


def forget_in_files(folder: Path, account: str, replacement: str) -> Rewritten:
    """Replace an account by `replacement` in every Parquet file under `folder`, without what is personal of it.

    All files are written anew beside the old ones before the first one takes its place, so that a full disk changes
    nothing; a run that is killed while they do can be repeated. Raises `GhostnoteError` if a file cannot be read.
    """
    made: list[tuple[Path, Path]] = []
    rows = 0
    try:
        for path in sorted(folder.rglob("*.parquet")):
            rewritten = _rewritten(path, account, replacement)
            if rewritten is None:
                continue
            frame, hits = rewritten
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            made.append((temporary, path))
            frame.write_parquet(temporary, compression="zstd")
            rows += hits
        for temporary, path in made:
            temporary.replace(path)
    except OSError as error:
        raise GhostnoteError(f"Could not rewrite {folder}: {why_not(folder, error)}.") from error
    finally:
        for temporary, _ in made:
            with suppress(OSError):
                temporary.unlink()
    return Rewritten(len(made), rows)


def _rewritten(path: Path, account: str, replacement: str) -> tuple[pl.DataFrame, int] | None:
    """The file's rows without the account, and how many named it; None if it is not in there."""
    try:
        schema = pl.read_parquet_schema(path)
        tests = list(_naming(schema, account))
        if not tests:
            return None
        names = [name for name in _NAMING if name in schema]
        hits = pl.read_parquet(path, columns=names).select(pl.any_horizontal(tests).fill_null(value=False)).to_series()
        if not hits.any():
            return None
        frame = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise GhostnoteError(f"{path} cannot be read ({error}): mend or move it, then try again.") from error
    changed = [*_renamed(schema, account, replacement), *_blanked(schema, account, replacement)]
    return frame.with_columns(changed), int(hits.sum())


def _naming(schema: Mapping[str, pl.DataType], account: str) -> Iterator[pl.Expr]:
    for name in _NAMING:
        if name in schema and schema[name] == pl.List(pl.String):
            yield pl.col(name).list.contains(account)
        elif name in schema and not isinstance(schema[name], pl.List):
            yield pl.col(name).cast(pl.String) == account


def _renamed(schema: Mapping[str, pl.DataType], account: str, replacement: str) -> Iterator[pl.Expr]:
    for name in _NAMING:
        if name not in schema:
            continue
        if schema[name] == pl.List(pl.String):
            yield pl.col(name).list.eval(pl.element().replace(account, replacement))
        elif not isinstance(schema[name], pl.List):
            yield pl.col(name).cast(pl.String).replace(account, replacement)


def _blanked(schema: Mapping[str, pl.DataType], account: str, replacement: str) -> Iterator[pl.Expr]:
    owner = next((name for name in ("account_id",) if name in schema), None)
    if owner is None:
        return
    theirs = pl.col(owner).cast(pl.String) == account
    for name in PERSONAL:
        if name in schema:
            instead = pl.lit(replacement if name in _REQUIRED else None, dtype=pl.String)
            yield pl.when(theirs).then(instead).otherwise(pl.col(name).cast(pl.String)).alias(name)
    for name in _WORDS:
        if name in schema and schema[name] == pl.List(pl.String):
            yield pl.when(theirs).then(pl.lit([], dtype=pl.List(pl.String))).otherwise(pl.col(name)).alias(name)

"""A team's own features: a TOML file of declarations, held to what shipped ones are held to. Reading it runs no code.

base = "trained"                        # or "catalogue" or "none": the shipped features to begin with
also = ["plays_gap_max_by_account_24h"] # further shipped ones, by name
without = ["saves_by_account_24h"]      # those to leave out

[[predicate]]                           # a question about one event; asked of one column
name = "long"
plural = "long_plays"
column = "ms_played"
at_least = 120000                       # and/or below = ...; is_in = [...]; is = true

[[feature]]
what = "share"
of = "long"
by = "account"
over = "7d"
why = "Nobody hears every long track out."
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import EVENT_TABLES, TABLES
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.context import CONTEXT
from ghostnote.features.declaration import Feature
from ghostnote.features.keys import nearest
from ghostnote.features.predicates import EVENT, PLAY, PREDICATES, Predicate, Test
from ghostnote.features.stream import stream_columns

_BASES: Mapping[str, tuple[Feature, ...]] = {"trained": TRAINED, "catalogue": CATALOG, "none": ()}
_FROM_EVENTS = ("rate", "switches")


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A predicate: what one column must be like. Several conditions must all hold; unknown stays unknown."""

    name: str
    plural: str
    column: str
    at_least: int | None = None
    below: int | None = None
    is_in: list[str] | None = None
    is_: bool | None = msgspec.field(default=None, name="is")


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A feature; `item` and `value` are the same thing for aggregates of items and of values."""

    what: str
    by: str
    over: str
    why: str
    where: str = ""
    of: str = ""
    item: str = ""
    value: str = ""
    past: str = ""
    support: int = 0
    support_of: str = "events"


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a file says; a bundle keeps it, so that scoring needs no file."""

    base: str = "trained"
    also: list[str] = []
    without: list[str] = []
    predicate: list[Asked] = []
    feature: list[Declared] = []

    def features(self) -> tuple[Feature, ...]:
        """Shipped features chosen, then those declared. Raises GhostnoteError for what cannot be meant."""
        if self.base not in _BASES:
            raise GhostnoteError(f"There is no base {self.base!r}: {nearest(self.base, _BASES)}.")
        shipped = {feature.name: feature for feature in CATALOG}
        chosen = {feature.name: feature for feature in _BASES[self.base]}
        for name in (*self.also, *self.without):
            if name not in shipped:
                raise GhostnoteError(f"There is no shipped feature {name!r}: {_alike(name, shipped)}.")
        chosen |= {name: shipped[name] for name in self.also}
        found = {name: feature for name, feature in chosen.items() if name not in self.without}
        for feature in self.declared():
            if feature.name in shipped:
                raise GhostnoteError(f"{feature.name} is shipped: name it in `also` instead of declaring it.")
            if feature.name in found:
                raise GhostnoteError(f"The feature {feature.name} is declared twice: leave one out.")
            found[feature.name] = feature
        if not found:
            raise GhostnoteError('No feature is left: declare one, or begin with base = "trained".')
        return tuple(found.values())

    def declared(self) -> tuple[Feature, ...]:
        """The features declared in the file alone."""
        predicates = {**PREDICATES, **CONTEXT}
        for asked in self.predicate:
            if asked.name in predicates:
                raise GhostnoteError(f"There is a predicate {asked.name!r} already: choose another name.")
            predicates[asked.name] = _predicate(asked)
        return tuple(_feature(one, predicates) for one in self.feature)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data, for a bundle."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def load_own(path: Path) -> Own:
    """Read a file of declarations and check all of it. Raises GhostnoteError that names the file and what to mend."""
    try:
        own = msgspec.toml.decode(path.read_bytes(), type=Own)
        own.features()
    except OSError as error:
        raise GhostnoteError(f"Could not read the features {path}: {error.strerror or error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GhostnoteError(f"{path} cannot be understood: {error}.") from error
    except GhostnoteError as error:
        raise GhostnoteError(f"{path}: {error}") from error
    return own


def own_from_json(plain: Mapping[str, Any]) -> Own:
    """What a bundle keeps. Raises GhostnoteError if another version wrote it."""
    try:
        return msgspec.convert(plain, type=Own)
    except msgspec.ValidationError as error:
        raise GhostnoteError(f"The bundle's own features cannot be understood ({error}): train it again.") from error


def _alike(name: str, known: Iterable[str]) -> str:
    advice = nearest(name, known)
    return advice if advice.startswith("did you") else "`ghostnote features --explain` lists them"


def _feature(one: Declared, predicates: Mapping[str, Predicate]) -> Feature:
    for name in filter(None, (one.where, one.of)):
        if name not in predicates:
            raise GhostnoteError(f"There is no predicate {name!r}: {nearest(name, predicates)}.")
    if one.support < 0:
        raise GhostnoteError(f"A {one.what} by {one.by} needs a support of at least 0.")
    usual = EVENT if one.what in _FROM_EVENTS else PLAY
    return Feature(
        one.what,
        one.by,
        one.over,
        one.why,
        predicates[one.where] if one.where else usual,
        one.item or one.value,
        predicates[one.of] if one.of else None,
        one.support,
        one.support_of,
        one.past,
    )


def _predicate(asked: Asked) -> Predicate:
    """Its expression; refuses columns that features may not see, and conditions that do not fit the column's type."""
    columns = stream_columns()
    if asked.column not in columns:
        raise GhostnoteError(f"There is no column {asked.column!r}: {nearest(asked.column, columns)}.")
    for word in (asked.name, asked.plural):
        if not word.isidentifier() and not word.replace("_", "").isalnum():
            raise GhostnoteError(f"{word!r} cannot be part of a feature's name: use letters, digits and _.")
    column, conditions = pl.col(asked.column), []
    kind = _type(asked.column)
    if asked.at_least is not None or asked.below is not None:
        _must(asked, kind.is_integer(), "at_least and below need a column of whole numbers")
        conditions += [column >= asked.at_least] if asked.at_least is not None else []
        conditions += [column < asked.below] if asked.below is not None else []
    if asked.is_in is not None:
        _must(asked, kind == pl.String, "is_in needs a column of texts")
        conditions.append(column.is_in(asked.is_in))
    if asked.is_ is not None:
        _must(asked, kind == pl.Boolean, "is needs a column of yes and no")
        conditions.append(column if asked.is_ else ~column)
    _must(asked, bool(conditions), "it needs a condition: at_least, below, is_in or is")
    expr = conditions[0]
    for condition in conditions[1:]:
        expr &= condition
    return Predicate(asked.name, asked.plural, expr, test=_test(asked))


def _test(asked: Asked) -> Test | None:
    """The same of arrays, where it asks about whole numbers."""
    least, below = asked.at_least, asked.below
    if least is not None and below is not None:
        return Test((asked.column,), lambda numbers: (numbers >= least) & (numbers < below))
    if least is not None:
        return Test((asked.column,), lambda numbers: numbers >= least)
    return None if below is None else Test((asked.column,), lambda numbers: numbers < below)


def _must(asked: Asked, holds: bool, advice: str) -> None:
    if not holds:
        raise GhostnoteError(f"The predicate {asked.name!r} on {asked.column} has no meaning: {advice}.")


def _type(name: str) -> pl.DataType:
    if name == "known_bad":
        return pl.Boolean()
    for table in (*EVENT_TABLES, "tracks", "ips"):
        for column in TABLES[table].columns:
            if column.name == name:
                return pl.Schema({name: column.dtype})[name]
    return pl.String()

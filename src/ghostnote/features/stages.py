"""What a fold does in which order: features that others rest on first; each stage plans each kind of key."""

import hashlib
from collections.abc import Sequence

import numpy as np

from ghostnote.errors import GhostnoteError
from ghostnote.features import kernels as k
from ghostnote.features.declaration import Feature
from ghostnote.features.facts import Fact
from ghostnote.features.keys import KEYS
from ghostnote.features.plan import KindPlan, plan_kind
from ghostnote.features.predicates import Predicate
from ghostnote.features.records import Array


def facts_of(kinds: Sequence[KindPlan]) -> tuple[Fact, ...]:
    """All that conditions ask, each once."""
    return tuple({fact.tag: fact for kind in kinds for bit in kind.bits for fact in bit.facts or ()}.values())


def needed_first(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The features that predicates of `features` rest on, each once."""
    found: dict[str, Feature] = {}
    for feature in features:
        for predicate in (feature.where, feature.of):
            for needed in predicate.needs if predicate else ():
                if any(p is not None and p.needs for p in (needed.where, needed.of)):
                    raise GhostnoteError(f"{needed.name} cannot serve a predicate: it rests on another feature itself.")
                found[needed.name] = needed
    return tuple(found.values())


def check_predicates(features: Sequence[Feature]) -> None:
    """Predicates are told apart by name: two of one name must be the same."""
    known: dict[str, Predicate] = {}
    for feature in features:
        for predicate in (feature.where, feature.of):
            if predicate and not known.setdefault(predicate.name, predicate).expr.meta.eq(predicate.expr):
                raise GhostnoteError(f"Two different predicates are called {predicate.name!r}: rename one of them.")


def layout_of(kinds: Sequence[KindPlan]) -> str:
    """A digest of what the state's arrays mean and how they are read."""
    digest = hashlib.sha256()
    for kind in kinds:
        parts = (kind.key.name, *kind.values, *(item.name for item in kind.items))
        digest.update(repr((parts, [(bit.tag, str(bit.expr)) for bit in kind.bits])).encode())
        for array in _told_apart_by(kind):
            digest.update(repr(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


def _told_apart_by(kind: KindPlan) -> list[Array]:
    """The arrays that give the state its meaning; those of later versions only where they are used."""
    program = kind.program
    first = program[: k.Program._fields.index("peak_slots")]
    arrays = [program.template, *(a if a is not program.reads else np.ascontiguousarray(a[:, :7]) for a in first)]
    ages = program.reads[:, 7]
    return arrays + [a for a in (ages[ages > 0], program.peak_slots, program.switches, program.others) if a.size]


def planned(features: Sequence[Feature], weights: Array) -> tuple[KindPlan, ...]:
    """One plan per key kind; features keep their place in `features` as output column."""
    placed = list(enumerate(features))
    by_key = {key: [(f, column) for column, f in placed if f.by == key] for key in KEYS}
    return tuple(plan_kind(key, chosen, weights) for key, chosen in by_key.items() if chosen)

"""A feature is a declaration: what, by which key, over which window, where. Its name is derived from these."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from ghostnote.errors import GhostnoteError
from ghostnote.features.keys import EVER, ITEMS, KEYS, VALUES, nearest, window_us
from ghostnote.features.predicates import EVENT, PLAY, Predicate

_VALUE_OPS = ("total", "mean", "std")
_ITEM_OPS = ("distinct", "per", "top_share", "entropy", "rate", "switches", "run_length")
_GAP_OPS = ("gap_mean", "gap_cv", "gap_max")
_TIME_OPS = ("time_since_first", "time_since_previous")
#: Every aggregate that can be declared.
OPS = ("count", "share", "growth", *_VALUE_OPS, *_ITEM_OPS, *_GAP_OPS, *_TIME_OPS)
_UNITS = {
    "count": "events",
    "share": "share",
    "top_share": "share",
    "entropy": "bits",
    "gap_mean": "s",
    "gap_cv": "ratio",
    "gap_max": "s",
    "growth": "ratio",
    "rate": "share",
    "switches": "changes",
    "time_since_first": "s",
    "time_since_previous": "s",
    "run_length": "events",
    "per": "events",
}
_ORDERED = ("run_length", *_TIME_OPS)


@dataclass(frozen=True)
class Feature:
    """One number about an event, as of that event: an aggregate over its key's events in `(t - over, t]`.

    Made by the functions below. `where` says which events are looked at, `of` what a share is taken of, `argument`
    names the item or value, `past` the longer window that growth is measured against. Below `support` events (or
    distinct `support_of`) in the window (for growth, in the past one) the value is missing.
    Raises GhostnoteError for a name that does not exist or a combination that has no meaning.
    """

    op: str
    by: str
    over: str
    why: str
    where: Predicate = PLAY
    argument: str = ""
    of: Predicate | None = None
    support: int = 0
    support_of: str = "events"
    past: str = ""

    def __post_init__(self) -> None:
        self._check("aggregate", self.op, OPS)
        self._check("key", self.by, KEYS)
        length = window_us(self.over)
        if self.op in _VALUE_OPS:
            self._check("value", self.argument, VALUES)
        if self.op in _ITEM_OPS:
            self._check("item", self.argument, ITEMS)
        if self.support_of != "events":
            self._check("item to count support by", self.support_of, ITEMS)
        if self.op in ("share", "rate") and self.of is None:
            raise GhostnoteError(f"A {self.op} by {self.by} needs a predicate to take the {self.op} of.")
        if self.op == "growth" and (EVER in (length, past := window_us(self.past or "ever")) or past <= length):
            raise GhostnoteError(f"A growth by {self.by} needs a past that is longer than {self.over}, at most 28d.")
        if self.op == "switches" and length == EVER:
            raise GhostnoteError(f"switches by {self.by} needs a window of at most 28d.")
        if self.op in _GAP_OPS and length == EVER:
            raise GhostnoteError(f"{self.op} by {self.by} needs a window of at most 28d: gaps are not kept for ever.")
        if self.op in _ORDERED and length != EVER:
            raise GhostnoteError(f"{self.op} by {self.by} has no window: declare it over ever.")
        if not self.why.strip():
            raise GhostnoteError(f"Say why a fraud analyst cares about {self.name}: give a line as `why`.")

    @staticmethod
    def _check(noun: str, name: str, valid: Collection[str]) -> None:
        if name not in valid:
            raise GhostnoteError(f"There is no {noun} {name!r}: {nearest(name, valid)}.")

    @property
    def name(self) -> str:
        """The derived name, e.g. `plays_share_30_35s_by_account_24h`."""
        what = self.of.name if self.of else self.argument
        if self.op == "rate":
            what = f"{what}_{self.argument}"
        elif self.op == "growth":
            what = f"on_{self.past}"
        parts = [self.where.plural, "" if self.op == "count" else self.op, what]
        return "_".join([part for part in parts if part] + ["by", self.by, self.over])

    @property
    def unit(self) -> str:
        """What the number counts: events, share (0 to 1), bits, s, ms, ratio, or the item's name."""
        if self.op in _VALUE_OPS:
            return VALUES[self.argument].unit
        return _UNITS.get(self.op, self.argument)

    @cached_property
    def columns(self) -> frozenset[str]:
        """The stream's columns that the feature rests on; if one is absent, the feature is missing."""
        key = KEYS[self.by]
        found = set(key.columns) | self.where.columns | ({"account_id"} if key.carried else set())
        if self.of:
            found |= self.of.columns
        if self.op in _VALUE_OPS:
            found.add(self.argument)
        for name in (self.argument if self.op in _ITEM_OPS else "", self.support_of):
            if name in ITEMS:
                item = ITEMS[name]
                found |= {item.column} if item.number is None else set(item.number.meta.root_names())
        return frozenset(found)


def count(by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """How many events."""
    return Feature("count", by, over, why, where, support=support)


def total(value: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """The sum of a value."""
    return Feature("total", by, over, why, where, value, support=support)


def mean(value: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """The mean of a value."""
    return Feature("mean", by, over, why, where, value, support=support)


def std(value: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """The standard deviation (of the population) of a value; milliseconds are taken to a tenth of a second."""
    return Feature("std", by, over, why, where, value, support=support)


def share(
    of: Predicate,
    by: str,
    over: str,
    why: str,
    *,
    where: Predicate = PLAY,
    support: int = 0,
    support_of: str = "events",
) -> Feature:
    """The share of events for which `of` holds, among those for which that is known."""
    return Feature("share", by, over, why, where, of=of, support=support, support_of=support_of)


def distinct(item: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """How many different items."""
    return Feature("distinct", by, over, why, where, item, support=support)


def per(
    item: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0, support_of: str = "events"
) -> Feature:
    """Events per different item, for instance a track's plays per account."""
    return Feature("per", by, over, why, where, item, support=support, support_of=support_of)


def top_share(
    item: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0, support_of: str = "events"
) -> Feature:
    """The share of events that the most frequent item has."""
    return Feature("top_share", by, over, why, where, item, support=support, support_of=support_of)


def entropy(
    item: str, by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0, support_of: str = "events"
) -> Feature:
    """Shannon entropy of the items in bits: 0 for one item, log2(n) for n equally frequent ones."""
    return Feature("entropy", by, over, why, where, item, support=support, support_of=support_of)


def gap_mean(by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """Mean seconds between events next to each other, both in the window."""
    return Feature("gap_mean", by, over, why, where, support=support)


def gap_cv(by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """Standard deviation of the same gaps over their mean: 0 for a clockwork."""
    return Feature("gap_cv", by, over, why, where, support=support)


def time_since_first(by: str, why: str, *, where: Predicate = EVENT) -> Feature:
    """Seconds since the key's first such event."""
    return Feature("time_since_first", by, "ever", why, where)


def time_since_previous(by: str, why: str, *, where: Predicate = PLAY) -> Feature:
    """Seconds since the key's latest such event before this one."""
    return Feature("time_since_previous", by, "ever", why, where)


def run_length(item: str, by: str, why: str, *, where: Predicate = PLAY) -> Feature:
    """How many such events in a row, up to now, had the latest one's item."""
    return Feature("run_length", by, "ever", why, where, item)


def growth(by: str, over: str, past: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """Events per time in the window over events per time in a longer one: 1 is steady. Missing before so much past."""
    return Feature("growth", by, over, why, where, support=support, past=past)


def rate(
    of: Predicate, item: str, by: str, over: str, why: str, *, where: Predicate = EVENT, support: int = 0
) -> Feature:
    """The share of different items, the event's own left out, that had an event for which `of` holds."""
    return Feature("rate", by, over, why, where, item, of, support=support)


def switches(item: str, by: str, over: str, why: str, *, where: Predicate = EVENT, support: int = 0) -> Feature:
    """How often the item differed from the one before."""
    return Feature("switches", by, over, why, where, item, support=support)


def gap_max(by: str, over: str, why: str, *, where: Predicate = PLAY, support: int = 0) -> Feature:
    """The longest of the same gaps, in seconds."""
    return Feature("gap_max", by, over, why, where, support=support)

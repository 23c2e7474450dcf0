"""The fold's meaning, slowly and obviously: every feature of every event from the list of all its key's events."""

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import polars as pl

from ghostnote.features.declaration import Feature
from ghostnote.features.keys import EVER, ITEMS, KEYS, window_us

Event = dict[str, Any]
MISSING = math.nan


def _ms(test: Callable[[int], bool]) -> Callable[[Event], bool | None]:
    return lambda e: None if e["ms_played"] is None else test(e["ms_played"])


def _is(column: str, *values: str) -> Callable[[Event], bool | None]:
    return lambda e: None if e[column] is None else e[column] in values


def _new_device(e: Event) -> bool | None:
    seen = e["events_time_since_first_by_account_ever"]
    device = e["events_time_since_first_by_account_device_ever"]
    return None if not seen >= 3 * 86400 or math.isnan(device) else device < 86400


#: The predicates, in Python.
ANSWERS: Mapping[str, Callable[[Event], bool | None]] = MappingProxyType(
    {
        "event": lambda _: True,
        "play": _is("kind", "play"),
        "signup": _is("kind", "signup"),
        "login": _is("kind", "login"),
        "short": _ms(lambda ms: ms < 30_000),
        "30_35s": _ms(lambda ms: 30_000 <= ms < 35_000),
        "completed": lambda e: (
            None if e["ms_played"] is None or e["duration_ms"] is None else e["ms_played"] * 10 >= e["duration_ms"] * 9
        ),
        "skipped": _is("end_reason", "fwdbtn", "backbtn"),
        "from_search": _is("source", "search"),
        "from_playlist": _is("source", "playlist"),
        "failed_login": lambda e: None if e["success"] is None else not e["success"],
        "offline": lambda e: e["offline"],
        "shuffled": lambda e: e["shuffle"],
        "from_library": _is("source", "library"),
        "from_autoplay": _is("source", "autoplay", "radio"),
        "known_bad": lambda e: e["known_bad"],
        "hosting_ip": _is("ip_kind", "hosting", "vpn"),
        "trial": _is("plan", "trial"),
        "follow": _is("action", "follow", "playlist_follow"),
        "save": _is("action", "save", "like", "playlist_add"),
        "first_play": lambda e: e["plays_by_account_track_ever"] == 1,
        "new_account": lambda e: e["signups_time_since_first_by_account_ever"] < 7 * 86400,
        "new_device": _new_device,
    }
)


def reference(stream: pl.DataFrame, features: Sequence[Feature]) -> list[dict[str, float]]:
    """Each event's features by name."""
    events = _events(stream)
    first = {f.name: f for feature in features for p in (feature.where, feature.of) if p for f in p.needs}
    for feature in (*first.values(), *features):
        for event, value in zip(events, _fold(events, feature), strict=True):
            event[feature.name] = value
    return [{feature.name: event[feature.name] for feature in features} for event in events]


def _events(stream: pl.DataFrame) -> list[Event]:
    given: dict[str, dict[str, Any]] = {"payment_hash": {}, "email_domain": {}}
    events = []
    for row in stream.with_columns(t=pl.col("event_time").dt.timestamp("us")).to_dicts():
        for column, known in given.items():
            if row[column] is not None:
                known[row["account_id"]] = row[column]
            row[f"carried_{column}"] = known.get(row["account_id"])
        row["second"] = None if row["ms_played"] is None else row["ms_played"] // 1000
        row["hour"] = row["t"] // 3_600_000_000
        row["hour_of_day"] = row["hour"] % 24
        events.append(row)
    return events


def _fold(events: list[Event], feature: Feature) -> list[float]:
    key = KEYS[feature.by]
    seen: dict[Any, list[Event]] = {}
    values = []
    for event in events:
        columns = [f"carried_{c}" if key.carried else c for c in key.columns]
        name = tuple(event[c] for c in columns)
        if None in name:
            values.append(MISSING)
            continue
        of_key = seen.setdefault(name, [])
        clock = max((e["t"] for e in of_key), default=event["t"])
        event["on_time"] = event["t"] >= clock
        of_key.append(dict(event))
        values.append(_value(of_key, max(clock, event["t"]), feature))
    return values


def _value(of_key: list[Event], now: int, feature: Feature) -> float:
    where = ANSWERS[feature.where.name]
    length = window_us(feature.over)
    window = [e for e in of_key if where(e) and (length == EVER or e["t"] > now - length)]
    if feature.support_of != "events":
        column = ITEMS[feature.support_of].column
        if len({e[column] for e in window} - {None}) < feature.support:
            return MISSING
    value, rests_on = _OPS[feature.op](window, of_key, now, feature)
    return value if feature.support_of != "events" or rests_on >= feature.support else MISSING


Result = tuple[float, int]


def _count(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    return len(window), len(window)


def _share(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    assert feature.of
    answers = [a for a in map(ANSWERS[feature.of.name], window) if a is not None]
    return (sum(answers) / len(answers) if answers else MISSING), len(answers)


def _of_values(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    values = [e[feature.argument] for e in window if e[feature.argument] is not None]
    if feature.op == "total":
        return sum(values), len(values)
    if not values:
        return MISSING, 0
    if feature.op == "mean":
        return statistics.fmean(values), len(values)
    return statistics.pstdev([v // 100 * 100 for v in values]), len(values)


def _of_items(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    item = ITEMS[feature.argument]
    counts = Counter(e[item.column or item.name] for e in window)
    counts.pop(None, None)
    n = counts.total()
    if not n:
        return MISSING, 0
    entropy = -sum(c / n * math.log2(c / n) for c in counts.values())
    values = {"distinct": len(counts), "per": n / len(counts), "top_share": max(counts.values()) / n}
    return {**values, "entropy": entropy}[feature.op], n


def _of_gaps(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    times = [e["t"] for e in window if e["on_time"]]
    gaps = [(later - earlier) // 1000 / 1000 for earlier, later in itertools.pairwise(times)]
    if feature.op == "gap_max":
        return (max(gaps) if gaps else MISSING), len(gaps)
    if feature.op == "gap_mean":
        return (statistics.fmean(gaps) if gaps else MISSING), len(gaps)
    mean = statistics.fmean(gaps) if len(gaps) > 1 else 0
    return (statistics.pstdev(gaps) / mean if mean else MISSING), len(gaps)


def _since_first(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    return ((now - min(e["t"] for e in window)) / 1e6 if window else MISSING), len(window)


def _since_previous(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    *before, _ = [e for e in of_key if e["on_time"]]
    times = [e["t"] for e in before if ANSWERS[feature.where.name](e)]
    return ((now - times[-1]) / 1e6 if times else MISSING), len(times)


def _run_length(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    item = ITEMS[feature.argument]
    items = [e[item.column or item.name] for e in window if e["on_time"]]
    known = [i for i in items if i is not None]
    run = 0
    while run < len(known) and known[-1 - run] == known[-1]:
        run += 1
    return run or MISSING, run


def _growth(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    where = ANSWERS[feature.where.name]
    past = window_us(feature.past)
    events = [e for e in of_key if where(e)]
    longer = [e for e in events if e["t"] > now - past]
    if not longer or now - min(e["t"] for e in events) < past:
        return MISSING, len(longer)
    return len(window) / len(longer) * past / window_us(feature.over), len(longer)


def _rate(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    column = ITEMS[feature.argument].column
    answers = [(e[column], ANSWERS[feature.of.name](e)) for e in window if e[column] is not None]
    known = {item for item, answer in answers if answer is not None} - {of_key[-1][column]}
    yes = {item for item, answer in answers if answer} & known
    return (len(yes) / len(known) if known else MISSING), len(known)


def _switches(window: list[Event], of_key: list[Event], now: int, feature: Feature) -> Result:
    item = ITEMS[feature.argument]
    where = ANSWERS[feature.where.name]
    column = item.column or item.name
    known = [e for e in of_key if e["on_time"] and where(e) and e[column] is not None]
    start = now - window_us(feature.over)
    changed = [b for a, b in itertools.pairwise(known) if a[column] != b[column] and b["t"] > start]
    support = sum(e[column] is not None for e in window)
    return (len(changed) if support else MISSING), support


_OPS: Mapping[str, Callable[[list[Event], list[Event], int, Feature], Result]] = MappingProxyType(
    {
        "count": _count,
        "share": _share,
        "total": _of_values,
        "mean": _of_values,
        "std": _of_values,
        "distinct": _of_items,
        "per": _of_items,
        "top_share": _of_items,
        "entropy": _of_items,
        "gap_mean": _of_gaps,
        "gap_cv": _of_gaps,
        "gap_max": _of_gaps,
        "growth": _growth,
        "rate": _rate,
        "switches": _switches,
        "time_since_first": _since_first,
        "time_since_previous": _since_previous,
        "run_length": _run_length,
    }
)

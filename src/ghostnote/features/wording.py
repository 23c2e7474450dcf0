"""Features as sentences a person can read, made from their declarations."""

import math

from ghostnote.features.declaration import Feature

_SHARES = {
    "short": "lasted less than 30 s",
    "30_35s": "ended at 30-35 s",
    "completed": "were played to the end",
    "skipped": "were skipped",
    "offline": "were offline",
    "shuffled": "were shuffled",
    "from_search": "came from a search",
    "from_playlist": "came from a playlist",
    "from_library": "came from the library",
    "from_autoplay": "came from radio or autoplay",
    "known_bad": "came from accounts known to be bad",
    "hosting_ip": "came from hosting or VPN addresses",
    "first_play": "were of a track that the listener had not played before",
    "new_account": "came from accounts less than a week old",
    "new_device": "came from a device new to its account",
}
_NOUNS = {
    "second": "play length",
    "hour": "clock hour",
    "hour_of_day": "hour of the day",
    "ip": "address",
    "subnet": "network",
}
_PLURALS = {
    "address": "addresses",
    "country": "countries",
    "second": "play lengths",
    "hour of the day": "hours of the day",
}
_OVER = {"1h": " in an hour", "24h": " in 24 h", "7d": " in 7 days", "28d": " in 28 days", "ever": ""}


def sentence(feature: Feature, value: float, typical: float, past: float = math.nan, *, averaged: bool) -> str:
    """What the value says, with what is typical and what was usual for the account itself before (NaN: unknown).

    `averaged` marks a day's mean over its events.

    >>> from ghostnote.features.declaration import share
    >>> from ghostnote.features.predicates import JUST_OVER_30S
    >>> sentence(share(JUST_OVER_30S, "account", "24h", "Paid."), 0.41, 0.01, 0.02, averaged=False)
    '41 % of its plays in 24 h ended at 30-35 s; its own days before: 2 %; typical: 1 %'
    """
    shown = _number(feature, value)
    compared = "" if math.isnan(past) else f"; its own days before: {_number(feature, past)}"
    compared += "" if math.isnan(typical) else f"; typical: {_number(feature, typical)}"
    if feature.op == "share" and feature.of is not None:
        what = _SHARES.get(feature.of.name, f"were {_words(feature.of.name)}")
        return f"{shown} of {_whose(feature, averaged)}{_OVER.get(feature.over, '')} {what}{compared}"
    return f"{_measure(feature, averaged)}: {shown}{compared}"


def _whose(feature: Feature, averaged: bool) -> str:
    plural = _words(feature.where.plural)
    if not averaged:
        return f"its {plural}"
    return f"the {plural} of the {_key(feature)} that it used"


def _measure(feature: Feature, averaged: bool) -> str:
    item = _NOUNS.get(feature.argument, _words(feature.argument))
    items = _PLURALS.get(item, f"{item}s")
    events = _words(feature.where.plural)
    measure = {
        "count": events,
        "total": f"sum of {item} over {events}",
        "mean": f"mean {item} of {events}",
        "std": f"spread of {item} of {events}",
        "distinct": f"different {items}",
        "per": f"{events} per {item}",
        "top_share": f"share of {events} that the most frequent {item} has",
        "entropy": f"variety of {items}",
        "growth": f"{events} against its own {feature.past}",
        "rate": f"share of its other {items} that are {_words(feature.of.name if feature.of else '')}",
        "switches": f"changes of {item}",
        "gap_max": f"longest time between {events}",
        "run_length": f"{events} in a row of one {item}",
        "gap_mean": f"mean time between {events}",
        "gap_cv": f"irregularity of the time between {events}",
        "time_since_first": f"time since the first of the {events}",
        "time_since_previous": f"time since the previous of the {events}",
    }[feature.op]
    where = f" of the {_key(feature)} that it used, on average" if averaged else ""
    text = f"{measure}{where}{_OVER.get(feature.over, '')}"
    return text[0].upper() + text[1:]


def _key(feature: Feature) -> str:
    if feature.by == "email_domain":
        return "e-mail domain"
    return " and ".join(_NOUNS.get(part, part) for part in feature.by.split("_"))


def _words(name: str) -> str:
    return name.replace("_", " ").replace("ms played", "listening")


def _number(feature: Feature, value: float) -> str:
    if feature.unit == "share":
        return f"{value:.0%}".replace("%", " %") if value >= 0.01 or value == 0 else f"{value:.1%}".replace("%", " %")
    if feature.unit == "ms":
        return _duration(value / 1000)
    if feature.unit == "s":
        return _duration(value)
    if feature.unit in ("bits", "ratio"):
        return f"{value:.2f}" + (" bits" if feature.unit == "bits" else "")
    return f"{value:,.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"

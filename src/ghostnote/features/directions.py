"""Which way a feature points, where that is known by reason: up is more suspicious (+1), or down is (-1).

Boosted trees are held to these directions, and the unsupervised detector looks at these tails alone: what one data set
happens to show cannot teach them the opposite. A feature without an entry may point either way.
"""

from collections.abc import Sequence

from ghostnote.features.account_days import day_names
from ghostnote.features.declaration import Feature

#: By declaration, as (aggregate, predicate or argument, key); an empty key stands for every key.
_TABLE: dict[tuple[str, str, str], int] = {
    ("total", "ms_played", "account"): +1,
    ("distinct", "hour", "account"): +1,
    ("share", "30_35s", ""): +1,
    ("share", "short", "account"): -1,
    ("distinct", "second", "account"): 0,
    ("top_share", "second", "account"): +1,
    ("entropy", "second", ""): -1,
    ("std", "ms_played", "account"): -1,
    ("top_share", "owner", "account"): +1,
    ("gap_cv", "", "account"): -1,
    ("share", "new_device", ""): +1,
    ("share", "new_account", ""): +1,
    ("share", "hosting_ip", ""): +1,
    ("distinct", "country", "account"): +1,
    ("count", "follow", "account"): +1,
    ("per", "account", ""): +1,
    ("top_share", "account", "track"): +1,
    ("distinct", "account", "ip"): +1,
    ("distinct", "account", "subnet"): +1,
    ("distinct", "account", "device"): +1,
    ("distinct", "account", "payment"): +1,
    ("count", "signup", "ip"): +1,
    ("count", "signup", "subnet"): +1,
    ("count", "signup", "email_domain"): +1,
}


def direction(feature: Feature) -> int:
    """+1, -1, or 0 where either way may be suspicious."""
    about = feature.of.name if feature.of else feature.argument or ("" if feature.op != "count" else feature.where.name)
    return _TABLE.get((feature.op, about, feature.by), _TABLE.get((feature.op, about, ""), 0))


def directions(features: Sequence[Feature]) -> dict[str, int]:
    """Direction by feature name, those without one left out."""
    return {feature.name: sign for feature in features if (sign := direction(feature))}


def day_directions(features: Sequence[Feature]) -> dict[str, int]:
    """The same for account-day columns."""
    return {name: sign for name, f in zip(day_names(features), features, strict=True) if (sign := direction(f))}

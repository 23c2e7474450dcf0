"""What is known of a sign-up when it happens: not the account, which is new, but what it shares with others."""

from collections.abc import Sequence

from ghostnote.features.declaration import Feature

#: Keys that a sign-up has in common with other accounts' events. Of the account itself there is nothing yet: the same
#: numbers in every row, or whatever came in before its sign-up did, by accident.
_SHARED = frozenset({"ip", "subnet", "device", "payment", "email_domain"})


def signup_features(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Those of `features` that say something about a sign-up, in their order."""
    return tuple(feature for feature in features if feature.by in _SHARED)

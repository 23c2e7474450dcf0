"""What is known of a sign-up when it happens: not the account, which is new, but what it shares with others."""

from collections.abc import Sequence

from ghostnote.features.declaration import Feature
from ghostnote.features.directions import directions
from ghostnote.features.further import OPENINGS

#: Keys that a sign-up has in common with other accounts' events. Of the account itself there is nothing yet: the same
#: numbers in every row, or whatever came in before its sign-up did, by accident.
_SHARED = frozenset({"ip", "subnet", "device", "payment", "email_domain"})
#: More of one is more suspicious in a sign-up. Not so among tracks' listeners, who come long after: see `directions`.
_UP = frozenset(
    {
        "signups_by_device_ever",
        "signups_by_subnet_7d",
        "trial_signups_by_payment_ever",
        "signups_top_share_email_shape_by_email_domain_7d",
        "signups_top_share_email_shape_by_subnet_7d",
    }
)


def signup_features(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Those of `features` that say something about a sign-up, in their order, then the shipped ones made for that."""
    have = {feature.name for feature in features}
    shared = (feature for feature in features if feature.by in _SHARED)
    return (*shared, *(feature for feature in OPENINGS if feature.name not in have))


def signup_directions(features: Sequence[Feature]) -> dict[str, int]:
    """Which way features of sign-ups point, by name; those that may point either way are left out."""
    return {**directions(features), **{feature.name: +1 for feature in features if feature.name in _UP}}

"""Predicates on what was known of an event's account when it happened: they rest on features folded first."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ghostnote.features.declaration import count, time_since_first
from ghostnote.features.predicates import PLAY, SIGNUP, Predicate, Test

_DAY = 24 * 3600

_plays_of_track = count("account_track", "ever", "Tells first plays from repeats.")
_since_signup = time_since_first("account", "Tells new accounts from old ones.", where=SIGNUP)
_since_seen = time_since_first("account", "Tells how long an account has been watched.")
_since_device = time_since_first("account_device", "Tells devices that are new to an account.")

FIRST_PLAY = Predicate(
    "first_play",
    "first_plays",
    pl.col(_plays_of_track.name) == 1,
    needs=(_plays_of_track,),
    marks=PLAY.marks,
    test=Test((_plays_of_track.name,), lambda plays: plays == 1),
)

#: An account without a sign-up in the stream counts as old: it was there before the stream began.
NEW_ACCOUNT = Predicate(
    "new_account",
    "plays_of_new_accounts",
    (pl.col(_since_signup.name) < 7 * _DAY).fill_null(value=False),
    needs=(_since_signup,),
    test=Test((_since_signup.name,), lambda since: since < 7 * _DAY, known=lambda since: (since < 0) | True),
)

#: Unknown until the account has been watched for three days: before, every device of it looks new.
NEW_DEVICE = Predicate(
    "new_device",
    "events_from_new_devices",
    pl.when(pl.col(_since_seen.name) >= 3 * _DAY).then(pl.col(_since_device.name) < _DAY),
    needs=(_since_seen, _since_device),
    test=Test(
        (_since_seen.name, _since_device.name),
        lambda seen, device: (seen >= 3 * _DAY) & (device < _DAY),
        known=lambda seen, device: (seen >= 3 * _DAY) & (device >= 0),
    ),
)

#: These by name.
CONTEXT: Mapping[str, Predicate] = MappingProxyType({p.name: p for p in (FIRST_PLAY, NEW_ACCOUNT, NEW_DEVICE)})

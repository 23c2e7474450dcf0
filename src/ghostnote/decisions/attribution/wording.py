"""Signs as sentences for the fraud team: what speaks for a role, and what against it."""

from collections.abc import Iterable, Mapping
from typing import Any

from ghostnote.decisions.attribution.signs import SIGNS, SUBSCRIPTION

_SAID = {
    "together": "{accounts:,} accounts made {hit_artificial:,} artificial plays of {hit_tracks:,} of its tracks.",
    "many": "So many accounts are no household and no circle of friends.",
    "heavy": "{hit_share:.0%} of what those tracks were played is artificial (95 %: {hit_low:.0%} to {hit_high:.0%}).",
    "unheard": "Hardly anybody else listens to it: {listeners:,} people.",
    "heard": "It has an audience: {listeners:,} people played it {honest_plays:,} times in the period.",
    "wide": "Its catalogue is played through: {hit_tracks:,} of its {known_tracks:,} tracks.",
    "narrow": "Nearly all of it fell on {main_tracks:,} of its {known_tracks:,} tracks.",
    "devoted": "{effort:.0%} of what those accounts gave to any such track went to it.",
    "favoured": "{effort:.0%} of what those accounts gave to any such track went to it.",
    "minor": "It got {effort:.0%} of what those accounts gave to such tracks, another owner {rival:.0%}.",
    "mixed": "Different accounts play its different tracks: more than one thing may be going on.",
    "hidden": "The plays are hidden: {cover:.0%} of what those accounts play is other music.",
    "open": "The accounts hide nothing: {cover:.0%} of what they play is other music.",
    "repeated": "An account plays one track {repeats:,.0f} times a day, which cannot go unnoticed.",
    "cut": "{cut:.0%} of the plays break off before half of the track.",
    "sudden": "It came all at once: {per_day:,.0f} plays a day from {first_day}, {past_per_day:,.0f} a day before.",
    "lasting": "It has gone on: {busy_days:,} days of the period, {past_per_day:,.0f} plays a day before it.",
    "new": "The tracks were new: {age:,.0f} days old when it began.",
    "listed": "{via_list:.0%} of it came by playlists that only bots play, with tracks of {list_owners:,} owners.",
    "aside": "Of the plays from those playlists it got {list_part:.0%}, another owner {list_top:.0%}.",
    "borrowed": "{people:.0%} of it was played on accounts whose holders also listen themselves: they are victims.",
    "over": "{over_line:,} of its tracks lie above the penalty line.",
    "dependent": "{dependence:.0%} of its payout would come from artificial plays.",
    "earning": "An account would bring in {monthly:,.0f} paid plays a month; about " + f"{SUBSCRIPTION:,} pay for it.",
    "costly": "An account would bring in {monthly:,.0f} paid plays a month, too few to pay for it.",
}
#: What each sign speaks for.
_GAIN = (
    "wide", "unheard", "devoted", "favoured", "hidden", "lasting", "new", "borrowed", "dependent", "earning", "many",
)  # fmt: skip
_HARM = ("heard", "narrow", "sudden", "open", "repeated", "cut", "over", "costly")
_COVER = ("heard", "listed", "aside", "minor", "mixed")
#: Role -> signs that speak for it; those of the others speak against it. What everybody here has comes first.
_FOR: Mapping[str, tuple[str, ...]] = {
    "beneficiary": _GAIN,
    "takeover": _GAIN,
    "sabotaged": (*_HARM, "devoted"),
    "playlist": _COVER,
    "camouflage": _COVER,
    "unclear": _GAIN,
}
_AGAINST: Mapping[str, tuple[str, ...]] = {
    "beneficiary": (*_HARM, *_COVER),
    "takeover": (*_HARM, *_COVER),
    "sabotaged": _GAIN,
    "playlist": _GAIN,
    "camouflage": _GAIN,
    "unclear": (*_HARM, *_COVER),
}


def told(row: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What speaks for the role of an owner (`row`: its facts, signs and role), and what against it.

    Of an unclear one the first list is what speaks for gain, the second what speaks against.
    """
    common = _sentences(row, ("together", "heavy"))
    favour = dict.fromkeys(_FOR[row["role"]])
    return common + _sentences(row, favour), _sentences(row, [s for s in _AGAINST[row["role"]] if s not in favour])


def _sentences(row: Mapping[str, Any], signs: Iterable[str]) -> list[str]:
    known = {name: 0.0 if value is None else value for name, value in row.items()}
    # Both say the same share: once is enough.
    said = "favoured" if row["is_devoted"] else ""
    stated = [name for name in dict.fromkeys(signs) if row[f"is_{name}"] and name != said]
    return [_SAID[name].format(**known) for name in stated]


def sentences() -> tuple[str, ...]:
    """Every form of sentence, with the names of the facts that go into it in braces; one for each sign."""
    return tuple(_SAID[name] for name in SIGNS)

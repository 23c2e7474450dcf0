"""The features that Ghostnote ships, and those of them that training uses. Each says why a fraud analyst cares.

Chosen to hold by reason: an attack must play a lot, or play few things, or cross the 30-second line, or keep a
machine's time, or share what it runs on; whoever avoids one of these pays for it in another. Counts alone convict
nobody. Features of tracks and owners stay missing until enough different accounts stand behind them.
"""

from ghostnote.features.context import FIRST_PLAY, NEW_ACCOUNT, NEW_DEVICE
from ghostnote.features.declaration import (
    Feature,
    count,
    distinct,
    entropy,
    gap_cv,
    gap_mean,
    mean,
    per,
    run_length,
    share,
    std,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.further import FURTHER
from ghostnote.features.predicates import (
    COMPLETED,
    EVENT,
    FOLLOW,
    FROM_PLAYLIST,
    FROM_SEARCH,
    HOSTING_IP,
    JUST_OVER_30S,
    SAVE,
    SHORT,
    SIGNUP,
    SKIPPED,
)

_VOLUME = (
    count("account", "1h", "More plays than an hour of listening holds: skimming or a script."),
    count("account", "24h", "A farm's accounts play day and night; few people reach their pace for long."),
    count("account", "7d", "Paces that a person keeps for an evening, a machine keeps for a week."),
    total("ms_played", "account", "24h", "More sound than there is time for, or hardly less."),
    distinct("hour", "account", "24h", "People sleep: a day with 20 active hours is shared or automated."),
    distinct("hour", "account", "7d", "Sleepless weeks are far rarer than one sleepless night."),
)
_LENGTH = (
    share(SHORT, "account", "24h", "Plays that earn nothing: skimming is human, royalty fraud avoids them."),
    share(JUST_OVER_30S, "account", "24h", "Royalties begin at 30 s: who stops right after it plays for money."),
    share(JUST_OVER_30S, "account", "7d", "The same over a week, which a slow and patient farm cannot hide."),
    share(COMPLETED, "account", "24h", "Nobody is there to press skip on a machine that plays all to the end."),
    share(SKIPPED, "account", "24h", "Real listening has skips; sellers fake them in even measure."),
    mean("ms_played", "account", "24h", "Short mean lengths pack more paid plays into a day.", support=5),
    std("ms_played", "account", "24h", "Scripted lengths vary too little.", support=5),
    distinct("second", "account", "24h", "Scripts use few lengths: 200 plays of 5 different lengths are no chance."),
    top_share("second", "account", "24h", "One length for most plays is a timer.", support=5),
    entropy("second", "account", "24h", "The same for scripts that draw from a few lengths.", support=5),
)
_VARIETY = (
    distinct("track", "account", "24h", "Long-tail farms play ever new tracks, loops a handful."),
    distinct("artist", "account", "24h", "Many tracks of few artists: a catalogue is being paid."),
    top_share("track", "account", "24h", "Loops of one track.", support=5),
    top_share("artist", "account", "24h", "All for one artist.", support=5),
    top_share("owner", "account", "24h", "Many artists, one payee: the catalogue's owner is behind it.", support=5),
    top_share("owner", "account", "7d", "The payee cannot be hidden by spreading plays over a week.", support=20),
    entropy("track", "account", "24h", "Even rotation of a list gives the highest possible entropy.", support=5),
    entropy("artist", "account", "7d", "Tastes have favourites; lists do not.", support=20),
    share(FIRST_PLAY, "account", "24h", "Nearly all plays new, day after day, is no taste but a crawl.", support=5),
    share(FIRST_PLAY, "account", "7d", "Nearly no play new in a week is a loop.", support=20),
    run_length("track", "account", "The same track again and again."),
)
_TIMING = (
    gap_mean("account", "24h", "Plays that follow each other at a machine's pace.", support=5),
    gap_cv("account", "1h", "A clockwork within the hour.", support=5),
    gap_cv("account", "24h", "People pause; a script's gaps vary little all day.", support=5),
    time_since_previous("account", "A play that ends when the one before has barely begun."),
)
_INFRASTRUCTURE = (
    distinct("device", "account", "7d", "Shared, sold or farmed accounts show up on many devices.", where=EVENT),
    distinct("ip", "account", "7d", "Rotating proxies leave more addresses than travel does.", where=EVENT),
    distinct(
        "country", "account", "7d", "An account in many countries within a week is sold or tunnelled.", where=EVENT
    ),
    share(NEW_DEVICE, "account", "24h", "A hijacker's plays come from a device the listener never used."),
    share(HOSTING_IP, "account", "24h", "People rarely listen from data centres."),
)
_ENGAGEMENT = (
    share(FROM_SEARCH, "account", "24h", "Scripts that look tracks up; people search now and then."),
    share(FROM_PLAYLIST, "account", "24h", "Playlist loops come from playlists alone."),
    count("account", "24h", "Sold followers and playlist follows come in bulk.", where=FOLLOW),
    count("account", "24h", "Real engagement leaves saves; bought engagement leaves many.", where=SAVE),
    time_since_first("account", "New accounts have nothing to lose.", where=SIGNUP),
)
_TRACKS = (
    per("account", "track", "7d", "Few listeners, many plays: bought repetition.", support=5, support_of="account"),
    top_share("account", "track", "7d", "One account makes most of the plays.", support=5, support_of="account"),
    share(JUST_OVER_30S, "track", "7d", "Its listeners leave once it is paid.", support=5, support_of="account"),
    share(
        NEW_ACCOUNT, "track", "7d", "An audience made of new accounts was made for it.", support=5, support_of="account"
    ),
    share(
        NEW_DEVICE, "track", "7d", "Stolen accounts play it, from the thief's device.", support=5, support_of="account"
    ),
    share(FIRST_PLAY, "track", "7d", "Plays nobody comes back from.", support=5, support_of="account"),
)
_PAYEES = (
    per("account", "artist", "7d", "Few listeners, many plays, over all tracks.", support=5, support_of="account"),
    share(JUST_OVER_30S, "owner", "7d", "The payee's plays stop once paid.", support=5, support_of="account"),
    share(NEW_ACCOUNT, "owner", "7d", "New accounts feed one payee.", support=5, support_of="account"),
    per(
        "account",
        "owner",
        "24h",
        "Few listeners, many plays, over the whole catalogue.",
        support=5,
        support_of="account",
    ),
    entropy("second", "owner", "24h", "Plays of the same few lengths across a catalogue.", support=20),
)
_SHARED = (
    distinct("account", "ip", "24h", "Accounts behind one address: a home, a campus or a farm.", where=EVENT),
    count("ip", "24h", "Plays from one address."),
    count("ip", "24h", "Sign-ups from one address in a day.", where=SIGNUP),
    distinct("account", "subnet", "24h", "Farms spread over neighbouring addresses.", where=EVENT),
    count("subnet", "24h", "Sign-ups from one network in a day.", where=SIGNUP),
    distinct("account", "device", "24h", "Accounts that share one device.", where=EVENT),
    distinct("account", "payment", "ever", "Accounts paid by one card.", where=SIGNUP),
    count("email_domain", "24h", "A burst of sign-ups with one mail domain.", where=SIGNUP),
    per("account", "playlist", "7d", "A playlist on repeat for few accounts.", support=5, support_of="account"),
    share(
        JUST_OVER_30S, "playlist", "7d", "A playlist played for 30 seconds a track.", support=5, support_of="account"
    ),
)

#: What `ghostnote train` learns from unless told otherwise.
TRAINED: tuple[Feature, ...] = (
    *_VOLUME,
    *_LENGTH,
    *_VARIETY,
    *_TIMING,
    *_INFRASTRUCTURE,
    *_ENGAGEMENT,
    *_TRACKS,
    *_PAYEES,
    *_SHARED,
)

#: Every shipped feature: those first, then the further ones.
CATALOG: tuple[Feature, ...] = (*TRAINED, *FURTHER)

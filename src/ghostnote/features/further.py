"""Shipped features beyond those that training uses by default: more questions, or the same over other keys and windows.

They are left out of the default because each costs time on every event and their reasons overlap with features that
are in it; `ghostnote train --features FILE` takes any of them in by name. Those that rest on labels (`known_bad`) are
for rules and investigators first: a model that learns from labels to trust labels repeats whoever made them.
"""

from ghostnote.features.context import FIRST_PLAY, NEW_ACCOUNT
from ghostnote.features.declaration import (
    Feature,
    count,
    distinct,
    entropy,
    gap_cv,
    gap_max,
    growth,
    per,
    rate,
    share,
    switches,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.predicates import (
    COMPLETED,
    EVENT,
    FAILED_LOGIN,
    FROM_AUTOPLAY,
    FROM_LIBRARY,
    FROM_PLAYLIST,
    HOSTING_IP,
    JUST_OVER_30S,
    KNOWN_BAD,
    LOGIN,
    OFFLINE,
    SHUFFLED,
    SIGNUP,
    SKIPPED,
    TRIAL,
)

HABITS = (
    gap_max("account", "24h", "A person's longest pause in a day is a night: without one nobody slept.", support=5),
    gap_max("account", "7d", "Nobody is without a pause for a week; a farm that is never switched off is.", support=20),
    entropy("hour_of_day", "account", "7d", "Habits have hours; machines play round the clock.", support=20),
    total("ms_played", "account", "7d", "More sound in a week than waking hours hold."),
    distinct("owner", "account", "7d", "Tastes span many payees; bought plays serve few."),
    entropy("source", "account", "24h", "People arrive at music in several ways, a script in one.", support=5),
    top_share("playlist", "account", "7d", "One list makes most of the week's plays.", support=20),
    share(COMPLETED, "account", "7d", "Playing all to the end for a week: nobody is listening.", support=20),
    share(SKIPPED, "account", "7d", "A week without one skip, or with a fixed share of them.", support=20),
    share(OFFLINE, "account", "24h", "Their times are a client's word: what rests on time must not rest on them."),
    share(OFFLINE, "account", "7d", "Offline plays cannot be watched as they happen: some hide there."),
    share(SHUFFLED, "account", "24h", "Shuffle hides a loop's order, not its tracks."),
    share(FROM_LIBRARY, "account", "7d", "Own collections are listened to; bought plays have none."),
    share(FROM_AUTOPLAY, "account", "24h", "What plays on by itself pays nobody in particular: camouflage, or sleep."),
    time_since_first("account", "How long the account has been seen: new here, or an old acquaintance."),
    time_since_previous("account", "How long since anything: dormant accounts that wake up were sold.", where=EVENT),
)
ACCESS = (
    count("account", "24h", "Guessed passwords leave failures before they succeed.", where=FAILED_LOGIN),
    count("account", "24h", "Shared and scripted accounts sign in again and again.", where=LOGIN),
    switches("country", "account", "1h", "Another country within the hour is faster than a plane."),
    switches("country", "account", "24h", "To and fro between countries in a day: two people, or a tunnel."),
    distinct("country", "account", "24h", "More than borders are near or planes reach in a day.", where=EVENT),
    switches("ip", "account", "24h", "Addresses that take turns are a rotating proxy."),
    switches("device", "account", "24h", "Devices that take turns have several hands on them."),
    distinct("subnet", "account", "24h", "People move between few networks in a day.", where=EVENT),
    distinct("platform", "account", "7d", "Few people have many kinds of client.", where=EVENT),
    distinct("client_version", "account", "7d", "Versions that change to and fro are made up."),
    share(HOSTING_IP, "account", "7d", "Sign-ins from data centres.", where=LOGIN),
    time_since_first("account_device", "How long the account has had this device."),
    time_since_first("account_country", "How long the account has been seen in this country."),
    time_since_first("account_ip", "How long the account has been at this address."),
)
FAVOURITES = (
    count("account_track", "24h", "One track again and again in a day."),
    count("account_track", "ever", "All plays of this track by this account."),
    gap_cv("account_track", "7d", "The same track at even intervals is a schedule.", support=5),
    count("account_artist", "7d", "A fan's week of one artist, or an order's."),
    share(JUST_OVER_30S, "account_artist", "7d", "Fans hear their artist out; bought plays stop once paid.", support=5),
    distinct("track", "account_owner", "7d", "A payee's catalogue walked through, track by track."),
)
TRACKS = (
    count("track", "24h", "What everything else about a track must be seen against."),
    growth("track", "24h", "7d", "A jump against its own week: a hit or an order.", support=20),
    entropy("account", "track", "24h", "Plays spread evenly over accounts, as lists of accounts are.", support=20),
    per("ip", "track", "7d", "Many plays from few addresses.", support=5, support_of="account"),
    distinct("country", "track", "7d", "Where its listeners are: sold plays come from where they are cheap."),
    share(HOSTING_IP, "track", "7d", "Its audience sits in data centres.", support=5, support_of="account"),
    share(SKIPPED, "track", "7d", "Real audiences skip.", support=5, support_of="account"),
    share(FROM_PLAYLIST, "track", "7d", "Heard from playlists alone: a placement.", support=5, support_of="account"),
    entropy("second", "track", "24h", "Listeners stop anywhere; scripts where they are told.", support=20),
    rate(KNOWN_BAD, "account", "track", "7d", "Its other listeners are known to be bad.", support=5),
)
PAYEES = (
    growth("artist", "24h", "7d", "An artist's plays jump against their own week.", support=20),
    top_share("account", "artist", "7d", "One account makes an artist.", support=5, support_of="account"),
    share(NEW_ACCOUNT, "artist", "7d", "New accounts made for one artist.", support=5, support_of="account"),
    rate(KNOWN_BAD, "account", "artist", "7d", "The artist's other listeners are known to be bad.", support=5),
    growth("owner", "24h", "7d", "A payee's income jumps against their own week.", support=20),
    distinct("track", "owner", "24h", "Long tails: a payee lives from many tracks with few plays."),
    share(FIRST_PLAY, "owner", "7d", "Plays nobody comes back from, catalogue-wide.", support=5, support_of="account"),
    rate(KNOWN_BAD, "account", "owner", "7d", "Who else pays this payee is known to be bad.", support=5),
)
SHARED = (
    distinct("device", "ip", "24h", "Devices behind one address: farms have racks of them.", where=EVENT),
    share(JUST_OVER_30S, "ip", "24h", "A household does not stop at 30 seconds.", support=10),
    count("ip", "24h", "Guessing passwords from one address.", where=FAILED_LOGIN),
    rate(KNOWN_BAD, "account", "ip", "24h", "Other accounts at this address are known to be bad."),
    count("subnet", "24h", "Plays from one network."),
    rate(KNOWN_BAD, "account", "subnet", "24h", "Other accounts in this network are known to be bad.", support=3),
    count("device", "24h", "Plays on one device, whoever is signed in."),
    total("ms_played", "device", "24h", "One device plays one thing at a time: a day holds 24 hours of sound."),
    count("device", "ever", "Accounts opened on one device: more than a family has members.", where=SIGNUP),
    distinct("ip", "device", "7d", "A device that changes its address more than its place."),
    rate(KNOWN_BAD, "account", "device", "7d", "Other accounts on this device are known to be bad."),
    count("payment", "7d", "Sign-ups paid by one card in a week.", where=SIGNUP),
    count("payment", "ever", "Free trials that follow each other on one card.", where=TRIAL),
    rate(KNOWN_BAD, "account", "payment", "ever", "Other accounts paid by this card are known to be bad."),
    distinct("account", "email_domain", "7d", "Accounts of one mail domain that are about.", where=EVENT),
    top_share(
        "email_shape", "email_domain", "7d", "Addresses made by one pattern are a generator's.", where=SIGNUP, support=5
    ),
    count("playlist", "24h", "What else about a playlist must be seen against."),
    growth("playlist", "24h", "7d", "A playlist's plays jump against its own week.", support=20),
    top_share("owner", "playlist", "7d", "A playlist that pays one payee.", support=20),
    share(NEW_ACCOUNT, "playlist", "7d", "A playlist for new accounts.", support=5, support_of="account"),
    rate(KNOWN_BAD, "account", "playlist", "7d", "Other listeners of the playlist are known to be bad.", support=5),
)
#: What the model of sign-ups is given besides: it needs no plays, and asks who else signed up the same way.
OPENINGS = (
    count("subnet", "7d", "Farms fill a network over days, a few accounts a day.", where=SIGNUP),
    top_share(
        "email_shape", "subnet", "7d", "Neighbours whose addresses are made by one pattern.", where=SIGNUP, support=5
    ),
    top_share("platform", "subnet", "7d", "Neighbours who all have one kind of client.", where=SIGNUP, support=5),
    share(HOSTING_IP, "ip", "24h", "People rarely sign up from data centres.", where=SIGNUP),
)

#: All of them.
FURTHER: tuple[Feature, ...] = (*HABITS, *ACCESS, *FAVOURITES, *TRACKS, *PAYEES, *SHARED, *OPENINGS)

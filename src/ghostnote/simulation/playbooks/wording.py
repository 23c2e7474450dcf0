"""What every parameter of the playbooks means, and in which unit: for lists on the terminal and for the docs."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """`unit` is empty for names and yes/no."""

    unit: str
    says: str


#: By name: a parameter means the same in every playbook that has it.
PARAMETERS: dict[str, Meaning] = {
    "name": Meaning("", "What the campaign is called in the truth; by default its playbook and a number."),
    "start": Meaning("days", "When it begins, from the service's first midnight."),
    "days": Meaning("days", "How long it lasts."),
    "size": Meaning("share", "Of the service's plays (or accounts, where it hardly plays); replaces its own number."),
    "accounts": Meaning("accounts", "How many accounts the attacker opens."),
    "victims": Meaning("accounts", "How many existing accounts are stolen."),
    "hacked": Meaning("share", "Of the accounts used, those that are stolen."),
    "hours": Meaning("hours a day", "How long each account plays."),
    "hour": Meaning("hour (UTC)", "When all of them begin."),
    "jitter": Meaning("minutes", "How far from that hour an account begins at most."),
    "streams": Meaning("players", "How many an account runs side by side."),
    "plays": Meaning("plays", "How many there are: ordered, of the song, or per stolen or opened account."),
    "per_day": Meaning("plays", "The seller's ceiling for one day."),
    "sittings": Meaning("sittings", "Stretches of listening: per victim, or per day."),
    "sitting": Meaning("plays", "Mean length of a sitting."),
    "per_sitting": Meaning("plays", "Of those, plays of the song."),
    "skips": Meaning("share", "Of plays that are left after 32 to 45 s."),
    "tracks": Meaning("tracks", "How many tracks of its own the campaign plays."),
    "tracks_per_account": Meaning("tracks", "Tracks of its own, for each account."),
    "tracks_per_artist": Meaning("tracks", "Mean number of tracks of an invented artist."),
    "tracks_per_album": Meaning("tracks", "Length of an album."),
    "albums": Meaning("albums", "How many albums it plays, each of an own artist."),
    "artists": Meaning("artists", "How many artists the campaign's tracks are said to be by."),
    "owners": Meaning("owners", "How many owners are paid for them."),
    "playlists": Meaning("playlists", "How many playlists the tracks are on."),
    "copies": Meaning("tracks", "Of the tracks, those that are others at another tempo."),
    "innocent": Meaning("tracks", "Tracks of artists who know nothing of it, on the same playlist."),
    "songs": Meaning("tracks", "The rival's songs that are played."),
    "known": Meaning("share", "How well known the artist played is: 0 is the best known, 1 the least."),
    "own": Meaning("share", "Of plays of 30 s or more, those that go to the campaign's tracks."),
    "seconds": Meaning("seconds", "Length of the campaign's tracks, or where a play is cut."),
    "shortest": Meaning("seconds", "The shortest track."),
    "longest": Meaning("seconds", "The longest track."),
    "stops_at": Meaning("seconds", "The few lengths at which plays are cut; none: they run to the end."),
    "camouflage": Meaning("share", "Of plays that go to public playlists instead."),
    "clients": Meaning("artists", "Who have paid to be followed."),
    "actions": Meaning("actions", "Follows, saves and likes of each account."),
    "listens": Meaning("share", "Of accounts that play anything at all."),
    "bursts": Meaning("bursts", "How many waves of sign-ups there are."),
    "burst_hours": Meaning("hours", "How long a wave lasts."),
    "phones": Meaning("phones", "How many real phones there are."),
    "sims": Meaning("SIM cards", "How many SIM cards they have between them."),
    "idle": Meaning("share", "Of the day that a phone rests."),
    "builds": Meaning("versions", "How many patched versions of the client go round."),
    "lag": Meaning("days", "How old a release the newest of them is made from."),
    "unlocked": Meaning("", "Whether the client also plays offline."),
    "families": Meaning("share", "Of accounts on family plans; the others are on trials."),
    "per_family": Meaning("accounts", "How many share a family plan."),
    "trial_days": Meaning("days", "How long a trial is free."),
    "home": Meaning("country", "Where the accounts are opened."),
    "country": Meaning("country", "Where the accounts are, or seem to be."),
    "ip_kind": Meaning("network", "What kind of network the addresses are from."),
    "addresses": Meaning("addresses", "How many each account changes between."),
    "per_card": Meaning("accounts", "How many share a way to pay."),
    "per_device": Meaning("accounts", "How many share a device."),
    "per_address": Meaning("accounts", "How many share an address."),
    "bulk_mail": Meaning("share", "Of accounts with addresses of one bulk domain and one shape."),
    "opened_over": Meaning("days", "How long before the start the first accounts were opened."),
    "released_over": Meaning("days", "How long before the start the first tracks came out."),
    "day_off": Meaning("share", "Of days on which an account does not play."),
}

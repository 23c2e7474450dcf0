"""What each playbook is after, where it was seen, what gives it away and what does not: for the docs."""

from typing import NamedTuple


class Case(NamedTuple):
    """`seen` is the documented case and the kind of source; `earns` what it lives on."""

    title: str
    seen: str
    earns: str
    gives_away: str
    hides: str


CASES: dict[str, Case] = {
    "ai_catalogue_farm": Case(
        "AI-catalogue farm",
        "US v. Smith, 2017-2024: 52 cloud accounts with 20 bot accounts each, 661,440 plays a day, 0.005 USD a play. "
        "Court papers as the press reports them (secondary).",
        "Royalties of its own tracks.",
        "Accounts that play 20 hours and more a day, in bulk sign-ups that share cards, families and addresses; owners "
        "whose listeners are nobody else's.",
        "Plays per track: there are so many tracks that each gets a few. Plays per day: keen listeners reach 636 too.",
    ),
    "playlist_loop": Case(
        "Playlist loop",
        "Bulgaria, 2017: 1,200 premium accounts, 467 tracks of about 43 s, 2,000 plays per account and day, a return "
        "of 24 times the subscriptions. Trade press (secondary). With `stops_at`: two rings of one service's daily "
        "report of 2017 (primary).",
        "Royalties of its own tracks.",
        "Plays just over 30 s by the thousand; one playlist that nobody else follows; few distinct lengths.",
        "Payments and addresses: paying accounts at home addresses, one device each.",
    ),
    "hijacked_listeners": Case(
        "Hijacked listeners",
        "2018-19: about 156 foreign plays per victim, of 40-track albums of 1-2 minute instrumentals. Press "
        "(secondary).",
        "Royalties of its own tracks.",
        "A device and an address that the account never used, in hours in which its owner sleeps; many different "
        "people who discover the same unknown albums within days.",
        "The account: it is a person's, old, paid for, and listens on as ever. To suspend it punishes the victim.",
    ),
    "fake_account_factory": Case(
        "Fake-account factory",
        "Sellers of followers and saves (their own offers; secondary). Accounts really bought from such sellers were "
        "told from real ones by their order of sign-up with an AUC of only 0.65 (primary).",
        "What buyers pay for follows, saves and likes.",
        "Follows without listening; bursts of sign-ups from one network, with one shape of mail address.",
        "Plays: there are hardly any, so whatever looks at plays alone sees nothing.",
    ),
    "impossible_volume": Case(
        "Impossible volume",
        "Denmark, 2013-2019: 20 accounts made most of 5.5 million plays in a week on 244 tracks, 37 of which were "
        "others at another tempo. Press (secondary).",
        "Royalties of its own tracks.",
        "More sound than a day has hours, many times over.",
        "The number of accounts: a count of bad accounts shows 20. The catalogue: its songs are real ones.",
    ),
    "lockstep_fleet": Case(
        "Lockstep fleet",
        "10,000 accounts that all played the same 63 tracks. Press (secondary).",
        "Royalties of its own tracks.",
        "The same tracks, in the same order, within the same hour: only when accounts are seen together.",
        "Each account alone: 60 plays a day, an own device and address, free plan, some of everybody's music.",
    ),
    "chart_burst": Case(
        "Chart burst",
        "2026: 250,000 plays of one track in 4 days, from one country shown as another, by accounts active 23 hours a "
        "day; another with more than 500,000 plays, +70 % in a day, whose chart came out before the correction. Press "
        "(secondary).",
        "A place in a chart: valued at what as many plays would have cost.",
        "Hours without sleep; the country of sign-up against that of the addresses; one track.",
        "The song: it is real, has listeners of its own, and may be rising anyway.",
    ),
    "bought_plays": Case(
        "Bought plays",
        "Sellers' own offers: EUR 7 per 1,000 and 2,950 per million, about 10,000 a day at most, half the songs left "
        "after 32 to 45 s, real playlists mixed in, hacked and farmed accounts. A small buyer orders 300 (secondary).",
        "What the order costs the buyer.",
        "One little-known song that turns up in many strangers' sittings; plays left just after they are paid.",
        "Volume: two or three plays of the song per sitting, and accounts that are in part real people's.",
    ),
    "phone_farm": Case(
        "Phone farm",
        "474 phones and 347,200 SIM cards of 3 operators; a farm of 10,000 phones, filmed. Press (secondary).",
        "Royalties of its own tracks.",
        "Several accounts that take turns on one device, round the clock.",
        "Addresses: each shift comes from another mobile address that hundreds of real people share. Devices are real.",
    ),
    "ad_blocking_client": Case(
        "Ad-blocking client",
        "About 2 million users of such clients, 1.3 % of one service's monthly users. Press (secondary).",
        "The subscription that is not paid.",
        "A client version that nobody else still has; offline plays on a free plan.",
        "Listening: these are people, who play what people play. Nobody is paid too much, so no royalty is to correct.",
    ),
    "trial_farm": Case(
        "Trial and family-plan farm",
        "Free months and invented families at one address, as in US v. Smith and as organised fans do (secondary).",
        "Royalties of its own tracks.",
        "Cards and devices that one new account after the other uses, and leaves when the trial ends.",
        "Age and price: every service has many new trials, and families do share an address and a card.",
    ),
    "low_and_slow": Case(
        "Low and slow",
        "No single case: what prices and thresholds suggest, with the sellers' camouflage and aged accounts (derived).",
        "Royalties of its own tracks.",
        "Owners whose listeners have nothing in common but them; in the long run, many accounts that agree.",
        "Nearly everything else: a day's plays, hours, device, address, and three quarters of the music.",
    ),
    "proxy_mimics": Case(
        "Proxy mimics",
        "No single case: bots behind residential proxies that repeat recorded sessions (derived).",
        "Royalties of its own tracks.",
        "Tracks that nobody else plays, in sessions that somebody else has had already; addresses that change.",
        "Hours, pauses, skips, sources and reasons: they are a real listener's.",
    ),
    "innocent_cover": Case(
        "Innocent cover",
        "Bot playlists with innocent tracks among the own, as cover. Press (secondary).",
        "Royalties of its own tracks.",
        "The accounts, and their playlist.",
        "Who is to gain: most tracks on it belong to artists who know nothing, and who must not be punished.",
    ),
    "sabotage": Case(
        "Sabotage",
        "Bots aimed at a rival's track to have it punished. Press (secondary).",
        "Nothing: it is there to harm.",
        "Everything about the accounts.",
        "Who ordered it: the owner of the songs gains in plays and has nothing to do with it.",
    ),
}

"""Who people say they are when they sign up: mail addresses, ways to pay, families; and honest sign-ups themselves."""

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.cohorts import COHORT
from ghostnote.simulation.homes import DEVICES_EACH
from ghostnote.simulation.places import AddressBook
from ghostnote.simulation.population import PLAN, Population
from ghostnote.simulation.randomness import Ints, Stream, generator
from ghostnote.simulation.rows import Signups
from ghostnote.simulation.service import Service

#: Mail domains and how many of a hundred honest people use each; the last ones are bought in bulk by sellers as well.
_DOMAIN_SHARES = {
    "gmail.com": 52.0, "icloud.com": 11.0, "outlook.com": 8.0, "hotmail.com": 8.0, "yahoo.com": 7.0, "web.de": 2.0,
    "gmx.net": 2.0, "orange.fr": 1.0, "uol.com.br": 1.0, "wp.pl": 1.0, "proton.me": 1.5, "uni-mail.example": 1.5,
    "firm.example": 3.0, "mail.ru": 0.4, "tutanota.com": 0.2, "inbox.example": 0.2, "quickmail.example": 0.1,
    "postbox.example": 0.1,
}  # fmt: skip
DOMAINS = tuple(_DOMAIN_SHARES)
BULK_DOMAINS = tuple(DOMAINS.index(name) for name in ("mail.ru", "inbox.example", "quickmail.example", "gmail.com"))
#: Shapes of the part before the @ (letters `a`, digits `9`) and their shares among honest people.
_SHAPE_SHARES = {
    "a": 16.0,
    "a9": 34.0,
    "a.a": 18.0,
    "a.a9": 16.0,
    "a_a": 5.0,
    "a_a9": 4.0,
    "a9a": 4.0,
    "9a": 1.0,
    "a-a9": 2.0,
}
SHAPES = tuple(_SHAPE_SHARES)
REFERRERS = ("friend", "advert", "search", "social", "partner", "campaign")
_PAYING = tuple(PLAN[name] for name in ("premium", "family", "student", "duo", "trial"))
_FAMILIES = tuple(PLAN[name] for name in ("family", "duo"))


def signups(service: Service, people: Population, book: AddressBook) -> Signups:
    """The sign-ups of the honest accounts that joined while the world lasted."""
    rng = generator(service.seed, Stream.SIGNUPS)
    rows = np.flatnonzero((people.signed_up >= service.start) & (people.signed_up < service.end))
    domain, shape = addresses(rows.size, rng)
    household = people.household[rows]
    plan = people.plan[rows]
    shared = np.isin(plan, _FAMILIES)
    # A household pays once for its family plan; everybody else has a card of their own.
    payer = np.where(shared, household, rows.astype(np.int64) + (1 << 32))
    place = rng.random(rows.size)
    home = book.home(household, np.zeros(rows.size, dtype=np.int64), people.country[rows])
    everywhere = rng.integers(0, 1 << 62, rows.size, dtype=np.uint64)
    mobile = book.mobile.pick(people.country[rows], everywhere, everywhere >> np.uint64(20))
    referrer = referrers(rows.size, rng)
    moved = (people.cohort[rows] == COHORT["migrant"]) & (rng.random(rows.size) < 0.85)
    return Signups(
        time=people.signed_up[rows],
        account=rows.astype(np.int32),
        country=people.country[rows],
        plan=plan,
        domain=domain,
        shape=shape,
        email=rows.astype(np.int64),
        payment=np.where(np.isin(plan, _PAYING), payer, -1).astype(np.int64),
        family=np.where(shared, household, -1).astype(np.int64),
        referrer=np.where(moved, REFERRERS.index("campaign"), referrer).astype(np.int8),
        ip=np.where(place < 0.62, home, mobile).astype(np.int32),
        device=(rows * DEVICES_EACH + (rng.random(rows.size) < 0.2)).astype(np.int32),
        number=rows.astype(np.int64),
    )


def addresses(count: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int8]]:
    """Domain and shape of honest people's mail addresses, as places in `DOMAINS` and `SHAPES`."""
    return _drawn(_DOMAIN_SHARES, count, rng).astype(np.int16), _drawn(_SHAPE_SHARES, count, rng).astype(np.int8)


def referrers(count: int, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Where sign-ups came from, as places in `REFERRERS`; of most nothing is known (-1)."""
    shares = [0.6, 0.12, 0.1, 0.08, 0.06, 0.03, 0.01]
    return rng.choice(np.arange(-1, len(REFERRERS)), count, p=shares).astype(np.int8)


def _drawn(shares: dict[str, float], count: int, rng: np.random.Generator) -> Ints:
    weights = np.array(list(shares.values()))
    return rng.choice(weights.size, count, p=weights / weights.sum())

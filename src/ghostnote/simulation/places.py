"""Where people are when they listen: which device, which address, online or not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM, Devices
from ghostnote.simulation.homes import DEVICES_EACH
from ghostnote.simulation.networks import KIND, Networks, Pool, PoolTable
from ghostnote.simulation.population import Population
from ghostnote.simulation.randomness import Ints, key, mix, noise
from ghostnote.simulation.rows import DAY, HOUR
from ghostnote.simulation.sittings import SLEEP, Sittings

HOME, WORK, OUT, ELSEWHERE = range(4)
#: Days for which a phone keeps the address its carrier gave it: from the most restless to the calmest.
_HELD_DAYS = (0.08, 35.0)
#: Share of sittings at home on the device that a home shares.
_ON_SHARED_DEVICE = 0.6


@dataclass(frozen=True)
class Places:
    """Per sitting: address code, device code, whether it was offline, and how long after its end it arrived.

    `delay` in microseconds, 0 unless offline.
    """

    ip: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    offline: npt.NDArray[np.bool_]
    delay: npt.NDArray[np.int64]


@dataclass(frozen=True)
class AddressBook:
    """Picks addresses of a world's networks by country; made once per world."""

    seed: int
    residential: PoolTable
    mobile: PoolTable
    business: PoolTable
    education: PoolTable
    vpn: tuple[Pool, ...]

    @classmethod
    def of(cls, networks: Networks, seed: int) -> "AddressBook":
        tables = {kind: networks.by_country(kind) for kind in ("residential", "mobile", "business", "education")}
        return cls(seed=seed, vpn=networks.of("vpn"), **tables)

    def home(self, household: Ints, lease: Ints, country: Ints) -> npt.NDArray[np.int32]:
        """The address a household has during its `lease`-th lease."""
        network, address = key(self.seed, 200), key(self.seed, 201)
        return self.residential.pick(country, mix(household, network), mix(household * 4096 + lease, address))


def place_sittings(
    people: Population, devices: Devices, book: AddressBook, sittings: Sittings, rng: np.random.Generator
) -> Places:
    """Where each sitting happens. People's own traits decide how often they are out, offline or behind a VPN."""
    account, count = sittings.account, sittings.account.size
    place = _whereabouts(people, sittings, rng)
    device = _devices(devices, account, place, rng)
    # What the whole home uses stands at home.
    shared = (people.shared_device[account] >= 0) & (place == HOME) & (rng.random(count) < _ON_SHARED_DEVICE)
    device = np.where(shared, people.shared_device[account], device).astype(np.int32)
    is_phone = np.isin(devices.platform[device], (PLATFORM["ios"], PLATFORM["android"]))
    chance = people.offline[account] * np.where(place == OUT, 2.0, 0.8) * is_phone
    offline = (rng.random(count) < chance) & (sittings.mood != SLEEP)
    soon = rng.exponential(3 * HOUR, count)
    later = rng.gamma(1.5, 1.2 * DAY, count)
    delay = np.where(offline, np.where(rng.random(count) < 0.75, soon, later), 0).astype(np.int64)
    return Places(_addresses(people, book, sittings, place, rng), device, offline, delay)


def _whereabouts(people: Population, sittings: Sittings, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    account, hour = sittings.account, sittings.hour
    draw = rng.random(account.size)
    working = (people.works[account] > 0) & (hour > 8.5) & (hour < 17.5) & ((sittings.start // DAY + 3) % 7 < 5)
    out = np.where(working, 0.15, people.out_share[account] * np.where((hour > 6.5) & (hour < 22), 1.1, 0.35))
    place = np.where(draw < out, OUT, np.where(draw < out + 0.02, ELSEWHERE, np.where(working, WORK, HOME)))
    return np.where(sittings.mood == SLEEP, HOME, place).astype(np.int8)


def _devices(devices: Devices, account: Ints, place: Ints, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """The phone when out; at home and at work now one device, now another, as each person prefers."""
    tilt = mix(account, np.uint64(77)).astype(np.float64) / 2.0**64
    other = np.where(tilt < 0.48, 0.14 + 1.2 * tilt, 0.0) * np.where(place == WORK, 1.6, 1.0)
    draw = rng.random(account.size)
    second = (draw < other) & (place != OUT)
    third = ~second & (draw > 0.84) & (tilt > 0.6) & (place == HOME)
    fourth = ~second & ~third & (draw > 0.975) & (tilt > 0.3)
    slot = np.where(second, 1, np.where(third, 2, np.where(fourth, 3, 0)))
    return np.asarray(account * DEVICES_EACH + slot, dtype=np.int32)


def _addresses(
    people: Population, book: AddressBook, sittings: Sittings, place: Ints, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    account, day = sittings.account, sittings.day
    away, country = people.whereabouts(account, day)
    household = people.household[account]
    lease = ((day + household % 97) / people.lease_days[account]).astype(np.int64)
    # On a trip the hotel is home; a friend's place is somebody else's household.
    lodging = np.where(away, account + (1 << 30), household)
    lodging = np.where(place == ELSEWHERE, rng.integers(0, people.size, account.size), lodging)
    ip = book.home(lodging, lease, country)
    everywhere = rng.integers(0, 1 << 62, account.size, dtype=np.uint64)
    carrier = mix(account, key(book.seed, 202))
    ip = np.where(place == OUT, book.mobile.pick(country, carrier, _held(book, sittings)), ip)
    site = mix(account // 3, key(book.seed, 203))
    gate = site + (everywhere & np.uint64(1))
    work = np.where(
        people.works[account] == 2,
        book.education.pick(country, site, everywhere),
        book.business.pick(country, site, gate),
    )
    ip = np.where((place == WORK) & ~away, work, ip)
    ip = _sites(people, book, account, np.flatnonzero(~away & (rng.random(account.size) < people.on_site[account])), ip)
    return np.where(rng.random(account.size) < people.vpn[account], _vpn(book, account, everywhere), ip)


def _sites(
    people: Population, book: AddressBook, account: Ints, rows: Ints, ip: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """In the given rows, those who are behind one address of a shop, a campus or a carrier get that address."""
    ip = ip.copy()
    for kind, pools in (("business", book.business), ("education", book.education), ("mobile", book.mobile)):
        there = rows[people.site_kind[account[rows]] == KIND[kind]]
        who = account[there]
        network, address = (mix(people.site[who], key(book.seed, number)) for number in (208, 209))
        ip[there] = pools.pick(people.country[who], network, address)
    return ip


def _held(book: AddressBook, sittings: Sittings) -> npt.NDArray[np.uint64]:
    """What picks a carrier's address: phones keep one for a few hours or for days, each in its own way."""
    account = sittings.account
    days = _HELD_DAYS[0] * (_HELD_DAYS[1] / _HELD_DAYS[0]) ** noise(account, key(book.seed, 205))
    turn = (sittings.start / DAY / days + noise(account, key(book.seed, 206))).astype(np.int64)
    return mix((turn << np.int64(24)) ^ account, key(book.seed, 207))


def _vpn(book: AddressBook, account: Ints, everywhere: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """One exit country per account, any of its addresses."""
    table = PoolTable.of([book.vpn])
    return table.pick(np.zeros(account.size, dtype=np.int64), mix(account, key(book.seed, 204)), everywhere)

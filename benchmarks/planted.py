"""Edges of a service with planted campaigns: honest accounts with tastes, farms of several kinds among them.

An honest account draws from three scenes and from the whole catalogue, artists and their tracks by Zipf's law: most of
what it plays is popular, some of it rare, and people of one scene share rare artists. Numbers of plays are log-normal.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ghostnote.models.edges import Edges, Kind

Ints = NDArray[np.int64]

KINDS = (
    Kind("track_id"),
    Kind("artist_id", chosen=True),
    Kind("owner_id"),
    Kind("device_id", origin=True),
    Kind("subnet", origin=True, crowded=True),
)
#: Different tracks of an honest account, tracks of an artist, artists of an owner, scenes, and stretches of six hours.
_EACH, _TRACKS, _ARTISTS, _SCENES, _TIMES = 50, 8, 4, 300, 56
#: Per million edges: farms of each camouflaged share of plays, of so many accounts with so many tracks of their own.
_CAMOUFLAGE, _MEMBERS, _OWN = (0.0, 0.5, 0.7), 40, 120
#: A long tail: accounts, tracks, plays of each account, tracks of an artist. One owner is paid for all.
_TAIL_MEMBERS, _TAIL_TRACKS, _TAIL_PLAYS, _TAIL_ARTIST = 300, 100_000, 400, 20


@dataclass(frozen=True)
class Planted:
    """Edges, and by kind of farm the account codes of each farm of it."""

    edges: Edges
    farms: dict[str, list[Ints]]
    tracks: int


@dataclass
class _Plays:
    """Plays as columns: who, which track, whose. Codes of tracks give artists and owners by division."""

    account: list[Ints]
    track: list[Ints]
    artist: list[Ints]
    owner: list[Ints]

    def add(self, account: Ints, track: Ints, artist: Ints, owner: Ints) -> None:
        for column, values in zip(
            (self.account, self.track, self.artist, self.owner), (account, track, artist, owner), strict=True
        ):
            column.append(values)


def planted(size: int, seed: int = 0) -> Planted:
    """About `size` different pairs of account and track, and the edges to artists, owners, devices and networks."""
    rng = np.random.default_rng([seed, size])
    accounts, tracks = size // _EACH, max(size // 10, 10_000)
    plays = _Plays([], [], [], [])
    # A quarter of the plays repeats others: different pairs are fewer than plays.
    per_account = rng.multinomial(round(0.95 * size), _shares(rng.lognormal(0, 0.8, accounts)))
    listener = np.repeat(np.arange(accounts), per_account)
    plays.add(listener, *_heard(listener, accounts, tracks, rng))
    farms: dict[str, list[Ints]] = {}
    codes = _Codes(accounts, tracks, tracks // _TRACKS + 1, tracks // _TRACKS // _ARTISTS + 2)
    for share in _CAMOUFLAGE:
        name = f"{share:.0%} camouflage"
        farms[name] = [_loop(plays, codes, share, tracks, rng) for _ in range(max(1, size // 1_000_000))]
    farms["long tail"] = [_tail(plays, codes, rng)]
    return Planted(_edges(plays, codes.account, farms, rng), farms, codes.track)


@dataclass
class _Codes:
    """The next codes that nobody has."""

    account: int
    track: int
    artist: int
    owner: int

    def take(self, accounts: int, tracks: int, artists: int) -> tuple[Ints, int, int, int]:
        members = np.arange(self.account, self.account + accounts)
        given = (members, self.track, self.artist, self.owner)
        self.account, self.track = self.account + accounts, self.track + tracks
        self.artist, self.owner = self.artist + artists, self.owner + 1
        return given


def _heard(account: Ints, accounts: int, tracks: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    artists = tracks // _TRACKS
    scenes = rng.integers(0, _SCENES, (accounts, 3))
    scene = scenes[account, rng.integers(0, 3, len(account))]
    within = _zipf(artists // _SCENES, len(account), rng) * _SCENES + scene
    artist = np.where(rng.random(len(account)) < 0.6, within, _zipf(artists, len(account), rng))
    track = artist * _TRACKS + _zipf(_TRACKS, len(account), rng)
    return track, artist, artist // _ARTISTS


def _loop(plays: _Plays, codes: _Codes, camouflage: float, tracks: int, rng: np.random.Generator) -> Ints:
    """Accounts that play a few hundred times tracks of one owner, by a dozen artists, and the hits besides."""
    members, first, artist, owner = codes.take(_MEMBERS, _OWN, _OWN // 10)
    account = np.repeat(members, 300)
    own = rng.integers(0, _OWN, len(account))
    plays.add(account, first + own, artist + own // 10, np.full(len(account), owner))
    hidden = np.repeat(members, round(300 * camouflage / (1 - camouflage)))
    plays.add(hidden, *_heard(hidden - members[0], _MEMBERS, tracks, rng))
    return members


def _tail(plays: _Plays, codes: _Codes, rng: np.random.Generator) -> Ints:
    members, first, artist, owner = codes.take(_TAIL_MEMBERS, _TAIL_TRACKS, _TAIL_TRACKS // _TAIL_ARTIST)
    account = np.repeat(members, _TAIL_PLAYS)
    own = rng.integers(0, _TAIL_TRACKS, len(account))
    plays.add(account, first + own, artist + own // _TAIL_ARTIST, np.full(len(account), owner))
    return members


def _edges(plays: _Plays, accounts: int, farms: dict[str, list[Ints]], rng: np.random.Generator) -> Edges:
    account = np.concatenate(plays.account).astype(np.int32)
    time = rng.integers(0, _TIMES, len(account)).astype(np.int32)
    parts = [
        (account, np.concatenate(keys), kind, time)
        for kind, keys in enumerate((plays.track, plays.artist, plays.owner))
    ]
    # Everybody has a device, a few share one; networks are of forty. Farms have networks and devices like anybody else.
    everybody = np.arange(accounts)
    device = np.where(rng.random(accounts) < 0.05, everybody // 2 * 2, everybody)
    parts += [
        (everybody, key, kind, everybody % _TIMES) for kind, key in ((3, device), (4, rng.permutation(accounts) // 40))
    ]
    kind = np.concatenate([np.full(len(part[0]), part[2], dtype=np.int8) for part in parts])
    columns = [np.concatenate([part[place] for part in parts]).astype(np.int32) for place in (0, 1, 3)]
    return Edges(accounts, KINDS, columns[0], columns[1], kind, columns[2], np.ones(len(kind), dtype=np.float32))


def _shares(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return weight / weight.sum()


def _zipf(of: int, count: int, rng: np.random.Generator) -> Ints:
    """Ranks from 0 below `of`, each about as often as 1 / (rank + 1)."""
    return np.minimum(np.exp(rng.random(count) * np.log(of + 1)).astype(np.int64) - 1, of - 1)

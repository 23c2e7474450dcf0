"""Where campaigns are staged: they take what the service offers, and add accounts, devices, tracks and events to it."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.catalogue import GENRES
from ghostnote.simulation.clients import update_lag
from ghostnote.simulation.honest import numbers
from ghostnote.simulation.networks import COUNTRY_NAMES, Pool
from ghostnote.simulation.randomness import Floats, Ints, Stream, generator, ragged
from ghostnote.simulation.rows import DAY, END, Actions, Events, Logins, Plays, Rows, Signups
from ghostnote.simulation.service import Service

#: Attackers' playlists and events are numbered after everybody else's.
_FIRST_PLAYLIST = 1 << 40
_FIRST_UNIT = 1 << 21
#: No accounts.
NOBODY = np.zeros(0, dtype=np.int32)


@dataclass
class Played(Rows):
    """Plays of a campaign: what differs between playbooks. `end` in microseconds."""

    account: Ints
    end: Ints
    track: Ints
    ms: Ints
    source: Ints
    source_ref: Ints
    start_reason: Ints
    finished: npt.NDArray[np.bool_]
    ip: Ints
    device: Ints
    target: npt.NDArray[np.bool_]


@dataclass
class Cast:
    """Who takes part in one campaign, by account code: `members` belong to the attacker, `victims` do not."""

    name: str
    kind: str
    members: npt.NDArray[np.int32]
    victims: npt.NDArray[np.int32]


@dataclass
class Stage:
    """A service under attack. `account_count` includes the attackers' accounts; `casts` has a place per campaign."""

    service: Service
    account_count: int
    casts: list[Cast] = field(default_factory=list)
    events: Events = field(default_factory=Events)
    _playlists: int = _FIRST_PLAYLIST
    _units: int = _FIRST_UNIT

    @classmethod
    def of(cls, service: Service) -> "Stage":
        return cls(service, service.accounts.count)

    def admit(self, count: int) -> npt.NDArray[np.int32]:
        """Codes of new accounts."""
        codes = np.arange(self.account_count, self.account_count + count, dtype=np.int32)
        self.account_count += count
        return codes

    def add_devices(self, platforms: Ints, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Codes of new devices of the given platforms."""
        first = self.service.devices.count
        devices = self.service.devices.extend(platforms, update_lag(rng, platforms.size))
        self.service = replace(self.service, devices=devices)
        return np.arange(first, devices.count, dtype=np.int32)

    def add_artists(self, sizes: Ints, seconds: Floats, released: Ints, owner: Ints) -> npt.NDArray[np.int32]:
        """Codes of the tracks of new artists: `sizes` tracks each, laid end to end; `owner` numbers new owners from 0.

        `seconds` and `released` (microseconds) have a value per track, `owner` one per artist.
        """
        catalogue = self.service.catalogue
        artist, _ = ragged(sizes)
        extended = catalogue.extend(
            artist=artist + catalogue.artists,
            duration_ms=(seconds * 1000).astype(np.int32),
            released=released,
            artist_owner=owner + catalogue.owners,
            artist_genre=np.arange(sizes.size) % len(GENRES),
        )
        self.service = replace(self.service, catalogue=extended)
        return np.arange(catalogue.tracks, extended.tracks, dtype=np.int32)

    def add_playlists(self, count: int) -> npt.NDArray[np.int64]:
        self._playlists += count
        return np.arange(self._playlists - count, self._playlists)

    def number(self, count: int) -> npt.NDArray[np.int64]:
        """Numbers for new events."""
        self._units += 1
        return numbers(self._units, count)

    def rng(self) -> np.random.Generator:
        """The generator of the campaign that is staged next."""
        return generator(self.service.seed, Stream.CAMPAIGN, len(self.casts))

    def country(self, name: str) -> int:
        return COUNTRY_NAMES.index(name)

    def addresses(self, kind: str, country: str, count: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Address codes that an attacker rents: from one network each of up to three, next to each other as sold."""
        pools = self.service.networks.of(kind, self.country(country))
        chosen: list[Pool] = [pools[i] for i in rng.permutation(len(pools))[:3]]
        parts = np.array_split(np.arange(count), len(chosen))
        codes = []
        for pool, part in zip(chosen, parts, strict=True):
            begin = int(rng.integers(0, max(pool.size - part.size, 0) + 1))
            codes.append(pool.first + (begin + np.arange(part.size)) % pool.size)
        return np.concatenate(codes).astype(np.int32)

    def scattered(self, kind: str, country: str, count: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Address codes all over a country's networks, as a residential proxy hands them out."""
        pools = self.service.networks.of(kind, self.country(country))
        which = rng.integers(0, len(pools), count)
        first = np.array([pool.first for pool in pools])[which]
        size = np.array([pool.size for pool in pools])[which]
        return np.asarray(first + (rng.random(count) * size).astype(np.int64), dtype=np.int32)

    def play(self, rows: "Played", shuffle: float, rng: np.random.Generator) -> None:
        """Add plays of the campaign that is being staged; a share `shuffle` of them has shuffle on."""
        count = rows.account.size
        done = np.full(count, END["trackdone"], dtype=np.int8)
        self.events.plays.append(
            Plays(
                end=np.asarray(rows.end, dtype=np.int64),
                arrival=np.asarray(rows.end, dtype=np.int64),
                account=rows.account.astype(np.int32),
                track=rows.track.astype(np.int32),
                ms=rows.ms.astype(np.int32),
                source=rows.source.astype(np.int8),
                source_ref=rows.source_ref.astype(np.int64),
                start_reason=rows.start_reason.astype(np.int8),
                end_reason=np.where(rows.finished, done, END["fwdbtn"]).astype(np.int8),
                shuffle=rng.random(count) < shuffle,
                offline=np.zeros(count, dtype=np.bool_),
                ip=rows.ip.astype(np.int32),
                device=rows.device.astype(np.int32),
                number=self.number(count),
                campaign=np.full(count, len(self.casts), dtype=np.int16),
                target=rows.target,
            )
        )

    def log_in(self, time: Ints, account: Ints, ip: Ints, device: Ints) -> None:
        self.events.logins.append(
            Logins(
                time=np.asarray(time, dtype=np.int64),
                account=account.astype(np.int32),
                ip=ip.astype(np.int32),
                device=device.astype(np.int32),
                success=np.ones(account.size, dtype=np.bool_),
                number=self.number(account.size),
            )
        )

    def act(self, time: Ints, account: Ints, action: Ints, kind: Ints, subject: Ints, ip: Ints, device: Ints) -> None:
        """Add follows, saves and the like."""
        self.events.actions.append(
            Actions(
                time=np.asarray(time, dtype=np.int64),
                account=account.astype(np.int32),
                action=action.astype(np.int8),
                kind=kind.astype(np.int8),
                subject=subject.astype(np.int64),
                ip=ip.astype(np.int32),
                device=device.astype(np.int32),
                number=self.number(account.size),
            )
        )

    def sign_up(self, rows: Signups) -> None:
        """Add the sign-ups that happened while the service was watched."""
        self.events.signups.append(rows.take(rows.time >= self.service.start))

    def close(self, name: str, kind: str, members: Ints, victims: Ints) -> None:
        """End the campaign that is being staged."""
        self.casts.append(Cast(name, kind, np.asarray(members, dtype=np.int32), np.asarray(victims, dtype=np.int32)))

    def at(self, day: float) -> int:
        """Microseconds of a time `day` days after the service's start."""
        return self.service.start + int(day * DAY)

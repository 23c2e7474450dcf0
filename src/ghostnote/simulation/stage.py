"""Where campaigns are staged: they take what the service offers, and add accounts, devices, tracks and events to it."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import update_lag
from ghostnote.simulation.honest import numbers
from ghostnote.simulation.listening import ALBUMS_EACH
from ghostnote.simulation.networks import COUNTRY_NAMES, Pool
from ghostnote.simulation.outlay import Outlay
from ghostnote.simulation.population import PLAN
from ghostnote.simulation.prevalence import Prevalence
from ghostnote.simulation.randomness import Bools, Floats, Ints, Stream, generator, key, noise, ragged
from ghostnote.simulation.rows import DAY, END, SOURCE, Actions, Events, Logins, Plays, Rows, Signups
from ghostnote.simulation.service import Service

#: Attackers' playlists and events are numbered after everybody else's.
_FIRST_PLAYLIST = 1 << 40
_FIRST_UNIT = 1 << 21
#: A few clients count a track that ran to its end a little short of its length, whoever uses them.
_TRIMMED, _TRIMMED_MS = 0.12, 350
_PLANS = {code: name for name, code in PLAN.items()}
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
    """Who takes part in one campaign, by account code: `members` belong to the attacker, `victims` do not.

    `outlay` is what it took.
    """

    name: str
    kind: str
    members: npt.NDArray[np.int32]
    victims: npt.NDArray[np.int32]
    outlay: Outlay


@dataclass
class Stage:
    """A service under attack. `account_count` includes the attackers' accounts; `casts` has a place per campaign.

    `overheard` are plays of honest accounts, in any order: what an attacker who watches real listeners can copy.
    """

    service: Service
    account_count: int
    overheard: Plays
    casts: list[Cast] = field(default_factory=list)
    events: Events = field(default_factory=Events)
    outlay: Outlay = field(default_factory=Outlay)
    prevalence: Prevalence = field(default_factory=Prevalence)
    _playlists: int = _FIRST_PLAYLIST
    _units: int = _FIRST_UNIT

    @classmethod
    def of(cls, service: Service, overheard: Plays, *, keep_shares: bool = False) -> "Stage":
        return cls(service, service.accounts.count, overheard, prevalence=Prevalence(keep_shares))

    def admit(self, count: int) -> npt.NDArray[np.int32]:
        """Codes of new accounts."""
        codes = np.arange(self.account_count, self.account_count + count, dtype=np.int32)
        self.account_count += count
        self.outlay.accounts += count
        return codes

    def add_devices(
        self, platforms: Ints, rng: np.random.Generator, *, phones: bool = False, lag: Floats | None = None
    ) -> npt.NDArray[np.int32]:
        """Codes of new devices of the given platforms, real ones if `phones`.

        `lag` is the days from a client's release until a device has it; by default as with everybody.
        """
        first = self.service.devices.count
        devices = self.service.devices.extend(platforms, update_lag(rng, platforms.size) if lag is None else lag)
        if phones:
            self.outlay.phones += platforms.size
        else:
            self.outlay.clients += platforms.size
        self.service = replace(self.service, devices=devices)
        return np.arange(first, devices.count, dtype=np.int32)

    def add_artists(self, sizes: Ints, seconds: Floats, released: Ints, owner: Ints) -> npt.NDArray[np.int32]:
        """Codes of the tracks of new artists: `sizes` tracks each, laid end to end; `owner` numbers new owners from 0.

        `seconds` and `released` (microseconds, taken back to their midnight) have a value per track, `owner` one per
        artist. New artists' genres are as frequent as the old ones'.
        """
        catalogue = self.service.catalogue
        artist, _ = ragged(sizes)
        like = noise(np.arange(sizes.size) + catalogue.artists, key(self.service.seed, Stream.CAMPAIGN))
        extended = catalogue.extend(
            artist=artist + catalogue.artists,
            duration_ms=(seconds * 1000).astype(np.int32),
            released=released - released % DAY,
            artist_owner=owner + catalogue.owners,
            artist_genre=catalogue.artist_genre[(like * catalogue.artists).astype(np.int64)],
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
        self.outlay.rent(kind, count)
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
        self.outlay.rent(kind, count)
        pools = self.service.networks.of(kind, self.country(country))
        which = rng.integers(0, len(pools), count)
        first = np.array([pool.first for pool in pools])[which]
        size = np.array([pool.size for pool in pools])[which]
        return np.asarray(first + (rng.random(count) * size).astype(np.int64), dtype=np.int32)

    def play(
        self,
        rows: "Played",
        shuffle: float | Floats,
        rng: np.random.Generator,
        *,
        end_reason: Ints | None = None,
        offline: Bools | None = None,
    ) -> None:
        """Add plays of the campaign that is being staged; a share `shuffle` of them has shuffle on.

        By default plays end because the track did or somebody went on, and none is made offline.
        """
        count = rows.account.size
        done = np.full(count, END["trackdone"], dtype=np.int8)
        number = self.number(count)
        self.events.plays.append(
            Plays(
                end=np.asarray(rows.end, dtype=np.int64),
                arrival=np.asarray(rows.end, dtype=np.int64),
                account=rows.account.astype(np.int32),
                track=rows.track.astype(np.int32),
                ms=self._counted(rows, number),
                source=rows.source.astype(np.int8),
                source_ref=self._sources(rows),
                start_reason=rows.start_reason.astype(np.int8),
                end_reason=(np.where(rows.finished, done, END["fwdbtn"]) if end_reason is None else end_reason).astype(
                    np.int8
                ),
                shuffle=rng.random(count) < shuffle,
                offline=np.zeros(count, dtype=np.bool_) if offline is None else offline,
                ip=rows.ip.astype(np.int32),
                device=rows.device.astype(np.int32),
                number=number,
                campaign=np.full(count, len(self.casts), dtype=np.int16),
                target=rows.target,
            )
        )

    def _counted(self, rows: "Played", number: Ints) -> npt.NDArray[np.int32]:
        """Milliseconds as the client counts them."""
        short = noise(number, key(self.service.seed, Stream.CAMPAIGN, 1)) / _TRIMMED
        trimmed = rows.finished & (short < 1)
        loss = np.where(trimmed, -np.log(np.maximum(np.where(trimmed, short, 1.0), 1e-9)) * _TRIMMED_MS, 0)
        return np.maximum(rows.ms - loss.astype(np.int64), 0).astype(np.int32)

    def _sources(self, rows: "Played") -> npt.NDArray[np.int64]:
        """What plays were started from; an album or artist page is that of the track, as with everybody."""
        artist = self.service.catalogue.artist[rows.track].astype(np.int64)
        ref = np.where(rows.source == SOURCE["artist"], artist, rows.source_ref)
        number = np.maximum(rows.source_ref, 0)
        return np.asarray(np.where(rows.source == SOURCE["album"], artist * ALBUMS_EACH + number, ref), dtype=np.int64)

    def artists_known(self, place: float | Floats) -> npt.NDArray[np.int64]:
        """Artists at places between the best known (0) and the least known (1), by their share of all plays."""
        plays = np.bincount(self.service.catalogue.artist_guide.table, minlength=self.service.catalogue.artists)
        order = np.argsort(-plays, kind="stable")
        share = np.cumsum(plays[order]) / plays.sum()
        last = int(np.count_nonzero(plays)) - 1
        return np.asarray(order[np.minimum(np.searchsorted(share, np.atleast_1d(place)), last)], dtype=np.int64)

    def public_playlists(self, numbers: Ints) -> npt.NDArray[np.int64]:
        """A public playlist for each number, well-followed ones more often; the same for the same number."""
        genre = self.service.catalogue.artist_genre
        campaign = len(self.casts)
        of = noise(numbers, key(self.service.seed, Stream.CAMPAIGN, campaign, 2))
        which = noise(numbers, key(self.service.seed, Stream.CAMPAIGN, campaign, 3))
        return self.service.playlists.of_genre(genre[(of * genre.size).astype(np.int64)], which).astype(np.int64)

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
        for plan in np.unique(rows.plan).tolist():
            who = rows.plan == plan
            shared = _PLANS[plan] in ("family", "duo")
            count = np.unique(rows.family[who]).size if shared else int(who.sum())
            self.outlay.subscribe(_PLANS[plan], count)

    def close(self, name: str, kind: str, members: Ints, victims: Ints) -> None:
        """End the campaign that is being staged."""
        self.outlay.credentials += victims.size
        self.casts.append(
            Cast(
                name,
                kind,
                np.asarray(members, dtype=np.int32),
                np.asarray(victims, dtype=np.int32),
                self.outlay,
            )
        )
        self.outlay = Outlay()

    def at(self, day: float) -> int:
        """Microseconds of a time `day` days after the service's start."""
        return self.service.start + int(day * DAY)

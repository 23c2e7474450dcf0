"""From arrays of codes to the tables of the event contract."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ghostnote.events.schema import ACTIONS, PLANS, SOURCES, TIME
from ghostnote.simulation.catalogue import GENRES
from ghostnote.simulation.identities import DOMAINS, REFERRERS, SHAPES
from ghostnote.simulation.names import Names
from ghostnote.simulation.networks import COUNTRY_NAMES
from ghostnote.simulation.randomness import Ints, Words
from ghostnote.simulation.rows import END_REASONS, OBJECTS, START_REASONS, Actions, Logins, Plays, Signups
from ghostnote.simulation.service import Service
from ghostnote.simulation.tokens import Domain

_GENRE_NAMES = tuple(GENRES)
_OBJECT_DOMAINS = {
    "artist": Domain.ARTIST, "track": Domain.TRACK, "album": Domain.ALBUM, "playlist": Domain.PLAYLIST,
    "account": Domain.ACCOUNT,
}  # fmt: skip
_EVENT_DOMAINS = {
    "plays": Domain.PLAY, "logins": Domain.LOGIN, "actions": Domain.ACTION, "signups": Domain.SIGNUP,
}  # fmt: skip
_UNKNOWN = np.iinfo(np.int64).min


def _time(values: Ints) -> pl.Series:
    return pl.Series(np.asarray(values, dtype=np.int64)).cast(TIME)


def _word(words: tuple[str, ...], codes: Ints) -> pl.Series:
    """The words of codes; null where a code is negative."""
    found = pl.Series(words).gather(np.maximum(codes, 0))
    return found if (codes >= 0).all() else found.set(pl.Series(codes < 0), None)


@dataclass(frozen=True)
class Writer:
    """Writes rows of one service in the words of the contract."""

    service: Service
    names: Names

    def plays(self, rows: Plays) -> pl.DataFrame:
        source = _word(SOURCES, rows.source)
        return pl.DataFrame(
            {
                "event_id": self.names.tokens.of(Domain.PLAY, rows.number),
                "event_time": _time(rows.end),
                "account_id": self.names.of(Domain.ACCOUNT, rows.account),
                "track_id": self.names.of(Domain.TRACK, rows.track),
                "ms_played": rows.ms.astype(np.int64),
                "source": source,
                "source_id": self.names.sources(rows.source, rows.source_ref),
                "start_reason": _word(START_REASONS, rows.start_reason),
                "end_reason": _word(END_REASONS, rows.end_reason),
                "shuffle": rows.shuffle,
                "offline": rows.offline,
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "client_version": self.service.devices.versions(rows.device, rows.end),
                "country": self._country(rows.ip),
            }
        )

    def logins(self, rows: Logins) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "event_id": self.names.tokens.of(Domain.LOGIN, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.of(Domain.ACCOUNT, rows.account),
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "country": self._country(rows.ip),
                "success": rows.success,
            }
        )

    def actions(self, rows: Actions) -> pl.DataFrame:
        kind = _word(OBJECTS, rows.kind)
        subject = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
        for place, name in enumerate(OBJECTS):
            chosen = rows.kind == place
            if chosen.any():
                ids = self.names.of(_OBJECT_DOMAINS[name], np.where(chosen, rows.subject, 0))
                subject = ids.zip_with(pl.Series(chosen), subject)
        return pl.DataFrame(
            {
                "event_id": self.names.tokens.of(Domain.ACTION, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.of(Domain.ACCOUNT, rows.account),
                "action": _word(ACTIONS, rows.action),
                "object_type": kind,
                "object_id": subject,
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
            }
        )

    def signups(self, rows: Signups) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "event_id": self.names.tokens.of(Domain.SIGNUP, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.of(Domain.ACCOUNT, rows.account),
                "country": _word(COUNTRY_NAMES, rows.country),
                "plan": _word(PLANS, rows.plan),
                "email_domain": _word(DOMAINS, rows.domain),
                "email_shape": _word(SHAPES, rows.shape),
                "email_hash": self.names.tokens.of(Domain.EMAIL, rows.email),
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "client_version": self.service.devices.versions(rows.device, rows.time),
                "referrer": _word(REFERRERS, rows.referrer),
                "payment_hash": self._numbered(Domain.PAYMENT, rows.payment),
                "family_id": self._numbered(Domain.FAMILY, rows.family),
            }
        )

    def tracks(self, codes: Ints) -> pl.DataFrame:
        catalogue = self.service.catalogue
        artist = catalogue.artist[codes]
        released = catalogue.released[codes]
        known = released != _UNKNOWN
        return pl.DataFrame(
            {
                "track_id": self.names.of(Domain.TRACK, codes),
                "artist_id": self.names.of(Domain.ARTIST, artist),
                "owner_id": self.names.of(Domain.OWNER, catalogue.artist_owner[artist]),
                "duration_ms": catalogue.duration_ms[codes].astype(np.int64),
                "released_at": _time(np.where(known, released, 0)).set(pl.Series(~known), None),
                "genre": _word(_GENRE_NAMES, catalogue.artist_genre[artist]),
            }
        )

    def ips(self, codes: Ints) -> pl.DataFrame:
        return self.service.networks.table(codes)

    def rank(self, table: str, numbers: Ints) -> Words:
        """Numbers in whose order the ids of a table's events lie."""
        return self.names.tokens.scramble(_EVENT_DOMAINS[table], numbers)

    def _ip(self, codes: Ints) -> pl.Series:
        return self._all_addresses.gather(codes)

    @cached_property
    def _all_addresses(self) -> pl.Series:
        return self.service.networks.addresses(np.arange(self.service.networks.size))

    def _country(self, codes: Ints) -> pl.Series:
        return _word(COUNTRY_NAMES, self.service.networks.country_of(codes))

    def _device(self, codes: Ints) -> pl.Series:
        return self._numbered(Domain.DEVICE, np.where(self.service.devices.named(codes), codes, -1))

    def _numbered(self, domain: Domain, numbers: Ints) -> pl.Series:
        return self.names.of(domain, numbers)

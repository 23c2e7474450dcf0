"""From arrays of codes to the tables of the event contract."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from ghostnote.events.schema import ACTIONS, PLANS, SOURCES
from ghostnote.simulation.catalogue import GENRES
from ghostnote.simulation.dictionaries import named, text, worded
from ghostnote.simulation.identities import DOMAINS, REFERRERS, SHAPES
from ghostnote.simulation.names import Names
from ghostnote.simulation.networks import COUNTRY_NAMES
from ghostnote.simulation.randomness import Bools, Ints, Words
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


def _time(values: Ints, missing: Bools | None = None) -> pa.Array:
    return pa.array(np.asarray(values, dtype=np.int64), mask=missing).cast(pa.timestamp("us", "UTC"))


@dataclass(frozen=True)
class Writer:
    """Writes rows of one service in the words of the contract: text that repeats as dictionaries."""

    service: Service
    names: Names

    def plays(self, rows: Plays) -> pa.Table:
        return pa.table(
            {
                "event_id": self.names.tokens.text(Domain.PLAY, rows.number),
                "event_time": _time(rows.end),
                "account_id": self.names.column(Domain.ACCOUNT, rows.account),
                "track_id": self.names.column(Domain.TRACK, rows.track),
                "ms_played": rows.ms.astype(np.int64),
                "source": worded(SOURCES, rows.source),
                "source_id": self.names.sources(rows.source, rows.source_ref),
                "start_reason": worded(START_REASONS, rows.start_reason),
                "end_reason": worded(END_REASONS, rows.end_reason),
                "shuffle": rows.shuffle,
                "offline": rows.offline,
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "client_version": self.service.devices.versions(rows.device, rows.end),
                "country": self._country(rows.ip),
            }
        )

    def logins(self, rows: Logins) -> pa.Table:
        return pa.table(
            {
                "event_id": self.names.tokens.text(Domain.LOGIN, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.column(Domain.ACCOUNT, rows.account),
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "country": self._country(rows.ip),
                "success": rows.success,
            }
        )

    def actions(self, rows: Actions) -> pa.Table:
        return pa.table(
            {
                "event_id": self.names.tokens.text(Domain.ACTION, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.column(Domain.ACCOUNT, rows.account),
                "action": worded(ACTIONS, rows.action),
                "object_type": worded(OBJECTS, rows.kind),
                "object_id": self._objects(rows),
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
            }
        )

    def signups(self, rows: Signups) -> pa.Table:
        return pa.table(
            {
                "event_id": self.names.tokens.text(Domain.SIGNUP, rows.number),
                "event_time": _time(rows.time),
                "account_id": self.names.column(Domain.ACCOUNT, rows.account),
                "country": worded(COUNTRY_NAMES, rows.country),
                "plan": worded(PLANS, rows.plan),
                "email_domain": worded(DOMAINS, rows.domain),
                "email_shape": worded(SHAPES, rows.shape),
                "email_hash": self.names.tokens.text(Domain.EMAIL, rows.email),
                "ip": self._ip(rows.ip),
                "device_id": self._device(rows.device),
                "platform": self.service.devices.platforms(rows.device),
                "client_version": self.service.devices.versions(rows.device, rows.time),
                "referrer": worded(REFERRERS, rows.referrer),
                "payment_hash": self.names.column(Domain.PAYMENT, rows.payment),
                "family_id": self.names.column(Domain.FAMILY, rows.family),
            }
        )

    def tracks(self, codes: Ints) -> pa.Table:
        catalogue = self.service.catalogue
        artist = catalogue.artist[codes]
        released = catalogue.released[codes]
        return pa.table(
            {
                "track_id": text(self.names.of(Domain.TRACK, codes)),
                "artist_id": self.names.column(Domain.ARTIST, artist),
                "owner_id": self.names.column(Domain.OWNER, catalogue.artist_owner[artist]),
                "duration_ms": catalogue.duration_ms[codes].astype(np.int64),
                "released_at": _time(released, released == _UNKNOWN),
                "genre": worded(_GENRE_NAMES, catalogue.artist_genre[artist]),
            }
        )

    def ips(self, codes: Ints) -> pa.Table:
        return self.service.networks.table(codes).to_arrow(compat_level=pl.CompatLevel.oldest())

    def rank(self, table: str, numbers: Ints) -> Words:
        """Numbers in whose order the ids of a table's events lie."""
        return self.names.tokens.scramble(_EVENT_DOMAINS[table], numbers)

    def _objects(self, rows: Actions) -> pa.DictionaryArray:
        """The `object_id` of actions: each kind of object has ids of its own."""
        kinds = len(OBJECTS)

        def name(found: Ints) -> pa.Array:
            ids = pl.Series([""], dtype=pl.String).new_from_index(0, found.size)
            for place, kind in enumerate(OBJECTS):
                chosen = found % kinds == place
                if chosen.any():
                    made = self.names.of(_OBJECT_DOMAINS[kind], np.where(chosen, found // kinds, 0))
                    ids = made.zip_with(pl.Series(chosen), ids)
            return text(ids)

        return named(rows.subject * kinds + rows.kind, name)

    def _ip(self, codes: Ints) -> pa.DictionaryArray:
        return named(codes, lambda found: text(self.service.networks.addresses(found)))

    def _country(self, codes: Ints) -> pa.DictionaryArray:
        return worded(COUNTRY_NAMES, self.service.networks.country_of(codes))

    def _device(self, codes: Ints) -> pa.DictionaryArray:
        return self.names.column(Domain.DEVICE, np.where(self.service.devices.named(codes), codes, -1))

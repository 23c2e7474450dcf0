"""From codes to ids: a made-up id for everything, or the ids that an existing lake already uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from ghostnote.simulation.dictionaries import named, text
from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import SOURCE
from ghostnote.simulation.tokens import SPELT, Domain, Tokens, arrow

#: What a play's source number names, by `Plays.source`.
_SOURCE_DOMAINS = {
    SOURCE["playlist"]: Domain.PLAYLIST,
    SOURCE["album"]: Domain.ALBUM,
    SOURCE["artist"]: Domain.ARTIST,
}
_KINDS = len(_SOURCE_DOMAINS)


@dataclass(frozen=True)
class Names:
    """Ids of one world. `known[domain]` are the ids that codes 0, 1, ... already have; higher codes get tokens."""

    tokens: Tokens
    known: Mapping[Domain, pl.Series] = field(default_factory=dict)

    def of(self, domain: Domain, codes: Ints) -> pl.Series:
        """The ids of `codes`; null where a code is negative."""
        made = self._made(domain, np.maximum(codes, 0))
        return made if (codes >= 0).all() else made.set(pl.Series(codes < 0), None)

    def column(self, domain: Domain, codes: Ints) -> pa.DictionaryArray:
        """The same as a column in which ids repeat."""
        if domain in self.known:
            return named(codes, lambda found: text(self._made(domain, found)))
        return named(codes, lambda found: self.tokens.text(domain, found))

    def sources(self, source: Ints, refs: Ints) -> pa.DictionaryArray:
        """The `source_id` of plays: each kind of source has ids of its own; null for sources that are no list."""
        kinds = np.full(int(source.max(initial=0)) + 1, -1, dtype=np.int64)
        for place, code in enumerate(_SOURCE_DOMAINS):
            kinds[code : code + 1] = place
        kind = kinds[source]
        return named(np.where((kind >= 0) & (refs >= 0), refs * _KINDS + kind, -1), self._lists)

    def _lists(self, found: Ints) -> pa.StringArray:
        """Ids of lists, numbered as `sources` does."""
        ids = np.empty(found.size, dtype=SPELT)
        for place, domain in enumerate(_SOURCE_DOMAINS.values()):
            rows = found % _KINDS == place
            ids[rows] = self.tokens.spelt(domain, found[rows] // _KINDS)
        return arrow(ids)

    def _made(self, domain: Domain, codes: Ints) -> pl.Series:
        if domain not in self.known:
            return self.tokens.of(domain, codes)
        ids = self.known[domain]
        new = pl.Series(codes >= len(ids))
        if not new.any():
            return ids.gather(codes)
        made = self.tokens.of(domain, codes)
        old = ids.gather(np.minimum(codes, len(ids) - 1)) if len(ids) else made
        return made.zip_with(new, old)

"""From codes to ids: a made-up id for everything, or the ids that an existing lake already uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import SOURCE
from ghostnote.simulation.tokens import Domain, Tokens

#: What a play's source number names, by `Plays.source`.
_SOURCE_DOMAINS = {
    SOURCE["playlist"]: Domain.PLAYLIST,
    SOURCE["album"]: Domain.ALBUM,
    SOURCE["artist"]: Domain.ARTIST,
}
#: Ids are looked up, not made anew, where there are fewer codes than this for each row.
_SPARSE = 4


@dataclass(frozen=True)
class Names:
    """Ids of one world. `known[domain]` are the ids that codes 0, 1, ... already have; higher codes get tokens."""

    tokens: Tokens
    known: Mapping[Domain, pl.Series] = field(default_factory=dict)
    _made_before: dict[Domain, pl.Series] = field(default_factory=dict)

    def of(self, domain: Domain, codes: Ints) -> pl.Series:
        """The ids of `codes`; null where a code is negative."""
        made = self._found(domain, np.maximum(codes, 0))
        return made if (codes >= 0).all() else made.set(pl.Series(codes < 0), None)

    def _found(self, domain: Domain, codes: Ints) -> pl.Series:
        """Ids from a table of all, if it is worth it."""
        size = int(codes.max(initial=-1)) + 1
        table = self._made_before.get(domain)
        if table is None or len(table) < size:
            if size > _SPARSE * max(codes.size, 1):
                return self._made(domain, codes)
            table = self._made(domain, np.arange(size))
            self._made_before[domain] = table
        return table.gather(codes)

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

    def sources(self, source: Ints, refs: Ints) -> pl.Series:
        """The `source_id` of plays: each kind of source has ids of its own; null for sources that are no list."""
        place = np.full(source.size, -1, dtype=np.int64)
        parts = [pl.Series([], dtype=pl.String)]
        filled = 0
        for code, domain in _SOURCE_DOMAINS.items():
            rows = np.flatnonzero((source == code) & (refs >= 0))
            # Plays of one list come in stretches, and lists come again: each id is made once.
            numbers, which = np.unique(refs[rows], return_inverse=True)
            parts.append(self.tokens.of(domain, numbers))
            place[rows] = filled + which
            filled += numbers.size
        ids = pl.concat(parts)
        if not filled:
            return pl.Series([None], dtype=pl.String).new_from_index(0, source.size)
        found = ids.gather(np.maximum(place, 0))
        return found if (place >= 0).all() else found.set(pl.Series(place < 0), None)

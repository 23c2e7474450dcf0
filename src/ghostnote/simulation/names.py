"""From codes to ids: a made-up id for everything, or the ids that an existing lake already uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.tokens import Domain, Tokens

#: What a play's source number names, by `Plays.source`.
_SOURCE_DOMAINS = {"playlist": Domain.PLAYLIST, "album": Domain.ALBUM, "artist": Domain.ARTIST}


@dataclass(frozen=True)
class Names:
    """Ids of one world. `known[domain]` are the ids that codes 0, 1, ... already have; higher codes get tokens."""

    tokens: Tokens
    known: Mapping[Domain, pl.Series] = field(default_factory=dict)

    def of(self, domain: Domain, codes: Ints) -> pl.Series:
        """The ids of `codes`; null where a code is negative."""
        made = self._made(domain, np.maximum(codes, 0))
        return made if (codes >= 0).all() else made.set(pl.Series(codes < 0), None)

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

    def sources(self, source: pl.Series, refs: Ints) -> pl.Series:
        """The `source_id` of plays: each kind of source has ids of its own; null for sources that are no list."""
        rows = pl.DataFrame({"source": source, "ref": refs})
        columns = [
            pl.when((pl.col("source") == name) & (pl.col("ref") >= 0)).then(self.tokens.of(domain, np.maximum(refs, 0)))
            for name, domain in _SOURCE_DOMAINS.items()
        ]
        return rows.select(pl.coalesce(columns)).to_series()

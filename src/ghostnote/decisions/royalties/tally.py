"""Plays added up day by day: per pool and track, so that memory holds sums and never a month's plays."""

from collections.abc import Sequence

import polars as pl

from ghostnote.decisions.royalties.homes import Homes
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.events.repeats import SeenIds

#: Plays of one track in one pool. `paying` are royalty-bearing; `held` and `excluded` say what was decided, of all
#: plays and of those that are royalty-bearing.
COUNTS = ("plays", "paying", "held", "excluded", "paying_held", "paying_excluded")
SUMS = pl.Schema(
    {"country": pl.String(), "plan": pl.String(), "track_id": pl.String()} | dict.fromkeys(COUNTS, pl.Int64())
)
LISTENERS = pl.Schema({"track_id": pl.String(), "listeners": pl.Int64()})


class Growing:
    """Sums by key that parts are added to; merged when the parts outgrow what is merged, so rows move seldom."""

    def __init__(self, schema: pl.Schema, by: Sequence[str]) -> None:
        self._by = list(by)
        self._parts = [schema.to_frame()]

    def add(self, part: pl.DataFrame) -> None:
        """Add a frame of the schema, in whose rows keys may repeat."""
        self._parts.append(part.select(self._parts[0].columns))
        if sum(one.height for one in self._parts[1:]) > self._parts[0].height:
            self.merged()

    def merged(self) -> pl.DataFrame:
        """All that was added, a row per key, ordered by key."""
        whole = pl.concat(self._parts).group_by(self._by).agg(pl.exclude(self._by).sum()).sort(self._by)
        self._parts = [whole.select(self._parts[0].columns)]
        return self._parts[0]


class Listeners:
    """How many different accounts played each track, in eight bytes per account and track (see `SeenIds`)."""

    def __init__(self) -> None:
        self._seen = SeenIds()
        self._counts = Growing(LISTENERS, ["track_id"])

    def add(self, plays: pl.DataFrame) -> None:
        """Add plays (account_id, track_id)."""
        pairs = plays.select("track_id", "account_id").unique()
        fresh = pairs.filter(self._seen.first_times(pairs.to_struct()))
        self._counts.add(fresh.group_by("track_id").agg(pl.len().cast(pl.Int64).alias("listeners")))

    def counts(self) -> pl.DataFrame:
        """track_id and listeners, ordered by track."""
        return self._counts.merged()


class Tally:
    """The plays of a period. Give it each play once; the order does not matter."""

    def __init__(self, terms: Terms, homes: Homes) -> None:
        self._terms, self._homes = terms, homes
        self._sums = Growing(SUMS, SUMS.names()[:3])
        self._listeners = Listeners()

    def add(self, plays: pl.DataFrame) -> None:
        """Add plays as `judged` returns them, with account_id, event_time and, where it is known, country."""
        of_pools = self._homes.pools(plays, self._terms.pool_by)
        paying, held, excluded = pl.col("paying"), pl.col("verdict") == "hold", pl.col("verdict") == "exclude"
        counted = {
            "paying": paying,
            "held": held,
            "excluded": excluded,
            "paying_held": paying & held,
            "paying_excluded": paying & excluded,
        }
        self._sums.add(
            of_pools.group_by("country", "plan", "track_id").agg(
                pl.len().cast(pl.Int64).alias("plays"),
                *(which.sum().cast(pl.Int64).alias(name) for name, which in counted.items()),
            )
        )
        self._listeners.add(plays.filter("paying"))

    def sums(self) -> pl.DataFrame:
        """The sums so far, see `SUMS`, ordered by pool and track."""
        return self._sums.merged()

    def listeners(self) -> pl.DataFrame:
        """Different accounts behind each track's royalty-bearing plays, see `LISTENERS`."""
        return self._listeners.counts()


def judged(plays: pl.DataFrame, verdicts: Verdicts, terms: Terms) -> pl.DataFrame:
    """`plays` (event_id, ms_played, ...) with `paying`, `verdict` and `undecided`: those without a verdict count."""
    found = verdicts.of(plays["event_id"])
    return plays.with_columns(
        (pl.col("ms_played") >= terms.royalty_ms).alias("paying"),
        found.fill_null("count").alias("verdict"),
        found.is_null().alias("undecided"),
    )

"""Who listened from where and how: plays of a run by account, country, plan and source, added up once."""

from functools import cached_property

import polars as pl

from ghostnote.console.catalogue import heard
from ghostnote.console.records import Records
from ghostnote.decisions.intervals import high, low
from ghostnote.events.schema import TIME
from ghostnote.events.sent import sent

#: What plays are told apart by.
DIMENSIONS = ("country", "plan", "source")
UNKNOWN = "unknown"
_SEED = 7


class Usage:
    """Added up when it is first asked for: the lake's plays of the run joined with what was decided about them."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @cached_property
    def rows(self) -> pl.DataFrame:
        """account_id, country, plan, source (the last three may be null), plays, withheld (of them).

        A play's own country goes before the one that its account signed up in; the plan is that of the last sign-up.
        """
        sums, judged = self._sums(once=False), self._records.folder.summary.counts.plays
        if int(sums["plays"].sum()) != judged:
            # Some were sent twice: they count once, which takes thrice as long.
            sums = self._sums(once=True)
        homes = _homes(self._records)
        joined = sums.join(homes, on="account_id", how="left")
        return joined.with_columns(pl.coalesce("country", "home").str.to_uppercase().alias("country")).drop("home")

    def _sums(self, *, once: bool) -> pl.DataFrame:
        # By a hash of the id, the join takes half the time. Two of 10^8 ids share one with a probability of 1 in 3,700.
        key = pl.col("event_id").hash(_SEED)
        decided = self._records.folder.scan("plays").select(key, (pl.col("verdict") != "count").alias("withheld"))
        said = heard(self._records).select(key, "account_id", "country", "source")
        said = said.unique("event_id") if once else said
        joined = said.join(decided, on="event_id").group_by("account_id", "country", "source")
        return joined.agg(plays=pl.len().cast(pl.Int64), withheld=pl.col("withheld").sum().cast(pl.Int64)).collect(
            engine="streaming"
        )

    def by(self, dimension: str) -> pl.DataFrame:
        """name, plays, withheld, listeners, share (withheld), low, high: those with most withheld plays first.

        The interval (95 %, Wilson) has listeners for trials: one listener's plays stand or fall together.
        """
        share, trials = pl.col("share"), pl.col("listeners")
        grouped = self.rows.group_by(pl.col(dimension).fill_null(UNKNOWN).alias("name")).agg(
            pl.col("plays", "withheld").sum(), listeners=pl.col("account_id").n_unique().cast(pl.Int64)
        )
        shared = grouped.with_columns(share=pl.col("withheld") / pl.col("plays"))
        found = shared.with_columns(low(share, trials).alias("low"), high(share, trials).alias("high"))
        return found.sort("withheld", "plays", "name", descending=[True, True, False])

    @cached_property
    def mix(self) -> dict[str, dict[str, float]]:
        """For country and source: what share of all plays is of each; of plays for which it is known."""
        return {name: self._mix(name) for name in ("country", "source")}

    def _mix(self, dimension: str) -> dict[str, float]:
        known = self.rows.drop_nulls(dimension)
        sums = known.group_by(dimension).agg(pl.col("plays").sum())
        return dict(sums.select(dimension, pl.col("plays") / max(int(known["plays"].sum()), 1)).iter_rows())


def _homes(records: Records) -> pl.DataFrame:
    """account_id, home (country), plan of each account's last sign-up."""
    names = {"event_time": TIME, "account_id": pl.String(), "country": pl.String(), "plan": pl.String()}
    rows = sent(records.lake.files("signups"), names).sort("event_time")
    last = rows.unique("account_id", keep="last", maintain_order=True)
    return last.select("account_id", "plan", home="country").collect()

"""What is new and what grew in the last days of a run: campaigns, tracks and owners, beside as many days before."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from ghostnote.console.addresses import page
from ghostnote.console.caseload import page_of
from ghostnote.console.catalogue import Catalogue
from ghostnote.decisions.ledger import Subject

_WEEK = 7
_MOST = 10
#: Roles of what nobody is after.
_BESIDE = ("clean", "camouflage")


@dataclass(frozen=True)
class Windows:
    """The last days, from `start` to `end`, and as many before them, from `before` on: `days` each.

    `fresh` is the first of the days before on which something can be told to be new: on the first day of a run
    everything is seen for the first time, whenever it began.
    """

    days: int
    before: date
    fresh: date
    start: date
    end: date

    @property
    def fresh_days(self) -> int:
        """How many of the days before can tell what is new; 0 if none."""
        return (self.start - self.fresh).days

    def of(self, column: str) -> tuple[pl.Expr, pl.Expr]:
        """Whether a day lies in the last days, and whether in those before."""
        day = pl.col(column)
        return day.is_between(self.start, self.end), day.is_between(self.before, self.start, closed="left")


def windows(start: date, end: date) -> Windows | None:
    """The last week of a run and the week before; of a run of less than two weeks, halves of it; None of one day."""
    days = min(_WEEK, ((end - start).days + 1) // 2)
    if not days:
        return None
    last = end - timedelta(days=days - 1)
    before = last - timedelta(days=days)
    return Windows(days, before, max(before, start + timedelta(days=1)), last, end)


class Novelty:
    """Counts withheld plays by day and by what they are for. What it reads is read when it is first asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue, self._records = catalogue, catalogue.records
        summary = catalogue.folder.summary
        self.windows = windows(summary.start, summary.end)

    @cached_property
    def withheld(self) -> pl.DataFrame:
        """day, track_id, owner_id, role, reason, plays, payout: withheld plays added up."""
        gone = self._catalogue.folder.scan("plays").filter(pl.col("verdict") != "count")
        sums = (
            gone.group_by(pl.col("event_time").dt.date().alias("day"), "track_id", "reason")
            .agg(plays=pl.len().cast(pl.Int64), payout=pl.col("withheld_payout").sum())
            .collect(engine="streaming")
        )
        tracks = self._catalogue.tracks.select("track_id", "owner_id", "role")
        return sums.join(tracks, on="track_id", how="left").with_columns(pl.col("role").fill_null("unclear"))

    def compared(self, by: str) -> pl.DataFrame:
        """name, recent, before, first, tracks: withheld plays by a column of `withheld`, most recent plays first."""
        recent, before = self._sums(pl.col("plays"))
        rows = self.withheld.drop_nulls(by).group_by(pl.col(by).alias("name"))
        found = rows.agg(
            recent, before, pl.col("day").min().alias("first"), pl.col("track_id").n_unique().alias("tracks")
        )
        return found.sort("recent", "before", "name", descending=[True, True, False])

    def _sums(self, plays: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        if self.windows is None:
            return plays.sum().alias("recent"), pl.lit(0, dtype=pl.Int64).alias("before")
        now, then = self.windows.of("day")
        return plays.filter(now).sum().alias("recent"), plays.filter(then).sum().alias("before")

    def rates(self, firsts: pl.Series) -> dict[str, Any]:
        """How many began in the last days, by day, and by day of those before; None where that cannot be told."""
        if self.windows is None:
            return {"new": None, "a_day": None, "usual_a_day": None}
        seen, days = self.windows, firsts.drop_nulls().to_frame("day")
        new = days.filter(pl.col("day").is_between(seen.start, seen.end)).height
        before = days.filter(pl.col("day").is_between(seen.fresh, seen.start, closed="left")).height
        usual = before / seen.fresh_days if seen.fresh_days else None
        return {"new": new, "a_day": new / seen.days, "usual_a_day": usual}

    def music(self, kind: str) -> dict[str, Any]:
        """How many tracks or owners are hit, and how many newly; `grown` had more withheld plays than before, `begun`
        had none before the last days. Of each the ones with most.
        """
        rows = self.compared(f"{kind}_id").filter(pl.col("recent") + pl.col("before") > 0)
        begun = rows.head(0) if self.windows is None else rows.filter(pl.col("first") >= self.windows.start)
        # What bots play for cover is new every day: those that somebody is after come first.
        begun = self._with_roles(kind, begun).sort(pl.col("role").is_in(_BESIDE), maintain_order=True)
        more = pl.col("recent") - pl.col("before")
        grown = rows.filter(more > 0).sort(more, "recent", "name", descending=[True, True, False])
        return {
            **self.rates(rows["first"]),
            "hit": rows.height,
            "grown": _paged(kind, self._with_roles(kind, grown.head(_MOST))),
            "begun": _paged(kind, begun.head(_MOST)),
        }

    def _with_roles(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        table = self._catalogue.tracks if kind == "track" else self._catalogue.owners
        known = table.select(pl.col(f"{kind}_id").alias("name"), "role")
        return rows.join(known, on="name", how="left", maintain_order="left")

    @cached_property
    def campaigns(self) -> list[dict[str, Any]]:
        """Each campaign with all plays of its accounts in the last days and before; those that grew most first.

        `new`: none of its accounts did anything before the last days. `started` is the day on which they began.
        """
        members = self._records.campaigns.select("campaign_id", account_id="accounts").explode("account_id")
        day = pl.col("event_time").dt.date().alias("day")
        played = self._catalogue.folder.scan("plays").select("account_id", day)
        recent, before = self._sums(pl.col("n"))
        sums = (
            played.join(members.drop_nulls().unique().lazy(), on="account_id")
            .group_by("campaign_id", "day")
            .agg(n=pl.len().cast(pl.Int64))
            .group_by("campaign_id")
            .agg(recent, before)
            .collect(engine="streaming")
        )
        joined = self._records.campaigns.join(sums, on="campaign_id", how="left")
        full = joined.with_columns(pl.col("recent", "before").fill_null(0), started=pl.col("first_seen").dt.date())
        ordered = full.sort(
            pl.col("recent") - pl.col("before"), "recent", "campaign_id", descending=[True, True, False]
        )
        return [self._campaign(row) for row in ordered.iter_rows(named=True)]

    @cached_property
    def begun(self) -> dict[str, Any]:
        """How many campaigns began in the last days, see `rates`."""
        return self.rates(pl.Series("day", [row["started"] for row in self.campaigns], dtype=pl.Date))

    def _campaign(self, row: dict[str, Any]) -> dict[str, Any]:
        started, seen = row["started"], self.windows
        return {
            "campaign_id": row["campaign_id"],
            "page": page_of(Subject("campaign", row["campaign_id"])),
            "accounts": len(row["accounts"]),
            "started": started,
            "new": seen is not None and started is not None and started >= seen.start,
            "recent": row["recent"],
            "before": row["before"],
            "payout": row["payout"],
            # The first sentence counts, the second says what ties them.
            "said": (row["evidence"] or [""])[:2][-1],
        }


def _paged(kind: str, rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [{**row, "page": page(kind, row["name"])} for row in rows.drop("first").iter_rows(named=True)]

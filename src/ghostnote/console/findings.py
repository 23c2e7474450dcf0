"""What is worth showing, drawn from the decision tables: small frames out of large ones."""

from datetime import timedelta

import msgspec
import polars as pl

from ghostnote.decisions.folder import DecisionFolder

#: How many accounts of one campaign the list of top accounts shows, so that one campaign does not fill it.
PER_CAMPAIGN = 3
#: How many tracks of one owner the list of top tracks shows.
PER_OWNER = 5
_SEVERITY = {"suspend": 4, "review": 3, "limit": 2, "challenge": 1, "allow": 0}


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The figures at the top of every page; money is in the summary's currency.

    Accounts acted on are those challenged, limited or suspended; the ones that wait for review are counted apart.
    """

    plays: int
    held: int
    excluded: int
    accounts: int
    accounts_acted: int
    accounts_in_review: int
    campaigns: int
    pool: float
    withheld: float
    moved_to_honest: float
    owners_gaining: int

    @property
    def plays_withheld(self) -> int:
        """Plays held or excluded."""
        return self.held + self.excluded

    @property
    def withheld_share(self) -> float:
        """Share of plays held or excluded; 0 where nothing was played."""
        return self.plays_withheld / self.plays if self.plays else 0.0


def headline(folder: DecisionFolder) -> Headline:
    """Count what was judged, withheld and acted on."""
    days = folder.scan("days").select(pl.col("plays", "held", "excluded").sum()).collect()
    accounts = (
        folder.scan("accounts")
        .select(
            pl.len().alias("accounts"),
            (~pl.col("action").is_in(["allow", "review"])).sum().alias("accounts_acted"),
            (pl.col("action") == "review").sum().alias("accounts_in_review"),
        )
        .collect()
    )
    gaining = folder.scan("owners").filter(pl.col("payout_after") > pl.col("payout_before")).select(pl.len()).collect()
    money = folder.summary.money
    return Headline(
        **days.row(0, named=True),
        **accounts.row(0, named=True),
        campaigns=folder.scan("campaigns").select(pl.len()).collect().item(),
        pool=money.pool,
        withheld=money.withheld,
        moved_to_honest=money.moved_to_honest,
        owners_gaining=gaining.item(),
    )


def top_campaigns(folder: DecisionFolder, limit: int | None = None) -> pl.DataFrame:
    """Campaigns by payout, then plays, then members, with the numbers of their accounts, tracks and owners."""
    sizes = [
        pl.col(name).list.len().fill_null(0).cast(pl.Int64).alias(f"n_{name}")
        for name in ("accounts", "tracks", "owners")
    ]
    ordered = (
        folder.scan("campaigns")
        .with_columns(sizes)
        .sort("payout", "plays", "n_accounts", "campaign_id", descending=[True, True, True, False], nulls_last=True)
    )
    return (ordered if limit is None else ordered.head(limit)).collect()


def top_accounts(folder: DecisionFolder, limit: int = 20) -> pl.DataFrame:
    """Accounts acted on, by money withheld, then action and score; at most `PER_CAMPAIGN` of one campaign."""
    severity = pl.col("action").replace_strict(_SEVERITY, default=0, return_dtype=pl.Int8)
    ordered = (
        folder.scan("accounts")
        .filter(pl.col("action") != "allow")
        .with_columns(severity.alias("severity"))
        .sort("withheld_payout", "severity", "score", "account_id", descending=[True, True, True, False])
    )
    place = pl.int_range(pl.len()).over("campaign_id")
    return ordered.filter(pl.col("campaign_id").is_null() | (place < PER_CAMPAIGN)).head(limit).collect()


def top_tracks(folder: DecisionFolder, limit: int = 15) -> pl.DataFrame:
    """Tracks that are surely artificial by half or more, most artificial plays first; then others by surest share.

    At most `PER_OWNER` of one owner, so that one catalogue does not fill the list.
    """
    surely = pl.col("low").fill_null(0.0)
    weight = pl.when(surely >= 0.5).then(1.0 + pl.col("artificial_plays")).otherwise(surely)
    place = pl.int_range(pl.len()).over("owner_id")
    return (
        folder.scan("tracks")
        .filter(pl.col("artificial_plays") > 0)
        .sort(weight, pl.col("artificial_plays"), "track_id", descending=[True, True, False])
        .filter(pl.col("owner_id").is_null() | (place < PER_OWNER))
        .head(limit)
        .collect()
    )


def watched_tracks(folder: DecisionFolder, limit: int = 30) -> pl.DataFrame:
    """Tracks whose audience is odd, the oddest first."""
    watched = folder.scan("tracks").filter("watched")
    return watched.sort("surprise", "track_id", descending=[True, False]).head(limit).collect()


def by_role(folder: DecisionFolder) -> pl.DataFrame:
    """role, tracks, artificial_plays: what was played artificially, by the part the track had in it."""
    hit = folder.scan("tracks").filter(pl.col("artificial_plays") > 0)
    grouped = hit.group_by("role").agg(pl.len().cast(pl.Int64).alias("tracks"), pl.col("artificial_plays").sum())
    return grouped.sort("artificial_plays", "role", descending=[True, False]).collect()


def owners_with_a_part(folder: DecisionFolder) -> pl.DataFrame:
    """Owners whom somebody is after, most artificial plays first; an owner of whom too little is known is none."""
    told = ~pl.col("role").is_in(["clean", "camouflage"]) & (pl.col("reasons").list.len() > 1)
    return folder.scan("owners").filter(told).sort("artificial_plays", "owner_id", descending=[True, False]).collect()


def owner_changes(folder: DecisionFolder) -> pl.DataFrame:
    """Owners with their artificial share and the change in payout, greatest loss first."""
    return (
        folder.scan("owners")
        .with_columns(
            (pl.col("artificial_plays") / pl.col("plays")).fill_nan(0.0).alias("artificial_share"),
            (pl.col("payout_after") - pl.col("payout_before")).alias("change"),
        )
        .sort("change", "owner_id")
        .collect()
    )


def every_day(folder: DecisionFolder) -> pl.DataFrame:
    """The `days` table with a row of zeros for each day of the window on which nothing happened."""
    days = folder.read("days")
    if days.is_empty():
        return days
    start, end = folder.summary.start, folder.summary.end
    window = pl.date_range(start, end, eager=True).alias("day").to_frame()
    return window.join(days, on="day", how="full", coalesce=True).fill_null(0).sort("day")


def hours_of_day(folder: DecisionFolder) -> pl.DataFrame:
    """For each hour of the day (UTC): the share of the counted and of the withheld plays that ended in it."""
    hours = (
        folder.scan("plays")
        .group_by(
            pl.col("event_time").dt.hour().cast(pl.Int64).alias("hour"),
            (pl.col("verdict") != "count").alias("withheld"),
        )
        .len()
        .collect(engine="streaming")
    )
    every = pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int64})
    for name, flag in (("counted", False), ("withheld", True)):
        part = hours.filter(pl.col("withheld") == flag).select("hour", pl.col("len").cast(pl.Float64).alias(name))
        every = every.join(part, on="hour", how="left")
    return every.with_columns(
        (pl.col(name).fill_null(0.0) / pl.col(name).sum()).fill_nan(0.0) for name in ("counted", "withheld")
    ).sort("hour")


def step_for(folder: DecisionFolder) -> timedelta:
    """How finely to draw plays over the whole window: by the hour up to three weeks, by the day beyond."""
    return timedelta(hours=1) if (folder.summary.end - folder.summary.start).days < 21 else timedelta(days=1)

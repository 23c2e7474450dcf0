"""Plays of campaigns' accounts, kept in memory as codes: ten thousand accounts cannot wait for a search."""

import polars as pl

from ghostnote.decisions.folder import DecisionFolder


class MemberPlays:
    """What the accounts of every campaign played, read once, some 20 bytes a play; all other plays stay on disk."""

    def __init__(self, folder: DecisionFolder, campaigns: pl.DataFrame) -> None:
        members = (
            campaigns.select("campaign_id", account_id="accounts")
            .explode("account_id", empty_as_null=False)
            .unique(maintain_order=True)
        )
        owners = folder.scan("tracks").select("track_id", pl.col("owner_id").fill_null("unknown"))
        found = (
            folder.scan("plays")
            .select("account_id", "event_time", "track_id", withheld=pl.col("verdict") != "count")
            .join(members.lazy(), on="account_id", how="inner")
            .join(owners, on="track_id", how="left")
            .with_columns(pl.col("owner_id").fill_null("unknown"))
            .with_columns(pl.col("account_id", "track_id", "owner_id").cast(pl.Categorical))
            .collect(engine="streaming")
        )
        self._none = found.drop("campaign_id").clear()
        self._by_campaign = {
            str(name): part.drop("campaign_id")
            for (name,), part in found.partition_by("campaign_id", as_dict=True).items()
        }

    def of(self, campaign_id: str) -> pl.DataFrame:
        """Plays of a campaign's accounts in no order: account_id, track_id and owner_id (categorical), event_time,
        withheld.
        """
        return self._by_campaign.get(campaign_id, self._none)

"""The pages about a track and about an owner: what was played, by whom, for whom, and what it costs."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

import polars as pl
from msgspec import structs

from ghostnote.console import charts
from ghostnote.console.addresses import page, pages
from ghostnote.console.audience import PARTS, Audiences, Concentration
from ghostnote.console.caseload import Caseload, page_of
from ghostnote.console.catalogue import Catalogue
from ghostnote.console.charts import packet as drawn
from ghostnote.console.drawing import Draughtsman, Drawing
from ghostnote.console.penalties import Penalties
from ghostnote.console.usage import UNKNOWN, Usage
from ghostnote.decisions.attribution.consequences import CONSEQUENCES
from ghostnote.decisions.attribution.packet import Counted, counts
from ghostnote.decisions.ledger import Subject

_TRACKS, _ACCOUNTS, _CAMPAIGNS, _BARS = 30, 20, 20, 9
#: Pages that are kept ready: the way back to one is short.
_KEPT = 64
Drawn = tuple[dict[str, Any], dict[str, Drawing]]


class Music:
    """Makes the facts and pictures of both pages; `penalties` says by which terms penalties are forecast."""

    def __init__(
        self, catalogue: Catalogue, usage: Usage, audiences: Audiences, caseload: Caseload, penalties: Penalties
    ) -> None:
        self._catalogue, self._usage, self._caseload, self._penalties = catalogue, usage, caseload, penalties
        self._audiences = audiences
        self._records, self._summary = catalogue.records, catalogue.folder.summary
        self._made = lru_cache(_KEPT)(self._make)

    def shown(self, kind: str, reference: str) -> Drawn:
        """The page of a track or an owner; actions on accounts are as the ledger has them now."""
        facts, pictures = self._made(kind, reference)
        standing = self._caseload.standing([row["account_id"] for row in facts["accounts"]])
        accounts = [{**row, "standing": standing.get(row["account_id"])} for row in facts["accounts"]]
        return {**facts, "accounts": accounts}, pictures

    def _make(self, kind: str, reference: str) -> Drawn:
        return self._track(reference) if kind == "track" else self._owner(reference)

    def _track(self, reference: str) -> Drawn:
        """A track: its plays, who made them, its owner's part, and what would be charged for it."""
        track_id = self._catalogue.named("track", reference)
        row = self._catalogue.track(track_id)
        owner = self._catalogue.owner(row["owner_id"]) if row["owner_id"] else None
        plays = self._catalogue.plays(pl.Series([track_id]))
        middle = self._catalogue.tracks.select(pl.col("plays", "listeners").median()).row(0)
        facts = {
            "track_id": track_id,
            **self._about("track", row, owner, plays),
            "owner_id": row["owner_id"],
            "owner_page": page("owner", row["owner_id"]) if owner else "",
            "owner_plays": owner["plays"] if owner else None,
            "owner_role": owner["role"] if owner else None,
            "watched": row["reasons"] if row["watched"] else [],
            "usual_plays": middle[0],
            "usual_listeners": middle[1],
            **self._paid(plays),
            "penalty": self._penalties.of_track(plays),
        }
        return facts, self._pictures(Draughtsman(), facts, self._crowd("track", row, plays, facts))

    def _owner(self, reference: str) -> Drawn:
        """An owner: the same over all its tracks, and these."""
        owner_id = self._catalogue.named("owner", reference)
        row = self._catalogue.owner(owner_id)
        assert row is not None
        tracks = self._catalogue.tracks_of(owner_id)
        plays = self._catalogue.plays(tracks["track_id"])
        expected = self._penalties.of_tracks(plays)
        middle = self._catalogue.owners.select(pl.col("plays").median()).item()
        shown = tracks.head(_TRACKS).join(
            expected.select("track_id", "forecast"), on="track_id", how="left", maintain_order="left"
        )
        names = ("track_id", "role", "plays", "listeners", "artificial_plays", "artificial_share", "low", "high")
        facts = {
            "owner_id": owner_id,
            **self._about("owner", row, row, plays),
            "usual_plays": middle,
            "paid_before": row["payout_before"],
            "paid_after": row["payout_after"],
            "withheld_payout": float(plays["withheld_payout"].sum()),
            "penalty": self._penalties.told(expected),
            "all_tracks": tracks.height,
            "hit_tracks": tracks.filter(pl.col("artificial_plays") > 0).height,
            "tracks": [
                {"page": at, **found}
                for at, found in zip(
                    pages("track", shown["track_id"].to_list()),
                    shown.select(*names, "withheld_payout", "forecast").iter_rows(named=True),
                    strict=True,
                )
            ],
        }
        draughtsman = Draughtsman()
        pictures = self._pictures(draughtsman, facts, self._crowd("owner", row, plays, facts))
        hit = tracks.filter(pl.col("artificial_plays") > 0).head(_BARS)
        if hit.height:
            pictures["tracks"] = draughtsman.draw(charts.track_shares(hit))
        return facts, pictures

    def _about(
        self, kind: str, row: dict[str, Any], owner: dict[str, Any] | None, plays: pl.DataFrame
    ) -> dict[str, Any]:
        """What both pages say."""
        everything = counts(plays, pl.lit("all")) or [
            Counted(name="all", honest=0, artificial=0, share=0, low=0, high=1)
        ]
        total, part = everything[0], CONSEQUENCES[row["role"]]
        judged = self._catalogue.owners.select(pl.col("plays", "artificial_plays").sum()).row(0)
        start, end = self._summary.start, self._summary.end
        day = pl.col("event_time").dt.date()
        within = plays.filter(day.is_between(start, end))
        days = counts(within, day.cast(pl.String))
        return {
            "kind": kind,
            "role": row["role"],
            "means": part.means,
            "follows": part.follows,
            "reasons": (owner or {}).get("reasons") or [],
            "against": (owner or {}).get("against") or [],
            "plays": total.honest + total.artificial,
            "artificial_plays": total.artificial,
            "artificial_share": total.share,
            "low": total.low,
            "high": total.high,
            "usual_share": judged[1] / (judged[0] or 1),
            "listeners": plays["account_id"].n_unique(),
            "artificial_listeners": plays.filter(pl.col("verdict") != "count")["account_id"].n_unique(),
            "days": [structs.asdict(one) for one in sorted(days, key=lambda one: one.name)],
            "other_days": plays.height - within.height,
            "sources": self._mixed(plays, "source"),
            "countries": self._mixed(plays, "country"),
            "campaigns": self._campaigns(row, kind, plays),
            "accounts": self._accounts(plays),
        }

    def _paid(self, plays: pl.DataFrame) -> dict[str, float]:
        """What the pool pays for a track with all plays and without those withheld, as the table of owners does."""
        before, withheld = float(plays["payout"].sum()), float(plays["withheld_payout"].sum())
        money = self._summary.money
        left = money.pool - money.withheld
        after = (before - withheld) * money.pool / left if left > 0 else 0.0
        return {"paid_before": before, "paid_after": after, "withheld_payout": withheld}

    def _mixed(self, plays: pl.DataFrame, name: str) -> list[dict[str, Any]]:
        """Plays by source or country, beside how all plays of the run are spread over them."""
        usual, total = self._usage.mix[name], max(plays.height, 1)
        found = counts(plays, pl.col(name).fill_null(UNKNOWN))
        return [
            {**structs.asdict(one), "part": (one.honest + one.artificial) / total, "usual": usual.get(one.name)}
            for one in found
        ]

    def _campaigns(self, row: dict[str, Any], kind: str, plays: pl.DataFrame) -> list[dict[str, Any]]:
        """Campaigns whose accounts played it, those with most of its withheld plays first."""
        grouped = self._records.accounts.select("account_id", "campaign_id").drop_nulls()
        gone = (pl.col("verdict") != "count").sum().alias("artificial_plays")
        found = (
            plays.join(grouped, on="account_id")
            .group_by("campaign_id")
            .agg(pl.col("account_id").n_unique().alias("accounts"), pl.len().alias("plays"), gone)
            .sort("artificial_plays", "plays", "campaign_id", descending=[True, True, False])
        )
        known = {one["campaign_id"]: one for one in self._records.campaigns.iter_rows(named=True)}
        return [
            {
                **one,
                "after_it": _after(known[one["campaign_id"]], row, kind),
                "of_accounts": len(known[one["campaign_id"]]["accounts"]),
                "page": page_of(Subject("campaign", one["campaign_id"])),
            }
            for one in found.head(_CAMPAIGNS).iter_rows(named=True)
            if one["campaign_id"] in known
        ]

    def _accounts(self, plays: pl.DataFrame) -> list[dict[str, Any]]:
        """Who made most of its plays."""
        gone = (pl.col("verdict") != "count").sum().alias("artificial_here")
        top = plays.group_by("account_id").agg(pl.len().alias("here"), gone)
        top = top.sort("here", "artificial_here", "account_id", descending=[True, True, False]).head(_ACCOUNTS)
        joined = top.join(self._records.accounts, on="account_id", how="left", maintain_order="left")
        names = ("account_id", "here", "artificial_here", "plays", "action", "campaign_id")
        return [
            {**one, "page": page_of(Subject("account", one["account_id"]))}
            for one in joined.select(names).iter_rows(named=True)
        ]

    def _crowd(self, kind: str, row: dict[str, Any], plays: pl.DataFrame, facts: dict[str, Any]) -> Concentration:
        found = self._audiences.concentration(kind, row, plays)
        facts["concentration"] = {"parts": PARTS, **asdict(found)}
        return found

    def _pictures(self, draughtsman: Draughtsman, facts: dict[str, Any], crowd: Concentration) -> dict[str, Drawing]:
        days = [Counted(**one) for one in facts["days"]]
        pictures = {"days": draughtsman.draw(drawn.plays_by_day(days))} if days else {}
        if facts["artificial_plays"]:
            pictures["shares"] = draughtsman.draw(drawn.share_by_day(days))
        sources = [one for one in facts["sources"] if one["name"] != UNKNOWN]
        if sources:
            pictures["sources"] = draughtsman.draw(charts.mix(facts["sources"][:_BARS], facts["kind"]))
        if crowd.own is not None:
            pictures["listeners"] = draughtsman.draw(charts.concentration(PARTS, crowd.own, crowd.usual, facts["kind"]))
        return pictures


def _after(campaign: dict[str, Any], row: dict[str, Any], kind: str) -> bool:
    """Whether a campaign is tied together by this track or owner."""
    track = kind == "track" and row["track_id"] in (campaign["tracks"] or [])
    return track or row["owner_id"] in (campaign["owners"] or [])

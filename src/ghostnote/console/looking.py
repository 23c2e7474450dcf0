"""What each page shows: facts as plain data, which are its JSON twin as they are, and pictures beside them."""

from collections import Counter
from functools import lru_cache
from typing import Any

import polars as pl
from markupsafe import Markup

from ghostnote.console import pictures
from ghostnote.console.addresses import page
from ghostnote.console.caseload import PAGE, Caseload, Filter, page_of, plain
from ghostnote.console.habits import Habits
from ghostnote.console.rasters import evenly
from ghostnote.console.records import Records
from ghostnote.decisions.ledger import Entry, Subject

#: Rows of a table on one page.
_ROWS = 200
#: How many campaigns stay drawn, some half a megabyte each; of how many accounts those are that are drawn at the start.
_KEPT, _LARGE = 40, 1000
Shown = tuple[dict[str, Any], dict[str, Markup]]


class Looking:
    """Makes the facts and pictures of pages."""

    def __init__(self, records: Records, caseload: Caseload) -> None:
        self.records, self.caseload = records, caseload
        self.summary, self._habits = records.folder.summary, Habits(records)
        # What no decision changes is drawn once: ten thousand accounts take half a second.
        self._of_run = lru_cache(_KEPT)(self._drawn)

    def overview(self) -> Shown:
        """The latest day against the days before it, and what waits."""
        days = self.records.folder.read("days").sort("day")
        last, before = days.tail(1), days.head(max(days.height - 1, 0))
        names = ("plays", "accounts", "signups", "payout", "withheld_payout")
        withheld = (pl.col("held") + pl.col("excluded")).alias("withheld")
        compared = [
            {"name": name, "today": _value(last, name), "usual": before[name].median() if before.height else None}
            for name in names
        ]
        compared.append(
            {
                "name": "withheld",
                "today": _value(last.select(withheld), "withheld"),
                "usual": before.select(withheld)["withheld"].median() if before.height else None,
            }
        )
        waiting = [case for case in self.caseload.cases().values() if case.waiting]
        rows = self.records.campaigns.sort("payout", descending=True)
        facts = {
            "day": last["day"].to_list()[0] if last.height else None,
            "compared": {row.pop("name"): row for row in compared},
            "waiting": len(waiting),
            "waiting_money": sum(case.money for case in waiting),
            "campaigns": [
                {
                    **{k: row[k] for k in ("campaign_id", "first_seen", "plays", "payout")},
                    "accounts": len(row["accounts"]),
                }
                for row in rows.head(10).iter_rows(named=True)
            ],
            "all_campaigns": rows.height,
        }
        return facts, {}

    def queue(self, chosen: Filter) -> Shown:
        """A page of cases."""
        cases = self.caseload.chosen(chosen)
        start = (chosen.page - 1) * PAGE
        facts = {
            "filter": {name: getattr(chosen, name) for name in ("state", "kind", "order", "least", "whose", "page")},
            "count": len(cases),
            "money": sum(case.money for case in cases),
            "pages": max(1, -(-len(cases) // PAGE)),
            "cases": [plain(case) for case in cases[start : start + PAGE]],
        }
        return facts, {}

    def campaign(self, campaign_id: str) -> Shown:
        """A campaign: who, with what in common, when, for whom."""
        records = self.records
        row = records.campaign(campaign_id)
        subject = Subject("campaign", campaign_id)
        case = self.caseload.about(subject)
        members = records.members(row)
        facts, drawn = self._of_run(campaign_id)
        facts = {
            "campaign_id": campaign_id,
            "first_seen": row["first_seen"],
            "last_seen": row["last_seen"],
            "accounts": len(row["accounts"]),
            "tracks": len(row["tracks"]),
            "owners": len(row["owners"]),
            **facts,
            "payout": row["payout"],
            "usual_plays": records.usual[0],
            "evidence": row["evidence"],
            "actions": dict(Counter(members["action"].to_list()).most_common()),
            "case": plain(case) if case else None,
            "history": self._history(subject, case),
            "members": self._members(members.head(_ROWS)),
        }
        return facts, drawn

    def _drawn(self, campaign_id: str) -> Shown:
        """What the run alone says of a campaign."""
        row = self.records.campaign(campaign_id)
        plays, places = self.records.member_plays.of(campaign_id), self.records.places_of(row["accounts"])
        # What a campaign is after: tracks, and all that some owners are paid for.
        targets = pl.col("track_id").is_in(row["tracks"]) | pl.col("owner_id").is_in(row["owners"])
        aimed = plays.filter(targets)
        facts = {
            "plays": plays.height,
            "on_targets": aimed.height,
            "withheld": int(plays["withheld"].sum()),
            "gain": self._gain(row["owners"]),
            "top_tracks": _top_tracks(aimed if aimed.height else plays),
            "shared": _shared(places, len(row["accounts"])),
        }
        return facts, self._campaign_pictures(row["accounts"], plays, places, aimed)

    def prepare(self) -> None:
        """Draw the largest campaigns, so that nobody waits for them."""
        large = self.records.campaigns.filter(pl.col("accounts").list.len() >= _LARGE)
        for name in (
            large.sort(pl.col("accounts").list.len(), descending=True).head(_KEPT // 2)["campaign_id"].to_list()
        ):
            self._of_run(name)

    def _campaign_pictures(
        self, names: list[str], plays: pl.DataFrame, places: pl.DataFrame, aimed: pl.DataFrame
    ) -> dict[str, Markup]:
        records = self.records
        first = plays.group_by("account_id").agg(pl.col("event_time").min()).sort("event_time", "account_id")
        rows = evenly(first["account_id"].cast(pl.String), pictures.MOST_ROWS)
        drawn = evenly(pl.Series(sorted(names)), 300).to_list()
        # Where nothing is aimed at, what most of them played still shows whether they move together.
        seen = pl.col("account_id").is_in(drawn)
        linked = (aimed if aimed.height else plays).filter(seen)
        by_day = (
            plays.group_by((pl.col("event_time") - records.start).dt.total_days().alias("day"))
            .agg(counted=(~pl.col("withheld")).sum(), withheld=pl.col("withheld").sum())
            .rows_by_key("day", unique=True)
        )
        days = range(len(records.days))
        return {
            "web": pictures.web(
                drawn,
                [
                    ("devices and networks", places.filter(seen).select("account_id", thing="place"), 24),
                    ("tracks", linked.select("account_id", thing="track_id"), 24),
                    ("owners", linked.select("account_id", thing="owner_id"), 16),
                ],
            ),
            "raster": pictures.raster(
                plays.filter(pl.col("account_id").is_in(rows.implode())),
                rows.to_list(),
                records.start,
                len(records.days),
            ),
            "growth": pictures.growth([by_day.get(day, (0, 0)) for day in days], records.start),
        }

    def account(self, named: str) -> Shown:
        """An account: its plays by hour, where it was, who resembles it, what was decided."""
        records = self.records
        account_id = records.account_of(named)
        row, plays = records.account(account_id), records.plays([account_id])
        subject = Subject("account", account_id)
        case = self.caseload.about(subject)
        places = records.places_of([account_id]).sort("plays", descending=True)
        alike = records.alike(account_id)
        middle, high = records.usual
        top = plays.group_by("track_id").agg(plays=pl.len(), withheld=(pl.col("verdict") != "count").sum())
        facts = {
            **{key: row[key] for key in ("account_id", "score", "action", "reasons", "campaign_id", "plays")},
            **{key: row[key] for key in ("artificial_plays", "withheld_payout", "first_flagged")},
            "reference": named,
            "standing": self.caseload.standing([account_id]).get(account_id),
            "usual_plays": middle,
            "high_plays": high,
            "active_days": plays["event_time"].dt.date().n_unique(),
            "tracks": plays["track_id"].n_unique(),
            "habits": self._habits.of(plays, row["first_flagged"]),
            "case": plain(case) if case else None,
            "history": self._history(subject, case),
            "places": places.drop("account_id").head(30).to_dicts(),
            "all_places": places.height,
            "alike": self._members(alike.join(records.accounts, on="account_id", how="left", maintain_order="left")),
            "top_tracks": _paged(top.sort(["plays", "track_id"], descending=[True, False]).head(12)),
        }
        return facts, {"clock": pictures.clock(plays, records.start, len(records.days))}

    def _members(self, rows: pl.DataFrame) -> list[dict[str, Any]]:
        standing = self.caseload.standing(rows["account_id"].to_list())
        wanted = ("account_id", "score", "action", "plays", "artificial_plays", "campaign_id", "shared")
        return [
            {
                **{name: row[name] for name in wanted if name in row},
                "reason": (row["reasons"] or [""])[0],
                "page": page_of(Subject("account", row["account_id"])),
                "standing": standing.get(row["account_id"]),
            }
            for row in rows.iter_rows(named=True)
        ]

    def _gain(self, owners: list[str]) -> list[dict[str, Any]]:
        found = self.records.folder.scan("owners").filter(pl.col("owner_id").is_in(owners))
        wanted = ("owner_id", "role", "plays", "artificial_plays", "payout_before", "payout_after")
        rows = found.sort("artificial_plays", descending=True).head(20).collect()
        return [
            {"page": page("owner", row["owner_id"]), **{name: row[name] for name in wanted}}
            for row in rows.iter_rows(named=True)
        ]

    def _history(self, subject: Subject, case: Any) -> list[dict[str, Any]]:
        subjects = [subject] if case is None else [subject, Subject("case", case.case_id)]
        return [_step(entry) for entry in self.caseload.history(*subjects)[:50]]


def _step(entry: Entry) -> dict[str, Any]:
    says = entry.reason or ""
    text = str(entry.body.get("text") or "")
    return {
        "at": entry.recorded_at,
        "by": entry.actor,
        "about": entry.kind,
        "what": entry.action,
        "says": ": ".join(part for part in (says, text) if part),
    }


def _shared(places: pl.DataFrame, members: int) -> list[dict[str, Any]]:
    """Places where at least two of the accounts were, those of most accounts first."""
    found = places.group_by("kind", "place").agg(accounts=pl.col("account_id").n_unique(), plays=pl.col("plays").sum())
    top = found.filter(pl.col("accounts") > 1).sort(["accounts", "place"], descending=[True, False]).head(12)
    return [{**row, "share": row["accounts"] / members} for row in top.iter_rows(named=True)]


def _top_tracks(plays: pl.DataFrame) -> list[dict[str, Any]]:
    """The tracks with most of some plays: what a campaign was after, if it was after anything."""
    top = plays.group_by("track_id").agg(
        accounts=pl.col("account_id").n_unique(), plays=pl.len(), withheld=pl.col("withheld").sum()
    )
    return _paged(top.sort(["plays", "track_id"], descending=[True, False]).head(12))


def _paged(tracks: pl.DataFrame) -> list[dict[str, Any]]:
    return [{"page": page("track", row["track_id"]), **row} for row in tracks.iter_rows(named=True)]


def _value(rows: pl.DataFrame, name: str) -> Any:
    return rows[name].to_list()[0] if rows.height else None

"""What each section of the report shows: the folder's findings, drawn, beside the rows of its tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ghostnote.console import charts, findings, rasters, wording
from ghostnote.console.drawing import Draughtsman
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.evaluation.metrics import wilson

_CARDS = 8
_ROWS = 15
_OWNERS = 10

Section = dict[str, Any]


def lead(folder: DecisionFolder) -> Section:
    """The headline figures."""
    top = findings.headline(folder)
    actions = folder.scan("accounts").group_by("action").len().collect()
    return {"head": top, "actions": dict(actions.iter_rows())}


def trends(folder: DecisionFolder, draughtsman: Draughtsman) -> Section:
    """How the period went, day by day and hour by hour."""
    days = findings.every_day(folder)
    currency = folder.summary.money.currency
    if days.is_empty():
        return {"trends": [], "days": []}
    hours = charts.hours_of_day(findings.hours_of_day(folder))
    if days.filter((pl.col("held") > 0) | (pl.col("excluded") > 0)).height:
        drawn = [
            charts.withheld_plays(days),
            charts.withheld_share(days),
            charts.payout_at_stake(days, currency),
            hours,
        ]
    else:
        drawn = [charts.plays_per_day(days), hours]
    drawn.append(charts.signups(days))
    if days["accounts_acted"].sum():
        drawn.append(charts.accounts_acted(days))
    return {"trends": [draughtsman.draw(chart) for chart in drawn], "days": days.to_dicts()}


def campaigns(folder: DecisionFolder, draughtsman: Draughtsman) -> Section:
    """The groups that act together: cards with a strip for the largest, a raster of the one with most plays."""
    found = findings.top_campaigns(folder)
    shown = found.head(_CARDS)
    strips = rasters.campaign_strips(folder, shown, findings.step_for(folder))
    cards = [
        {**row, "strip": draughtsman.draw(charts.campaign_strip(strips[row["campaign_id"]])) if row["plays"] else None}
        for row in shown.drop("accounts", "tracks", "owners").iter_rows(named=True)
    ]
    rest = found.slice(_CARDS).drop("accounts", "tracks", "owners").to_dicts()
    return {"campaigns": cards, "more_campaigns": rest, **_rasters(folder, draughtsman, shown, strips)}


def _rasters(
    folder: DecisionFolder, draughtsman: Draughtsman, shown: pl.DataFrame, strips: Mapping[str, pl.DataFrame]
) -> Section:
    played = shown.filter(pl.col("plays") > 0)
    if played.is_empty():
        return {"rasters": []}
    largest = played.sort("plays", descending=True, maintain_order=True).row(0, named=True)
    start, hours = rasters.busiest(strips[largest["campaign_id"]])
    members = pl.Series(largest["accounts"], dtype=pl.String)
    theirs = rasters.raster(folder, members, start, hours)
    others = rasters.raster(folder, rasters.ordinary_accounts(folder), start, hours)
    drawn = [charts.campaign_raster(theirs)] + ([charts.ordinary_raster(others)] if others.rows else [])
    return {"rasters": [draughtsman.draw(chart) for chart in drawn], "raster_of": largest["campaign_id"]}


def accounts(folder: DecisionFolder) -> Section:
    """The accounts acted on that cost most, with reasons."""
    return {"accounts": findings.top_accounts(folder, _ROWS).to_dicts(), "per_campaign": findings.PER_CAMPAIGN}


def music(folder: DecisionFolder, draughtsman: Draughtsman) -> Section:
    """Tracks by artificial share, and owners by what they lose and gain."""
    tracks = findings.top_tracks(folder, _ROWS)
    owners = findings.owner_changes(folder)
    losing = owners.filter(pl.col("change") < 0).head(_OWNERS)
    gaining = owners.filter(pl.col("change") > 0).sort("change", "owner_id", descending=[True, False]).head(_OWNERS)
    currency = folder.summary.money.currency
    parts = findings.owners_with_a_part(folder)
    return {
        "tracks": tracks.to_dicts(),
        "roles_chart": draughtsman.draw(charts.artificial_by_role(findings.by_role(folder))) if tracks.height else None,
        "parts": parts.head(_ROWS).to_dicts(),
        "more_parts": max(parts.height - _ROWS, 0),
        "watched": findings.watched_tracks(folder).to_dicts(),
        "per_owner": findings.PER_OWNER,
        "tracks_chart": draughtsman.draw(charts.track_shares(tracks)) if tracks.height else None,
        "losing": _with_intervals(losing),
        "gaining": _with_intervals(gaining),
        "owners_chart": draughtsman.draw(charts.owner_payouts(losing, currency)) if losing.height else None,
    }


def _with_intervals(owners: pl.DataFrame) -> list[Section]:
    rows = []
    for row in owners.iter_rows(named=True):
        low, high = wilson(row["artificial_plays"], row["plays"])
        rows.append({**row, "low": low, "high": high})
    return rows


def scores(folder: DecisionFolder, draughtsman: Draughtsman) -> Section:
    """How scores spread and which rules fired."""
    histograms, policy, rules = folder.summary.histograms, folder.summary.policy, folder.summary.rules
    on_accounts = {"hold": policy.hold_threshold, "act": policy.account_threshold}
    drawn = [
        charts.score_histogram(histograms.account_scores, "account", on_accounts),
        charts.score_histogram(histograms.play_scores, "play", {"mark": policy.play_threshold}),
    ]
    fired = any(rule.accounts_hit for rule in rules)
    return {
        "histograms": [draughtsman.draw(chart) for chart in drawn],
        "bins": _bins(histograms.account_scores, histograms.play_scores),
        "rules_chart": draughtsman.draw(charts.rule_hits(rules)) if fired else None,
        "rules": sorted(rules, key=lambda rule: (-rule.accounts_hit, -rule.plays_hit, rule.name)),
    }


def _bins(accounts: list[int], plays: list[int]) -> list[tuple[str, str, str]]:
    """Rows of a table of scores: the bins that hold anything."""
    if len(accounts) != len(plays) or not accounts:
        return []
    width = 1 / len(accounts)
    pairs: Iterable[tuple[int, tuple[int, int]]] = enumerate(zip(accounts, plays, strict=True))
    return [
        (f"{at * width:.3f} to {(at + 1) * width:.3f}", wording.number(a), wording.number(p))
        for at, (a, p) in pairs
        if a or p
    ]


def truth(folder: DecisionFolder, draughtsman: Draughtsman) -> Section:
    """What was caught, what was missed and who was harmed; nothing where that is not known."""
    if folder.truth is None:
        return {"truth": None}
    drawn = []
    if folder.truth.campaigns:
        drawn.append(charts.campaigns_caught(folder.truth.campaigns))
    if folder.truth.cohorts:
        drawn.append(charts.cohort_rates(folder.truth.cohorts, folder.summary.policy.honest_account_ceiling))
    return {"truth": folder.truth, "simulated": True, "truth_charts": [draughtsman.draw(chart) for chart in drawn]}

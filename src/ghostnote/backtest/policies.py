"""Two policies on the same days: one walk over the lake, judged and decided twice."""

import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ghostnote import __version__
from ghostnote.backtest.bench import Bench
from ghostnote.backtest.compare import compare, facts_of, join, labels_by
from ghostnote.backtest.spool import Spool
from ghostnote.backtest.variants import Way
from ghostnote.decisions.ceilings import OBSERVED
from ghostnote.decisions.comparison import COMPARISON_FILE, Change, Comparison, Observed, Outcome
from ghostnote.decisions.documents import keep_other, write_json
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.tables import ACCOUNT_ACTIONS, ACTED
from ghostnote.errors import GhostnoteError
from ghostnote.evaluation.metrics import wilson
from ghostnote.events.lake import Lake, write_parquet
from ghostnote.events.reading import read
from ghostnote.events.schema import TABLES
from ghostnote.features.history import Intake, walk
from ghostnote.models.bundle import Bundle
from ghostnote.progress import Progress, silent
from ghostnote.scoring.judge import Judge
from ghostnote.scoring.output import tables
from ghostnote.scoring.score import judged_window

#: Every account that is treated differently, beside `comparison.json`.
CHANGES_FILE = "changes.parquet"
#: Accounts that are told of in the comparison itself.
_SAMPLE = 50
_STEP = "Deciding under each policy"


def against(
    lake: Lake,
    bundle: Bundle,
    policies: tuple[tuple[str, Policy], tuple[str, Policy]],
    *,
    made_at: datetime,
    start: date | None = None,
    end: date | None = None,
    out: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Decide everything that arrived from `start` to `end` under each of two named `policies`, and compare.

    Writes `comparison.json` and `changes.parquet` into the folder `out`, if there is one. Nothing else is written and
    nothing decided. Raises `GhostnoteError` for dates outside the data and for an `out` that holds something else.
    """
    if out is not None:
        keep_other(out, COMPARISON_FILE, "comparison")
    window, intake = judged_window(lake, start, end), Intake()
    ways = [Way(name, "", bundle, policy) for name, policy in policies]
    with tempfile.TemporaryDirectory(prefix="ghostnote-") as folder:
        spool = Spool(Path(folder))
        for day in walk(lake, Judge(bundle, ways[0].policy).folded, intake, window[1], progress):
            if day.day >= window[0]:
                spool.add(day)
            del day
        if not intake.plays or not spool.days:
            raise GhostnoteError(
                f"No play of {lake.path} from {window[0]} to {window[1]} can be read: `ghostnote validate` says why."
            )
        labels = read(lake, "labels").rows if "labels" in lake.tables() else TABLES["labels"].empty()
        known = labels_by(labels, bundle.manifest.training.as_of)
        bench = Bench(lake, spool, facts_of(labels), known, intake, made_at, seed)
        found = []
        for done, way in enumerate(ways):
            progress(_STEP, done, len(ways))
            found.append(_tried(bench, way))
        progress(_STEP, len(ways), len(ways))
    (first, before), (second, after) = found
    changes = _changes(before["accounts"], after["accounts"])
    acted = {name: pl.col(name).is_in(ACTED) for name in ("action_first", "action_second")}
    comparison = Comparison(
        ghostnote=__version__,
        made_at=made_at,
        lake=str(lake.path),
        start=window[0],
        end=window[1],
        plays=before["plays"].height,
        accounts=before["accounts"].height,
        first=first,
        second=second,
        changed=changes.height,
        only_first=changes.filter(acted["action_first"] & ~acted["action_second"]).height,
        only_second=changes.filter(acted["action_second"] & ~acted["action_first"]).height,
        changes=[_change(row) for row in changes.head(_SAMPLE).iter_rows(named=True)],
        simulated=bench.facts.simulated,
        unreadable_files=len(intake.unreadable),
    )
    if out is not None:
        write_parquet(changes, out / CHANGES_FILE)
        write_json(out / COMPARISON_FILE, comparison)
    return comparison


def _tried(bench: Bench, way: Way) -> tuple[Outcome, dict[str, pl.DataFrame]]:
    period, run = bench.decided(way, observe=True)
    assert period.cohorts is not None
    frames = tables(run)
    joined = join(frames, bench.facts, bench.known)
    days = len(bench.days.days)
    alerts, simulated = float(way.policy.reviews_per_day), bench.facts.simulated
    truth = compare(joined, alerts_per_day=alerts, days=days, simulated=simulated) if bench.facts.fraud else None
    actions = dict(frames["accounts"].group_by("action").len().iter_rows())
    owners, plays = frames["owners"], frames["plays"]
    out = plays.filter(pl.col("verdict") != "count")
    withheld = pl.Series(out["account_id"].unique()).implode()
    campaigns = frames["campaigns"].explode("accounts", empty_as_null=True, keep_nulls=True)
    outcome = Outcome(
        name=way.name,
        plays_held=plays.filter(verdict="hold").height,
        plays_excluded=plays.filter(verdict="exclude").height,
        actions={action: actions.get(action, 0) for action in ACCOUNT_ACTIONS},
        reviews_per_day=actions.get("review", 0) / days,
        campaigns=frames["campaigns"].height,
        campaigns_withheld=campaigns.filter(pl.col("accounts").is_in(withheld))["campaign_id"].n_unique(),
        currency=way.policy.currency,
        pool=float(owners["payout_before"].sum()),
        withheld=float(plays["withheld_payout"].sum()),
        moved=float((owners["payout_after"] - owners["payout_before"]).clip(lower_bound=0).sum()),
        observed=_observed(period.cohorts.joined(joined.accounts, bench.window[1]), known=truth is not None),
        honest=truth.honest if truth else None,
        cohorts=truth.cohorts if truth and bench.facts.simulated else [],
        notes=list(run.decided.notes),
    )
    return outcome, frames


def _observed(accounts: pl.DataFrame, *, known: bool) -> list[Observed]:
    """Cohorts, the largest of each kind first; `accounts` has what is true (fraud, victim) besides what was done."""
    acted = pl.col("action").is_in(ACTED)
    # To challenge an account that somebody else plays on is no harm but help.
    wrong = acted & ~pl.col("fraud") & ~((pl.col("action") == "challenge") & pl.col("victim"))
    found = []
    for by in OBSERVED:
        counted = accounts.group_by(by).agg(
            pl.len().alias("accounts"),
            acted.sum().alias("acted"),
            (~pl.col("fraud")).sum().alias("honest"),
            wrong.sum().alias("wrong"),
        )
        for row in counted.sort("accounts", by, descending=[True, False]).iter_rows(named=True):
            low, high = wilson(row["acted"], row["accounts"])
            found.append(
                Observed(
                    by=by,
                    cohort=str(row[by]),
                    accounts=row["accounts"],
                    acted=row["acted"],
                    low=low,
                    high=high,
                    honest=row["honest"] if known else None,
                    wrong=row["wrong"] if known else None,
                )
            )
    return found


def _changes(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Accounts treated differently, those first for whom most money changes; each column once per policy."""
    columns = ("action", "withheld_payout", "artificial_plays", "campaign_id", "sources")

    def of(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.select("account_id", *(pl.col(column).alias(f"{column}_{name}") for column in columns))

    both = of(before, "first").join(of(after, "second"), on="account_id")
    moved = (pl.col("withheld_payout_second") - pl.col("withheld_payout_first")).abs()
    differs = (pl.col("action_first") != pl.col("action_second")) | (moved > 0)
    return both.filter(differs).sort(moved, "account_id", descending=[True, False])


def _change(row: Mapping[str, Any]) -> Change:
    return Change(
        account_id=row["account_id"],
        actions=(row["action_first"], row["action_second"]),
        payouts=(row["withheld_payout_first"], row["withheld_payout_second"]),
    )

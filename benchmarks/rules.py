"""What each rule catches, and whom it hits: accounts per rule, kind of attack and cohort of honest listeners.

Worlds of shipped scenarios, without a bundle: rules need no labels.
`GHOSTNOTE_BENCH_RULES="demo:31:4000 novel:32:4000"`
names others: scenario, seed and accounts.
"""

import os
import tempfile
from pathlib import Path

import polars as pl

from ghostnote.decisions.rules import RULES, hits, needed
from ghostnote.events.lake import Lake
from ghostnote.features.account_days import account_days, day_names, with_columns
from ghostnote.features.catalog import CATALOG
from ghostnote.features.history import Intake, walk
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate

Row = dict[str, str | int | float]

#: Scenario, seed, accounts.
WORLDS = "demo:21:10000 novel:22:10000 farms:23:10000 bought:24:10000"


def run() -> list[Row]:
    """Fold each world with what the rules need, and count."""
    found, sizes = [], []
    for world in os.environ.get("GHOSTNOTE_BENCH_RULES", WORLDS).split():
        name, seed, accounts = world.split(":")
        with tempfile.TemporaryDirectory() as folder:
            simulate(load_scenario(name), Path(folder) / "lake", seed=int(seed), accounts=int(accounts))
            lake = Lake(Path(folder) / "lake")
            who = truth(lake)
            found.append(fired(lake).join(who, on="account_id"))
            sizes.append(who)
    return [*_caught(pl.concat(found)), *_hit(pl.concat(found), pl.concat(sizes)), *_missed(found, sizes)]


def fired(lake: Lake) -> pl.DataFrame:
    """account_id, rule: every account that a rule fires on, on any day."""
    features = with_columns((), needed(), CATALOG)
    none = pl.DataFrame(schema={"account_id": pl.String, "rule": pl.String})
    parts = [none]
    for day in walk(lake, features, Intake()):
        rows = account_days(day.stream, day.values, features, day.day)
        table = pl.DataFrame(rows.values, schema=list(day_names(features)), orient="row")
        ids = rows.accounts["account_id"].cast(pl.String)
        parts += [
            pl.DataFrame({"account_id": ids.filter(hits(rule, table)), "rule": rule.name}, schema=none.schema)
            for rule in RULES
        ]
    return pl.concat(parts).unique()


def truth(lake: Lake) -> pl.DataFrame:
    """account_id, kind, attack: each account's playbook or cohort, as the simulation knows it."""
    labels = pl.concat([pl.read_parquet(file) for file in lake.files("labels")], how="diagonal")
    true = labels.filter((pl.col("source") == "simulation") & (pl.col("subject_type") == "account"))
    return true.select(account_id="subject_id", kind="kind", attack=pl.col("verdict") == "fraud").unique("account_id")


def _caught(found: pl.DataFrame) -> list[Row]:
    rows = found.filter("attack").group_by("rule", "kind").len()
    return [{"table": "Accounts of attackers caught", **row} for row in rows.sort("rule", "kind").iter_rows(named=True)]


def _hit(found: pl.DataFrame, who: pl.DataFrame) -> list[Row]:
    rows = found.filter(~pl.col("attack")).group_by("rule", "kind").len()
    total = dict(who.filter(~pl.col("attack")).group_by("kind").len().iter_rows())
    return [
        {"table": "Honest accounts hit", **row, "of": total[row["kind"]]}
        for row in rows.sort("rule", "kind").iter_rows(named=True)
    ]


def _missed(found: list[pl.DataFrame], sizes: list[pl.DataFrame]) -> list[Row]:
    """Every playbook and cohort: accounts, and how many of them any rule hits."""
    total = pl.concat(sizes).group_by("attack", "kind").len("accounts")
    any_rule = pl.concat([part.unique("account_id") for part in found]).group_by("attack", "kind").len("hit")
    both = total.join(any_rule, on=["attack", "kind"], how="left").fill_null(0).sort("attack", "kind")
    return [
        {
            "table": "By any rule",
            "who": "attackers" if attack else "honest",
            "kind": kind,
            "accounts": accounts,
            "hit": hit,
        }
        for attack, kind, accounts, hit in both.select("attack", "kind", "accounts", "hit").iter_rows()
    ]

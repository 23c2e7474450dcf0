"""Cohorts counted in a lake for who only looks are those that decisions count in the stream."""

import numpy as np
import polars as pl
from tests.worlds import Judged

from ghostnote.features.history import Day, Intake, streams
from ghostnote.scoring.cohorts import Cohorts


def test_who_only_looks_sees_the_cohorts_of_the_decisions(arrivals: Judged) -> None:
    summary = arrivals.summary
    decided = Cohorts.of(arrivals.lake, summary.end)
    for day, stream in streams(arrivals.lake, frozenset({"country", "platform"}), Intake()):
        if summary.start <= day <= summary.end:
            decided.add(Day(day, stream, np.empty((0, 0), np.float32)))
    seen = Cohorts.seen(arrivals.lake, summary.start, summary.end)
    accounts = pl.read_parquet(arrivals.decisions / "accounts.parquet", columns=["account_id"])
    assert seen.joined(accounts, summary.end).equals(decided.joined(accounts, summary.end))

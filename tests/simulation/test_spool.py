"""Rows wait on disk by day, and come back as they were; threads change no order."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.simulation.crew import in_order
from ghostnote.simulation.rows import DAY, Logins
from ghostnote.simulation.spool import Spool, slices


def logins(days: list[int], first: int) -> Logins:
    count = len(days)
    return Logins(
        time=np.array(days, dtype=np.int64) * DAY + np.arange(count),
        account=np.arange(count, dtype=np.int32),
        ip=np.arange(count, dtype=np.int32) * 3,
        device=np.arange(count, dtype=np.int32) * 5,
        success=np.arange(count) % 2 == 0,
        number=np.arange(first, first + count, dtype=np.int64),
    )


def test_a_days_rows_come_back_as_they_were_added(tmp_path: Path) -> None:
    spool = Spool(Logins, tmp_path)
    for first, days in ((0, [20_003, 20_001, 20_003]), (10, []), (20, [20_001, 20_002])):
        rows = logins(days, first)
        spool.add(rows, rows.time)
    assert spool.days() == (20_001, 20_002, 20_003)
    packed = spool.take(20_001)
    assert packed["number"].tolist() == [1, 20]
    rows = spool.rows(packed, np.array([1, 0]))
    assert rows.number.tolist() == [20, 1]
    assert (rows.ip == rows.account * 3).all()
    assert (rows.device == rows.account * 5).all()
    assert rows.success.tolist() == [True, False]
    assert rows.account.dtype == np.int32
    assert spool.days() == (20_002, 20_003)


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    spool = Spool(Logins, tmp_path)
    rows = logins([20_000, 20_001], 0)
    spool.add(rows, rows.time)
    for day in spool.days():
        spool.take(day)
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 50), st.integers(1, 9))
def test_slices_are_small_and_whole(count: int, most: int) -> None:
    parts = list(slices(np.arange(count), most))
    assert np.concatenate(parts).tolist() == list(range(count))
    assert all(part.size <= most for part in parts)


@given(st.integers(0, 30), st.integers(1, 5))
def test_results_come_in_the_order_of_the_work(count: int, threads: int) -> None:
    assert list(in_order(lambda number: -number, range(count), threads)) == [-number for number in range(count)]

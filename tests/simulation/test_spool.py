"""Rows wait on disk by day, and come back as they were; threads change no order."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.simulation.crew import in_order
from ghostnote.simulation.rows import DAY, HOUR, Logins
from ghostnote.simulation.spool import Spool


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
        spool.add(rows, rows.time, rows.time)
    assert spool.spans() == ((20_001, 0), (20_002, 0), (20_003, 0))
    rows = spool.take((20_001, 0))
    assert rows.number.tolist() == [1, 20]
    assert (rows.ip == rows.account * 3).all()
    assert (rows.device == rows.account * 5).all()
    assert rows.success.tolist() == [False, True]
    assert rows.account.dtype == np.int32
    assert spool.spans() == ((20_002, 0), (20_003, 0))


def test_a_day_in_spans_holds_late_rows_in_its_first(tmp_path: Path) -> None:
    spool = Spool(Logins, tmp_path, spans=4)
    rows = logins([20_000] * 4, 0)
    rows.time += np.array([0, 6, 23, 12]) * HOUR
    rows.time[3] -= 2 * DAY
    spool.add(rows, np.full(4, 20_000 * DAY), rows.time)
    assert spool.spans() == ((20_000, 0), (20_000, 1), (20_000, 3))
    assert [spool.take(span).number.tolist() for span in spool.spans()] == [[0, 3], [1], [2]]


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    spool = Spool(Logins, tmp_path)
    rows = logins([20_000, 20_001], 0)
    spool.add(rows, rows.time, rows.time)
    for span in spool.spans():
        spool.take(span)
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 30), st.integers(1, 5))
def test_results_come_in_the_order_of_the_work(count: int, threads: int) -> None:
    assert list(in_order(lambda number: -number, range(count), threads)) == [-number for number in range(count)]

"""Late events that follow each other are put in their places at once: as if each had been alone."""

from pathlib import Path

import numpy as np
import pytest
from tests.features.worlds import plays, same_bits

from ghostnote.features.declaration import count, distinct, gap_cv, gap_max, gap_mean, total
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import SHORT

DAY = 24 * 60
FEATURES = (
    count("ip", "1h", "x"),
    total("ms_played", "ip", "24h", "x"),
    distinct("account", "ip", "24h", "x"),
    gap_mean("ip", "24h", "x"),
    gap_cv("ip", "24h", "x", where=SHORT),
    gap_max("ip", "24h", "x"),
    count("account", "24h", "x"),
)


def arrivals(seed: int, days: int, ascending: bool) -> dict[str, object]:
    """Days of plays by few accounts, each day's begun by those of days before that come late; some share a time."""
    rng = np.random.default_rng(seed)
    minutes: list[float] = []
    for day in range(days):
        late = (day - rng.random(30) * 2) * DAY
        minutes += [*(np.sort(late) if ascending else late).tolist(), *(np.sort(day + rng.random(60)) * DAY).tolist()]
    times = np.round(np.array(minutes) / 20) * 20
    n = len(times)
    return {
        "minutes": times.tolist(),
        "ip": [f"10.0.0.{i}" for i in rng.integers(0, 2, n)],
        "account_id": [f"a{i}" for i in rng.integers(0, 5, n)],
        "ms_played": rng.integers(0, 60_000, n).tolist(),
    }


@pytest.mark.parametrize(("seed", "ascending"), [(1, True), (2, True), (3, False)])
def test_runs_of_late_events_give_the_bits_of_one_after_the_other(seed: int, ascending: bool, tmp_path: Path) -> None:
    events = plays(**arrivals(seed, 70, ascending))  # type: ignore[arg-type]
    whole, parts = Fold(FEATURES), Fold(FEATURES)
    expected = np.concatenate([parts.update(part) for part in events.iter_slices(7)])  # Not grouped by key: no runs.
    assert same_bits(whole.update(events), expected)
    assert whole.late == parts.late > 0
    whole.snapshot(tmp_path / "whole")
    again = plays(**arrivals(seed + 1, 72, ascending))  # type: ignore[arg-type]
    restored = Fold(FEATURES)
    restored.restore(tmp_path / "whole")
    assert same_bits(restored.update(again[-400:]), parts.update(again[-400:]))

"""Keys are forgotten when nothing can ask for them any more, and memory with them."""

from pathlib import Path

import numpy as np
import pytest
from tests.features.worlds import plays, same_bits

from ghostnote.features import fold as folding
from ghostnote.features.declaration import count, distinct, entropy, growth, switches, time_since_first, top_share
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, PLAY

DAY = 24 * 60
FEATURES = (
    count("ip", "24h", "x"),
    distinct("account", "ip", "24h", "x", where=EVENT),
    top_share("track", "ip", "1h", "x"),
    entropy("track", "ip", "24h", "x"),
    growth("ip", "1h", "24h", "x"),
    switches("track", "ip", "24h", "x"),
)


def life(days: float, ips: int = 400, per_day: int = 100) -> dict[str, object]:
    """Plays of many addresses that come and go, a few of them late."""
    rng = np.random.default_rng(3)
    n = int(days * per_day)
    minutes = np.sort(rng.random(n) * days * DAY)
    ip = (minutes / (days * DAY) * ips + rng.random(n) * 5).astype(int) % ips
    ip = np.where(rng.random(n) < 0.05, rng.integers(0, ips, n), ip)
    minutes = minutes - (rng.random(n) < 0.1) * rng.random(n) * 50 * DAY
    return {
        "minutes": minutes.tolist(),
        "ip": [f"10.0.{i // 200}.{i % 200}" for i in ip],
        "track_id": [f"t{i}" for i in rng.integers(0, 30, n)],
        "account_id": [f"a{i}" for i in rng.integers(0, 50, n)],
    }


def test_memory_is_given_back_and_used_again() -> None:
    fold = Fold(FEATURES)
    events = plays(**life(days=400))
    most, held = 0, []
    for part in events.iter_slices(500):
        fold.update(part)
        kind = fold.memory()[0]
        most = max(most, kind.keys)
        held.append(kind.bytes["heads"] + kind.bytes["logs"] + kind.bytes["tables"])
    assert events["ip"].n_unique() == 400
    assert most < 200
    # Steady: what forgotten keys held is given to new ones.
    assert held[-1] == held[len(held) // 2]


@pytest.mark.parametrize("sweeping", [1, 24 * 3_600_000_000, 2**62], ids=["always", "daily", "never"])
def test_when_memory_is_given_back_changes_no_bit(monkeypatch: pytest.MonkeyPatch, sweeping: int) -> None:
    events = plays(**life(days=200))
    expected = Fold(FEATURES).update(events)
    monkeypatch.setattr(folding, "_SWEEP_US", sweeping)
    fold = Fold(FEATURES)
    assert same_bits(np.concatenate([fold.update(part) for part in events.iter_slices(131)]), expected)


def test_a_restart_changes_no_bit_of_what_is_forgotten(tmp_path: Path) -> None:
    events = plays(**life(days=200))
    expected = Fold(FEATURES).update(events)
    fold, parts = Fold(FEATURES), []
    for part in events.iter_slices(777):
        parts.append(fold.update(part))
        fold.snapshot(tmp_path / "state")
        fold = Fold(FEATURES)
        fold.restore(tmp_path / "state")
    assert same_bits(np.concatenate(parts), expected)


def test_a_key_is_forgotten_28_days_after_its_longest_window() -> None:
    # Another address's events every half hour move the time on; then the first address's late one comes.
    for days, forgotten in ((28.9, False), (29.1, True)):
        others = [30 * i for i in range(1, int(days * 48))]
        minutes = [0, *others, days * DAY, -10]
        ips = ["10.0.0.1", *["10.0.0.2"] * (len(others) + 1), "10.0.0.1"]
        fold = Fold([count("ip", "24h", "x")])
        values = fold.update(plays(minutes, ip=ips))
        assert values[-1].tolist() == [1 if forgotten else 2]
        assert fold.late == (0 if forgotten else 1)


def test_what_is_asked_for_ever_is_never_forgotten() -> None:
    fold = Fold([time_since_first("ip", "x", where=PLAY), count("ip", "1h", "x")])
    fold.update(plays(**life(days=400)))
    assert fold.memory()[0].keys == 400


def test_one_false_time_makes_nobody_forgotten() -> None:
    year = 365 * DAY
    minutes = [0, 1, year, 2, 3]
    ips = ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1"]
    values = Fold([count("ip", "24h", "x")]).update(plays(minutes, ip=ips))
    assert values[:, 0].tolist() == [1, 2, 1, 3, 4]

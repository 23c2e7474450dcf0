"""The detector learns what follows what, tells apart what differs in order alone, and scores as PyTorch would."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from ghostnote.models.sequence import PlaySequence
from ghostnote.models.tokens import TokenRows

torch = pytest.importorskip("torch")

CHANNELS = {"tune": 5, "gap": 3}
LENGTH = 20


def listeners(count: int, seed: int, *, machine: bool) -> TokenRows:
    """People play tunes 1 to 4 at random; machines play them in turn. Both play all equally often."""
    random = np.random.default_rng(seed)
    values = np.zeros((count, LENGTH, 2), dtype=np.uint8)
    for row in range(count):
        plays = int(random.integers(8, LENGTH + 1))
        tunes = (random.integers(4) + np.arange(plays)) % 4 if machine else random.integers(0, 4, plays)
        values[row, LENGTH - plays :, 0] = tunes + 1
        values[row, LENGTH - plays :, 1] = random.integers(1, 3, plays)
    return TokenRows(CHANNELS, values)


def mixed(seed: int, people: int = 300, machines: int = 60) -> tuple[TokenRows, NDArray[np.float64]]:
    parts = listeners(people, seed, machine=False), listeners(machines, seed + 1, machine=True)
    target = np.repeat([0.0, 1.0], [people, machines])
    return TokenRows(CHANNELS, np.concatenate([part.values for part in parts])), target


def small(**changes: int) -> PlaySequence:
    settings = {"length": LENGTH, "width": 16, "blocks": 1, "pretrain_rows": 4000, "tune_rows": 3000, "threads": 1}
    return PlaySequence(**{**settings, **changes})


@cache
def guessing() -> PlaySequence:
    """Fitted on people and machines without being told which is which."""
    return small().fit(mixed(1)[0])


@cache
def tuned() -> PlaySequence:
    return guessing().tuned_to(*mixed(1))


def test_what_follows_a_pattern_surprises_less() -> None:
    people, machines = listeners(100, 7, machine=False), listeners(100, 8, machine=True)
    # A tune out of four at random is 2 bits, a gap out of two 1 bit, whoever plays.
    tune, gap = guessing().surprise_by_channel(people).mean(axis=0)
    assert tune == pytest.approx(2.0, abs=0.2)
    assert gap == pytest.approx(1.0, abs=0.1)
    tune, gap = guessing().surprise_by_channel(machines).mean(axis=0)
    assert tune < 1.5
    assert gap == pytest.approx(1.0, abs=0.1)
    np.testing.assert_allclose(
        guessing().surprise(people), guessing().surprise_by_channel(people).sum(axis=1), rtol=1e-12
    )


def test_without_labels_the_score_is_the_surprise() -> None:
    rows = mixed(5)[0]
    np.testing.assert_array_equal(guessing().score(rows), guessing().surprise(rows))
    np.testing.assert_allclose(guessing().explain(rows).sum(axis=1), guessing().surprise(rows), rtol=1e-5)
    assert guessing().offset == 0.0


def test_learns_from_labels_what_only_the_order_tells() -> None:
    rows, target = mixed(11)
    score = tuned().score(rows)
    assert score.dtype == np.float64
    assert ((score > 0) & (score < 1)).all()
    assert np.median(score[target == 1]) > np.quantile(score[target == 0], 0.95)


def test_parts_of_the_plays_add_up_to_the_log_odds_and_stand_at_the_plays() -> None:
    rows, _ = mixed(11)
    parts = tuned().explain(rows)
    assert parts.shape == (len(rows), len(tuned().names))
    score = tuned().score(rows)
    np.testing.assert_allclose(parts.sum(axis=1) + tuned().offset, np.log(score / (1 - score)), atol=1e-9)
    assert (parts[~rows.known] == 0).all()
    assert (parts[rows.known] != 0).mean() > 0.99


def test_the_graph_equals_the_network_within_a_hundred_thousandth() -> None:
    from ghostnote.models import network

    rows, _ = mixed(11)
    detector = tuned()
    tokens = torch.from_numpy(detector._tokens(rows).astype(np.int64))
    assert detector._network is not None
    with torch.no_grad():
        said, guesses = detector._network(tokens)
        log_odds = network.log_odds(detector._network, said, tokens).numpy()
        bits = network.nats(detector._network, guesses, tokens).numpy() / np.log(2.0)
    plays = rows.known.sum(axis=1)
    np.testing.assert_allclose(detector.score(rows), 1 / (1 + np.exp(-log_odds)), atol=1e-5, rtol=0)
    np.testing.assert_allclose(detector.explain(rows).sum(axis=1) + detector.offset, log_odds, atol=1e-5, rtol=0)
    np.testing.assert_allclose(detector.surprise_by_channel(rows), bits.sum(axis=1) / plays[:, None], atol=1e-5, rtol=0)


def test_neither_order_nor_company_changes_a_row() -> None:
    rows, _ = mixed(11)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_array_equal(tuned().score(rows.take(order)), tuned().score(rows)[order])
    np.testing.assert_array_equal(tuned().score(rows.take(np.arange(3))), tuned().score(rows)[:3])
    np.testing.assert_array_equal(tuned().score(rows.last(LENGTH + 9)), tuned().score(rows))


def test_later_plays_do_not_change_what_earlier_ones_were_worth() -> None:
    rows = listeners(5, 3, machine=True)
    changed = rows.values.copy()
    changed[:, -1, 0] = 1 + changed[:, -1, 0] % 4
    before, after = (guessing().explain(TokenRows(CHANNELS, values)) for values in (rows.values, changed))
    np.testing.assert_allclose(before[:, :-1], after[:, :-1], atol=1e-6)
    assert (after[:, -1] > before[:, -1]).all()


def test_comes_back_the_same_and_cannot_be_tuned_further() -> None:
    rows, target = mixed(11)
    restored = PlaySequence.restore(tuned().state())
    np.testing.assert_array_equal(restored.score(rows), tuned().score(rows))
    np.testing.assert_array_equal(restored.explain(rows), tuned().explain(rows))
    np.testing.assert_array_equal(restored.surprise(rows), tuned().surprise(rows))
    assert (restored.offset, restored.names) == (tuned().offset, tuned().names)
    with pytest.raises(ValueError, match="fit the detector"):
        restored.tuned_to(rows, target)


def test_one_seed_gives_one_detector() -> None:
    rows, target = mixed(1, people=60, machines=20)
    first, again, other = (
        small(pretrain_rows=128, tune_rows=128, seed=seed).fit(rows, target).state() for seed in (0, 0, 1)
    )
    assert first == again
    assert first["plays.onnx"] != other["plays.onnx"]


def test_tuning_leaves_the_first_detector_as_it_was() -> None:
    rows, target = mixed(1, people=60, machines=20)
    detector = small(pretrain_rows=128, tune_rows=128).fit(rows)
    before = detector.state()
    assert detector.tuned_to(rows, target).state() != before
    assert detector.state() == before


def test_what_is_unknown_is_neither_surprising_nor_an_error() -> None:
    rows, target = mixed(1, people=60, machines=20)
    blind = rows.values.copy()
    blind[:, :, 1] = 0
    view = TokenRows(CHANNELS, blind)
    detector = small(pretrain_rows=128, tune_rows=128).fit(view, target)
    assert (detector.surprise_by_channel(view)[:, 1] == 0).all()
    assert np.isfinite(detector.score(view)).all()


def test_who_has_not_played_gets_the_odds_of_everybody() -> None:
    nothing = TokenRows(CHANNELS, np.zeros((2, LENGTH, 2), dtype=np.uint8))
    assert guessing().score(nothing).tolist() == [0.0, 0.0]
    np.testing.assert_allclose(tuned().score(nothing), 1 / (1 + np.exp(-tuned().offset)))
    assert tuned().score(nothing.take(np.zeros(2, dtype=np.bool_))).shape == (0,)


def test_a_weight_says_what_a_row_counts() -> None:
    rows, target = mixed(1, people=60, machines=20)
    detector = small(pretrain_rows=128, tune_rows=256).fit(rows)
    alike, heavy = np.ones(len(rows)), np.where(target == 1, 1.0, 100.0)
    rarer = detector.tuned_to(rows, target, heavy).offset - detector.tuned_to(rows, target, alike).offset
    assert rarer == pytest.approx(-np.log(100.0), abs=1e-3)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ([0.0, np.nan, 1.0], "missing"),
        ([1.0, 1.0, 1.0], "one class"),
        ([0.0, 0.5, 1.0], "0 or 1"),
        ([0.0, 1.0], "shape"),
    ],
)
def test_a_target_that_cannot_teach_is_refused(target: list[float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        small().fit(listeners(3, 1, machine=True), np.array(target))


def test_no_plays_and_no_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no play"):
        small().fit(TokenRows(CHANNELS, np.zeros((4, LENGTH, 2), dtype=np.uint8)))
    with pytest.raises(ValueError, match="fit the detector"):
        small().state()
    with pytest.raises(ValueError, match="fit the detector"):
        small().score(listeners(3, 1, machine=True))


def test_a_bundle_is_read_without_what_only_sequences_need() -> None:
    script = "import sys, ghostnote.models.bundle;print(sorted({'torch', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

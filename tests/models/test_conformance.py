"""Every detector keeps the contract: they are found, not listed, and each named property is tried on each of them."""

import importlib
import inspect
import pkgutil
import tracemalloc
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.models.views import VIEWS, Rows

import ghostnote.models

_METHODS = ("fit", "score", "explain", "state", "restore")


def found() -> list[type[Any]]:
    """The classes of `ghostnote.models` that have all of a detector's methods."""
    modules = [
        importlib.import_module(f"ghostnote.models.{module.name}")
        for module in pkgutil.iter_modules(ghostnote.models.__path__)
    ]
    classes = {
        one
        for module in modules
        for _, one in inspect.getmembers(module, inspect.isclass)
        if one.__module__ == module.__name__ and not getattr(one, "_is_protocol", False)
    }
    return sorted((one for one in classes if all(hasattr(one, m) for m in _METHODS)), key=lambda one: one.__name__)


DETECTORS = found()
every = pytest.mark.parametrize("kind", DETECTORS, ids=lambda kind: kind.__name__)


@cache
def rows_for(view: str) -> Rows:
    return VIEWS[view]()


def made(kind: type[Any]) -> Any:
    return kind(**rows_for(kind.view).settings)


@cache
def fitted(kind: type[Any]) -> Any:
    rows = rows_for(kind.view)
    return made(kind).fit(rows.view, rows.fraud.astype(np.float64))


def test_all_detectors_are_found() -> None:
    assert {"Boosting", "Lockstep", "Tails"} <= {kind.__name__ for kind in DETECTORS}


@every
def test_it_says_what_it_looks_at_and_what_it_explains(kind: type[Any]) -> None:
    assert kind.view in VIEWS
    assert kind.explains in {"score", "log-odds"}
    assert isinstance(kind.learns_labels, bool)
    assert kind.__doc__


@every
def test_it_finds_what_was_planted(kind: type[Any]) -> None:
    rows = rows_for(kind.view)
    score = fitted(kind).score(rows.view)
    assert np.median(score[rows.fraud]) > np.quantile(score[~rows.fraud], 0.95)


@every
def test_scores_are_one_finite_number_a_row(kind: type[Any]) -> None:
    rows = rows_for(kind.view)
    score = fitted(kind).score(rows.view)
    assert score.dtype == np.float64
    assert score.shape == rows.fraud.shape
    assert np.isfinite(score).all()


@every
def test_two_fits_agree_to_the_bit(kind: type[Any]) -> None:
    rows = rows_for(kind.view)
    again = made(kind).fit(rows.view, rows.fraud.astype(np.float64))
    np.testing.assert_array_equal(again.score(rows.view), fitted(kind).score(rows.view))


@every
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(kind: type[Any], seed: int) -> None:
    rows = rows_for(kind.view)
    view, order = rows.shuffled(seed)
    np.testing.assert_array_equal(fitted(kind).score(view), fitted(kind).score(rows.view)[order])


@every
@pytest.mark.parametrize(
    ("target", "reason"),
    [(np.nan, "missing"), (0.0, "one class"), (1.0, "one class"), (2.0, "0 or 1"), (None, "shape")],
)
def test_labels_that_teach_nothing_are_refused_or_not_looked_at(
    kind: type[Any], target: float | None, reason: str
) -> None:
    rows = rows_for(kind.view)
    labels = np.zeros(1) if target is None else rows.fraud.astype(np.float64)
    if target is not None:
        labels[:] = target
    if kind.learns_labels:
        with pytest.raises(ValueError, match=reason):
            made(kind).fit(rows.view, labels)
        return
    if not _looks_at(kind):
        np.testing.assert_array_equal(
            made(kind).fit(rows.view, labels).score(rows.view), made(kind).fit(rows.view).score(rows.view)
        )
        return
    with pytest.raises(ValueError, match=reason):
        made(kind).fit(rows.view, labels)


@cache
def _looks_at(kind: type[Any]) -> bool:
    """Whether a detector that can do without labels makes use of those that it is given."""
    rows = rows_for(kind.view)
    without = made(kind).fit(rows.view).score(rows.view)
    return not np.array_equal(without, fitted(kind).score(rows.view))


@every
def test_without_labels_it_learns_or_says_that_it_needs_them(kind: type[Any]) -> None:
    rows = rows_for(kind.view)
    if kind.learns_labels:
        with pytest.raises(ValueError, match="labels"):
            made(kind).fit(rows.view)
        return
    assert np.isfinite(made(kind).fit(rows.view).score(rows.view)).all()


@every
def test_what_is_missing_or_was_never_met_is_no_error(kind: type[Any]) -> None:
    for name, view in rows_for(kind.view).poorer.items():
        score, parts = fitted(kind).score(view), fitted(kind).explain(view)
        assert np.isfinite(score).all(), name
        assert np.isfinite(parts).all(), name
        assert len(score) == len(parts), name


@every
def test_no_rows_give_no_scores(kind: type[Any]) -> None:
    none = rows_for(kind.view).none
    assert fitted(kind).score(none).shape == (0,)
    assert fitted(kind).explain(none).shape[0] == 0


@every
def test_the_parts_of_an_explanation_sum_to_the_score(kind: type[Any]) -> None:
    rows, detector = rows_for(kind.view), fitted(kind)
    parts, score = detector.explain(rows.view), detector.score(rows.view)
    assert parts.shape == (len(score), len(detector.names))
    told = score if kind.explains == "score" else np.log(score / (1.0 - score))
    np.testing.assert_allclose(parts.sum(axis=1) + detector.offset, told, atol=1e-5)


@every
def test_a_restored_detector_says_the_same_to_the_bit(kind: type[Any]) -> None:
    rows, detector = rows_for(kind.view), fitted(kind)
    again = kind.restore(detector.state())
    assert again.names == detector.names
    np.testing.assert_array_equal(again.score(rows.view), detector.score(rows.view))
    np.testing.assert_array_equal(again.explain(rows.view), detector.explain(rows.view))
    assert again.state() == detector.state()


@every
def test_its_state_is_data_and_never_code(kind: type[Any]) -> None:
    for name, content in fitted(kind).state().items():
        assert "/" not in name
        assert isinstance(content, str | bytes)
        # Pickles begin with this byte, archives with code in them with these.
        assert not (isinstance(content, bytes) and content.startswith((b"\x80", b"PK")))


@every
def test_it_must_be_fitted_first(kind: type[Any]) -> None:
    if not kind.learns_labels:
        pytest.skip("what learns from no label may have nothing to fit")
    with pytest.raises(ValueError, match="fit"):
        made(kind).score(rows_for(kind.view).view)


@every
def test_it_changes_nothing_that_it_is_given(kind: type[Any]) -> None:
    rows = rows_for(kind.view)
    before = {name: value.copy() for name, value in vars(rows.view).items() if isinstance(value, np.ndarray)}
    made(kind).fit(rows.view, rows.fraud.astype(np.float64)).explain(rows.view)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(rows.view, name), value)


@every
def test_memory_grows_no_faster_than_the_rows(kind: type[Any]) -> None:
    rows, detector = rows_for(kind.view), fitted(kind)

    def peak(times: int) -> int:
        view = rows.larger(times)
        tracemalloc.start()
        detector.score(view)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(8) < 12 * peak(1) + 1_000_000

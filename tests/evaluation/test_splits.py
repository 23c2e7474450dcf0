"""Folds depend on ids alone."""

from ghostnote.evaluation.splits import fold_of


def test_folds_are_balanced_and_stable():
    ids = [f"account-{n}" for n in range(3000)]
    folds = fold_of(ids, 3)
    assert all(900 < (folds == fold).sum() < 1100 for fold in range(3))
    assert (fold_of(reversed(ids), 3)[::-1] == folds).all()
    assert (fold_of(ids, 3, salt="other") != folds).any()

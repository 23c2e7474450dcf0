"""Turning raw scores into probabilities that mean what they say."""

from dataclasses import dataclass

import numpy as np

from ghostnote.models.detector import Floats


@dataclass(frozen=True)
class Calibration:
    """A monotone map from raw score to probability, linear between `scores`."""

    scores: Floats
    probabilities: Floats

    def __call__(self, raw: Floats) -> Floats:
        """Probabilities in [0, 1], float64, same shape; outside the range seen, the nearest end's."""
        return np.asarray(np.interp(raw, self.scores, self.probabilities), dtype=np.float64)


def calibrate(raw: Floats, target: Floats, weight: Floats | None = None) -> Calibration:
    """Isotonic regression on scores of rows that the model was not fitted on (Zadrozny & Elkan, 2002).

    The ends are drawn in by one imaginary row of the other kind, so that no finite sample proves certainty.
    """
    # Only fitting needs it: who reads a bundle need not wait a second for it.
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(raw, kind="stable")
    raw, target = np.asarray(raw, dtype=np.float64)[order], np.asarray(target, dtype=np.float64)[order]
    weights = np.ones_like(target) if weight is None else np.asarray(weight, dtype=np.float64)[order]
    raw = np.concatenate([raw[:1], raw, raw[-1:]])
    target = np.concatenate([[1.0], target, [0.0]])
    weights = np.concatenate([[1.0], weights, [1.0]])
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(raw, target, sample_weight=weights)
    return Calibration(np.asarray(fitted.X_thresholds_, float), np.asarray(fitted.y_thresholds_, float))

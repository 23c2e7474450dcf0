"""What we think: detectors under one contract, calibration, alert budgets and the bundle. Arrays in, scores out."""

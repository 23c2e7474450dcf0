"""Decisions held against what really happened: one run of scoring, or a whole evaluation."""

from ghostnote.backtest.compare import UNKNOWN, backtest
from ghostnote.backtest.evaluate import Parts, evaluate

__all__ = ["UNKNOWN", "Parts", "backtest", "evaluate"]

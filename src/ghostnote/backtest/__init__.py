"""Decisions held against what really happened: one run of scoring, or a whole evaluation."""

from ghostnote.backtest.compare import UNKNOWN, backtest

__all__ = ["UNKNOWN", "backtest"]

"""Events in, decisions out: the one path that every caller shares."""

from ghostnote.scoring.score import score

__all__ = ["score"]

"""Pauses between tries: each up to twice as long as the last, drawn at random so that senders do not come all at once.

Full jitter, as in M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """first: upper bound of the first pause in seconds, doubled from one to the next. longest: of all pauses."""

    first: float
    longest: float
    chance: random.Random

    def pause(self, failures: int, at_least: float = 0.0) -> float:
        """Seconds to wait after so many failures, 1 or more; at least as long as asked for, never beyond `longest`."""
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        return max(self.chance.uniform(0.0, bound), min(at_least, self.longest))

"""Room in memory: beyond a ceiling, the state forgets the keys that were silent longest, and says so."""

from ghostnote.serving.state.state import State

#: How much of the time for which keys are kept is taken away, step by step, while the state goes on growing.
_SHARES = (0.25, 0.5, 0.75, 0.9)


class Room:
    """Keeps a state below `ceiling` bytes, 0 for none, as far as that goes.

    Memory that was taken is used again, never given back: so each time the state has grown beyond the ceiling, keys
    are forgotten, earlier each time. What is kept forever (ids, first times) is not.
    """

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._grown = 0
        self._step = 0
        #: Features that may say less than they should.
        self.stale: frozenset[str] = frozenset()

    def wanted(self, size: int) -> bool:
        """Whether a state of `size` bytes has grown beyond the ceiling since room was made last."""
        return bool(self._ceiling) and size > max(self._ceiling, self._grown)

    def make(self, state: State) -> str:
        """Forget, and say what that means."""
        share = _SHARES[min(self._step, len(_SHARES) - 1)]
        self._step += 1
        before = sum(held.keys for held in state.fold.memory())
        self.stale |= set(state.fold.shed(share))
        forgotten = before - sum(held.keys for held in state.fold.memory())
        self._grown = state.bytes
        return (
            f"The state takes {state.bytes:,} bytes, more than memory_bytes ({self._ceiling:,}): {forgotten:,} keys"
            f" silent for longest are forgotten, and {len(self.stale)} features may say less when they come again."
        )

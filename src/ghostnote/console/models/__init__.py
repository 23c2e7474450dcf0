"""The page about the bundle that judged a run: who it is, whether it means what it says, moves, and whom it harms."""

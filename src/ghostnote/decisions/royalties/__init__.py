"""Royalties: pools of money shared pro rata, before and after artificial plays go, to the cent.

From the bottom up: `terms` (what a service pays by), `codes`, `cents` (largest remainder); `verdicts` and `homes` (what
was decided about a play, and which pool it belongs to); `tally` and `streams` (plays added up day by day); `pots` (how
much money there is); `sharing` and `penalties` (who gets what, who may be fined); `statements` (`settle`: sums in,
statements out). Around them: `collecting` (a lake in, sums out), `summing_up`, `document` and `writing` (what is left
on disk), `settling` (all of it).
"""

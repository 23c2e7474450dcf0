"""Lockstep: accounts that do the same with what hardly anybody else touches. Needs no labels and no suspicion.

1. Edges are summed up per account and key; keys that many use tie nobody (`rarity`).
2. Accounts that spend a good part of what they do on the same rare keys make pairs (`pairs`).
3. Pairs make communities (`communities`).
4. In each, and for each kind of key, the densest block is peeled out, then the next (`peeling`).
5. A block takes in whoever else is devoted to its keys, and loses whoever is not and what others use as well.
6. What is left is measured: how closed, how devoted, how broad, how improbable by chance (`blocks`, `chance`).

Camouflage, plays of what everybody plays, goes to popular keys: these tie nobody, and count little in density.
People of one taste make blocks as well. These have no edge: some are a little less devoted, others less still, while
nobody is half a member of a campaign.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.models.blocks import Block, Limits, Search
from ghostnote.models.communities import communities
from ghostnote.models.detector import Scale, ViewName
from ghostnote.models.edges import Edges, Floats, Kind
from ghostnote.models.pairs import alike
from ghostnote.models.rarity import Incidence, incidence


@dataclass(frozen=True)
class Lockstep:
    """The detector of the edges view: it learns from the very edges that it judges, so `fit` has nothing to do.

    Which pairs and blocks there are: `limits` of blocks; `common`, share of the active accounts from which a key is too
    popular to tie; `least_same`, share of what two accounts do that must be the same; `budget`, pairs that are
    multiplied out at most. Which of them no honest crowd makes: `least_surprise` (powers of ten, far beyond what
    trying often explains), `most_near` (accounts half like members, per member, one imaginary one
    among them), `least_closed` (share of all uses of its keys by members), `least_agreement` (people of one taste share
    a shelf, each takes something else from it), `least_choices` (one hit or one new album makes thousands of people do
    the same). Where most members (`least_placed`) come from a few devices or payments too, the two ties together need
    no agreement: tastes and devices have nothing to do with each other, but in a `household` (accounts at most). A
    network is no such place: a town shares its networks and its tastes. `broad` is how many choices no crowd of people
    agrees on without a list.
    """

    view: ClassVar[ViewName] = "edges"
    explains: ClassVar[Scale] = "score"
    learns_labels: ClassVar[bool] = False

    limits: Limits = field(default_factory=Limits)
    common: float = 0.05
    least_same: float = 0.12
    budget: int = 30_000_000
    least_surprise: float = 12.0
    most_near: float = 0.2
    least_closed: float = 0.75
    least_agreement: float = 0.5
    least_choices: int = 3
    broad: int = 20
    least_placed: float = 0.5
    household: int = 6
    seed: int = 0
    names: tuple[str, ...] = ()
    offset: float = 0.0

    def fit(self, edges: Edges, target: Floats | None = None, weight: Floats | None = None) -> Self:
        """The same detector, `names` being the kinds of key that it explains by. Labels are not looked at."""
        return replace(self, names=tuple(kind.name for kind in edges.kinds))

    def find(self, edges: Edges) -> list[Block]:
        """The blocks that no honest crowd makes, the most surprising first; an account is in one of them at most."""
        return _apart([block for block in self._blocks(edges) if self.certain(block, edges.kinds)])

    def score(self, edges: Edges) -> Floats:
        """Of each account, its block's surprise; 0 in none. float64, shape (accounts,), powers of ten."""
        return np.asarray(self.explain(edges).sum(axis=1), dtype=np.float64)

    def explain(self, edges: Edges) -> Floats:
        """What each kind of key adds to the score; float64, shape (accounts, kinds). The rows sum to it."""
        parts = np.zeros((edges.accounts, len(edges.kinds)))
        for block in self.find(edges):
            parts[block.accounts] = block.parts
        return parts

    def state(self) -> Mapping[str, str]:
        """What it was set to, as JSON."""
        return {"lockstep.json": msgspec.json.encode(self).decode()}

    @classmethod
    def restore(cls, files: Mapping[str, str]) -> Self:
        """The inverse of `state`."""
        return msgspec.json.decode(files["lockstep.json"], type=cls)

    def candidates(self, edges: Edges) -> list[Block]:
        """All blocks, those of honest people among them; the most surprising first, hardly overlapping."""
        return _apart(self._blocks(edges))

    def _blocks(self, edges: Edges) -> Iterator[Block]:
        found = incidence(edges)
        tying = self._tying(found)
        search = Search(found, tying, self.limits)
        origin = np.array([kind.origin for kind in edges.kinds], dtype=np.bool_)[found.kind]
        # Apart, since whoever shares a device is more alike than any two who do the same: it would cut campaigns up.
        pairs = (
            alike(found, tying & side, least=self.least_same, budget=self.budget, seed=self.seed)
            for side in (~origin, origin)
        )
        parts = (part for side in pairs for part in communities(side, self.limits.fewest, seed=self.seed))
        return (block for part in parts for block in search.blocks(part))

    def certain(self, block: Block, kinds: Sequence[Kind]) -> bool:
        """Whether hardly any honest crowd makes such a block."""
        origin = np.array([kind.origin for kind in kinds], dtype=np.bool_)
        return (
            block.choices >= self.least_choices
            and float(block.parts[~origin].sum()) >= self.least_surprise
            and (self._alike(block, kinds) or self._placed(block, kinds))
        )

    def proves(self, block: Block, kinds: Sequence[Kind]) -> bool:
        """Whether a certain block needs no word on its accounts' own days: a class, or the fans of one act, agree too.

        Either they come from the same devices or payments, or they work through more than people agree on, with no
        list to explain it.
        """
        listed = np.array([kind.listed for kind in kinds], dtype=np.bool_)
        broad = block.choices >= self.broad and not listed[block.kind].any() and self._alike(block, kinds)
        return self.beyond_a_home(block) and (broad or self._placed(block, kinds))

    def beyond_a_home(self, block: Block) -> bool:
        """Whether there are more accounts than a household has: fewer may be a family with playlists of its own."""
        return len(block.accounts) > self.household

    def _alike(self, block: Block, kinds: Sequence[Kind]) -> bool:
        """What they do suffices, wherever they come from: people of one taste agree less, and have no edge."""
        return (
            not kinds[block.main].origin
            and not kinds[block.main].listed
            and block.agreement >= self.least_agreement
            and self._has_edge(block)
            and block.closed >= self.least_closed
        )

    def _has_edge(self, block: Block) -> bool:
        """Nobody is half a member of a campaign; of a town, or of those who love one style, many are."""
        return block.near + 1 <= self.most_near * (len(block.accounts) + 1)

    def _placed(self, block: Block, kinds: Sequence[Kind]) -> bool:
        """Two independent ties: most of them come from a few places as well, and are more than two families."""
        origin = np.array([kind.origin for kind in kinds], dtype=np.bool_)
        return (
            len(block.accounts) > 2 * self.household
            and block.placed >= self.least_placed
            and self._has_edge(block)
            and float(block.parts[origin].sum()) >= self.least_surprise
        )

    def _tying(self, found: Incidence) -> NDArray[np.bool_]:
        crowded = np.array([kind.crowded for kind in found.edges.kinds], dtype=np.bool_)
        active = np.count_nonzero(found.degree.sum(axis=1))
        most = max(self.common * active, 4.0 * self.limits.fewest)
        return ~crowded[found.kind] & (found.users >= 2) & (found.users <= most)


def _apart(blocks: Iterable[Block]) -> list[Block]:
    """The most surprising first, without those that mostly repeat one before, and those that chance explains."""
    taken: set[int] = set()
    kept = []
    for block in sorted(blocks, key=lambda one: (-one.surprise, -len(one.accounts), one.main, int(one.accounts[0]))):
        members = set(block.accounts.tolist())
        if block.surprise > 0 and 2 * len(members & taken) < len(members):
            kept.append(block)
            taken |= members
    return kept

"""Communities of accounts that do much the same (Leiden; Traag et al., 2019). The only file that imports igraph."""

import random
from collections.abc import Iterator

import igraph
import numpy as np
from numpy.typing import NDArray

from ghostnote.models.pairs import Pairs

#: Half as like as another weighs a sixteenth: five accomplices outweigh two hundred people who like the same hits.
_STRONG = 4
_AT_ONCE = 1 << 16


def communities(pairs: Pairs, least: int, *, seed: int = 0) -> list[NDArray[np.int64]]:
    """Account codes of each community of at least `least`, each sorted, largest first; same pairs, same answer.

    Modularity, with a power of sameness for weight: who hides among the crowd is a little like hundreds and very like a
    few, and the few must weigh more. It merges small communities that hang together by a thread (Fortunato &
    Barthélemy, 2007): whoever looks for blocks in one must look for more than one.
    """
    nodes = np.unique(np.concatenate([np.unique(pairs.left), np.unique(pairs.right)]))
    if len(nodes) < least:
        return []
    graph = igraph.Graph(n=len(nodes), edges=_edges(pairs, nodes), directed=False)
    # The library draws from one generator of the whole process: it is lent ours, then gets its own back.
    igraph.set_random_number_generator(random.Random(seed))
    try:
        found = graph.community_leiden(
            objective_function="modularity", weights=(pairs.same**_STRONG).tolist(), n_iterations=4
        )
    finally:
        igraph.set_random_number_generator(random)
    member = np.asarray(found.membership, dtype=np.int64)
    order = np.argsort(member, kind="stable")
    cuts = np.flatnonzero(np.diff(member[order])) + 1
    parts = [nodes[part] for part in np.split(order, cuts) if len(part) >= least]
    return sorted(parts, key=lambda part: (-len(part), int(part[0])))


def _edges(pairs: Pairs, nodes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs by the places of their accounts in `nodes`, few at once: an array would be copied edge by edge, whole."""
    for start in range(0, len(pairs.left), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        left, right = (np.searchsorted(nodes, side[part]).tolist() for side in (pairs.left, pairs.right))
        yield from zip(left, right, strict=True)

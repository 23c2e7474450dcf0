"""Reads what pages need of a whole run while something else is read: two processors are busy instead of one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ghostnote.console.audience import Audiences
from ghostnote.console.catalogue import Catalogue
from ghostnote.console.novelty import Novelty
from ghostnote.console.usage import Usage

T = TypeVar("T")


def read_beside(read: Callable[[], T], catalogue: Catalogue, usage: Usage, novelty: Novelty, audiences: Audiences) -> T:
    """What `read` returns; meanwhile what the others keep of the run is added up, outside of Python's lock.

    Raises what either raises.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="run") as pool:
        added = pool.submit(_add_up, catalogue, usage, novelty, audiences)
        found = read()
        added.result()
    return found


def _add_up(catalogue: Catalogue, usage: Usage, novelty: Novelty, audiences: Audiences) -> None:
    """Each is kept by its owner once it was asked for."""
    _ = (
        catalogue.addresses,
        usage.rows,
        usage.mix,
        novelty.withheld,
        novelty.campaigns,
        audiences.tracks,
        audiences.owners,
    )

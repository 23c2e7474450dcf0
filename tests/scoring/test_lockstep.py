"""A ring that what it plays does not prove is proven by its accounts' own days, or left to people."""

import numpy as np
import polars as pl

from ghostnote.scoring.lockstep import find

RING = [f"b{n:02}" for n in range(15)]
FEW, MANY = 6, 40


def _links(artists: int) -> pl.DataFrame:
    """A crowd with tastes of its own, and a ring that plays every one of so many artists alike."""
    random = np.random.default_rng(5)
    odds = 1.0 / np.arange(1, 501)
    rows = [
        (f"p{account:03}", "artist_id", f"hit{n}", 5.0)
        for account in range(400)
        for n in random.choice(500, 25, replace=False, p=odds / odds.sum())
    ]
    rows += [(one, "artist_id", f"x{n}", 240.0 / artists) for one in RING for n in range(artists)]
    links = pl.DataFrame(rows, schema=["account_id", "kind", "key", "events"], orient="row")
    return links.with_columns(time=pl.lit(0, dtype=pl.Int32))


def _proven(artists: int, suspicious: list[str]) -> bool:
    (block,) = find(_links(artists), suspicious)
    assert block.accounts == tuple(RING)
    return block.proven


def test_a_few_artists_prove_a_ring_only_with_most_of_its_accounts_own_days() -> None:
    assert not _proven(FEW, [])
    assert not _proven(FEW, RING[:9])
    assert _proven(FEW, RING[:10])


def test_more_than_people_agree_on_proves_a_ring_whatever_its_days_say() -> None:
    assert _proven(MANY, [])

"""Edges between accounts and things: one per event, merged by steps of time, the same however split."""

import numpy as np
import polars as pl
import pytest
from tests.features.worlds import plays, stream

from ghostnote.errors import GhostnoteError
from ghostnote.features.edges import KINDS, EdgeMaker, Edges, joined, merged

HOUR = 3_600_000_000


def named(maker: EdgeMaker, edges: Edges) -> set[tuple[str, str, str, int, int]]:
    accounts = maker.accounts()
    return {
        (KINDS[kind], accounts[int(account)], maker.things(KINDS[kind])[int(thing)], int(events), int(ms))
        for kind, account, thing, events, ms in zip(
            edges.kind, edges.account, edges.thing, edges.events, edges.ms, strict=True
        )
    }


def test_what_is_merged_is_what_polars_counts() -> None:
    events = stream(4, 300)
    maker = EdgeMaker(("track_id", "ip", "device_id"))
    found = merged(maker.edges(events), 24 * HOUR)
    expected = set()
    for kind in maker.kinds:
        groups = (
            events.filter(pl.col("account_id").is_not_null() & pl.col(kind).is_not_null())
            .with_columns(step=pl.col("event_time").dt.date())
            .group_by("account_id", kind, "step")
            .agg(pl.len(), pl.col("ms_played").fill_null(0).sum().alias("ms"))
        )
        expected |= {(kind, a, t, n, ms) for a, t, _, n, ms in groups.rows()}
        assert int((found.kind == KINDS.index(kind)).sum()) == groups.height
    assert named(maker, found) == expected
    assert (found.time % (24 * HOUR) == 0).all()


def test_splits_change_nothing() -> None:
    events = stream(5, 300, late=0.2)
    whole, parts = EdgeMaker(), EdgeMaker()
    a = merged(whole.edges(events), HOUR)
    b = merged(joined([parts.edges(part) for part in events.iter_slices(37)]), HOUR)
    for name in Edges.__annotations__:
        assert np.array_equal(getattr(a, name), getattr(b, name))
    assert set(KINDS) - {"family_id"} <= {KINDS[kind] for kind in a.kind}


def test_a_column_that_nobody_has_gives_no_edges() -> None:
    maker = EdgeMaker()
    found = maker.edges(plays([0, 1, 2], ip=["10.0.0.1", None, "10.0.0.1"]).drop("track_id", "ms_played"))
    assert named(maker, found) == {("ip", "a", "10.0.0.1", 1, 0), ("subnet", "a", "10.0.0", 1, 0)}
    assert len(found) == 4
    assert len(merged(found, HOUR)) == 2
    assert len(merged(maker.edges(plays([])), HOUR)) == 0


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(GhostnoteError, match="cannot be tied to 'mood'"):
        EdgeMaker(("mood",))
    with pytest.raises(ValueError, match="at least a microsecond"):
        merged(EdgeMaker().edges(plays([0])), 0)

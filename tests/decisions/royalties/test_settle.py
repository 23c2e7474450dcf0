"""Money moves within its pool, adds up to the cent, and is what the slow way finds."""

from collections import Counter
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decisions.royalties.reference import Play, by_pool

from ghostnote.decisions.royalties.pots import fill
from ghostnote.decisions.royalties.sharing import UNALLOCATED, share_one
from ghostnote.decisions.royalties.statements import TABLES, Settlement, schemas, settle
from ghostnote.decisions.royalties.streams import STREAMS, Eligible
from ghostnote.decisions.royalties.tally import LISTENERS, SUMS
from ghostnote.decisions.royalties.terms import Eligibility, Revenue, Terms

_TRACKS = {"t1": "ada", "t2": "ada", "t3": "ben", "t4": "cleo", "t5": "(unknown)"}
_POOLS = (("DE", "premium"), ("DE", "free"), ("SE", "family"))
_PLAYS = st.lists(
    st.builds(
        Play,
        st.sampled_from(_POOLS),
        st.sampled_from(sorted(_TRACKS)),
        st.booleans(),
        st.sampled_from(["count", "count", "hold", "exclude"]),
    ),
    max_size=60,
)
_CENTS = st.dictionaries(st.sampled_from(_POOLS), st.integers(0, 10**7))
#: Streams of each track before, and how many of them go.
_STREAMS = st.dictionaries(st.sampled_from(sorted(_TRACKS)), st.tuples(st.integers(0, 20), st.integers(0, 20)))
_CATALOGUE = pl.DataFrame(list(_TRACKS.items())[:4], schema=["track_id", "owner_id"], orient="row")


def sums_of(plays: list[Play]) -> pl.DataFrame:
    rows = []
    for pool, track in sorted({(play.pool, play.track) for play in plays}):
        mine = [play for play in plays if (play.pool, play.track) == (pool, track)]
        paying = [play for play in mine if play.paying]
        verdicts, paid = Counter(play.verdict for play in mine), Counter(play.verdict for play in paying)
        counts = (len(mine), len(paying), verdicts["hold"], verdicts["exclude"], paid["hold"], paid["exclude"])
        rows.append((*pool, track, *counts))
    return pl.DataFrame(rows, schema=SUMS, orient="row")


def terms_of(cents: dict[tuple[str, str], int], streams: int = 0) -> Terms:
    rows = tuple(Revenue(amount=Decimal(value).scaleb(-2), country=c, plan=p) for (c, p), value in cents.items())
    return Terms(revenue=rows, payout_per_play=Decimal("0.013"), eligibility=Eligibility(streams=streams))


def eligible_of(streams: dict[str, tuple[int, int]] | None, terms: Terms) -> Eligible:
    if streams is None:
        return Eligible(None, "")
    rows = [(track, before, max(0, before - gone), None, None) for track, (before, gone) in streams.items()]
    return Eligible.of(pl.DataFrame(rows, schema=STREAMS, orient="row"), terms.eligibility, "")


def settled(
    plays: list[Play], cents: dict[tuple[str, str], int], streams: dict[str, tuple[int, int]] | None = None
) -> Settlement:
    terms, sums = terms_of(cents, 10 if streams is not None else 0), sums_of(plays)
    pots = fill(sums, terms, terms.revenue)
    return settle(sums, pots, _CATALOGUE, LISTENERS.to_frame(), eligible_of(streams, terms), terms)


def total(frame: pl.DataFrame, *columns: str) -> Decimal:
    return sum((Decimal(frame[column].sum() or 0) for column in columns), Decimal(0))


@settings(max_examples=40)
@given(_PLAYS, _CENTS, st.none() | _STREAMS)
def test_it_is_what_the_slow_way_finds(plays, cents, streams) -> None:  # type: ignore[no-untyped-def]
    found = settled(plays, cents, streams)
    rows = found.statements_by_pool.filter(pl.col("owner_id") != UNALLOCATED)
    fast = {
        ((row["country"], row["plan"]), row["owner_id"]): tuple(
            int(row[name] * 100) for name in ("payout_before", "payout_after", "held_payout")
        )
        for row in rows.iter_rows(named=True)
    }
    pots = {(row["country"], row["plan"]): int(row["pool"] * 100) for row in found.pools.iter_rows(named=True)}
    paid = {
        track: (True, True)
        if streams is None
        else (
            (streams.get(track, (0, 0))[0] >= 10),
            max(0, streams.get(track, (0, 0))[0] - streams.get(track, (0, 0))[1]) >= 10,
        )
        for track in _TRACKS
    }
    assert fast == by_pool(plays, _TRACKS, pots, paid)


@settings(max_examples=40)
@given(_PLAYS, _CENTS, st.none() | _STREAMS)
def test_every_sum_balances_to_the_cent(plays, cents, streams) -> None:  # type: ignore[no-untyped-def]
    found = settled(plays, cents, streams)
    for row in found.pools.iter_rows(named=True):
        assert row["payout_before"] + row["unallocated_before"] == row["pool"]
        assert row["payout_after"] + row["held_payout"] + row["unallocated_after"] == row["pool"]
        here = (pl.col("country") == row["country"]) & (pl.col("plan") == row["plan"])
        mine = found.statements_by_pool.filter(here)
        assert total(mine, "payout_before") == total(mine, "payout_after", "held_payout") == row["pool"]
        for name in ("plays", "paying_plays", "artificial_plays", "held_plays"):
            assert mine[name].sum() == found.tracks_by_pool.filter(here)[name].sum() == row[name]
    pool = total(found.pools, "pool")
    assert total(found.statements, "payout_before") == total(found.statements, "payout_after", "held_payout") == pool
    assert total(found.statements, "difference") == -total(found.statements, "held_payout")
    for name in ("payout_before", "payout_after", "held_payout", "difference"):
        left = total(found.statements.filter(pl.col("owner_id") == UNALLOCATED), name)
        assert total(found.tracks, name) == total(found.tracks_by_pool, name) == total(found.statements, name) - left
    keys = ["country", "plan", "owner_id"]
    owners = found.statements_by_pool.filter(pl.col("owner_id") != UNALLOCATED)
    added = found.tracks_by_pool.group_by(keys).agg(pl.col("payout_after", "held_payout", "payout_before").sum())
    both = owners.join(added, on=keys, how="full", suffix="_tracks")
    assert all(both[name].equals(both[f"{name}_tracks"], check_names=False) for name in ("payout_after", "held_payout"))


@settings(max_examples=40)
@given(_PLAYS, _CENTS, st.sampled_from(_POOLS))
def test_what_artificial_plays_take_from_a_pool_moves_within_it(plays, cents, pool) -> None:  # type: ignore[no-untyped-def]
    honest = [Play(play.pool, play.track, play.paying, "count") for play in plays if play.pool != pool]
    attacked = honest + [play for play in plays if play.pool == pool]
    found = settled(attacked, cents)
    here = (pl.col("country") == pool[0]) & (pl.col("plan") == pool[1])
    elsewhere = found.statements_by_pool.filter(~here)
    assert total(elsewhere.filter(pl.col("difference") != 0), "difference") == 0
    assert elsewhere.filter(pl.col("difference") != 0).is_empty()
    mine = found.statements_by_pool.filter(here)
    assert total(mine, "difference") == -total(mine, "held_payout")


@settings(max_examples=40)
@given(_PLAYS, _CENTS)
def test_nobody_without_artificial_plays_loses(plays, cents) -> None:  # type: ignore[no-untyped-def]
    clean = settled(plays, cents).statements_by_pool.filter(pl.col("artificial_plays") == 0)
    assert (clean["difference"] >= Decimal("-0.01")).all()


@settings(max_examples=40)
@given(_PLAYS, _CENTS, st.none() | _STREAMS, st.randoms(use_true_random=False))
def test_the_order_of_plays_and_rows_does_not_matter(plays, cents, streams, random) -> None:  # type: ignore[no-untyped-def]
    mixed = list(plays)
    random.shuffle(mixed)
    first, second = settled(plays, cents, streams), settled(mixed, dict(reversed(cents.items())), streams)
    for name in TABLES:
        assert first.table(name).equals(second.table(name)), name


@settings(max_examples=40)
@given(_PLAYS, _CENTS)
def test_tables_have_their_schema(plays, cents) -> None:  # type: ignore[no-untyped-def]
    found = settled(plays, cents)
    for name, schema in schemas(2).items():
        assert found.table(name).schema == schema, name
        assert (
            found.table(name)
            .select(pl.exclude("streams_before", "streams_after", "revenue", "artificial_share", "low", "high"))
            .null_count()
            .sum_horizontal()
            .item()
            == 0
        )


def test_without_plays_all_revenue_is_unallocated() -> None:
    found = settled([], {("DE", "free"): 500})
    (row,) = found.statements.iter_rows(named=True)
    assert (row["owner_id"], row["payout_before"], row["payout_after"]) == (UNALLOCATED, Decimal(5), Decimal(5))
    assert settled([], {}).statements.is_empty()


def test_one_owner_has_all_of_it() -> None:
    found = settled([Play(_POOLS[0], "t3", True, "count")] * 3, {_POOLS[0]: 1000})
    assert found.statements.select("owner_id", "payout_before", "payout_after").rows() == [
        ("ben", Decimal(10), Decimal(10))
    ]


def test_a_pool_in_which_only_artificial_plays_were_paid_is_unallocated_after() -> None:
    found = settled([Play(_POOLS[0], "t3", True, "exclude")], {_POOLS[0]: 1000})
    paid = {
        row["owner_id"]: (row["payout_before"], row["payout_after"]) for row in found.statements.iter_rows(named=True)
    }
    assert paid == {"ben": (Decimal(10), Decimal(0)), UNALLOCATED: (Decimal(0), Decimal(10))}


def test_what_is_held_is_put_aside_and_shared_with_nobody() -> None:
    plays = [Play(_POOLS[0], "t3", True, "hold"), Play(_POOLS[0], "t4", True, "count")]
    found = settled(plays, {_POOLS[0]: 1000})
    rows = found.statements.select("owner_id", "payout_before", "payout_after", "held_payout", "difference").rows()
    assert rows == [
        ("ben", Decimal(5), Decimal(0), Decimal(5), Decimal(-5)),
        ("cleo", Decimal(5), Decimal(5), Decimal(0), Decimal(0)),
    ]


def test_a_long_tail_is_rounded_once_per_owner() -> None:
    """A thousand tracks with a play each earn as much as one track with a thousand."""
    rows = [("DE", "free", f"a{n}", 1, 1, 0, 0, 0, 0) for n in range(1000)] + [
        ("DE", "free", "z", 1000, 1000, 0, 0, 0, 0)
    ]
    sums = pl.DataFrame(rows, schema=SUMS, orient="row")
    owners = sums.select("track_id", pl.col("track_id").str.slice(0, 1).alias("owner_id"))
    terms = Terms(payout_per_play=Decimal("0.004"))
    found = settle(sums, fill(sums, terms, ()), owners, LISTENERS.to_frame(), Eligible(None, ""), terms)
    assert found.statements["payout_before"].to_list() == [Decimal(4), Decimal(4)]
    assert found.tracks.filter(pl.col("payout_before") > 0).height == 401


_OWNERS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=30)


@given(_OWNERS, st.integers(0, 10**9))
def test_one_pool_for_everything_is_the_same_before_and_after_and_nobody_honest_loses(owners, pool) -> None:  # type: ignore[no-untyped-def]
    frame = pl.DataFrame(
        {
            "owner_id": [f"o{n}" for n in range(len(owners))],
            "plays": [honest + bad for honest, bad in owners],
            "artificial_plays": [bad for _, bad in owners],
            "paying": [honest + bad for honest, bad in owners],
            "paying_artificial": [bad for _, bad in owners],
        }
    )
    found = share_one(frame, pool)
    before, after = found["payout_before"], found["payout_after"]
    if any(honest for honest, _ in owners):
        assert sum(round(x * 100) for x in before) == pool == sum(round(x * 100) for x in after)
        assert (
            found.filter(pl.col("artificial_plays") == 0)
            .select(pl.col("payout_after") - pl.col("payout_before"))
            .to_series()
            >= -0.011
        ).all()

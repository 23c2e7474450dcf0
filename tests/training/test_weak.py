"""Who teaches without having been judged: accounts in lockstep that do little else."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from tests.worlds import Judged

from ghostnote.features.history import Day
from ghostnote.models.table import Table
from ghostnote.scoring.lockstep import find
from ghostnote.training.samples import NEVER, Sample
from ghostnote.training.train import collect
from ghostnote.training.weak import TRUST, WeakLabels

_FIRST = date(2026, 3, 1)
_FLEET = [f"bot{n}" for n in range(12)]


def _day(number: int, own: list[int], artists: int = 24) -> Day:
    """Three hundred listeners with tastes of their own; a fleet plays so many artists that nobody else knows.

    The fleet's accounts play `own` of what everybody plays besides, by turns.
    """
    random = np.random.default_rng(number)
    rows: list[tuple[str, str]] = []
    for n in range(300):
        rows += [(f"h{n}", f"artist{a}") for a in random.integers(0, 400, 20)]
    for n, account in enumerate(_FLEET):
        rows += [(account, f"farm{a}") for a in random.integers(0, artists, 12)]
        rows += [(account, f"artist{a}") for a in random.integers(0, 400, own[n % len(own)])]
    start = datetime.combine(_FIRST + timedelta(days=number), datetime.min.time(), UTC)
    stream = pl.DataFrame(rows, schema=["account_id", "artist_id"], orient="row").with_columns(
        kind=pl.lit("play"),
        event_time=pl.Series([start + timedelta(minutes=float(m)) for m in random.uniform(0, 1400, len(rows))]),
    )
    return Day(start.date(), stream, np.zeros((len(rows), 0), np.float32))


def _weak(*own: int, artists: int = 24) -> WeakLabels:
    found = WeakLabels()
    for number in range(4):
        found.follow(_day(number, list(own) or [2], artists))
    return found


def test_a_fleet_in_lockstep_is_suspected_and_nobody_else() -> None:
    assert _weak().accounts(frozenset()) == frozenset(_FLEET)


def test_who_agrees_on_no_more_than_people_do_may_be_people() -> None:
    _nobody_is_suspected(_weak(artists=9))


def test_who_is_in_lockstep_and_does_more_else_may_be_a_stolen_account() -> None:
    _nobody_is_suspected(_weak(16))


def test_who_is_in_lockstep_and_differs_in_what_else_it_does_may_be_a_stolen_account() -> None:
    _nobody_is_suspected(_weak(0, 2, 8))


def _nobody_is_suspected(found: WeakLabels) -> None:
    (block,) = find(found._links.timed())
    assert set(block.accounts) == set(_FLEET)
    assert found.accounts(frozenset()) == frozenset()


def test_whom_somebody_knows_is_left_to_what_is_known() -> None:
    known = frozenset(_FLEET[:3])
    assert _weak().since(known, _FIRST) == dict.fromkeys(sorted(_FLEET[3:]), _FIRST)


def test_without_events_nobody_is_suspected() -> None:
    assert WeakLabels().accounts(frozenset()) == frozenset()


def test_a_weak_label_weighs_less_and_never_in_place_of_a_known_one() -> None:
    rows = 6
    sample = Sample(
        pl.Series("account_id", ["known", "known", "weak", "weak", "other", "other"]),
        Table(("x",), np.zeros((rows, 1), np.float32)),
        np.array([True, True, False, False, False, False]),
        np.full(rows, 2.0),
        np.full(rows, _FIRST.toordinal(), np.int32),
        np.array([5, 5, NEVER, NEVER, NEVER, NEVER], np.int32),
    )
    taught = sample.with_fraud({"known": _FIRST, "weak": _FIRST}, TRUST)
    assert taught.fraud.tolist() == [True, True, True, True, False, False]
    assert taught.emphasis.tolist() == [1.0, 1.0, TRUST, TRUST, 2.0, 2.0]
    assert taught.trusted.tolist() == [True, True, False, False, False, False]
    assert taught.take(taught.fraud).emphasis.tolist() == [1.0, 1.0, TRUST, TRUST]
    assert taught.with_fraud({"other": _FIRST}).emphasis.tolist() == [1.0, 1.0, TRUST, TRUST, 1.0, 1.0]


def test_training_names_them_if_asked(arena: Judged, tmp_path: Path) -> None:
    with_them, without = (collect(arena.lake, weak=weak).samples for weak in (True, False))
    known = with_them.certain | frozenset(with_them.days.accounts.filter(pl.Series(with_them.days.trusted)))
    assert not with_them.weak & known
    assert without.weak == frozenset()
    assert without.days.trust is None
    weak = with_them.days.fraud & ~with_them.days.trusted
    assert set(with_them.days.accounts.filter(pl.Series(weak))) == with_them.weak

"""Conditions answered by values and arrays say what Polars says, whatever a column's type is."""

import numpy as np
import polars as pl
import pytest
from tests.features.worlds import stream

from ghostnote.features import facts as asking
from ghostnote.features.columns import Columns, Row
from ghostnote.features.facts import Fact, Facts
from ghostnote.features.fold import Fold
from ghostnote.features.keys import ITEMS, Item
from ghostnote.features.predicates import PREDICATES, Predicate

#: All that the shipped features ask, and a question that compares two columns without a test of its own.
FACTS = (
    *{fact.tag: fact for plan in Fold().plans for bit in plan.bits for fact in bit.facts or ()}.values(),
    Fact(("yes", "other"), (pl.col("ms_played") > pl.col("duration_ms")).fill_null(value=False)),
)
#: Those among them that rest on the stream alone.
PLAIN = tuple(f for f in FACTS if set(f.expr.meta.root_names()) <= set(stream(1, 30).columns))


def expected(frame: pl.DataFrame) -> dict[tuple[str, ...], list[bool]]:
    answers = frame.select(fact.expr.alias(str(i)) for i, fact in enumerate(PLAIN))
    return {
        fact.tag: np.resize(answer.to_numpy(), frame.height).tolist()
        for fact, answer in zip(PLAIN, answers.get_columns(), strict=True)
    }


def told(facts: Facts, columns: Columns | Row) -> dict[tuple[str, ...], list[bool]]:
    words = facts.words(columns)
    return {f.tag: ((words & (need := np.array([facts.needs([f])]).T)) == need).all(axis=0).tolist() for f in PLAIN}


def _texts(frame: pl.DataFrame, dtype: pl.DataType | None) -> pl.DataFrame:
    # Reasons are asked in lower case, which Polars has for plain texts alone.
    names = [name for name in frame.columns if frame.schema[name] == pl.String and name != "end_reason"]
    casts = {n: frame[n].cast(dtype or pl.Enum(frame[n].drop_nulls().unique(maintain_order=True))) for n in names}
    return frame.with_columns(**casts)


@pytest.mark.parametrize("dtype", [pl.String(), pl.Categorical(), None], ids=["String", "Categorical", "Enum"])
@pytest.mark.parametrize("numbers", [pl.Int64(), pl.Int32(), pl.Float64()], ids=str)
def test_every_shipped_question_is_answered_as_polars_does(dtype: pl.DataType | None, numbers: pl.DataType) -> None:
    facts = Facts(PLAIN)
    for seed in range(3):
        frame = _texts(stream(seed, 80, missing=0.4), dtype)
        frame = frame.with_columns(pl.col("ms_played", "duration_ms").cast(numbers))
        assert told(facts, Columns(frame)) == expected(frame)


def test_a_single_event_is_answered_as_polars_does() -> None:
    facts, frame = Facts(PLAIN), stream(4, 60, missing=0.4)
    read = frozenset(name for fact in PLAIN for name in fact.expr.meta.root_names())
    for number, event in enumerate(frame.iter_rows(named=True)):
        assert told(facts, Row(event, read)) == expected(frame[number])


def test_columns_with_many_texts_are_asked_of_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_MOST_TEXTS", 1)
    facts = Facts(PLAIN)
    for seed in (5, 6):
        frame = stream(seed, 80, missing=0.4)
        assert told(facts, Columns(frame)) == expected(frame)


def test_more_facts_than_one_word_holds() -> None:
    many = tuple(Fact(("yes", str(i)), pl.col("ms_played") > i) for i in range(150))
    facts, frame = Facts(many), pl.DataFrame({"ms_played": [0, 70, 149, 150]})
    words = facts.words(Columns(frame))
    assert words.shape == (3, 4)
    for i, fact in enumerate(many):
        need = np.array([facts.needs([fact])]).T
        assert ((words & need) == need).all(axis=0).tolist() == [n > i for n in (0, 70, 149, 150)]
    never = np.array([facts.needs(None)]).T
    assert not ((words & never) == never).any()


@pytest.mark.parametrize("predicate", [p for p in PREDICATES.values() if p.test], ids=lambda p: p.name)
def test_a_test_says_what_its_expression_says(predicate: Predicate) -> None:
    ms = [-1, 0, 29_999, 30_000, 34_999, 35_000, 161_999, 162_000, 2**40]
    frame = pl.DataFrame({"ms_played": ms, "duration_ms": [180_000] * len(ms)})
    assert predicate.test.columns == tuple(dict.fromkeys(predicate.expr.meta.root_names()))
    holds = predicate.test.holds(*(frame[name].to_numpy() for name in predicate.test.columns))
    assert holds.tolist() == frame.select(predicate.expr).to_series().to_list()


@pytest.mark.parametrize("item", [item for item in ITEMS.values() if item.worked_out], ids=lambda item: item.name)
def test_an_item_is_worked_out_as_its_expression_says(item: Item) -> None:
    frame = stream(7, 60).filter(pl.col("ms_played").is_not_null())
    numbers = item.worked_out(Columns(frame).numbers(item.read))
    assert numbers.tolist() == frame.select(item.number.alias("x")).to_series().to_list()
    assert [item.read] == item.number.meta.root_names()

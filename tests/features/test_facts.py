"""Conditions answered by values and arrays say what Polars says, whatever a column's type is."""

import numpy as np
import polars as pl
import pytest
from tests.features.worlds import stream

from ghostnote.features import answers
from ghostnote.features import facts as asking
from ghostnote.features.columns import Columns, Rows
from ghostnote.features.context import CONTEXT
from ghostnote.features.declaration import count, share
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


def told(facts: Facts, columns: Columns | Rows) -> dict[tuple[str, ...], list[bool]]:
    words = facts.words(columns)
    return {f.tag: ((words & (need := np.array([facts.needs([f])]).T)) == need).all(axis=0).tolist() for f in PLAIN}


def sequences(frame: pl.DataFrame) -> Rows:
    """A frame's columns as sequences, as small calls have them."""
    read = frozenset(name for fact in PLAIN for name in fact.expr.meta.root_names()) | {"event_time"}
    return Rows({name: frame[name].to_list() for name in frame.columns}, frame.height, read)


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


@pytest.mark.parametrize("rows", [1, 2, 60])
def test_few_events_without_a_frame_are_answered_as_polars_does(rows: int) -> None:
    facts, frame = Facts(PLAIN), stream(4, 60, missing=0.4)
    for part in frame.iter_slices(rows):
        assert told(facts, sequences(part)) == expected(part)


def test_columns_with_many_texts_are_asked_of_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_TEXTS", 1)
    monkeypatch.setattr(answers, "MOST_TEXTS", 1)
    facts = Facts(PLAIN)
    for seed in (5, 6):
        frame = stream(seed, 80, missing=0.4)
        assert told(facts, Columns(frame)) == expected(frame)
        assert told(facts, sequences(frame)) == expected(frame)


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


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("predicate", CONTEXT.values(), ids=lambda p: p.name)
def test_what_rests_on_features_is_answered_as_polars_does(predicate: Predicate, rows: int) -> None:
    names = [feature.name for feature in predicate.needs]
    asked = (share(predicate, "account", "24h", "x"), count("account", "24h", "x", where=predicate))
    later = {fact.tag: fact for plan in Fold(asked).plans for bit in plan.bits for fact in bit.facts or ()}
    facts = tuple(fact for fact in later.values() if set(fact.expr.meta.root_names()) & set(names))
    assert facts
    rng = np.random.default_rng(8)
    edges = np.array([0, 1, 2, 86_399.99, 86_400, 259_199.98, 259_200, 604_799.9, 604_800, np.nan], dtype=np.float32)
    for _ in range(40 // rows):
        first = {name: rng.choice(edges, rows) for name in names}
        frame = pl.DataFrame({name: pl.Series(values, nan_to_null=True) for name, values in first.items()})
        answers = Facts(facts, names)
        words = np.zeros((answers.size, rows), dtype=np.int64)
        answers.add(Columns(frame), first, words)
        for fact in facts:
            need = np.array([answers.needs([fact])]).T
            holds = ((words & need) == need).all(axis=0)
            assert holds.tolist() == np.resize(frame.select(fact.expr).to_series().to_numpy(), rows).tolist()

"""Which tracks are over the penalty line: surely, perhaps, or not."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.royalties.penalties import forecast
from ghostnote.decisions.royalties.tally import LISTENERS
from ghostnote.decisions.royalties.terms import Penalty, Terms
from ghostnote.evaluation.metrics import wilson


def told(paying: int, held: int, excluded: int, listeners: int, terms: Terms | None = None) -> dict[str, object]:
    track = pl.DataFrame({"track_id": ["t"], "paying": [paying], "paying_held": [held], "paying_excluded": [excluded]})
    heard = pl.DataFrame([("t", listeners)], schema=LISTENERS, orient="row")
    return forecast(track, heard, terms or Terms()).row(0, named=True)


@pytest.mark.parametrize(
    ("paying", "held", "excluded", "listeners", "said", "sure", "at_most"),
    [
        (2000, 0, 2000, 40, "will", 1000, 1000),
        (2000, 0, 2000, 12, "may", 0, 1000),  # Twelve listeners are a small sample, however much they play.
        (2000, 2000, 0, 40, "may", 0, 1000),  # Held is not excluded.
        (2000, 0, 1000, 400, "not", 0, 0),
        (2000, 0, 0, 1, "not", 0, 0),
        (2000, 0, 0, 0, "not", 0, 0),
        (0, 0, 0, 0, "not", 0, 0),
    ],
)
def test_a_forecast_follows_the_interval(
    paying: int, held: int, excluded: int, listeners: int, said: str, sure: int, at_most: int
) -> None:
    found = told(paying, held, excluded, listeners)
    assert (found["forecast"], found["penalty"], found["penalty_at_most"]) == (said, sure, at_most)


def test_the_line_and_the_price_are_the_terms() -> None:
    terms = Terms(currency="JPY", penalty=Penalty(line=0.4, per_track=Decimal(1500)))
    found = told(2000, 0, 1000, 400, terms)
    assert (found["forecast"], found["penalty"]) == ("will", 1500)


@given(st.integers(1, 500), st.integers(0, 500), st.integers(1, 500))
def test_without_held_plays_the_interval_is_wilsons(honest: int, excluded: int, listeners: int) -> None:
    found = told(honest + excluded, 0, excluded, listeners)
    share = excluded / (honest + excluded)
    assert found["artificial_share"] == share
    assert found["low"] <= share <= found["high"]  # type: ignore[operator]
    if (share * listeners).is_integer():
        low, high = wilson(int(share * listeners), listeners)
        assert (found["low"], found["high"]) == (pytest.approx(low), pytest.approx(high))

"""Keys, items and windows."""

import polars as pl
import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.features.keys import EVER, HOUR_US, ITEMS, KEYS, LONGEST_WINDOW_US, VALUES, nearest, window_us
from ghostnote.features.stream import stream_columns


@pytest.mark.parametrize(
    ("name", "length"), [("1h", HOUR_US), ("24h", 24 * HOUR_US), ("1d", 24 * HOUR_US), ("28d", LONGEST_WINDOW_US)]
)
def test_windows(name: str, length: int) -> None:
    assert window_us(name) == length


def test_ever_has_no_length() -> None:
    assert window_us("ever") == EVER


@pytest.mark.parametrize("name", ["", "h", "1", "01h", "-1h", "1.5h", "1H", "1h ", "10m", "99999h", "1h\n"])
def test_what_is_no_window(name: str) -> None:
    with pytest.raises(GhostnoteError, match="There is no window"):
        window_us(name)


def test_nearest_proposes_one_or_lists_all() -> None:
    assert nearest("acount", ["account", "track"]) == "did you mean 'account'"
    assert nearest("zzz", ["account", "track"]) == "choose one of account, track"


def test_all_nouns_speak_of_columns_of_the_stream() -> None:
    columns = set(stream_columns())
    assert all(set(key.columns) <= columns for key in KEYS.values())
    assert set(VALUES) <= columns
    for item in ITEMS.values():
        assert ({item.column} if item.number is None else set(item.number.meta.root_names())) <= columns


def test_what_only_signups_know_is_no_item() -> None:
    assert not {"payment", "email_domain"} & set(ITEMS)


def test_numbers_of_items() -> None:
    row = pl.DataFrame({"ms_played": [29_999, 0], "event_time": [7_199_999_999, 7_200_000_000]})
    row = row.with_columns(pl.col("event_time").cast(pl.Datetime("us", "UTC")))
    numbers = {name: item.number for name, item in ITEMS.items() if item.number is not None}
    assert row.select(**numbers).to_dicts() == [
        {"second": 29, "hour": 1, "hour_of_day": 1},
        {"second": 0, "hour": 2, "hour_of_day": 2},
    ]

"""Dictionaries from ids to numbers."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.features.codes import TextCodes, _encode_texts

_batches = st.lists(st.lists(st.none() | st.text(max_size=5), max_size=30), max_size=6)


@settings(max_examples=60, deadline=None)
@given(_batches, st.booleans())
def test_texts_are_numbered_in_order_of_first_sight(batches: list[list[str | None]], restart: bool) -> None:
    codes, known = TextCodes(), {}
    for batch in batches:
        expected = [-1 if text is None else known.setdefault(text, len(known)) for text in batch]
        assert codes.encode(pl.Series(batch, dtype=pl.String)).tolist() == expected
        assert len(codes) == len(known)
        if restart:
            codes = TextCodes.from_arrays(codes.to_arrays())


def test_many_texts_of_all_lengths_grow_every_array() -> None:
    ids = [str(i) * (1 + i % 9) for i in range(20_000)]
    unique = dict.fromkeys(ids)
    codes = TextCodes()
    parts = [codes.encode(pl.Series(ids[i : i + 1500])) for i in range(0, len(ids), 1500)]
    assert len(codes) == len(unique)
    again = TextCodes.from_arrays(codes.to_arrays()).encode(pl.Series(ids))
    assert again.tolist() == np.concatenate(parts).tolist()


def test_one_id_longer_than_all_room() -> None:
    codes = TextCodes()
    assert codes.encode(pl.Series(["x" * 100_000, "y", "x" * 100_000])).tolist() == [0, 1, 0]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["a", "b"])], ids=str)
def test_any_kind_of_text(dtype: pl.DataType) -> None:
    assert TextCodes().encode(pl.Series(["b", None, "a", "b"]).cast(dtype)).tolist() == [0, -1, 1, 0]


def test_parts_of_a_longer_column() -> None:
    column = pl.concat([pl.Series(["a", "b"]), pl.Series(["c", None, "a"])], rechunk=False)
    assert TextCodes().encode(column[1:]).tolist() == [0, 1, -1, 2]


def test_one_compilation_serves_all_texts() -> None:
    for ids in ([], ["a"], [None], ["a", None], [""]):
        TextCodes().encode(pl.Series(ids, dtype=pl.String))
    assert len(_encode_texts.signatures) == 1

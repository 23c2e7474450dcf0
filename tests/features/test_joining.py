"""Texts of many columns looked up in one go: the codes that each dictionary gives by itself."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.features.codes import BETWEEN, UNKNOWN, TextCodes, _encode_texts
from ghostnote.features.joining import Joiner

#: All sizes around those that are read at once, and what stands between texts.
_texts = st.none() | st.text(max_size=4) | st.text(st.sampled_from("abc\u00e9\u4e16"), max_size=30)
_awkward = st.sampled_from([None, "", UNKNOWN, BETWEEN, UNKNOWN + "a", "a" + BETWEEN, BETWEEN + UNKNOWN + BETWEEN])
_calls = st.lists(st.integers(1, 9).flatmap(lambda n: st.lists(_column(n), min_size=3, max_size=3)), max_size=5)


def _column(rows: int) -> st.SearchStrategy[list[str | None]]:
    return st.lists(_texts | _awkward, min_size=rows, max_size=rows)


@settings(max_examples=150, deadline=None)
@given(_calls)
def test_codes_are_those_of_each_dictionary_alone(calls: list[list[list[str | None]]]) -> None:
    together, alone = [TextCodes() for _ in range(3)], [TextCodes() for _ in range(3)]
    joiner = Joiner([(str(i), codes) for i, codes in enumerate(together)], 16)
    for columns in calls:
        codes = joiner.encode(columns, len(columns[0]))
        expected = [known.encode(pl.Series(c, dtype=pl.String)) for known, c in zip(alone, columns, strict=True)]
        assert codes.tolist() == [column.tolist() for column in expected]
    assert [known.texts().to_list() for known in together] == [known.texts().to_list() for known in alone]


def test_dictionaries_grow_on_the_way() -> None:
    known = [TextCodes(), TextCodes()]
    joiner = Joiner([("short", known[0]), ("long", known[1])], 500)
    for start in range(0, 5000, 500):
        short = [str(i) for i in range(start, start + 500)]
        codes = joiner.encode([short, [text * 9 for text in short]], 500)
        assert codes.tolist() == [list(range(start, start + 500))] * 2
    assert joiner.encode([["4999"], ["x" * 100_000]], 1).tolist() == [[4999], [5000]]


@pytest.mark.parametrize(("wrong", "message"), [(7, "track is 7: ids are texts"), ("\ud800", "no text of Unicode")])
def test_what_is_no_text_is_refused_and_nothing_is_changed(wrong: object, message: str) -> None:
    known = TextCodes()
    joiner = Joiner([("account", known), ("track", known)], 4)
    with pytest.raises(GhostnoteError, match=message):
        joiner.encode([["a", "b"], ["c", wrong]], 2)  # type: ignore[list-item]
    assert len(known) == 0


def test_the_same_compilation_serves_frames_and_joined_texts() -> None:
    TextCodes().encode(pl.Series(["a", None], dtype=pl.String))
    Joiner([("a", TextCodes())], 4).encode([["a", None]], 2)
    assert len(_encode_texts.signatures) == 1

"""The texts of many columns become codes in one go: joined into one text, taken apart by compiled code.

Handing a column's texts over one column at a time costs more than looking them up, for the few events of a live call.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.features.codes import BETWEEN, PADDING, UNKNOWN, TextCodes, encode_all, split
from ghostnote.features.records import Array, address

Texts = Sequence[str | None]
#: A text's place among joined ones has 31 bits.
_MOST_BYTES = 1 << 30
_FIRST_BYTES = 1 << 14


class Joiner:
    """Looks up the texts of some columns, each in its own dictionary."""

    def __init__(self, columns: Sequence[tuple[str, TextCodes]], rows: int) -> None:
        """`columns` by name, and `rows`, the most that a call may have."""
        self.names = tuple(name for name, _ in columns)
        self.dictionaries = tuple(codes for _, codes in columns)
        texts = rows * len(self.dictionaries)
        self._codes = np.empty((len(self.dictionaries), rows), dtype=np.int32)
        self._records = np.array([codes.at for codes in self.dictionaries], dtype=np.int64)
        self._views, self._valid = np.zeros(2 * texts, dtype=np.int64), np.zeros(texts, dtype=np.bool_)
        self._where, self._tally = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
        self._lie_in(_FIRST_BYTES)
        self._shown, self._known, self._began = (_shown(a) for a in (self._views, self._valid, self._where))

    def _lie_in(self, size: int) -> None:
        """Make room for so many bytes of joined texts."""
        self._text = np.zeros(size, dtype=np.uint8)
        self._into, self._begin = self._text.data, address(self._text)
        self._where[0] = self._begin

    def encode(self, columns: Sequence[Texts], rows: int) -> Array:
        """The codes of `columns`, one for each dictionary, (columns, rows) int32; -1 for None. New texts get new codes.

        Raises GhostnoteError for what is no text, or holds half a character; then nothing is changed.
        """
        codes = self._codes[:, :rows]
        texts: list[str | None] = []
        for column in columns:
            texts += column
        if not self._take_apart(texts, rows):
            for row, (dictionary, column) in enumerate(zip(self.dictionaries, columns, strict=True)):
                codes[row] = dictionary.encode(pl.Series(column, dtype=pl.String))
            return codes
        done, every = 0, rows * len(self.dictionaries)
        while True:
            done = encode_all(self._shown, self._began, self._known, self._records, self._codes, rows, done)
            if done == every:
                return codes
            self.dictionaries[done // rows].grow(int(self._views[2 * done] & 0xFFFFFFFF))

    def _take_apart(self, texts: Texts, rows: int) -> bool:
        """Make views of all texts; False if they hold what stands between texts, or for an unknown one."""
        try:
            joined = BETWEEN.join([UNKNOWN if text is None else text for text in texts])
            data = (joined + BETWEEN * (1 + PADDING)).encode()
        except TypeError:
            place = next(i for i, text in enumerate(texts) if text is not None and not isinstance(text, str))
            name = self.names[place // rows]
            raise GhostnoteError(f"An event's {name} is {texts[place]!r}: ids are texts.") from None
        except UnicodeEncodeError as error:
            raise GhostnoteError(f"An id of an event is no text of Unicode ({error.reason}): leave it out.") from None
        size = len(data)
        if size > _MOST_BYTES:
            return False
        if size > len(self._text):
            self._lie_in(2 * size)
        self._into[:size] = data
        if not split(self._text, size, self._begin, self._views, self._valid, len(texts), self._tally):
            return False
        unknown, empty = self._tally.tolist()
        return bool(unknown + empty == len(texts) - len(list(filter(None, texts))))


def _shown(array: Array) -> Array:
    """The same memory, not to be written: compiled code is made once for arrays of Polars and of these."""
    view = array.view()
    view.flags.writeable = False
    return view

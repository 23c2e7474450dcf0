"""The last plays of every account as tokens: what a detector of sequences reads, from the same walk as the features.

A token says what was played without saying which: how popular the track was then, whether it or its payee was new to
the account, where the play came from, how long after the one before, how much was heard and how it ended. Tokens rest
on what was known at the play, so that training and a live service see the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.compiling import compiled
from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import SOURCES
from ghostnote.features.codes import TextCodes
from ghostnote.features.declaration import Feature, count, time_since_previous
from ghostnote.features.predicates import PLAY, SKIPPED

#: The features that tokens are made of: fold them, in this order, and pass their values.
TOKEN_FEATURES: tuple[Feature, ...] = (
    count("track", "7d", "How popular the track was."),
    count("account_track", "ever", "Whether the account had played it before."),
    count("account_owner", "ever", "Whether the account had played its payee before."),
    time_since_previous("account", "How long since its play before."),
)
#: Token channels in order, each with how many different values it can have; 0 is unknown in all of them.
CHANNELS: Mapping[str, int] = {
    "popularity": 18,
    "novelty": 3,
    "owner": 3,
    "source": len(SOURCES) + 1,
    "gap": 16,
    "length": 18,
    "completion": 12,
    "end": 4,
    "hour": 25,
}
#: Where a new bucket begins: seconds between plays, and milliseconds heard (dense around the 30 seconds that pay).
GAPS_S = (0, 10, 30, 60, 120, 180, 240, 300, 600, 1800, 3600, 14_400, 43_200, 86_400, 604_800)
LENGTHS_MS = (
    *(0, 1000, 5000, 10_000, 20_000, 29_000, 30_000, 31_000, 32_000, 33_000, 35_000, 45_000),
    *(60_000, 90_000, 120_000, 180_000, 300_000),
)
_FINISHED = ("trackdone", "endplay", "finished", "completed")

Tokens = NDArray[np.uint8]


def with_token_features(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """`features`, and behind them those of TOKEN_FEATURES that are not among them: what to fold to have both."""
    names = {feature.name for feature in features}
    return (*features, *(feature for feature in TOKEN_FEATURES if feature.name not in names))


def token_values(values: NDArray[np.float32], features: Sequence[Feature]) -> NDArray[np.float32]:
    """The columns of TOKEN_FEATURES, if `values` has those of `with_token_features(features)`."""
    names = [feature.name for feature in with_token_features(features)]
    return values[:, [names.index(feature.name) for feature in TOKEN_FEATURES]]


def tokens(stream: pl.DataFrame, values: NDArray[np.float32]) -> tuple[NDArray[np.int64], Tokens]:
    """The stream's plays as tokens: their rows (plays,) and tokens (plays, channels).

    `values`, (events, TOKEN_FEATURES), are the stream's. Columns that it lacks are unknown.
    Raises GhostnoteError if `values` has another shape.
    """
    if values.shape != (stream.height, len(TOKEN_FEATURES)):
        raise GhostnoteError("Tokens need the values of TOKEN_FEATURES, one row per event of the stream.")
    absent = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in (
            ("ms_played", pl.Int64()),
            ("duration_ms", pl.Int64()),
            ("source", pl.String()),
            ("end_reason", pl.String()),
            ("track_id", pl.String()),
        )
        if stream.schema.get(name, pl.Null) == pl.Null
    ]
    known = stream.with_columns(
        pl.Series("__plays", values[:, 0], nan_to_null=True),
        pl.Series("__heard", values[:, 1], nan_to_null=True),
        pl.Series("__paid", values[:, 2], nan_to_null=True),
        pl.Series("__gap", values[:, 3], nan_to_null=True),
        *absent,
    )
    chosen = known.select(PLAY.expr.fill_null(value=False) & pl.col("account_id").is_not_null()).to_series()
    answers = known.filter(chosen).select(**_channels())
    result = np.empty((answers.height, len(CHANNELS)), dtype=np.uint8)
    for place, name in enumerate(CHANNELS):
        result[:, place] = answers[name].fill_null(0).cast(pl.UInt8).to_numpy()
    return np.flatnonzero(chosen.to_numpy()), result


def _channels() -> dict[str, pl.Expr]:
    end = pl.col("end_reason").str.to_lowercase()
    heard = pl.col("ms_played") * 10 // pl.col("duration_ms")
    return {
        # Powers of two: 1 play, 2-3, 4-7, ... in the week up to it.
        "popularity": (pl.col("__plays").log(2) + 1e-9).floor().clip(0, CHANNELS["popularity"] - 2) + 1,
        "novelty": pl.when(pl.col("__heard").is_not_null()).then(1 + (pl.col("__heard") > 1)),
        "owner": pl.when(pl.col("__paid").is_not_null()).then(1 + (pl.col("__paid") > 1)),
        "source": pl.col("source").replace_strict(list(SOURCES), range(1, len(SOURCES) + 1), default=0),
        "gap": _bucket(pl.col("__gap"), GAPS_S),
        "length": _bucket(pl.col("ms_played"), LENGTHS_MS),
        "completion": pl.when(pl.col("duration_ms") > 0).then(heard.clip(0, 10) + 1),
        "end": pl.when(SKIPPED.expr).then(2).when(end.is_in(_FINISHED)).then(1).when(end.is_not_null()).then(3),
        "hour": pl.col("event_time").dt.hour().cast(pl.Int64) + 1,
    }


def _bucket(value: pl.Expr, begins: Sequence[int]) -> pl.Expr:
    """1 for the first bucket, and so on."""
    return pl.sum_horizontal((value >= begin).cast(pl.Int64) for begin in begins) + 0 * value


@compiled
def _push(accounts: NDArray[Any], new: NDArray[Any], rings: NDArray[Any], counts: NDArray[Any]) -> None:
    """Put every token behind its account's last; the oldest makes room."""
    length = rings.shape[1]
    for i in range(accounts.size):
        account = accounts[i]
        place = counts[account] % length
        for channel in range(new.shape[1]):
            rings[account, place, channel] = new[i, channel]
        counts[account] += 1


@dataclass(frozen=True)
class Recent:
    """The last plays of some accounts: `tokens` (accounts, length, channels), oldest first, padded with zeros in front;
    `known` (accounts,) how many of them are plays; `seen` (accounts,) how many plays there were in all.
    """

    tokens: Tokens
    known: NDArray[np.int64]
    seen: NDArray[np.int64]


class Sequences:
    """The last `length` plays of every account, in the order in which they came. Raises ValueError below 1."""

    def __init__(self, length: int = 64) -> None:
        if length < 1:
            raise ValueError("a sequence has at least one play")
        self.length = length
        self._accounts = TextCodes()
        self._rings: Tokens = np.zeros((0, length, len(CHANNELS)), dtype=np.uint8)
        self._counts = np.zeros(0, dtype=np.int64)

    def update(self, stream: pl.DataFrame, values: NDArray[np.float32]) -> None:
        """Take in the plays of the next events; see `tokens`."""
        rows, new = tokens(stream, values)
        accounts = self._accounts.encode(stream["account_id"].gather(rows))
        if len(self._accounts) > len(self._counts):
            size = max(len(self._accounts), 2 * len(self._counts))
            rings = np.zeros((size, *self._rings.shape[1:]), dtype=np.uint8)
            counts = np.zeros(size, dtype=np.int64)
            rings[: len(self._rings)], counts[: len(self._counts)] = self._rings, self._counts
            self._rings, self._counts = rings, counts
        _push(accounts, new, self._rings, self._counts)

    def last(self, accounts: pl.Series) -> Recent:
        """The last plays of `accounts` (String), in their order; none for an account that has not played."""
        codes = self._accounts.find(accounts)
        seen = np.where(codes >= 0, np.append(self._counts, 0)[codes], 0)
        known = np.minimum(seen, self.length)
        places = np.arange(self.length) - self.length + seen[:, None]
        found = np.zeros((len(codes), self.length, len(CHANNELS)), dtype=np.uint8)
        there = (places >= 0) & (codes >= 0)[:, None]
        of = np.broadcast_to(codes[:, None], places.shape)
        found[there] = self._rings[of[there], places[there] % self.length]
        return Recent(found, known, seen)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The state as plain arrays."""
        n = len(self._accounts)
        return {**self._accounts.to_arrays(), "rings": self._rings[:n].copy(), "counts": self._counts[:n].copy()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Sequences":
        """The state that `to_arrays` described."""
        state = cls(arrays["rings"].shape[1])
        state._accounts = TextCodes.from_arrays({"text": arrays["text"], "ends": arrays["ends"]})
        state._rings, state._counts = arrays["rings"].copy(), arrays["counts"].copy()
        return state

"""A detector of sequences: how surprising an account's last plays are and, with labels, how much like fraud.

PyTorch is needed to fit it (`network`), ONNX Runtime to score with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.models.detector import Floats, Scale, ViewName, checked_target
from ghostnote.models.tokens import TokenRows

if TYPE_CHECKING:
    import onnxruntime

    from ghostnote.models.network import Network

#: Rows scored at once, and plays by which rows are padded: few shapes, each of a row's own making.
_ROWS, _PLAYS = 512, 16
_GRAPH, _ABOUT = "plays.onnx", "plays.json"


class _About(msgspec.Struct, forbid_unknown_fields=True):
    channels: dict[str, int]
    length: int
    tuned: bool
    offset: float
    threads: int


@dataclass
class PlaySequence:
    """A small transformer that guesses the next play; see `network` for the method.

    Fitted without labels, `score` is the mean surprise of a row's plays in bits; with labels the probability of fraud,
    uncalibrated. `pretrain_rows` and `tune_rows` are how many rows the network is shown, whatever there are. `offset`
    is the log-odds of a row without plays.
    """

    view: ClassVar[ViewName] = "tokens"
    explains: ClassVar[Scale] = "log-odds"
    learns_labels: ClassVar[bool] = False

    length: int = 64
    width: int = 32
    blocks: int = 2
    heads: int = 2
    pretrain_rows: int = 20_000
    tune_rows: int = 8_000
    seed: int = 0
    threads: int = 2
    channels: dict[str, int] = field(default_factory=dict)
    tuned: bool = False
    offset: float = 0.0
    _graph: bytes = b""
    _network: "Network | None" = None
    _session: "onnxruntime.InferenceSession | None" = None

    @property
    def names(self) -> tuple[str, ...]:
        """What `explain` has columns for: the row's plays, the oldest first."""
        return tuple(f"plays_ago_{ago}" for ago in reversed(range(self.length)))

    def fit(self, rows: TokenRows, target: Floats | None = None, weight: Floats | None = None) -> Self:
        """Learn to guess next plays and, if there is a `target` (0 or 1), to tell fraud; `weight` is for the latter.

        Raises ValueError without a single play, and for a target with missing values or of one class only.
        """
        labels = None if target is None else checked_target(target, len(rows))
        played: NDArray[np.bool_] = np.asarray(rows.known.any(axis=1), dtype=np.bool_)
        if not played.any():
            raise ValueError("there is no play to learn from")
        network = needs_pytorch()
        self.channels, self.tuned, self.offset = dict(rows.channels), False, 0.0
        shape = network.Shape(tuple(self.channels.values()), self.length, self.width, self.blocks, self.heads)
        tokens = self._tokens(rows.take(played))
        self._network = network.pretrain(tokens, shape, rows=self.pretrain_rows, seed=self.seed, threads=self.threads)
        self._keep()
        return self if labels is None else self._tune(rows, labels, weight)

    def tuned_to(self, rows: TokenRows, target: Floats, weight: Floats | None = None) -> Self:
        """A copy that has learnt `target` besides what this one has learnt without labels; this one stays as it is."""
        return replace(self)._tune(rows, checked_target(target, len(rows)), weight)

    def score(self, rows: TokenRows) -> Floats:
        """Probability of fraud or, if there were no labels, mean surprise in bits; float64, shape (rows,)."""
        if not self.tuned:
            return self.surprise(rows)
        return np.asarray(1.0 / (1.0 + np.exp(-self.offset - self.explain(rows).sum(axis=1))), dtype=np.float64)

    def explain(self, rows: TokenRows) -> Floats:
        """Each play's part of the score, (rows, length): with `offset` they sum to the log-odds of fraud or, if there
        were no labels, to the surprise. What a play says rests on it and on those before it.
        """
        said, bits = self._run(rows)
        moved = said if self.tuned else bits.sum(axis=2)
        plays = np.maximum((self._tokens(rows) != 0).any(axis=2).sum(axis=1), 1)
        return _in_front(moved / plays[:, None], self._padding(rows))

    def surprise(self, rows: TokenRows) -> Floats:
        """How many bits a play was surprising on average, all channels together; 0 without plays. Shape (rows,)."""
        return np.asarray(self.surprise_by_channel(rows).sum(axis=1), dtype=np.float64)

    def surprise_by_channel(self, rows: TokenRows) -> Floats:
        """The same channel by channel, (rows, channels): an unknown value is not surprising."""
        plays = np.maximum((self._tokens(rows) != 0).any(axis=2).sum(axis=1), 1)
        return np.asarray(self._run(rows)[1].sum(axis=1) / plays[:, None], dtype=np.float64)

    def state(self) -> Mapping[str, bytes]:
        """The network as an ONNX graph, and what it is about as JSON."""
        about = _About(self._channels, self.length, self.tuned, self.offset, self.threads)
        return {_GRAPH: self._graph, _ABOUT: msgspec.json.encode(about)}

    @classmethod
    def restore(cls, files: Mapping[str, bytes]) -> Self:
        """The inverse of `state`, for scoring; what comes back cannot be tuned further."""
        about = msgspec.json.decode(files[_ABOUT], type=_About)
        return cls(
            length=about.length,
            threads=about.threads,
            channels=about.channels,
            tuned=about.tuned,
            offset=about.offset,
            _graph=files[_GRAPH],
        )

    @property
    def _channels(self) -> dict[str, int]:
        if not self.channels:
            raise ValueError("fit the detector before asking it anything")
        return self.channels

    def _tune(self, rows: TokenRows, target: Floats, weight: Floats | None) -> Self:
        if self._network is None:
            raise ValueError("fit the detector before it is tuned")
        self._network = needs_pytorch().tune(
            self._network,
            self._tokens(rows),
            target,
            np.ones(len(rows)) if weight is None else np.asarray(weight, dtype=np.float64),
            rows=self.tune_rows,
            seed=self.seed,
            threads=self.threads,
        )
        self.tuned = True
        self._keep()
        return self

    def _keep(self) -> None:
        """Turn the network into what scores."""
        assert self._network is not None
        from ghostnote.models.network_graph import to_onnx

        learnt = needs_pytorch().weights(self._network)
        self._graph, self._session = to_onnx(learnt, self._network.shape), None
        self.offset = float(learnt["odds"]) if self.tuned else 0.0

    def _tokens(self, rows: TokenRows) -> NDArray[np.uint8]:
        """The rows' last plays, padded behind: the network then never sees the padding."""
        return _behind(self._own(rows).values, self._padding(rows))

    def _own(self, rows: TokenRows) -> TokenRows:
        return rows.aligned(self._channels).last(self.length)

    def _padding(self, rows: TokenRows) -> NDArray[np.int64]:
        """How many places before the first play, (rows,)."""
        known = self._own(rows).known
        return np.where(known.any(axis=1), known.argmax(axis=1), self.length)

    def _run(self, rows: TokenRows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What each play says on fraud, and its bits by channel; padded behind."""
        tokens = self._tokens(rows)
        said = np.zeros(tokens.shape[:2], dtype=np.float32)
        bits = np.zeros(tokens.shape, dtype=np.float32)
        session = self._session = self._session or _session(self._graph, self.threads)
        for places, chosen in _alike(self.length - self._padding(rows), self.length):
            answers = session.run(["said", "bits"], {"tokens": tokens[chosen, :places]})
            said[chosen, :places], bits[chosen, :places] = answers
        return said, bits


def _alike(plays: NDArray[np.int64], length: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Rows that can be scored at once, and with how many places: short rows are not paid for as long ones.

    A row's places depend on itself alone, so that what stands beside it changes nothing.
    """
    places = np.minimum(-(-plays // _PLAYS) * _PLAYS, length)
    for size in np.unique(places[places > 0]).tolist():
        rows = np.flatnonzero(places == size)
        for begin in range(0, len(rows), _ROWS):
            yield size, rows[begin : begin + _ROWS]


def _behind(values: NDArray[np.uint8], padding: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Padding from in front to behind."""
    places = (np.arange(values.shape[1]) + padding[:, None]) % max(values.shape[1], 1)
    return np.asarray(np.take_along_axis(values, places[:, :, None], axis=1))


def _in_front(values: NDArray[np.float32], padding: NDArray[np.int64]) -> Floats:
    """Padding from behind to in front."""
    places = (np.arange(values.shape[1]) - padding[:, None]) % max(values.shape[1], 1)
    return np.take_along_axis(values, places, axis=1).astype(np.float64)


def needs_pytorch() -> ModuleType:
    """What learns; `GhostnoteError` if PyTorch is not installed."""
    try:
        from ghostnote.models import network
    except ImportError as error:
        raise GhostnoteError("Learning from sequences needs PyTorch: pip install 'ghostnote[sequence]'.") from error
    return network


def _session(graph: bytes, threads: int) -> "onnxruntime.InferenceSession":
    try:
        import onnxruntime
    except ImportError as error:
        raise GhostnoteError(
            "Scoring with a sequence detector needs ONNX Runtime: pip install 'ghostnote[sequence]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Waiting threads must not spin where other work shares the processor.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

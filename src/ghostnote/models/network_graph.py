"""The network of `network` as an ONNX graph: what a bundle keeps and scoring runs, without PyTorch.

Written out by hand, node by node: the exporter that comes with PyTorch takes half a minute and several more libraries
for forty nodes. A test holds the two within 1e-5 of each other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

#: Version of the set of operators; the first with all that is used here.
_OPSET = 18
_IR_VERSION = 9
#: What keeps a place from looking at a later one, and an index behind any end.
_NEVER, _FAR = np.float32(-1e9), 2**31


@dataclass(frozen=True)
class Shape:
    """How large a network is: values of each channel, plays per row, width, blocks, and heads of attention."""

    sizes: tuple[int, ...]
    length: int
    width: int
    blocks: int
    heads: int

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each channel's values begin if all stand side by side."""
        return np.cumsum((0, *self.sizes[:-1]), dtype=np.int64)


@dataclass
class _Graph:
    """Nodes and weights so far."""

    weights: Mapping[str, NDArray[np.float32]]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def add(self, operator: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """One node; returns the name of what comes out of it."""
        out = out or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], **attributes))
        return out

    def split(self, x: str, sizes: tuple[int, ...], axis: int) -> list[str]:
        """`x` cut into pieces of these sizes."""
        out = [f"split_{len(self.nodes)}_{place}" for place in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [x, self.integers(*sizes)], out, axis=axis))
        return out

    def constant(self, value: NDArray[Any], name: str = "") -> str:
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def number(self, value: float) -> str:
        return self.constant(np.array(value, dtype=np.float32))

    def weight(self, name: str, *, turned: bool = False) -> str:
        return self.constant(self.weights[name].T if turned else self.weights[name], name)

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", x, self.weight(f"{name}.weight", turned=True))
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str) -> str:
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-5)


def to_onnx(weights: Mapping[str, NDArray[np.float32]], shape: Shape) -> bytes:
    """The graph with `weights` (named as `network.Network` names them).

    In: `tokens`, uint8 (rows, plays, channels), plays oldest first and padded behind. Out: `said`, float32 (rows,
    plays), each play's say on fraud, the mean of which over a row's plays and `odds` add up to its log-odds; and
    `bits`, float32 (rows, plays, channels), how surprising each play was. Both are 0 where nothing is known.
    """
    g = _Graph(weights)
    tokens = g.add("Cast", "tokens", to=TensorProto.INT64)
    known = g.add("Cast", g.add("Greater", tokens, g.integers(0)), to=TensorProto.FLOAT)
    x = _embedded(g, tokens, shape)
    places = g.add("Shape", x, start=1, end=2)
    future = g.constant(np.triu(np.full((shape.length + 1,) * 2, _NEVER), 1))
    until = g.add("Concat", places, places, axis=0)
    future = g.add("Slice", future, g.integers(0, 0), until, g.integers(0, 1))
    for block in range(shape.blocks):
        x = _block(g, x, future, f"blocks.{block}", shape)
    x = g.norm(x, "norm")
    after = g.add("Slice", x, g.integers(1), g.integers(_FAR), g.integers(1))
    before = g.add("Slice", x, g.integers(0), g.integers(-1), g.integers(1))
    is_play = g.add("ReduceMax", known, g.integers(2), keepdims=0)
    said = g.add("Squeeze", g.add("MatMul", after, g.weight("fraud.weight", turned=True)), g.integers(2))
    g.add("Mul", said, is_play, out="said")
    lost = _lost(g, g.linear(before, "guess"), tokens, shape)
    g.add("Mul", lost, known, out="bits")
    return _model(g, shape)


def _embedded(g: _Graph, tokens: str, shape: Shape) -> str:
    values = g.add("Add", tokens, g.constant(shape.offsets, "offsets"))
    x = g.add("Gather", g.weight("token.weight"), values)
    x = g.add("ReduceSum", x, g.integers(2), keepdims=0)
    rows = g.add("Shape", tokens, start=0, end=1)
    start = g.add("Expand", g.weight("start"), g.add("Concat", rows, g.integers(1, 1), axis=0))
    x = g.add("Concat", start, x, axis=1)
    places = g.add("Shape", x, start=1, end=2)
    return g.add("Add", x, g.add("Slice", g.weight("place"), g.integers(0), places, g.integers(0)))


def _block(g: _Graph, x: str, future: str, name: str, shape: Shape) -> str:
    apart = g.integers(0, 0, shape.heads, shape.width // shape.heads)
    looks = g.split(g.linear(g.norm(x, f"{name}.norm_look"), f"{name}.look"), (shape.width,) * 3, axis=2)
    query, key, value = (g.add("Reshape", look, apart) for look in looks)
    query, value = (g.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
    near = g.add("MatMul", query, g.add("Transpose", key, perm=[0, 2, 3, 1]))
    near = g.add("Mul", near, g.number(1 / math.sqrt(shape.width // shape.heads)))
    seen = g.add("MatMul", g.add("Softmax", g.add("Add", near, future), axis=-1), value)
    seen = g.add("Reshape", g.add("Transpose", seen, perm=[0, 2, 1, 3]), g.integers(0, 0, shape.width))
    x = g.add("Add", x, g.linear(seen, f"{name}.seen"))
    thought = g.add("Relu", g.linear(g.norm(x, f"{name}.norm_think"), f"{name}.think"))
    return g.add("Add", x, g.linear(thought, f"{name}.thought"))


def _lost(g: _Graph, guesses: str, tokens: str, shape: Shape) -> str:
    """Bits of every channel's true value, side by side."""
    ones = tuple(1 for _ in shape.sizes)
    pairs = zip(g.split(guesses, shape.sizes, axis=2), g.split(tokens, ones, axis=2), strict=True)
    found = [g.add("GatherElements", g.add("LogSoftmax", guess, axis=2), true, axis=2) for guess, true in pairs]
    return g.add("Mul", g.add("Concat", *found, axis=2), g.number(-1 / math.log(2)))


def _model(g: _Graph, shape: Shape) -> bytes:
    channels = len(shape.sizes)
    graph = helper.make_graph(
        g.nodes,
        "plays",
        [helper.make_tensor_value_info("tokens", TensorProto.UINT8, ["rows", "plays", channels])],
        [
            helper.make_tensor_value_info("said", TensorProto.FLOAT, ["rows", "plays"]),
            helper.make_tensor_value_info("bits", TensorProto.FLOAT, ["rows", "plays", channels]),
        ],
        list(g.constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="ghostnote")
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))

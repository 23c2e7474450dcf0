"""A small causal transformer over plays, pre-trained to guess the next one: the whole model and its loop.

The only file that imports PyTorch. Every play is a token of a few small channels (how popular, how new, from where, how
long after the one before, ...). From the plays so far the network guesses each channel of the next one; what it guesses
badly is surprising. Nobody has to label anything for that. If labels are there, one more output, linear in what the
network makes of each play, learns to tell artificial plays, while the network goes on guessing.

After nanoGPT (Karpathy, 2022); guessing on while learning from labels after GPT (Radford et al., 2018).
"""

import copy
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from ghostnote.models.network_graph import Shape

# Waiting threads must not spin where other work shares the processor; see `boosting`. To be said before it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor, nn
from torch.nn import functional

Tokens = NDArray[np.uint8]
Floats = NDArray[np.float64]

#: Rows in one step of learning.
BATCH = 16
_RATE, _DECAY, _LARGEST_GRADIENT = 3e-3, 0.01, 1.0
#: Share of the steps in which the rate rises; it falls to nothing over the others.
_WARM_UP = 0.1
#: What guessing the next play counts, beside telling fraud from the rest.
_GUESSING = 0.5


class Block(nn.Module):
    """Every place looks back at the places up to it, then thinks about what it saw."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_look, self.norm_think = nn.LayerNorm(width), nn.LayerNorm(width)
        self.look, self.seen = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think, self.thought = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(rows, places, width) -> the same."""
        rows, places, width = x.shape
        look = self.look(self.norm_look(x)).view(rows, places, 3, self.heads, width // self.heads)
        query, key, value = look.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.seen(seen.transpose(1, 2).reshape(rows, places, width))
        thought: Tensor = self.thought(functional.relu(self.think(self.norm_think(x))))
        return x + thought


class Network(nn.Module):
    """Plays in, oldest first and padded *behind*; what each of them says about fraud, and guesses of each, out."""

    offsets: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token = nn.Embedding(sum(shape.sizes), shape.width)
        self.start = nn.Parameter(torch.randn(shape.width) * 0.02)
        self.place = nn.Parameter(torch.randn(shape.length + 1, shape.width) * 0.02)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.guess = nn.Linear(shape.width, sum(shape.sizes))
        self.fraud, self.odds = nn.Linear(shape.width, 1, bias=False), nn.Parameter(torch.zeros(()))
        nn.init.normal_(self.token.weight, std=0.1)
        nn.init.zeros_(self.fraud.weight)
        self.register_buffer("offsets", torch.tensor(shape.offsets), persistent=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """int64 (rows, plays, channels) -> (rows, plays), each play's say on fraud, and (rows, plays, values): guesses
        of all channels side by side, as log-odds, made from the plays before.
        """
        x = self.token(tokens + self.offsets).sum(dim=2)
        x = torch.cat([self.start.expand(len(tokens), 1, -1), x], dim=1)
        x = x + self.place[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        # Place 0 has seen nothing yet: place i has seen the plays before play i, and place i + 1 play i itself.
        return self.fraud(x[:, 1:]).squeeze(2), self.guess(x[:, :-1])


def nats(network: Network, guesses: Tensor, tokens: Tensor) -> Tensor:
    """How badly each play was guessed, by channel: (rows, plays, channels), 0 for what is unknown."""
    parts = torch.split(guesses.flatten(0, 1), list(network.shape.sizes), dim=1)
    true = tokens.flatten(0, 1)
    lost = [
        functional.cross_entropy(part, true[:, channel], ignore_index=0, reduction="none")
        for channel, part in enumerate(parts)
    ]
    return torch.stack(lost, dim=1).view(tokens.shape)


def log_odds(network: Network, said: Tensor, tokens: Tensor) -> Tensor:
    """The usual odds and the mean of what the plays say on fraud, (rows,)."""
    plays = (tokens > 0).any(dim=2)
    return network.odds + (said * plays).sum(dim=1) / plays.sum(dim=1).clamp(min=1)


def pretrain(tokens: Tokens, shape: Shape, *, rows: int, seed: int, threads: int) -> Network:
    """Learn to guess the next play from `rows` rows of `tokens`, padded behind (each again before any comes twice)."""
    with _settled(seed, threads):
        network = Network(shape)
        batches = _shuffled(len(tokens), rows, np.random.default_rng([seed, 0]))
        optimizer = torch.optim.AdamW(network.parameters(), weight_decay=_DECAY)
        for step, chosen in enumerate(batches):
            batch = _batch(tokens, chosen)
            lost = nats(network, network(batch)[1], batch)
            _step(network, optimizer, lost.sum() / _plays(batch), step / len(batches))
    return network


def tune(
    network: Network, tokens: Tokens, target: Floats, weight: Floats, *, rows: int, seed: int, threads: int
) -> Network:
    """A copy of `network` that has also learnt `target` (0 or 1) from `rows` rows drawn by `weight`.

    Half of each batch is fraud, so that the few are learnt; the true odds are put back afterwards (King & Zeng, 2001).
    """
    network = copy.deepcopy(network)
    fraud, honest = (np.flatnonzero(target == value) for value in (1.0, 0.0))
    odds = [weight[kind] / weight[kind].sum() for kind in (fraud, honest)]
    answers = torch.tensor([1.0] * (BATCH // 2) + [0.0] * (BATCH // 2))
    random, steps = np.random.default_rng([seed, 1]), max(rows // BATCH, 1)
    with _settled(seed, threads):
        optimizer = torch.optim.AdamW(network.parameters(), weight_decay=_DECAY)
        for step in range(steps):
            drawn = [random.choice(kind, BATCH // 2, p=p) for kind, p in zip((fraud, honest), odds, strict=True)]
            batch = _batch(tokens, np.concatenate(drawn))
            said, guesses = network(batch)
            told = functional.binary_cross_entropy_with_logits(log_odds(network, said, batch), answers)
            lost = nats(network, guesses, batch).sum() / _plays(batch) / len(network.shape.sizes)
            _step(network, optimizer, told + _GUESSING * lost, step / steps)
    with torch.no_grad():
        network.odds.add_(math.log(weight[fraud].sum() / weight[honest].sum()))
    return network


def _step(network: Network, optimizer: torch.optim.Optimizer, loss: Tensor, done: float) -> None:
    """One step down; the rate rises, then falls along a cosine."""
    rate = done / _WARM_UP if done < _WARM_UP else 0.5 + 0.5 * math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))
    for group in optimizer.param_groups:
        group["lr"] = _RATE * max(rate, 0.01)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
    optimizer.step()


def _shuffled(count: int, rows: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    orders = [random.permutation(count) for _ in range(-(-rows // count))]
    chosen = np.concatenate(orders)[:rows]
    return np.array_split(chosen, max(len(chosen) // BATCH, 1))


def _batch(tokens: Tokens, rows: NDArray[np.int64]) -> Tensor:
    """The rows as a tensor, as long as the longest of them."""
    chosen = tokens[rows]
    longest = int((chosen != 0).any(axis=(0, 2)).sum())
    return torch.from_numpy(chosen[:, : max(longest, 1)].astype(np.int64))


def _plays(batch: Tensor) -> Tensor:
    return (batch > 0).any(dim=2).sum().clamp(min=1)


def weights(network: Network) -> dict[str, NDArray[np.float32]]:
    """All that was learnt, by name."""
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


@contextmanager
def _settled(seed: int, threads: int) -> Iterator[None]:
    """Everything random from `seed`, and so many threads; both as they were afterwards."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)

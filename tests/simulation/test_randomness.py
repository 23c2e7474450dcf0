"""Random numbers that depend on names, not on the order in which they are asked for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.simulation.randomness import generator, key, mix, noise, ragged

_numbers = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=50, unique=True)


@given(_numbers, st.integers(0, 2**32))
def test_scrambling_keeps_numbers_apart_and_depends_on_the_number_alone(numbers: list[int], seed: int) -> None:
    mixed = mix(np.array(numbers), key(seed, 1))
    assert np.unique(mixed).size == len(numbers)
    assert mixed[0] == mix(np.array(numbers[:1]), key(seed, 1))[0]


def test_noise_is_uniform_and_differs_between_streams() -> None:
    first, second = (noise(np.arange(20_000), key(3, stream)) for stream in (1, 2))
    assert first.min() >= 0
    assert first.max() < 1
    assert abs(first.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_streams_differ_by_name_and_not_by_order() -> None:
    assert generator(1, 2).random() == generator(1, 2).random()
    assert generator(1, 2).random() != generator(1, 3).random()
    assert generator(1, 2).random() != generator(2, 2).random()


@given(st.lists(st.integers(0, 6), max_size=20))
def test_ragged_counts_within_groups(sizes: list[int]) -> None:
    group, place = ragged(np.array(sizes, dtype=np.int64))
    assert group.tolist() == [g for g, size in enumerate(sizes) for _ in range(size)]
    assert place.tolist() == [p for size in sizes for p in range(size)]

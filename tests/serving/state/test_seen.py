"""What is seen is what a dict would hold."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.serving.state.seen import Seen, hashes_of

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 3000), min_size=1, max_size=900, unique=True)),
        st.tuples(st.just("forget"), st.integers(0, 20)),
        st.tuples(st.just("snapshot"), st.none()),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_finds_what_a_dict_finds(steps: list[tuple[str, object]]) -> None:
    seen, held, address = Seen(), dict[int, int](), 0
    for what, given_ in steps:
        if what == "add":
            assert isinstance(given_, list)
            seen.add(hashes_of([f"e{each}" for each in given_]), address)
            held |= dict.fromkeys(given_, address)
            address += 3
        elif what == "forget":
            assert isinstance(given_, int)
            begins = min(given_, address)  # What is dropped was written before.
            seen.forget_before(begins)
            held = {each: at for each, at in held.items() if at >= begins}
        else:
            seen = Seen.from_arrays(seen.to_arrays())
    asked = list(range(0, 3010, 3))
    assert seen.find(hashes_of([f"e{each}" for each in asked])).tolist() == [held.get(each, -1) for each in asked]


def test_room_is_made_by_what_was_forgotten() -> None:
    seen = Seen()
    for address in range(200):
        seen.forget_before(address - 1)
        seen.add(hashes_of([f"{address}-{n}" for n in range(300)]), address)
    assert seen.bytes < 1 << 17
    assert np.all(seen.find(hashes_of([f"199-{n}" for n in range(300)])) == 199)

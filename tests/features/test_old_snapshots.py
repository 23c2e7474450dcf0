"""Snapshots of former formats go on where they were. `data/` holds files that those versions wrote."""

from pathlib import Path

import pytest
from tests.features.worlds import same_bits, stream

from ghostnote.features.context import FIRST_PLAY
from ghostnote.features.declaration import (
    count,
    distinct,
    entropy,
    gap_cv,
    run_length,
    share,
    std,
    time_since_previous,
    top_share,
)
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, SHORT, SIGNUP

DATA = Path(__file__).parent / "data"
#: What the fold had when it was saved: the first events of a stream, with late ones.
SEEN = 150
FEATURES = (
    count("account", "1h", "x"),
    share(SHORT, "account", "24h", "x"),
    share(FIRST_PLAY, "account", "7d", "x"),
    std("ms_played", "account", "7d", "x"),
    gap_cv("account", "24h", "x"),
    run_length("track", "account", "x"),
    time_since_previous("account", "x"),
    entropy("track", "account", "24h", "x"),
    distinct("account", "ip", "24h", "x", where=EVENT),
    top_share("account", "track", "7d", "x", support=2, support_of="account"),
    distinct("account", "payment", "ever", "x", where=SIGNUP),
)


@pytest.mark.parametrize("path", sorted(DATA.glob("snapshot-format-*")), ids=lambda path: path.name)
def test_a_snapshot_of_a_former_format_goes_on_without_changing_a_bit(path: Path) -> None:
    events = stream(77, 300, late=0.2)
    fold, whole = Fold(FEATURES), Fold(FEATURES)
    fold.restore(path)
    expected = whole.update(events)[SEEN:]
    assert same_bits(fold.update(events[SEEN:]), expected)
    assert fold.late == whole.late

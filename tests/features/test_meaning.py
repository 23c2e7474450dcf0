"""The fold against the slow reference, on every shipped feature and on aggregates that the catalogue does not use."""

import numpy as np
import pytest
from tests.features.reference import reference
from tests.features.worlds import stream

from ghostnote.features.catalog import CATALOG
from ghostnote.features.context import NEW_DEVICE
from ghostnote.features.declaration import (
    count,
    distinct,
    entropy,
    gap_cv,
    gap_max,
    gap_mean,
    growth,
    mean,
    per,
    rate,
    run_length,
    share,
    std,
    switches,
    time_since_first,
    time_since_previous,
    top_share,
    total,
)
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, KNOWN_BAD, LOGIN, PLAY, SHORT

OTHERS = (
    count("account", "ever", "x"),
    count("subnet", "28d", "x", where=EVENT, support=3),
    total("ms_played", "artist", "ever", "x"),
    mean("ms_played", "account_artist", "7d", "x"),
    std("ms_played", "track", "28d", "x"),
    std("ms_played", "account", "ever", "x", support=4),
    share(SHORT, "playlist", "ever", "x", support=2, support_of="device"),
    share(NEW_DEVICE, "account", "2d", "x", where=EVENT),
    distinct("ip", "account", "ever", "x", where=EVENT),
    distinct("ip", "account", "1h", "x", where=EVENT),
    top_share("account", "track", "ever", "x"),
    top_share("account", "track", "1h", "x"),
    top_share("account", "track", "28d", "x"),
    entropy("country", "owner", "ever", "x"),
    entropy("country", "owner", "6h", "x"),
    per("subnet", "email_domain", "3d", "x", where=EVENT),
    gap_mean("device", "3d", "x", where=EVENT),
    gap_cv("device", "28d", "x", where=EVENT),
    gap_mean("device", "3d", "x", where=LOGIN),
    time_since_first("ip", "x", where=LOGIN),
    time_since_previous("account_track", "x"),
    time_since_previous("device", "x", where=EVENT),
    run_length("source", "device", "x"),
    run_length("platform", "account_ip", "x", where=EVENT),
    gap_max("device", "3d", "x", where=EVENT),
    gap_max("account", "1h", "x"),
    growth("ip", "6h", "2d", "x", where=EVENT, support=3),
    rate(KNOWN_BAD, "account", "device", "28d", "x"),
    rate(SHORT, "track", "account", "12h", "x", where=PLAY),
    switches("source", "account", "2d", "x", where=PLAY),
    switches("hour_of_day", "ip", "28d", "x", support=2),
)


@pytest.mark.parametrize("features", [CATALOG, OTHERS], ids=["catalog", "others"])
@pytest.mark.parametrize(("seed", "late", "days"), [(1, 0.0, 12), (2, 0.2, 12), (3, 0.5, 40), (4, 0.1, 0.5)])
def test_agrees_with_the_reference(features: tuple, seed: int, late: float, days: float) -> None:
    events = stream(seed, 400, late=late, days=days)
    fold = Fold(features)
    values = fold.update(events)
    expected = np.array([[row[name] for name in fold.names] for row in reference(events, features)])
    for name, ours, theirs in zip(fold.names, values.T, expected.T, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6, err_msg=name)
    assert (fold.late > 0) == (late > 0)

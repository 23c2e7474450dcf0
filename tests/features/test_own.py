"""A team's own features: from a file, into the bundle, and refused with advice where they cannot be meant."""

from pathlib import Path

import numpy as np
import pytest
from tests.features.worlds import plays

from ghostnote.errors import GhostnoteError
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.fold import Fold
from ghostnote.features.own import Own, load_own, own_from_json

LONG = """
base = "none"
also = ["plays_gap_max_by_account_24h"]

[[predicate]]
name = "long"
plural = "long_plays"
column = "ms_played"
at_least = 120000

[[feature]]
what = "share"
of = "long"
by = "account"
over = "7d"
why = "Nobody hears every long track out."

[[feature]]
what = "rate"
of = "known_bad"
item = "account"
by = "account_track"
over = "28d"
why = "Told by labels."

[[feature]]
what = "growth"
by = "subnet"
over = "1h"
past = "24h"
support = 5
why = "A network wakes up."
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return path


def test_declared_features_are_folded_like_shipped_ones(tmp_path: Path) -> None:
    own = load_own(written(tmp_path, LONG))
    assert [f.name for f in own.features()] == [
        "plays_gap_max_by_account_24h",
        "plays_share_long_by_account_7d",
        "events_rate_known_bad_account_by_account_track_28d",
        "plays_growth_on_24h_by_subnet_1h",
    ]
    values = Fold(own.features()).update(plays([0, 1], ms_played=[120_000, 119_999]))
    assert values[:, 1].tolist() == [1, 0.5]
    assert np.isnan(values[:, 2]).all()


def test_the_base_can_be_changed_by_name(tmp_path: Path) -> None:
    text = 'also = ["plays_gap_max_by_account_7d"]\nwithout = ["plays_by_account_1h"]\n'
    names = [f.name for f in load_own(written(tmp_path, text)).features()]
    assert names == [*[f.name for f in TRAINED[1:]], "plays_gap_max_by_account_7d"]
    assert Own(base="catalogue").features() == CATALOG


def test_a_bundle_keeps_them_as_plain_data(tmp_path: Path) -> None:
    own = load_own(written(tmp_path, LONG))
    again = own_from_json(own.to_json())
    assert again == own
    assert again.declared() == own.declared()
    with pytest.raises(GhostnoteError, match="train it again"):
        own_from_json({"feature": [{"what": 3}]})


_FEATURE = '[[feature]]\nwhat = "{what}"\nby = "account"\nover = "24h"\nwhy = "x"\n'
_PREDICATE = '[[predicate]]\nname = "p"\nplural = "ps"\ncolumn = "{column}"\n'


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("base = 3", "cannot be understood"),
        ("bases = 'none'", "unknown field `bases`"),
        ("base = 'al'", "There is no base 'al'"),
        ("base = 'none'", "No feature is left"),
        ("also = ['plays_by_acount_1h']", "did you mean 'plays_by_account_1h'"),
        ("also = ['zzz']", "`ghostnote features --explain` lists them"),
        (_FEATURE.format(what="cuont"), "did you mean 'count'"),
        (_FEATURE.format(what="count"), "is shipped: name it in `also`"),
        (_FEATURE.format(what="share"), "needs a predicate"),
        (_FEATURE.format(what="share") + 'of = "shrot"', "There is no predicate 'shrot': did you mean 'short'"),
        (_FEATURE.format(what="growth"), "needs a past that is longer than 24h"),
        (_FEATURE.format(what="total") + 'value = "ms"', "There is no value 'ms'"),
        (_FEATURE.format(what="count") + "support = -1", "support of at least 0"),
        ((_FEATURE.format(what="count") + 'where = "offline"\n') * 2, "declared twice"),
        (_PREDICATE.format(column="campaign_id") + "below = 3", "There is no column 'campaign_id'"),
        (_PREDICATE.format(column="verdict") + "is_in = ['fraud']", "There is no column 'verdict'"),
        (_PREDICATE.format(column="platform") + "below = 3", "need a column of whole numbers"),
        (_PREDICATE.format(column="ms_played") + "is_in = ['3']", "needs a column of texts"),
        (_PREDICATE.format(column="ms_played") + "is = true", "needs a column of yes and no"),
        (_PREDICATE.format(column="ms_played"), "it needs a condition"),
        (_PREDICATE.format(column="ms_played").replace('"p"', '"short"') + "below = 3", "choose another name"),
        (_PREDICATE.format(column="ms_played").replace('"p"', '"a b"') + "below = 3", "use letters, digits and _"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(tmp_path: Path, text: str, advice: str) -> None:
    with pytest.raises(GhostnoteError) as caught:
        load_own(written(tmp_path, text))
    assert advice in str(caught.value)
    assert "own.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"none\.toml: No such file"):
        load_own(tmp_path / "none.toml")

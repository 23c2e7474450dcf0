"""Opinions on events are those of a day's judge about the same rows, whatever else is folded."""

import numpy as np
import pytest
from tests.worlds import Judged

from ghostnote.decisions.policy import Policy
from ghostnote.features.catalog import CATALOG
from ghostnote.features.history import Day, Intake, walk
from ghostnote.scoring.judge import Judge
from ghostnote.scoring.live import Live


@pytest.fixture(scope="module")
def last_day(arrivals: Judged) -> Day:
    return list(walk(arrivals.lake, Judge(arrivals.loaded, Policy()).folded, Intake()))[-1]


def _kinds(day: Day) -> list[str]:
    return day.stream["kind"].cast(str).to_list()


def test_scores_are_the_judge_s(arrivals: Judged, last_day: Day) -> None:
    live, judge = Live(arrivals.loaded, Policy()), Judge(arrivals.loaded, Policy())
    kinds = _kinds(last_day)
    found = live.opinions(kinds, last_day.values)
    for kind, scores in (("play", judge.play_scores), ("signup", judge.signup_scores)):
        rows = np.flatnonzero(np.array(kinds) == kind)
        score, raw = scores(last_day.values, rows)
        assert [found[row].score for row in rows] == score.tolist()
        mark = judge.play_threshold if kind == "play" else judge.signup_threshold
        assert mark is not None
        assert [found[row].marked for row in rows] == (raw >= np.float32(mark)).tolist()
    assert all(found[row].score is None for row, kind in enumerate(kinds) if kind in ("login", "action"))


def test_calls_of_any_size_give_the_same(arrivals: Judged, last_day: Day) -> None:
    live, kinds = Live(arrivals.loaded, Policy()), _kinds(last_day)[:300]
    whole = live.opinions(kinds, last_day.values[:300])
    parts = [live.opinions(kinds[n : n + 7], last_day.values[n : n + 7]) for n in range(0, 300, 7)]
    assert [each for part in parts for each in part] == whole


def test_a_fold_with_more_features_in_another_order_gives_the_same(arrivals: Judged, last_day: Day) -> None:
    folded = Judge(arrivals.loaded, Policy()).folded
    more = [feature for feature in CATALOG if feature.name not in {f.name for f in folded}][:5]
    order = sorted((*more, *folded), key=lambda feature: feature.name)
    place = {feature.name: column for column, feature in enumerate(folded)}
    values = np.full((200, len(order)), np.nan, dtype=np.float32)
    for column, feature in enumerate(order):
        if feature.name in place:
            values[:, column] = last_day.values[:200, place[feature.name]]
    kinds = _kinds(last_day)[:200]
    here = Live(arrivals.loaded, Policy(), order).opinions(kinds, values)
    assert here == Live(arrivals.loaded, Policy()).opinions(kinds, last_day.values[:200])


def test_a_bundle_whose_features_are_not_folded_is_refused(arrivals: Judged) -> None:
    with pytest.raises(KeyError):
        Live(arrivals.loaded, Policy(), Judge(arrivals.loaded, Policy()).folded[1:])


def test_certain_rules_fire_on_plays_and_others_on_signups_alone(arrivals: Judged) -> None:
    live = Live(arrivals.loaded, Policy())
    place = {feature.name: column for column, feature in enumerate(live.folded)}
    values = np.zeros((2, len(live.folded)), dtype=np.float32)
    values[:, place["plays_total_ms_played_by_account_24h"]] = 50 * 3_600_000
    values[:, place["signups_by_device_ever"]] = 9
    play, signup = live.opinions(["play", "signup"], values)
    assert [rule.name for rule, _ in play.rules] == ["more_than_two_days"]
    assert {"more_than_two_days", "accounts_from_one_device"} <= {rule.name for rule, _ in signup.rules}
    assert all(sentence for _, sentence in (*play.rules, *signup.rules))
    quiet = Live(arrivals.loaded, Policy(without_rules=("more_than_two_days", "accounts_from_one_device")))
    assert not quiet.opinions(["play"], values[:1])[0].rules

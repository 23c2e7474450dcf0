"""A challenger is asked beside the champion, decides about a share, becomes champion, and is taken back."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.serving.running import Running, bodies, running, tables_of
from tests.worlds import Judged

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.shadow import read_shadow
from ghostnote.features.history import Intake, streams
from ghostnote.models.bundle import Bundle, load_bundle, save_bundle
from ghostnote.models.calibration import Calibration
from ghostnote.models.manifest import Curve
from ghostnote.serving.engine.models import Chosen, bundles_of, choose, folded_by, rollout_of
from ghostnote.serving.engine.rollout import Model, Rollout
from ghostnote.serving.state.places import Places
from ghostnote.serving.wire.events import COLUMNS


@pytest.fixture(scope="module")
def stricter(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's bundle with other probabilities: the same features, other decisions."""
    bundle = load_bundle(town.bundle)
    curve = bundle.manifest.play_curve
    assert curve is not None
    other = type(curve).of(Calibration(np.asarray(curve.scores), np.asarray(curve.probabilities) / 2))
    return _saved(bundle, tmp_path_factory, play_curve=other)


@pytest.fixture(scope="module")
def suspicious(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's bundle with a threshold that every play reaches."""
    bundle = load_bundle(town.bundle)
    ceilings = bundle.manifest.play_ceilings
    assert ceilings is not None
    lowest = msgspec.structs.replace(ceilings, probabilities=[0.0] * len(ceilings.probabilities))
    return _saved(bundle, tmp_path_factory, play_ceilings=lowest)


def _saved(bundle: Bundle, places: pytest.TempPathFactory, **changed: Curve) -> Path:
    path = places.mktemp("bundles") / "next"
    manifest = msgspec.structs.replace(bundle.manifest, **changed)
    save_bundle(msgspec.structs.replace(bundle, manifest=manifest), path, "card")
    return path


def _rollout(town: Judged, stricter: Path) -> Rollout:
    chosen = Chosen(champion=str(town.bundle))
    bundles = bundles_of(chosen)
    features, _ = folded_by([*bundles.values(), load_bundle(stricter)])
    rollout = rollout_of(chosen, bundles, Policy(), "policy", features)
    rollout.challenge(Model.of(load_bundle(stricter), stricter, Policy(), features))
    return rollout


def test_a_percentage_is_of_the_same_accounts_every_time(town: Judged, stricter: Path) -> None:
    rollout = _rollout(town, stricter)
    accounts = [f"account-{n}" for n in range(4000)]
    shares = {}
    for percent in (0.0, 10.0, 50.0, 100.0):
        rollout.percent = percent
        shares[percent] = {account for account in accounts if rollout.is_challengers(account)}
    assert shares[0.0] == set()
    assert shares[10.0] < shares[50.0] < shares[100.0] == set(accounts)
    assert 0.08 < len(shares[10.0]) / len(accounts) < 0.12


def _events(town: Judged, count: int) -> list[dict[str, Any]]:
    day, stream = next(iter(streams(town.lake, frozenset(COLUMNS), Intake())))
    return bodies(stream[:count], tables_of(town.lake, day))


def _sent(up: Running, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = "\n".join(json.dumps(event) for event in events)
    told = up.client.post("/v1/events?decisions=true", content=lines).raise_for_status().json()["decisions"]
    return [each for each in told if each["kind"] == "play"]


def _changed(up: Running, status: int = 200, **change: object) -> dict[str, Any]:
    answer = up.client.post("/v1/models", json=change)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_shadow_rollout_promotion_and_rollback_while_it_runs(town: Judged, stricter: Path, tmp_path: Path) -> None:
    events = _events(town, 900)
    state = tmp_path / "state"
    with running(state, bundle=town.bundle) as up:
        shutil.copytree(stricter, state / "bundles" / "next")
        champion = _sent(up, events[:200])[0]["bundle"]
        page = _changed(up, action="challenge", bundle="next")
        challenger = page["challenger"]["name"]
        assert challenger != champion
        # In shadow nothing is decided otherwise, and what would have been is told.
        shadow = _sent(up, events[200:400])
        assert {each["bundle"] for each in shadow} == {champion}
        found = up.client.get("/v1/models").json()["differences"]
        assert found["events"] == 200
        assert found["mean_score_difference"] == pytest.approx(
            np.mean([each["score"] for each in shadow]) / 2, rel=1e-3
        )
        _changed(up, action="rollout", percent=50)
        half = _sent(up, events[400:600])
        by_account = {each["event_id"]: each["bundle"] for each in half}
        assert set(by_account.values()) == {champion, challenger}
        _changed(up, action="promote")
        assert {each["bundle"] for each in _sent(up, events[600:700])} == {challenger}
        # Known events keep what was decided when they came first.
        assert {each["bundle"] for each in _sent(up, events[:200])} == {champion}
        _changed(up, action="rollback")
        assert {each["bundle"] for each in _sent(up, events[700:750])} == {champion}
        _changed(up, action="load", bundle="next")
    with running(state) as up:  # And all of it is remembered.
        assert {each["bundle"] for each in _sent(up, events[750:800])} == {challenger}


def test_how_a_challenger_differs_outlives_a_restart(town: Judged, suspicious: Path, tmp_path: Path) -> None:
    events = _events(town, 400)
    state = tmp_path / "state"
    with running(state, bundle=town.bundle) as up:
        shutil.copytree(suspicious, state / "bundles" / "next")
        assert read_shadow(state) is None
        _changed(up, action="challenge", bundle="next")
        begun = read_shadow(state)
        assert begun is not None
        assert (begun.events, begun.challenger_bundle, begun.since) == (0, "next", up.clock.now)
        _sent(up, events[:200])
        up.clock.now += timedelta(minutes=5)
        before = up.client.get("/v1/models").json()["differences"]
    kept = read_shadow(state)
    assert kept is not None
    assert (kept.events, kept.until - kept.since) == (200, timedelta(minutes=5))
    assert kept.mean_score_difference == before["mean_score_difference"]
    assert len(kept.latest) > 0
    with running(state) as up:
        assert up.client.get("/v1/models").json()["differences"] == before
        _sent(up, events[200:400])
        assert up.client.get("/v1/models").json()["differences"]["events"] == 400
    went_on = read_shadow(state)
    assert went_on is not None
    assert (went_on.events, went_on.since) == (400, kept.since)
    with running(state) as up:  # Of another pair nothing is taken over, and without a challenger nothing is kept.
        _changed(up, action="withdraw")
        assert read_shadow(state) is None


def test_a_damaged_page_of_differences_is_told_and_begun_anew(town: Judged, stricter: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    given = {"bundle": town.bundle, "challenger": stricter}
    with running(state, **given) as up:
        _sent(up, _events(town, 50))
    (state / "shadow.json").write_text('{"format": 99}')
    with running(state) as up:
        assert "How the challenger differed before is lost" in up.service.notes[-1]
        assert up.client.get("/v1/models").json()["differences"]["events"] == 0
    found = read_shadow(state)
    assert found is not None
    assert found.events == 0


def test_impossible_changes_say_why(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle) as up:
        for change, says in (
            ({"action": "promote"}, "no challenger"),
            ({"action": "rollout", "percent": 5}, "no challenger"),
            ({"action": "challenge"}, "name a bundle"),
            ({"action": "challenge", "bundle": "../../etc"}, "no name of a folder"),
            ({"action": "challenge", "bundle": "missing"}, "missing"),
            ({"action": "rollout", "percent": 101}, "between 0 and 100"),
            ({"action": "explode"}, "no change of models"),
            ({"action": "promote", "typo": 1}, "no change of models"),
        ):
            assert says in _changed(up, 400, **change)["error"]
        assert up.client.get("/v1/models").json()["challenger"] is None


def test_what_was_chosen_last_is_chosen_again_unless_another_is_named(
    town: Judged, stricter: Path, tmp_path: Path
) -> None:
    places = Places(tmp_path)
    first = choose(places, town.bundle, None)
    assert first.champion == str(town.bundle.resolve())
    (tmp_path / "models.json").write_bytes(msgspec.json.encode(first))
    assert choose(places, None, None) == first
    assert choose(places, town.bundle, None) == first
    other = choose(places, stricter, None)
    assert (other.champion, other.previous) == (str(stricter.resolve()), first.champion)

"""A simulated week sent over HTTP: features, scores and decisions are those of the batch."""

import json
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.serving.running import bodies, running, tables_of
from tests.worlds import MADE_AT, Judged, copy

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.tables import DECISION_TABLES
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import EVENT_TABLES
from ghostnote.features.history import Intake, walk
from ghostnote.scoring import score
from ghostnote.scoring.judge import Judge


def test_a_week_over_http_is_decided_as_in_batch(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Lake(copy(town.lake, tmp_path / "batch", *EVENT_TABLES, "tracks", "ips"))
    start = Lake(copy(town.lake, tmp_path / "start", "tracks", "ips"))
    judge = Judge(town.loaded, Policy())
    days = list(walk(batch, judge.folded, Intake()))
    names = [feature.name for feature in judge.folded]

    with running(tmp_path / "state", bundle=town.bundle, lake=start.path) as up:
        state = up.service.engine.state
        order = [state.fold.names.index(name) for name in names]
        values: list[np.ndarray] = []
        follow = state.follow

        def watched(*given):  # type: ignore[no-untyped-def]
            rows, found = follow(*given)
            values.append(found)
            return rows, found

        monkeypatch.setattr(state, "follow", watched)
        decided = []
        for day in days:
            up.clock.now = datetime.combine(day.day, time(12), tzinfo=UTC)
            events = bodies(day.stream, tables_of(batch, day.day))
            # The first over the page for one event, the others many at a time.
            decided.append(up.client.post("/v1/decide", json=events[0]).raise_for_status().json())
            for first in range(1, len(events), 400):
                lines = "\n".join(json.dumps(event) for event in events[first : first + 400])
                told = up.client.post("/v1/events?decisions=true", content=lines).raise_for_status().json()
                assert told["accepted"] == len(told["decisions"]) == min(400, len(events) - first)
                decided += told["decisions"]
        # Sent again, events change nothing, and get what was decided when they came first.
        again = up.client.post("/v1/events?decisions=true", content=lines).raise_for_status().json()
        assert again["accepted"] == 0
        assert [{**one, "repeated": False} for one in again["decisions"]] == told["decisions"]

        live = np.concatenate(values)[:, order]
        offline = np.concatenate([day.values for day in days])
        assert live.tobytes() == offline.tobytes()

        plays = np.flatnonzero(np.array([each["kind"] == "play" for each in decided]))
        expected = np.concatenate([_scores(judge, day.stream, day.values) for day in days])
        got = [decided[place]["score"] for place in plays]
        assert got == pytest.approx(expected.tolist(), abs=0)

        up.client.post("/v1/refresh").raise_for_status()
        policy_score = score(batch, town.loaded, tmp_path / "decisions", made_at=MADE_AT)
        assert policy_score.counts.plays == len(plays)
        for name in DECISION_TABLES:
            mine = pl.read_parquet(tmp_path / "state" / "decisions" / f"{name}.parquet")
            theirs = pl.read_parquet(tmp_path / "decisions" / f"{name}.parquet")
            assert mine.equals(theirs), name

        # And what the run decided holds for what comes next.
        acted = theirs_acted(tmp_path / "decisions")
        event = {**next(e for e in events if e["kind"] == "play"), "event_id": "after", "account_id": acted}
        later = up.client.post("/v1/decide", json=event).raise_for_status().json()
        assert later["verdict"] == "exclude"
        assert later["account"] == "suspend"
        assert later["reasons"]


def theirs_acted(decisions: Path) -> str:
    """An account whose plays are all excluded."""
    accounts = pl.read_parquet(decisions / "accounts.parquet").filter(pl.col("action") == "suspend")
    return str(accounts.sort("artificial_plays", descending=True)["account_id"][0])


def _scores(judge: Judge, stream: pl.DataFrame, values: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero((stream["kind"] == "play").to_numpy())
    return judge.play_scores(values, rows)[0]


def test_the_lake_that_the_service_writes_is_the_one_that_was_sent(town: Judged, tmp_path: Path) -> None:
    start = copy(town.lake, tmp_path / "start", "tracks", "ips")
    day = town.lake.days("plays")[0]
    tables = tables_of(town.lake, day)
    stream = next(iter(walk(town.lake, (), Intake(), day))).stream
    with running(tmp_path / "state", bundle=town.bundle, lake=start) as up:
        up.clock.now = datetime.combine(day, time(12), tzinfo=UTC)
        lines = "\n".join(json.dumps(event) for event in bodies(stream, tables))
        up.client.post("/v1/events", content=lines).raise_for_status()
    from ghostnote.serving.state.places import Places
    from ghostnote.serving.upkeep.filing import file_log

    places = Places(tmp_path / "state")
    assert file_log(places) == stream.height
    assert file_log(places) == 0
    for name, sent in tables.items():
        filed = read(Lake(places.lake), name).rows
        assert (
            filed.drop("position", "dt")
            .sort("event_id")
            .equals(sent.select(filed.drop("position", "dt").columns).sort("event_id"))
        )
        assert set(sent.columns) - set(filed.columns) <= {
            c for c in sent.columns if sent[c].null_count() == sent.height
        }

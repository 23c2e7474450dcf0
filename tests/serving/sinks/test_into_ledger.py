"""Plays held or excluded by the service, in the ledger: once each, whatever fails in between."""

import io
import random
import threading
from datetime import UTC, datetime
from pathlib import Path

from tests.serving.logged import Logged

from ghostnote.decisions.ledger import Subject, open_ledger
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.decisions.policy import Policy
from ghostnote.serving.settings.settings import LogSettings
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.following import Batch, Follower
from ghostnote.serving.sinks.into_ledger import WRITTEN, IntoLedger
from ghostnote.serving.telemetry.logs import open_log
from ghostnote.serving.telemetry.metrics import Metrics

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)


def batches(root: Path) -> list[Batch]:
    logged = Logged(root)
    following = Follower(logged.folder, logged.positions, "ledger", logged.end, most=2, verdicts=WRITTEN)
    logged.write(["count", "hold", "exclude", "count", "exclude"])
    found = []
    while (batch := following.next()) is not None:
        found.append(batch)
        following.done()
    return found


def into(ledger: Path, told: io.StringIO, metrics: Metrics | None = None) -> IntoLedger:
    log, backoff = open_log(LogSettings(), {}, told), Backoff(0.01, 0.02, random.Random(1))
    return IntoLedger(str(ledger), Policy(), lambda: NOW, backoff, log, metrics)


def test_what_is_withheld_is_in_the_ledger_once_with_its_price(tmp_path: Path) -> None:
    path, metrics = tmp_path / "ledger.db", Metrics()
    sink = into(path, io.StringIO(), metrics)
    found = batches(tmp_path)
    # The first one twice, as after a crash.
    for batch in [found[0], *found]:
        assert sink(batch, threading.Event())
    sink.close()
    with open_ledger(str(path)) as ledger:
        entries = list(ledger.entries(kind="play"))
        assert [(entry.subject.identifier, entry.action) for entry in entries if entry.subject] == [
            ("e1", "hold"),
            ("e2", "exclude"),
            ("e4", "exclude"),
        ]
        assert {entry.amount for entry in entries} == {round(Policy().payout_per_play * 1_000_000)}
        assert entries[0].body["bundle"] == "bundle"
        state = ledger.state(Subject("play", "e2"))
        assert state is not None
        assert (state.action, state.parent, state.settled) == ("exclude", Subject("account", "a2"), False)
        assert verify(ledger).sound


def test_a_ledger_that_cannot_be_written_is_tried_again_until_it_can(tmp_path: Path) -> None:
    folder, told = tmp_path / "ledger", io.StringIO()
    sink = into(folder / "ledger.db", told)
    (batch, *_) = batches(tmp_path)
    folder.write_text("a file where a folder should be")
    stopping = threading.Event()
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(sink(batch, stopping)))
    thread.start()
    while "could not be written to the ledger" not in told.getvalue():
        assert thread.is_alive()
    folder.unlink()
    folder.mkdir()
    thread.join()
    sink.close()
    assert results == [True]
    with open_ledger(str(folder / "ledger.db")) as ledger:
        assert len(list(ledger.entries(kind="play"))) == 2


def test_stopping_ends_the_tries(tmp_path: Path) -> None:
    sink = into(tmp_path / "log" / "no" / "such" / "folder" / "ledger.db", io.StringIO())
    (batch, *_) = batches(tmp_path)
    stopping = threading.Event()
    stopping.set()
    assert not sink(batch, stopping)

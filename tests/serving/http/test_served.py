"""The command itself, killed under load and started again: every acknowledged event is there once."""

import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from tests.serving.commanding import Command
from tests.serving.running import bodies, tables_of
from tests.worlds import Judged, copy

from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.history import Intake, streams
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.snapshots import read_about, snapshots
from ghostnote.serving.upkeep.filing import file_log
from ghostnote.serving.wire.events import COLUMNS

KILLS = 3
BATCH = 20


class Sender(threading.Thread):
    """Sends events in order, each batch again until it is acknowledged, wherever the service is by then."""

    def __init__(self, events: list[dict[str, Any]], url: str, key: str) -> None:
        super().__init__(daemon=True)
        self._events, self.url, self._key = events, url, key
        self.decisions: list[dict[str, Any]] = []
        self.sent_again = 0
        self.acknowledged = 0

    def run(self) -> None:
        for start in range(0, len(self._events), BATCH):
            lines = "\n".join(json.dumps(event) for event in self._events[start : start + BATCH])
            while True:
                try:
                    answer = httpx.post(
                        f"{self.url}/v1/events?decisions=true",
                        content=lines,
                        headers={"authorization": f"Bearer {self._key}"},
                        timeout=30,
                    )
                except httpx.HTTPError:
                    self.sent_again += 1
                    time.sleep(0.05)
                    continue
                assert answer.status_code == 200, answer.text
                self.decisions += answer.json()["decisions"]
                self.acknowledged += BATCH
                break


def test_killed_under_load_it_loses_nothing_and_counts_nothing_twice(town: Judged, tmp_path: Path) -> None:
    day, stream = next(iter(streams(town.lake, frozenset(COLUMNS), Intake())))
    events = bodies(stream[:4000], tables_of(town.lake, day))
    start = copy(town.lake, tmp_path / "start", "tracks", "ips")
    state = tmp_path / "state"
    up = Command(state, "--bundle", str(town.bundle), "--lake", str(start))
    sender = Sender(events, up.url, up.first_key)
    sender.start()
    for number in range(1, KILLS + 1):
        while sender.acknowledged < number * len(events) // (KILLS + 1) and sender.is_alive():
            time.sleep(0.005)
        assert sender.is_alive()
        up.process.send_signal(signal.SIGKILL)
        up.process.communicate()
        up = Command(state)
        assert up.first_key is None
        sender.url = up.url
    sender.join(240)
    assert not sender.is_alive()
    assert sender.sent_again >= KILLS

    up.process.send_signal(signal.SIGTERM)
    _, said = up.process.communicate(timeout=60)
    assert up.process.returncode == 0, said
    assert '"says":"Stopped."' in said

    assert [each["event_id"] for each in sender.decisions] == [event["event_id"] for event in events]
    assert [each["position"] for each in sender.decisions] == list(range(len(events)))
    places = Places(state)
    about = read_about(snapshots(places.snapshots)[-1])
    assert about.position == len(events)
    file_log(places)
    lake = Lake(places.lake)
    filed = [name for table in ("signups", "logins", "plays", "actions") for name in _ids(lake, table)]
    assert sorted(filed) == sorted(event["event_id"] for event in events)


def _ids(lake: Lake, table: str) -> list[str]:
    return read(lake, table).rows["event_id"].to_list() if table in lake.tables() else []

"""Following the log: everything once while nobody dies, at least once whoever does, and nothing that is not on disk."""

import io
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving.logged import Logged

from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.settings import LogSettings
from ghostnote.serving.sinks.following import Batch, Follower, forget_others
from ghostnote.serving.sinks.sink import Sink
from ghostnote.serving.telemetry.logs import open_log


def follower(logged: Logged, most: int = 10, **given: object) -> Follower:
    return Follower(logged.folder, logged.positions, "webhook", logged.end, most=most, **given)  # type: ignore[arg-type]


def drained(following: Follower) -> list[int]:
    """Positions of all that is there, each batch done."""
    found: list[int] = []
    while (batch := following.next()) is not None:
        found += [made.position for made in batch.decisions]
        following.done()
    return found


def test_a_new_receiver_begins_at_the_end_and_goes_on_where_it_got_to(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    logged.write(["hold"] * 5)
    following = follower(logged)
    assert following.next() is None
    logged.write(["hold"] * 3)
    assert drained(following) == [5, 6, 7]
    logged.write(["hold"] * 2)
    assert drained(follower(logged)) == [8, 9]
    assert follower(logged).behind == 0


def test_what_was_not_done_comes_again(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    following = follower(logged, most=2)
    logged.write(["hold"] * 3)
    first = following.next()
    assert first is not None
    assert first == following.next()
    assert first.name == "0-1"
    following.done()
    # Killed within a record: all of it comes again.
    assert drained(follower(logged, most=2)) == [0, 1, 2]


def test_only_wanted_verdicts_come_and_the_others_do_not_hold_the_log(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    following = follower(logged, verdicts=("hold", "exclude"))
    for _ in range(3):
        logged.write(["count", "hold", "count"])
    assert drained(following) == [1, 4, 7]
    logged.write(["count"] * 4)
    following._noted_at = 0.0
    assert following.next() is None
    assert int((tmp_path / "positions" / "webhook.position").read_text()) == logged.log.end


def test_nothing_is_told_that_is_not_on_disk_yet(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    end = logged.log.end
    following = Follower(logged.folder, logged.positions, "webhook", lambda: end, most=10)
    logged.write(["hold"])
    assert following.next() is None
    end = logged.log.end
    assert drained(following) == [0]


def test_what_others_get_says_whose_event_it_was(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    following = follower(logged)
    logged.write(["exclude"])
    batch = following.next()
    assert batch is not None
    (made,) = batch.decisions
    assert (made.event_id, made.account_id, made.verdict, made.bundle) == ("e0", "a0", "exclude", "bundle")
    assert batch.events[0].track_id == "t"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_happens_all_is_delivered_in_order_at_least_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    logged = Logged(tmp_path_factory.mktemp("log"), segment_bytes=400)
    following = follower(logged, most=3)
    delivered: list[int] = []
    for step in data.draw(st.lists(st.sampled_from(["write", "deliver", "crash"]), max_size=30)):
        if step == "write":
            logged.write(["hold"] * data.draw(st.integers(1, 7)))
        elif step == "crash":
            following = follower(logged, most=3)
        elif (batch := following.next()) is not None:
            delivered += [made.position for made in batch.decisions]
            if data.draw(st.booleans()):
                following.done()
    delivered += drained(following)
    first_seen = list(dict.fromkeys(delivered))
    assert first_seen == list(range(logged.log.position))


def test_positions_of_receivers_that_are_no_more_do_not_hold_the_log(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    follower(logged)
    Follower(logged.folder, logged.positions, "kafka", logged.end, most=1)
    assert forget_others(logged.positions, ("kafka",)) == ["webhook"]
    assert [path.name for path in logged.positions.iterdir()] == ["kafka.position"]


def test_a_log_that_was_put_back_from_a_copy_is_gone_on_with(tmp_path: Path) -> None:
    logged, copy = Logged(tmp_path / "now"), Logged(tmp_path / "copy")
    following = follower(logged)
    for log in (logged, copy):
        log.write(["hold"] * 3)
    logged.write(["hold"] * 3)
    assert drained(following) == [0, 1, 2, 3, 4, 5]
    copy.positions.mkdir()
    (copy.positions / "webhook.position").write_bytes((logged.positions / "webhook.position").read_bytes())
    again = follower(copy)
    assert again.put_back
    assert again.next() is None
    copy.write(["hold"] * 2)
    assert drained(again) == [3, 4]
    assert not follower(copy).put_back


def test_a_position_that_is_none_is_told(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    follower(logged)
    (logged.positions / "webhook.position").write_text("here")
    with pytest.raises(GhostnoteError, match=r"webhook\.position cannot be used .*: remove or mend it"):
        follower(logged)


def test_a_sink_goes_on_after_whatever_goes_wrong_and_stops_when_told(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    found: list[int] = []
    failures = [RuntimeError("first"), RuntimeError("second")]

    closed: list[bool] = []

    class Deliver:
        def __call__(self, batch: Batch, stopping: threading.Event) -> bool:
            if failures:
                raise failures.pop()
            found.extend(made.position for made in batch.decisions)
            return not stopping.is_set()

        def close(self) -> None:
            closed.append(True)

    told = io.StringIO()
    sink = Sink("test", follower(logged), Deliver(), open_log(LogSettings(), {}, told))
    sink.start()
    logged.write(["hold"] * 25)
    until = time.monotonic() + 60
    while len(found) < 25 and time.monotonic() < until:
        time.sleep(0.02)
    sink.stop(drain=True)
    assert found == list(range(25))
    assert told.getvalue().count("A delivery failed") == 2
    assert closed == [True]

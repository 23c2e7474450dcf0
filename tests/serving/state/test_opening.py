"""A state goes on where it was: from any snapshot and the log, or without any from what the log holds."""

import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.serving.chaos_worker import FEATURES, Deciding, event, opened

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features.declaration import count
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import LOGIN
from ghostnote.serving.engine.engine import CannotWriteError, Engine
from ghostnote.serving.state.log import Log, segments
from ghostnote.serving.state.opening import Known, open_state
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.snapshots import save, snapshots
from ghostnote.serving.state.state import State
from ghostnote.serving.upkeep.filing import file_log
from ghostnote.serving.upkeep.keeping import keep_with

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROBES = [event(number) for number in range(900, 960)]


def begun(root: Path, **given: int) -> Engine:
    return Engine(opened(root), Log(Places(root).log, **given), Deciding("one"))


def take(engine: Engine, first: int, last: int) -> list[Any]:
    return engine.take([event(number) for number in range(first, last)], NOW)


def asked(state: State) -> bytes:
    return state.follow(PROBES, NOW.date())[1].tobytes()


def notes(root: Path) -> tuple[str, ...]:
    return open_state(Places(root), FEATURES, Known(), frozenset(), recent=20).notes


@pytest.mark.parametrize("gently", [False, True])
def test_from_a_snapshot_at_any_point_it_is_as_if_nothing_had_happened(tmp_path: Path, gently: bool) -> None:
    engine = begun(tmp_path)
    for first in range(0, 200, 20):
        take(engine, first, first + 20)
        if first == 80:
            save(engine.state, Places(tmp_path).snapshots, gently=gently)
    again = opened(tmp_path)
    assert (again.address, again.position, again.day) == (engine.log.end, 200, NOW.date())
    shutil.rmtree(Places(tmp_path).snapshots)
    whole = asked(opened(tmp_path))
    assert asked(again) == asked(engine.state) == whole


@pytest.mark.parametrize("part", ["fold.packed", "seen.npz", "about.json"])
def test_a_damaged_snapshot_makes_room_for_the_one_before(tmp_path: Path, part: str) -> None:
    engine, folder = begun(tmp_path), Places(tmp_path).snapshots
    take(engine, 0, 50)
    save(engine.state, folder)
    take(engine, 50, 90)
    last = save(engine.state, folder)
    content = (last / part).read_bytes()
    (last / part).write_bytes(content[: len(content) // 2])
    assert "An older one is used." in notes(tmp_path)[0]
    assert asked(opened(tmp_path)) == asked(engine.state)


def test_a_snapshot_beyond_the_end_of_a_log_is_not_gone_on_from(tmp_path: Path) -> None:
    engine, places = begun(tmp_path), Places(tmp_path)
    take(engine, 0, 50)
    save(engine.state, places.snapshots)
    length = engine.log.end
    take(engine, 50, 90)
    save(engine.state, places.snapshots)
    with segments(places.log)[-1].open("r+b") as file:
        file.truncate(length)
    assert "ends before" in notes(tmp_path)[0]
    assert opened(tmp_path).position == 50


def test_without_any_snapshot_what_the_log_holds_is_still_known(tmp_path: Path) -> None:
    engine, places = begun(tmp_path), Places(tmp_path)
    first = take(engine, 0, 60)
    engine.log.close()
    file_log(places)
    again = begun(tmp_path)
    assert again.state.position == 60
    repeated = take(again, 0, 60)
    assert all(made.repeated for made in repeated)
    assert [made.position for made in repeated] == [made.position for made in first]
    assert again.log.position == 60


def test_days_without_plays_are_folded_from_the_lake(tmp_path: Path) -> None:
    # Of kinds that no feature asks for a lake's stream has no rows.
    places, features = Places(tmp_path), (count("account", "24h", "x", where=LOGIN),)
    state = open_state(places, features, Known(), frozenset(), recent=20).state
    engine = Engine(state, Log(places.log), Deciding("one"))
    engine.take([event(number) for number in range(1, 400) if number % 13 == 0 and number % 11], NOW)
    engine.log.close()
    file_log(places)
    assert not Lake(places.lake).days("plays")
    again = open_state(places, features, Known(), frozenset(), recent=20).state
    found = asked(again)
    assert found == asked(engine.state)
    assert any(found)


def test_a_log_that_begins_after_what_is_filed_is_refused(tmp_path: Path) -> None:
    engine, places = begun(tmp_path, segment_bytes=500), Places(tmp_path)
    for first in range(0, 60, 5):
        take(engine, first, first + 5)
    segments(places.log)[0].unlink()
    engine.state.address = 0
    save(engine.state, places.snapshots)
    with pytest.raises(GhostnoteError, match=r"begins at|older records"):
        raise_for(notes(tmp_path))


def raise_for(found: tuple[str, ...]) -> None:
    """Nothing may have been opened without a word."""
    raise GhostnoteError(" ".join(found) or "opened")


def test_upkeep_drops_only_what_is_filed_and_in_a_snapshot(tmp_path: Path) -> None:
    engine, places = begun(tmp_path, segment_bytes=500), Places(tmp_path)
    for first in range(0, 60, 5):
        take(engine, first, first + 5)
    places.positions.mkdir()
    sink = places.positions / "sink.position"
    sink.write_text("0")
    assert keep_with(places, FEATURES, frozenset(), 0) == 60
    assert len(snapshots(places.snapshots)) == 1
    many = len(segments(places.log))
    assert many > 5
    sink.write_text(str(engine.log.end))
    assert keep_with(places, FEATURES, frozenset(), 0) == 0
    assert len(segments(places.log)) < many
    assert asked(opened(tmp_path)) == asked(engine.state)


def test_a_filing_that_was_not_finished_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(begun(tmp_path), 0, 60)
    places = Places(tmp_path)
    from ghostnote.serving.upkeep import filing as upkeep

    write, left = upkeep.write_parquet, 0

    def killed(rows: Any, path: Path) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        write(rows, path)

    for writes in range(3):  # logins, plays, verdicts
        left = writes
        with monkeypatch.context() as patched:
            patched.setattr(upkeep, "write_parquet", killed)
            with pytest.raises(KeyboardInterrupt):
                file_log(places)
        assert places.filed().address == 0
    take(begun(tmp_path), 60, 70)
    assert file_log(places) == 70
    assert file_log(places) == 0
    assert len(list(places.verdicts.rglob("log-*.parquet"))) == 1


def test_what_could_not_be_written_is_written_first_and_told_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = begun(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(engine.log, "append", full)
        for _ in range(2):
            with pytest.raises(CannotWriteError, match="send them again"):
                take(engine, 0, 5)
    assert engine.owes
    told = take(engine, 0, 7)
    assert [made.position for made in told] == list(range(7))
    assert [made.repeated for made in told] == [True] * 5 + [False] * 2
    assert asked(opened(tmp_path)) == asked(engine.state)


def test_a_second_service_and_a_second_upkeep_are_kept_out(tmp_path: Path) -> None:
    places, other = Places(tmp_path), Places(tmp_path)
    places.claim()
    with pytest.raises(GhostnoteError, match="Another service uses the state"):
        other.claim()
    places.release()
    other.claim()
    other.release()
    with places.upkeep(), pytest.raises(GhostnoteError, match="Another process is doing the work"), other.upkeep():
        pass
    with other.upkeep():
        pass


def test_upkeep_that_drops_the_log_while_it_is_read_makes_opening_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, places = begun(tmp_path, segment_bytes=2000), Places(tmp_path)
    take(engine, 0, 40)
    save(engine.state, places.snapshots)
    for first in range(40, 200, 20):
        take(engine, first, first + 20)
    tries = []
    replay = State.replay

    def disturbed(state: State, found: Any, *more: Any) -> int:
        tries.append(state.address)
        if len(tries) == 1:
            save(engine.state, places.snapshots)
            shutil.rmtree(snapshots(places.snapshots)[0])
            for path in segments(places.log)[:-1]:
                path.unlink()
        return replay(state, found, *more)

    monkeypatch.setattr(State, "replay", disturbed)
    again = opened(tmp_path)
    assert len(tries) == 2
    assert tries[0] < tries[1]
    assert again.position == engine.state.position
    monkeypatch.undo()
    assert asked(again) == asked(engine.state)


def test_two_that_save_at_the_same_time_do_so_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, folder = begun(tmp_path), Places(tmp_path).snapshots
    take(engine, 0, 50)
    behind = opened(tmp_path)
    take(engine, 50, 90)
    other = threading.Thread(target=save, args=(behind, folder))
    write = Fold.snapshot

    def meanwhile(fold: Fold, path: Path, **given: bool) -> None:
        if other.ident is None:
            other.start()
            other.join(0.5)
        write(fold, path, **given)

    monkeypatch.setattr(Fold, "snapshot", meanwhile)
    last = save(engine.state, folder)
    other.join()
    assert len(snapshots(folder)) == 2
    assert snapshots(folder)[-1] == last
    assert asked(opened(tmp_path)) == asked(engine.state)

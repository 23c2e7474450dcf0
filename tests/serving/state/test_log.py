"""The log keeps what is complete, whatever stands behind it, and says what is wrong before that."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.serving.state.log import Log, drop_before, record_at, records, segments, start_of

CONTENTS = st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=60)), min_size=1, max_size=8)
HEAD = 24


def written(folder: Path, contents: list[tuple[int, bytes]], **given: int) -> Log:
    log = Log(folder, **given)
    for count, content in contents:
        log.append(count, content)
    return log


def kept(folder: Path) -> list[tuple[int, bytes]]:
    return [(record.count, record.content) for record in records(folder)]


@given(contents=CONTENTS, data=st.data())
@settings(max_examples=80, deadline=None)
def test_cut_anywhere_it_keeps_the_complete_records_and_goes_on(
    contents: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        log = written(folder, contents)
        ends = [record.end for record in records(folder)]
        log.close()
        cut = data.draw(st.integers(HEAD, log.end))
        (segment,) = segments(folder)
        with segment.open("r+b") as file:
            file.truncate(cut)
        complete = contents[: sum(end <= cut for end in ends)]
        again = Log(folder)
        assert again.position == sum(count for count, _ in complete)
        assert again.cut == cut - max((end for end in ends if end <= cut), default=HEAD)
        again.append(2, b"next")
        again.close()
        assert kept(folder) == [*complete, (2, b"next")]


@given(
    contents=st.lists(st.tuples(st.integers(1, 5), st.binary(max_size=60)), min_size=2, max_size=8),
    data=st.data(),
)
@settings(max_examples=80, deadline=None)
def test_damage_before_the_last_record_is_refused(contents: list[tuple[int, bytes]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        log = written(folder, contents)
        log.close()
        *before, last = [record.address for record in records(folder)]
        at, flip = data.draw(st.integers(before[0], last - 1)), data.draw(st.integers(1, 255))
        (segment,) = segments(folder)
        found = bytearray(segment.read_bytes())
        found[at] ^= flip
        segment.write_bytes(found)
        with pytest.raises(GhostnoteError, match="is damaged at byte"):
            Log(folder)
        assert segment.read_bytes() == found


@pytest.mark.parametrize("left", [b"\0" * 5000, b"\xff" * 19, b"\xff" * 300])
def test_what_a_crash_leaves_behind_the_last_record_is_cut_off(tmp_path: Path, left: bytes) -> None:
    written(tmp_path, [(1, b"one")]).close()
    with segments(tmp_path)[0].open("ab") as file:
        file.write(left)
    log = Log(tmp_path)
    assert log.cut == len(left)
    log.append(1, b"two")
    log.close()
    assert kept(tmp_path) == [(1, b"one"), (1, b"two")]


@given(contents=CONTENTS, most=st.integers(HEAD, 200))
@settings(max_examples=40, deadline=None)
def test_segments_roll_and_any_record_is_found_at_its_address(contents: list[tuple[int, bytes]], most: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        log = written(folder, contents, segment_bytes=most)
        assert kept(folder) == contents
        assert all(path.stat().st_size < most + 100 for path in segments(folder))
        found = list(records(folder))
        for place, record in enumerate(found):
            assert record_at(folder, record.address) == record
            assert list(records(folder, record.address)) == found[place:]
        assert list(records(folder, log.end)) == []
        log.close()
        again = Log(folder, segment_bytes=most)
        assert (again.end, again.position) == (log.end, log.position)
        again.close()


def test_old_segments_go_and_what_they_held_is_asked_for_in_vain(tmp_path: Path) -> None:
    log = written(tmp_path, [(1, b"x" * 50)] * 6, segment_bytes=100)
    found = list(records(tmp_path))
    second = start_of(segments(tmp_path)[1])
    assert drop_before(tmp_path, second - 1) == 0
    assert drop_before(tmp_path, second) == second
    assert record_at(tmp_path, found[0].address) is None
    assert list(records(tmp_path)) == [record for record in found if record.address >= second]
    with pytest.raises(GhostnoteError, match="older records were dropped"):
        list(records(tmp_path, found[0].address))
    drop_before(tmp_path, log.end + 1000)
    assert segments(tmp_path)[-1] == segments(tmp_path)[0]  # The one that is written to stays.
    log.append(1, b"more")
    log.close()


def test_an_empty_log_and_a_segment_that_is_only_begun_go_on(tmp_path: Path) -> None:
    log = written(tmp_path, [(3, b"x" * 100)], segment_bytes=50)
    assert [path.stat().st_size for path in segments(tmp_path)][-1] == HEAD
    log.close()
    again = Log(tmp_path)
    assert again.position == 3
    again.close()
    segments(tmp_path)[-1].write_bytes(b"")
    emptied = Log(tmp_path)
    assert (emptied.position, emptied.end) == (3, again.end)
    emptied.append(1, b"y")
    emptied.close()
    assert kept(tmp_path) == [(3, b"x" * 100), (1, b"y")]


def test_a_segment_that_is_gone_is_missed(tmp_path: Path) -> None:
    written(tmp_path, [(1, b"x" * 50)] * 6, segment_bytes=100).close()
    segments(tmp_path)[1].unlink()
    with pytest.raises(GhostnoteError, match="has no segment that begins at"):
        list(records(tmp_path))


def test_an_address_beyond_the_end_is_refused(tmp_path: Path) -> None:
    log = written(tmp_path, [(1, b"x")])
    log.close()
    with pytest.raises(GhostnoteError, match="ends before"):
        list(records(tmp_path, log.end + 1))


@pytest.mark.parametrize(
    ("head", "said"), [(b"NOTALOG!" + b"\0" * 16, "no segment of a log"), (b"GHOSTLOG\x09" + b"\0" * 15, "format 9")]
)
def test_files_of_others_are_refused(tmp_path: Path, head: bytes, said: str) -> None:
    (tmp_path / f"{0:020d}.log").write_bytes(head)
    with pytest.raises(GhostnoteError, match=said):
        Log(tmp_path)


def test_a_reader_sees_what_is_complete_while_more_is_written(tmp_path: Path) -> None:
    log = written(tmp_path, [(1, b"0" * 30)], segment_bytes=150)
    reader = records(tmp_path)
    assert next(reader).content == b"0" * 30
    for place in range(1, 20):
        log.append(1, bytes([48 + place]) * 30)
        assert [record.position for record in records(tmp_path)] == list(range(place + 1))
    log.close()


def test_after_a_failed_write_nothing_of_it_is_left(tmp_path: Path) -> None:
    import resource

    log = written(tmp_path, [(1, b"one")])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.end + 30, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            log.append(1, b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert segments(tmp_path)[0].stat().st_size == log.end
    log.append(1, b"two")
    log.close()
    assert kept(tmp_path) == [(1, b"one"), (1, b"two")]

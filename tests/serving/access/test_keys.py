"""Keys: what opens, what opens no more, and what is kept of them."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.serving.access.keyring import Made, create, revoke, rotate
from ghostnote.serving.access.keys import KEYS_FILE, SCOPES, Keys, read_keys

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def _bearer(made: Made) -> str:
    return f"Bearer {made.text}"


def test_a_key_opens_with_its_scopes_and_nothing_of_it_is_kept_but_a_hash(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["decide", "ingest"], now=NOW)
    found = Keys(tmp_path / KEYS_FILE).check(_bearer(made), NOW)
    assert found is not None
    assert (found.name, found.scopes, found.made_at) == ("player", ("ingest", "decide"), NOW)
    assert found.may("ingest")
    assert not found.may("admin")
    secret = made.text.split("_", 2)[2]
    assert len(secret) == 43
    assert secret not in (tmp_path / KEYS_FILE).read_text()
    assert secret not in repr(made)


def test_the_file_is_its_owners_alone_and_nothing_lies_about(tmp_path: Path) -> None:
    create(tmp_path / "state", name="player", scopes=["ingest"], now=NOW)
    assert stat.S_IMODE((tmp_path / "state" / KEYS_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == [f".{KEYS_FILE}.lock", KEYS_FILE]


def test_what_is_no_key_opens_nothing(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    other = create(tmp_path / "other", name="player", scopes=["ingest"], now=NOW)
    keys = Keys(tmp_path / KEYS_FILE)
    secret = made.text.split("_", 2)[2]
    for wrong in (
        None,
        "",
        "Bearer",
        "Bearer ",
        made.text,
        f"Basic {made.text}",
        f"Bearer {made.text[:-1]}",
        f"Bearer {made.text}x",
        f"Bearer {made.text[:15]}",
        f"Bearer {secret}",
        f"Bearer {made.key.digest}",
        _bearer(other),
        f"Bearer gn_{made.key.id}_{other.text.split('_', 2)[2]}",
    ):
        assert keys.check(wrong, NOW) is None, wrong
    assert keys.check(f"bearer  {made.text} ", NOW) is not None


@given(st.text())
def test_no_header_makes_checking_fail(tmp_path_factory: pytest.TempPathFactory, header: str) -> None:
    keys = Keys(tmp_path_factory.getbasetemp() / "no" / KEYS_FILE)
    assert keys.check(header, NOW) is None
    assert keys.check(f"Bearer {header}", NOW) is None


def test_a_key_expires_on_the_dot(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW, lasts=timedelta(days=30))
    keys = Keys(tmp_path / KEYS_FILE)
    end = NOW + timedelta(days=30)
    assert keys.check(_bearer(made), end - SECOND) is not None
    assert keys.check(_bearer(made), end) is None
    with pytest.raises(GhostnoteError, match=r"is expired: make a new one"):
        rotate(tmp_path, "player", now=end)
    again = create(tmp_path, name="player", scopes=["ingest"], now=end)
    assert keys.check(_bearer(again), end + SECOND) is not None


def test_an_old_secret_opens_until_its_grace_is_over_and_the_one_before_it_no_more(tmp_path: Path) -> None:
    first = create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    second = rotate(tmp_path, "player", now=NOW, grace=timedelta(hours=1))
    keys = Keys(tmp_path / KEYS_FILE)
    assert second.key.id == first.key.id
    assert second.text != first.text
    assert keys.check(_bearer(first), NOW + timedelta(minutes=59)) is not None
    assert keys.check(_bearer(first), NOW + timedelta(hours=1)) is None
    assert keys.check(_bearer(second), NOW + timedelta(hours=1)) is not None
    third = rotate(tmp_path, first.key.id, now=NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    assert [keys.check(_bearer(made), later) is not None for made in (first, second, third)] == [False, True, True]
    at_once = rotate(tmp_path, "player", now=later, grace=timedelta())
    later += 2 * SECOND
    opens = [keys.check(_bearer(made), later) is not None for made in (first, second, third, at_once)]
    assert opens == [False, False, False, True]


def test_rotating_renews_how_long_a_key_lasts_only_if_told_to(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW, lasts=timedelta(days=30))
    assert rotate(tmp_path, "player", now=NOW + SECOND).key.expires_at == made.key.expires_at
    renewed = rotate(tmp_path, "player", now=NOW + SECOND, lasts=timedelta(days=90))
    assert renewed.key.expires_at == NOW + SECOND + timedelta(days=90)


def test_a_running_service_knows_new_and_revoked_keys_within_a_second(tmp_path: Path) -> None:
    keys = Keys(tmp_path / KEYS_FILE)
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    assert keys.check(_bearer(made), NOW) is not None
    revoke(tmp_path, "player", now=NOW)
    assert keys.check(_bearer(made), NOW + SECOND / 2) is not None
    assert keys.check(_bearer(made), NOW + SECOND) is None
    assert [key.state(NOW) for key in read_keys(tmp_path / KEYS_FILE)] == ["revoked"]


def test_a_clock_that_is_set_back_does_not_keep_a_revoked_key_open(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    keys = Keys(tmp_path / KEYS_FILE)
    assert keys.check(_bearer(made), NOW + timedelta(hours=3)) is not None
    revoke(tmp_path, "player", now=NOW)
    assert keys.check(_bearer(made), NOW + SECOND) is None


def test_a_file_that_is_gone_holds_no_keys_and_one_that_was_broken_leaves_them_and_is_told(tmp_path: Path) -> None:
    made = create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    file = tmp_path / KEYS_FILE
    keys, good = Keys(file), file.read_bytes()
    file.write_text("{")
    assert keys.check(_bearer(made), NOW) is not None
    assert str(file) in (keys.problem or "")
    file.unlink()
    assert keys.check(_bearer(made), NOW + SECOND) is None
    assert (len(keys), keys.problem) == (0, None)
    file.write_bytes(good)
    assert keys.check(_bearer(made), NOW + 2 * SECOND) is not None
    file.write_text('{"format": 2}')
    with pytest.raises(GhostnoteError, match="has format 2"):
        Keys(file)


def test_impossible_keys_are_refused_in_a_sentence(tmp_path: Path) -> None:
    create(tmp_path, name="player", scopes=["ingest"], now=NOW)
    before = (tmp_path / KEYS_FILE).read_bytes()
    for arguments, says in (
        ({"name": "player", "scopes": ["ingest"]}, "There is a key called 'player' already"),
        ({"name": " ", "scopes": ["ingest"]}, "needs a --name"),
        ({"name": "a\nb", "scopes": ["ingest"]}, "needs a --name"),
        ({"name": "x", "scopes": []}, "at least one --scope"),
        ({"name": "x", "scopes": ["ingst"]}, "There is no scope 'ingst': did you mean 'ingest'?"),
        ({"name": "x", "scopes": ["ingest"], "lasts": timedelta()}, "at least one day"),
    ):
        with pytest.raises(GhostnoteError) as error:
            create(tmp_path, now=NOW, **arguments)  # type: ignore[arg-type]
        assert says in str(error.value)
    with pytest.raises(GhostnoteError, match="There is no key 'plyer': did you mean 'player'"):
        revoke(tmp_path, "plyer", now=NOW)
    assert (tmp_path / KEYS_FILE).read_bytes() == before


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    def make(number: int) -> None:
        create(tmp_path, name=f"player {number}", scopes=list(SCOPES), now=NOW)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in read_keys(tmp_path / KEYS_FILE)} == {f"player {number}" for number in range(12)}

"""`ghostnote keys`: made, listed, rotated, revoked."""

from datetime import UTC, datetime
from pathlib import Path

from tests.cli.calling import done, refused

from ghostnote.serving.access.keys import KEYS_FILE, Keys


def test_a_key_is_shown_once_and_lives_until_it_is_revoked(tmp_path: Path) -> None:
    made = done("keys", "create", "--state", tmp_path, "--name", "player", "--scope", "ingest", "--scope", "decide")
    text = made.out.splitlines()[0]
    assert "Keep it now" in made.out
    keys = Keys(tmp_path / KEYS_FILE)
    assert keys.check(f"Bearer {text}", datetime.now(UTC)) is not None
    listed = done("keys", "list", "--state", tmp_path).out
    assert "player: ingest, decide" in listed
    assert text not in listed
    rotated = done("keys", "rotate", "--state", tmp_path, "player").out
    assert "The old secret opens until" in rotated
    assert "old secret opens until" in done("keys", "list", "--state", tmp_path).out
    assert "opens nothing any more" in done("keys", "revoke", "--state", tmp_path, "player").out
    assert "revoked" in done("keys", "list", "--state", tmp_path).out
    fresh = Keys(tmp_path / KEYS_FILE)
    assert fresh.check(f"Bearer {text}", datetime.now(UTC)) is None
    assert fresh.check(f"Bearer {rotated.splitlines()[0]}", datetime.now(UTC)) is None


def test_programs_are_told_the_same(tmp_path: Path) -> None:
    arguments = ("--state", tmp_path, "--json")
    made = done("keys", "create", "--name", "player", "--scope", "read", "--days", 30, *arguments).told
    assert made["key"].startswith(f"gn_{made['id']}_")
    assert made["expires_at"] > made["made_at"]
    (listed,) = done("keys", "list", *arguments).told["keys"]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    rotated = done("keys", "rotate", "player", "--grace-hours", 0, *arguments).told
    assert rotated["former_until"] is None
    assert done("keys", "revoke", made["id"], *arguments).told["state"] == "revoked"


def test_mistakes_are_told_in_a_sentence(tmp_path: Path) -> None:
    state = ("--state", tmp_path)
    assert "did you mean 'decide'" in refused("keys", "create", *state, "--name", "x", "--scope", "decides")
    assert "at least one day" in refused("keys", "create", *state, "--name", "x", "--scope", "read", "--days", 0)
    assert "make one with" in refused("keys", "revoke", *state, "x")
    assert "There is no folder" in refused("keys", "list", "--state", tmp_path / "nowhere")
    assert done("keys", "list", *state).out.startswith("There are no keys")
    file = tmp_path / "file"
    file.write_text("")
    assert "Choose another --state" in refused("keys", "create", "--state", file, "--name", "x", "--scope", "read")

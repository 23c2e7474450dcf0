"""`ghostnote serve --show-settings`: what is in force, and whence."""

from pathlib import Path

import pytest
from tests.cli.calling import done, refused


def test_the_settings_in_force_are_shown_and_can_be_used_as_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GHOSTNOTE_SERVE_WEBHOOK_SECRET", "a secret of some length")
    monkeypatch.setenv("GHOSTNOTE_SERVE_PORT", "9000")
    shown = done("serve", "--state", tmp_path, "--show-settings").out
    assert "now: GHOSTNOTE_SERVE_PORT)\nport = 9000\n" in shown
    assert "a secret of some length" not in shown
    file = tmp_path / "service.toml"
    file.write_text(shown)
    told = done("serve", "--config", file, "--port", 9001, "--show-settings", "--json").told
    assert (told["settings"]["port"], told["origins"]["port"]) == (9001, "the command line")
    assert told["settings"]["state"] == str(tmp_path)
    assert "a secret of some length" not in str(told)


def test_mistakes_in_settings_are_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "service.toml"
    file.write_text("prot = 1\n")
    assert "did you mean 'port'" in refused("serve", "--config", file, "--state", tmp_path)
    assert "give --state" in refused("serve")
    monkeypatch.setenv("GHOSTNOTE_SERVE_PRT", "1")
    assert "did you mean 'GHOSTNOTE_SERVE_PORT'" in refused("serve", "--state", tmp_path)

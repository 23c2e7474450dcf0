"""`ghostnote deliveries`: the webhooks that nobody took, listed and sent again."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.calling import call, done, refused
from tests.serving.receiving import receiver

from ghostnote.serving.sinks.dead_letters import DeadLetters, Letter
from ghostnote.serving.state.places import Places

SECRET = "a secret of some length"


def _letters(root: Path, count: int) -> None:
    for number in range(count):
        letter = Letter(
            str(number), datetime(2026, 3, 2, tzinfo=UTC), 10, "It answered 500.", f'{{"decisions":[{number}]}}'
        )
        DeadLetters(Places(root).dead_letters).add(letter)


def test_dead_letters_are_listed_and_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GHOSTNOTE_SERVE_WEBHOOK_SECRET", SECRET)
    state = ("--state", tmp_path)
    assert "No delivery is waiting" in done("deliveries", "list", *state).out
    _letters(tmp_path, 3)
    assert "0: given up 2026-03-02 00:00 UTC after 10 tries. It answered 500." in done("deliveries", "list", *state).out
    assert [one["delivery"] for one in done("deliveries", "list", *state, "--json").told["letters"]] == ["0", "1", "2"]
    with receiver() as receiving:
        config = tmp_path / "service.toml"
        config.write_text(f'[webhook]\nurl = "{receiving.url}"\n')
        receiving.answers = [200, 503]
        called = call("deliveries", "replay", "--config", config, *state)
        assert called.code == 1
        assert called.out == "1 deliveries were taken. 2 are left. It answered 503.\n"
        told = done("deliveries", "replay", "--config", config, *state, "--json").told
        assert told == {"sent": 2, "left": 0, "why": None}
        assert [json.loads(body)["decisions"] for body in receiving.bodies] == [[0], [1], [1], [2]]
        assert SECRET not in called.out
    assert "No delivery is waiting" in done("deliveries", "list", *state).out


def test_mistakes_are_told_in_a_sentence(tmp_path: Path) -> None:
    assert "There is no webhook to send to" in refused("deliveries", "replay", "--state", tmp_path)
    assert "There is no folder" in refused("deliveries", "list", "--state", tmp_path / "nowhere")

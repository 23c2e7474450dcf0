"""Logs: what is told in which form, and what never is."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import LogSettings
from ghostnote.serving.telemetry.logs import open_log

HUSH = {"webhook.secret": Secret("hush hush hush hush", "GHOSTNOTE_SERVE_WEBHOOK_SECRET")}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    names = ("ghostnote.service", "uvicorn.error", "asyncio")
    before = {name: (logging.getLogger(name).handlers[:], logging.getLogger(name).propagate) for name in names}
    yield
    for name, (handlers, propagate) in before.items():
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(logging.NOTSET)


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_happening_is_one_document_on_one_line() -> None:
    stream = io.StringIO()
    log = open_log(LogSettings(), {}, stream)
    log.info(
        "Wrote a snapshot.", events=12, seconds=0.5, first=None, at_all=True, until=datetime(2026, 3, 1, tzinfo=UTC)
    )
    log.warning("Two\nlines.", why="a\nb")
    log.debug("Nobody asked.")
    first, second = _lines(stream)
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "level": "info",
        "from": "ghostnote.service",
        "says": "Wrote a snapshot.",
        "events": 12,
        "seconds": 0.5,
        "first": None,
        "at_all": True,
        "until": "2026-03-01T00:00:00Z",
    }
    assert (second["says"], second["why"]) == ("Two lines.", "a b")


def test_people_get_lines_for_people() -> None:
    stream = io.StringIO()
    log = open_log(LogSettings(form="text", level="debug"), {}, stream)
    log.debug("Wrote a snapshot.", events=12)
    try:
        raise GhostnoteError("The disk is full: free some space.")
    except GhostnoteError as error:
        log.error("No snapshot.", error=error)
    first, second, place = stream.getvalue().splitlines()
    assert first.endswith("debug   Wrote a snapshot. events=12")
    assert "No snapshot. error=GhostnoteError why=The disk is full: free some space." in second
    assert "test_people_get_lines_for_people" in place


def test_ids_are_hashed_with_the_key_that_is_given_else_with_one_that_nobody_has() -> None:
    key = {"logs.key": Secret("a key of some length", "GHOSTNOTE_SERVE_LOGS_KEY")}
    hidden = [open_log(LogSettings(), given, io.StringIO()).hidden("account", "a-1") for given in (key, key, {}, {})]
    assert hidden[0] == hidden[1]
    assert len(set(hidden)) == 3
    assert all(len(text) == 20 and "a-1" not in text for text in hidden)


def test_no_secret_no_key_and_no_body_is_told() -> None:
    for form in ("json", "text"):
        stream = io.StringIO()
        log = open_log(LogSettings(form=form), HUSH, stream)  # type: ignore[arg-type]
        log.info("Said hush hush hush hush.", why="hush hush hush hush", body=b"account_id", event={"account_id": "me"})
        log.info("Asked with gn_0123456789ab_abcdefghijklmnopqrstuvwxyzABCDEF0123456-_aB.")
        logging.getLogger("uvicorn.error").warning("Header %s.", "Bearer gn_0123456789ab_abcdefghijklmnop")
        try:
            raise ValueError("account_id of a body")
        except ValueError as error:
            log.error("Failed.", error=error)
        told = stream.getvalue()
        for never in ("hush", "abcdefgh", "account_id", '"me"', "body of"):
            assert never not in told, never
        assert "gn_0123456789ab_..." in told
        assert "ValueError" in told
        assert "test_no_secret_no_key_and_no_body_is_told" in told


def test_what_libraries_tell_takes_the_same_form_but_not_their_log_of_requests() -> None:
    stream = io.StringIO()
    open_log(LogSettings(level="warning"), {}, stream)
    logging.getLogger("uvicorn.error").info("Started.")
    logging.getLogger("uvicorn.error").error("It broke:\n %s", "badly")
    logging.getLogger("uvicorn.access").info("127.0.0.1 GET /")
    (line,) = _lines(stream)
    assert (line["from"], line["says"]) == ("uvicorn.error", "It broke: badly")


def test_a_text_that_has_no_end_is_cut() -> None:
    stream = io.StringIO()
    open_log(LogSettings(), {}, stream).info("x" * 5000, why="y" * 5000)
    (line,) = _lines(stream)
    assert (len(line["says"]), len(line["why"])) == (300, 300)

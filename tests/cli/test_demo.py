"""`ghostnote demo`."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from tests.cli.calling import done, refused

from ghostnote.decisions.folder import DecisionFolder
from ghostnote.events.lake import Lake
from ghostnote.models.bundle import load_bundle


def test_the_whole_story_runs_and_can_run_again(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    said = done("demo", "--out", out, "--accounts", 300, "--days", 6).out
    assert "Judged " in said
    assert "Against the truth" in said
    assert f"The report is {out / 'report.html'}" in said
    assert sorted(path.name for path in out.iterdir()) == ["bundle", "decisions", "lake", "report.html"]
    assert Lake(out / "lake").tables()
    assert load_bundle(out / "bundle").manifest.training.events > 0
    folder = DecisionFolder(out / "decisions")
    assert folder.truth is not None
    assert folder.summary.start > load_bundle(out / "bundle").manifest.training.end
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    # An older demo is replaced, and a folder that holds anything besides is left alone.
    told = done("demo", "--out", out, "--accounts", 200, "--days", 4, "--seed", 2, "--json").told
    assert told["out"] == str(out)
    assert told["summary"]["counts"]["plays"] == DecisionFolder(out / "decisions").summary.counts.plays
    assert told["truth"]["honest"]["accounts"] > 0
    (out / "notes.txt").write_text("mine")
    assert "holds things that are no demo: choose another --out" in refused("demo", "--out", out)
    assert (out / "report.html").is_file()


def test_opened_its_cases_can_be_looked_at_in_a_browser(tmp_path: Path) -> None:
    out, browser, visited = tmp_path / "demo", tmp_path / "browser", tmp_path / "visited"
    browser.write_text(f'#!/bin/sh\necho "$1" > {visited}.part\nmv {visited}.part {visited}\n')
    browser.chmod(0o755)
    screen = {"DISPLAY": ":0", "BROWSER": str(browser), "GHOSTNOTE_ACTOR": "ines"}
    command = [sys.executable, "-m", "ghostnote", "demo", "--open", "--json", "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--accounts", "300", "--days", "6"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **screen},
    )
    try:
        assert process.stdout is not None
        text = ""
        while not text.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            text += line
        told = json.loads(text)
        with httpx.Client(base_url=told["url"], timeout=60, follow_redirects=True) as client:
            assert "ines, admin" in client.post(told["link"]).text
            queue = client.get("/queue.json").json()
            page = client.get("/queue").text
    finally:
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "The console is closed.\n")
    assert told["summary"]["counts"]["accounts"] > 0
    assert visited.read_text().strip() == told["link"]
    # Cases are in a ledger, so they can be decided.
    assert len(queue["cases"]) > 0
    assert re.search(r'<button[^>]*value="fraud"', page)
    # What it left behind is an older demo, which another one replaces.
    assert {"ledger.db"} < {path.name for path in out.iterdir()}
    done("demo", "--out", out, "--accounts", 200, "--days", 4, "--seed", 2, "--json")
    assert sorted(path.name for path in out.iterdir()) == ["bundle", "decisions", "lake", "report.html"]

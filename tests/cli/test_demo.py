"""`ghostnote demo`."""

from pathlib import Path

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

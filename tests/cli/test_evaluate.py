"""`ghostnote evaluate`."""

from pathlib import Path

from tests.cli.calling import done, left, refused
from tests.worlds import Judged

from ghostnote.decisions.evaluation import read_evaluation

QUICK = ("--no-kinds", "--no-detectors")


def test_an_evaluation_is_written_drawn_and_told(town: Judged, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["evaluate", "--lake", town.lake.path, "--bundle", town.bundle, "--out", out, *QUICK]
    said = done(*arguments).out
    assert "Against the truth" in said
    assert "Decided day by day" in said
    assert sorted(path.name for path in out.iterdir()) == ["evaluation.html", "evaluation.json"]
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    assert "How good the defence is" in page
    assert "Day by day" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    told = done(*arguments, "--json").told
    assert told["whole"]["truth"]["honest"]["accounts"] == read_evaluation(out).whole.truth.honest.accounts
    assert told["left_out"] == told["kinds_left_out"] == []


def test_what_cannot_be_evaluated_is_refused_and_leaves_nothing(town: Judged, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    before = left(tmp_path)
    lake = ["evaluate", "--lake", town.lake.path]
    assert "holds no evaluation" in refused(*lake, "--out", tmp_path / "other")
    both = ["--bundle", town.bundle, "--as-of", "2026-03-05"]
    assert "leave --as-of out" in refused(*lake, *both, "--out", tmp_path / "out")
    other = ["--bundle", town.bundle, "--trained-on", town.lake.path]
    assert "leave --trained-on out" in refused(*lake, *other, "--out", tmp_path / "out")
    assert "no day is left to judge" in refused(*lake, "--trained-on", town.lake.path, "--out", tmp_path / "out")
    assert "no day is left to judge" in refused(*lake, "--as-of", "2030-01-01", "--out", tmp_path / "out")
    assert "is no date" in refused(*lake, "--as-of", "soon", "--out", tmp_path / "out")
    assert left(tmp_path) == before

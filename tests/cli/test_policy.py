"""`ghostnote policy`: shown, checked, and tried on past days."""

from pathlib import Path

import polars as pl
from tests.cli.calling import call, done, refused
from tests.worlds import Judged

from ghostnote.decisions.comparison import COMPARISON_FILE


def test_the_policy_in_force_is_shown_and_can_be_used_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(done("policy", "show").out, encoding="utf-8")
    assert done("policy", "check", file).out.endswith("is a policy: it changes nothing.\n")
    file.write_text("reviews_per_day = 3\n[breaker]\nfactor = 5\n", encoding="utf-8")
    assert done("policy", "check", file, "--json").told["changes"] == ["reviews_per_day", "breaker"]
    assert "it changes reviews_per_day, breaker." in done("policy", "check", file).out
    assert "reviews_per_day = 3\n" in done("policy", "show", "--policy", file).out
    assert done("policy", "show", "--policy", file, "--json").told["breaker"]["factor"] == 5
    file.write_text("[breaker]\nfactr = 5\n", encoding="utf-8")
    assert "did you mean 'factor'" in refused("policy", "check", file)


def test_two_policies_are_tried_on_the_same_days(town: Judged, tmp_path: Path) -> None:
    file, other, out = tmp_path / "bold.toml", tmp_path / "timid.toml", tmp_path / "out"
    file.write_text("honest_account_ceiling = 0.02\ngroup_accounts = 3\nreviews_per_day = 0\n")
    other.write_text("honest_mark_ceiling = 1e-300\ngroup_accounts = 1000000\nreviews_per_day = 2\n")
    arguments = ["policy", "simulate", "--lake", town.lake.path, "--bundle", town.bundle, "--policy", file]
    arguments += ["--from", town.first_judged, "--against", other]
    found = done(*arguments, "--json", "--out", out).told
    first, second = found["first"], found["second"]
    assert (found["plays"], found["accounts"]) == (town.summary.counts.plays, town.summary.counts.accounts)
    assert first["withheld"] > second["withheld"]
    assert first["actions"]["review"] == 0 < second["actions"]["review"]
    assert second["reviews_per_day"] <= 2
    assert sum(first["actions"].values()) == sum(second["actions"].values()) == found["accounts"]
    changes = pl.read_parquet(out / "changes.parquet")
    assert changes.height == found["changed"] >= found["only_first"] + found["only_second"] > 0
    assert sorted(path.name for path in out.iterdir()) == ["changes.parquet", "comparison.html", COMPARISON_FILE]
    page = (out / "comparison.html").read_text()
    assert f"{found['changed']} accounts" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert all(action in page for action in first["actions"])
    for by in ("country", "plan", "platform", "age"):
        rows = [row for row in first["observed"] if row["by"] == by]
        assert sum(row["accounts"] for row in rows) <= found["accounts"]
        assert sum(row["wrong"] for row in rows) == first["honest"]["acted"]
    said = call(*arguments).out
    assert "bold.toml" in said
    assert "timid.toml" in said
    assert "treated differently" in said


def test_a_policy_is_as_good_as_itself(town: Judged, tmp_path: Path) -> None:
    file = tmp_path / "usual.toml"
    file.write_text("")
    arguments = ["policy", "simulate", "--lake", town.lake.path, "--bundle", town.bundle, "--policy", file]
    called = done(*arguments, "--from", town.first_judged, "--to", town.first_judged)
    assert "Both decide the same about every account." in called.out
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert "holds no comparison" in refused(*arguments, "--out", tmp_path / "mine")
    assert "lies outside the data" in refused(*arguments, "--from", "1999-01-01")

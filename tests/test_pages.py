"""The hand-written pages stay true of what can be checked: links, defaults, rules, columns, dependencies."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from ghostnote.decisions.actions import Cost, Costs
from ghostnote.decisions.attribution.consequences import CONSEQUENCES
from ghostnote.decisions.attribution.wording import sentences
from ghostnote.decisions.breaker import Breaker
from ghostnote.decisions.ceilings import Ceiling
from ghostnote.decisions.enforcement import Delay, Enforcement
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import RULES
from ghostnote.decisions.tables import DECISION_TABLES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")])
DECISIONS = (ROOT / "docs" / "decisions.md").read_text()
ATTRIBUTION = (ROOT / "docs" / "attribution.md").read_text()


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    found = re.findall(r"\]\(([^)]+)\)|(?:src|srcset)=\"([^\"]+)\"", page.read_text())
    for link in ("".join(pair) for pair in found):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_policy_table_has_every_field_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| `?\"?([^|`\"]+?)\"?`? \|", DECISIONS, re.MULTILINE))
    policy = Policy()
    for name in Policy.__struct_fields__:
        default = getattr(policy, name)
        if isinstance(default, msgspec.Struct) or name == "ceilings":
            assert re.search(rf"^\| `\[+{name}\]+` \|", DECISIONS, re.MULTILINE), name
        elif isinstance(default, (str, bool)):
            assert told[name] == (default if isinstance(default, str) else str(default).lower()), name
        elif isinstance(default, tuple):
            assert told[name] == str(list(default)), name
        else:
            assert float(told[name]) == default, name


@pytest.mark.parametrize("kind", [Costs, Cost, Ceiling, Enforcement, Delay, Breaker])
def test_every_key_of_the_policys_tables_is_told(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        assert re.search(rf"(^{field.name} = |^\[\S*\b{field.name}\]|or {field.name}\b)", DECISIONS, re.MULTILINE), (
            field.name
        )


def test_the_breakers_defaults_are_told() -> None:
    for name in Breaker.__struct_fields__:
        assert re.search(rf"^{name} = {getattr(Breaker(), name)}\b", DECISIONS, re.MULTILINE), name


def test_every_rule_is_told_and_whether_it_is_certain() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (yes|no) \|$", DECISIONS, re.MULTILINE))
    assert told == {rule.name: "yes" if rule.certain else "no" for rule in RULES}


def test_every_column_of_the_decision_tables_is_told() -> None:
    for table, schema in DECISION_TABLES.items():
        assert f"`{table}.parquet`" in DECISIONS
        assert [name for name in schema if f"`{name}`" not in DECISIONS] == []


def test_every_role_is_told_with_what_follows() -> None:
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", ATTRIBUTION, re.MULTILINE)
    assert {role: (means, follows) for role, means, follows in told} == dict(CONSEQUENCES)


def test_the_example_of_attribution_says_what_attribution_can_say() -> None:
    """Every sentence has the form of one that is made today, figures aside."""
    said = re.findall(r"^> - (.*)$", ATTRIBUTION, re.MULTILINE)
    forms = [re.compile(re.sub(r"\\{[^}]*\\}", ".+", re.escape(form))) for form in sentences()]
    assert len(said) > 5
    assert [line for line in said if not any(form.fullmatch(line) for form in forms)] == []


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    wanted = [one for one in wanted if not one.startswith("ghostnote[")]
    told = re.findall(r"^- `([\w-]+)`: ", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    assert set(told) == {re.split(r"[\[<>=~!]", name)[0] for name in wanted} | {"hatchling"}
    assert len(told) == len(set(told))

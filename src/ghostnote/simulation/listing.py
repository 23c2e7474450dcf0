"""What can be simulated, in a line each: scenarios and playbooks, with their parameters."""

import inspect
from typing import Any, get_type_hints

import msgspec

from ghostnote.simulation.playbooks import PLAYBOOKS, AnyPlaybook
from ghostnote.simulation.playbooks.wording import PARAMETERS
from ghostnote.simulation.scenarios import load_scenario, shipped


class ScenarioLine(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario that ships; `playbooks` are those of its campaigns, in order, each once."""

    name: str
    says: str
    accounts: int
    days: int
    campaigns: int
    playbooks: tuple[str, ...]


class ParameterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter: its default, its unit, its bounds (None: none) and what it means.

    `above` says that `low` itself is too low.
    """

    name: str
    default: Any
    unit: str
    low: float | None
    above: bool
    high: float | None
    says: str


class PlaybookLine(msgspec.Struct, frozen=True, kw_only=True):
    """One playbook and its parameters, in the order of its file."""

    name: str
    says: str
    parameters: tuple[ParameterLine, ...]


def scenarios() -> tuple[ScenarioLine, ...]:
    """Every scenario that ships, by name."""
    return tuple(_scenario(name) for name in shipped())


def playbooks() -> tuple[PlaybookLine, ...]:
    """Every playbook."""
    return tuple(
        PlaybookLine(name=name, says=first_line(playbook), parameters=parameters(playbook))
        for name, playbook in PLAYBOOKS.items()
    )


def first_line(playbook: type[AnyPlaybook]) -> str:
    """What a playbook does, in its own first sentence."""
    return inspect.cleandoc(playbook.__doc__ or "").split("\n")[0]


def parameters(playbook: type[AnyPlaybook]) -> tuple[ParameterLine, ...]:
    """A playbook's own parameters first, then those that all have."""
    hints = get_type_hints(playbook, include_extras=True)
    shared = ("name", "start", "days", "size")
    own = [name for name in playbook.__struct_fields__ if name not in shared]
    return tuple(_parameter(playbook, name, hints[name]) for name in (*own, *shared))


def _parameter(playbook: type[AnyPlaybook], name: str, hint: Any) -> ParameterLine:
    field = next(field for field in msgspec.structs.fields(playbook) if field.name == name)
    found = _bounded(msgspec.inspect.type_info(hint))
    low = next((getattr(found, key) for key in ("ge", "gt") if getattr(found, key, None) is not None), None)
    meaning = PARAMETERS[name]
    return ParameterLine(
        name=name,
        default=field.default,
        unit=meaning.unit,
        low=low,
        above=getattr(found, "gt", None) is not None,
        high=getattr(found, "le", None),
        says=meaning.says,
    )


def _bounded(found: Any) -> Any:
    """The type inside an optional one or a sequence."""
    for inner in getattr(found, "types", ()):
        if not isinstance(inner, msgspec.inspect.NoneType):
            return inner
    return getattr(found, "item_type", found)


def _scenario(name: str) -> ScenarioLine:
    scenario = load_scenario(name)
    return ScenarioLine(
        name=name,
        says=scenario.description.strip().replace("\n", " "),
        accounts=scenario.accounts,
        days=scenario.days,
        campaigns=len(scenario.campaigns),
        playbooks=tuple(dict.fromkeys(campaign.kind for campaign in scenario.campaigns)),
    )

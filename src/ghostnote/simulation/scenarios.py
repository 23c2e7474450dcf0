"""Scenarios: a population, a catalogue, campaigns and what the team finds, as TOML; some ship with the package."""

import difflib
import re
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import IP_KINDS
from ghostnote.simulation.catalogue import CatalogueParameters
from ghostnote.simulation.cohorts import CohortParameters, CohortShares
from ghostnote.simulation.networks import COUNTRY_NAMES
from ghostnote.simulation.playbooks import PLAYBOOKS, AnyPlaybook
from ghostnote.simulation.population import PopulationParameters
from ghostnote.simulation.team import TeamParameters

Count = Annotated[int, msgspec.Meta(ge=1)]
T = TypeVar("T")
#: A key that does not exist, or a name that is none of those possible, in the words of the decoder.
_MISTAKE = re.compile(
    r"unknown field `(?P<key>[^`]*)`|Invalid (?:enum )?value '(?P<name>[^']*)' - at `.*\.(?P<of>\w+)`"
)
_CHOICES = {"playbook": tuple(PLAYBOOKS), "country": COUNTRY_NAMES, "ip_kind": IP_KINDS}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a world but its seed. `start` is its first day (UTC).

    With `keep_shares`, campaigns that a small world cannot have as small as asked for are left out, see `Prevalence`.
    """

    description: str = ""
    accounts: Count = 20_000
    days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 14
    start: date = date(2026, 3, 2)
    population: PopulationParameters = PopulationParameters()
    catalogue: CatalogueParameters = CatalogueParameters()
    team: TeamParameters = TeamParameters()
    campaigns: tuple[AnyPlaybook, ...] = ()
    keep_shares: bool = False


class _Campaigns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    description: str = ""
    team: TeamParameters = TeamParameters()
    campaigns: tuple[AnyPlaybook, ...]


def shipped() -> tuple[str, ...]:
    """The names of the scenarios that ship."""
    files = resources.files("ghostnote.simulation").joinpath("scenarios").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_scenario(name: str) -> Scenario:
    """A shipped scenario by name, or one from a TOML file.

    Raises `GhostnoteError` if there is no such scenario, or it has an unknown key or an impossible value.
    """
    if name in shipped():
        text = resources.files("ghostnote.simulation").joinpath("scenarios", f"{name}.toml").read_bytes()
        return _convert(text, f"scenario {name}", Scenario)
    if not Path(name).is_file():
        raise GhostnoteError(f"There is no scenario '{name}'.{_instead(name, shipped())}")
    return _convert(_read(Path(name)), f"scenario {name}", Scenario)


def load_campaigns(name: str, size: float | None = None) -> tuple[AnyPlaybook, ...]:
    """The campaign of a playbook's name with its defaults, but `size`; or the `[[campaigns]]` of a TOML file as it is.

    Raises `GhostnoteError` like `load_scenario`.
    """
    if name in PLAYBOOKS:
        return (PLAYBOOKS[name]() if size is None else PLAYBOOKS[name](size=size),)
    if not Path(name).is_file():
        raise GhostnoteError(f"There is no campaign '{name}'.{_instead(name, tuple(PLAYBOOKS))}")
    return _convert(_read(Path(name)), f"campaign file {name}", _Campaigns).campaigns


def _instead(name: str, known: tuple[str, ...]) -> str:
    """The names nearest to one that does not exist, or all of them."""
    parts = name.replace("-", "_").lower().split("_")
    near = [one for one in known if any(part and part in one.replace("-", "_").split("_") for part in parts)]
    near = list(dict.fromkeys([*difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5), *near]))[:4]
    if near:
        return f" Did you mean {' or '.join(near)}? --list shows them all; a TOML file will do as well."
    return f" Give a TOML file or one of {', '.join(known)}."


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GhostnoteError(f"{path} cannot be read: {error.strerror}.") from error


def _convert(text: bytes, what: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(msgspec.toml.decode(text), type=kind)
    except msgspec.ValidationError as error:
        hint = _nearest(str(error))
        raise GhostnoteError(f"The {what} is impossible: {error}.{hint}") from error
    except msgspec.DecodeError as error:
        raise GhostnoteError(f"The {what} is not valid TOML: {error}.") from error


def _nearest(message: str) -> str:
    """What a misspelt key or name was probably meant to be."""
    found = _MISTAKE.search(message)
    if found is None:
        return ""
    if found["key"]:
        known = {field: field for kind in _kinds() for field in kind.__struct_fields__}
    else:
        known = {name.lower(): name for name in _CHOICES.get(found["of"], ())}
    near = difflib.get_close_matches((found["key"] or found["name"]).lower(), sorted(known), n=1)
    if near:
        return f" Did you mean '{known[near[0]]}'?"
    return "" if found["key"] or not known else f" Possible are {', '.join(known.values())}."


def _kinds() -> tuple[Any, ...]:
    return (
        Scenario,
        PopulationParameters,
        CohortParameters,
        CohortShares,
        CatalogueParameters,
        TeamParameters,
        *PLAYBOOKS.values(),
    )

"""A scenario of every kind of attack, its parameters drawn by chance: a hold-out that nobody has looked at.

    python -m benchmarks.drawn --seed 7 --prevalence 0.02 > drawn.toml
    ghostnote simulate --scenario drawn.toml --seed 7 --out LAKE
    ghostnote evaluate --lake LAKE --bundle BUNDLE --out EVALUATION

Each number of a playbook is its default times a factor between 0.6 and 1.6; countries and kinds of network are any; all
kinds have the same share of plays, which together make the prevalence. Every campaign begins after day 8, so that a
bundle of another world meets it from its first play on. The population is that of `tuning.toml`, all cohorts in it.
"""

import argparse
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ghostnote.simulation.networks import COUNTRY_NAMES, IP_KINDS
from ghostnote.simulation.playbooks import PLAYBOOKS

_POPULATION = Path(__file__).with_name("tuning.toml")
_LOW, _HIGH = 0.6, 1.6
#: Parameters that are hours of the day.
_HOURS = {"hours", "hour"}
#: What says how large a campaign is, or that a factor would make meaningless.
_LEFT = {"name", "start", "days", "size", "known", "rivals"}
#: Day of training's end in the usual fortnight, and the world's last.
_TAUGHT, _LAST = 8.0, 14.0


def drawn(seed: int, prevalence: float, accounts: int) -> str:
    """The scenario as TOML."""
    rng = np.random.default_rng(seed)
    shares = tomllib.loads(_POPULATION.read_text(encoding="utf-8"))["population"]["shares"]
    lines = [
        f'description = "Every kind of attack, parameters drawn by chance (seed {seed}), {prevalence:.1%} of plays."',
        f"accounts = {accounts}",
        "days = 14",
        "start = 2026-03-02",
        "",
        "[population.shares]",
        *(f"{name} = {share}" for name, share in shares.items()),
    ]
    for number, (kind, playbook) in enumerate(sorted(PLAYBOOKS.items())):
        start = float(rng.uniform(_TAUGHT + 0.1, _TAUGHT + 2.5))
        lines += ["", "[[campaigns]]", f'playbook = "{kind}"', f'name = "drawn-{number}"']
        lines += [f"start = {start:.2f}", f"days = {rng.uniform(2.5, _LAST - start):.2f}"]
        lines += [f"size = {prevalence / len(PLAYBOOKS):.6f}"]
        lines += [f"{name} = {value}" for name, value in _parameters(playbook, rng)]
    return "\n".join(lines) + "\n"


def _parameters(playbook: type[Any], rng: np.random.Generator) -> list[tuple[str, str]]:
    found = []
    for field in msgspec.structs.fields(playbook):
        default = field.default
        if field.name in _LEFT or default is None or isinstance(default, list | tuple):
            continue
        if field.name == "country":
            found.append((field.name, f'"{rng.choice(COUNTRY_NAMES)}"'))
        elif field.name == "ip_kind":
            found.append((field.name, f'"{rng.choice([kind for kind in IP_KINDS if kind != "mobile"])}"'))
        elif isinstance(default, bool):
            found.append((field.name, str(bool(rng.random() < 0.5)).lower()))
        elif isinstance(default, int | float):
            value = _scaled(default, str(field.type), float(rng.uniform(_LOW, _HIGH)))
            found.append((field.name, str(min(float(value), 23.5)) if field.name in _HOURS else value))
    return found


def _scaled(default: float, kind: str, factor: float) -> str:
    """The default times the factor, within what its type allows."""
    if isinstance(default, int):
        return str(max(1, round(default * factor)))
    most = 0.95 if re.search(r"le=1\b", kind) else np.inf
    least = re.search(r"g[et]=(\d+)", kind)
    return f"{max(min(default * factor, most), float(least[1]) * 1.01 if least else 0.0):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prevalence", type=float, default=0.02, help="share of plays that are artificial")
    parser.add_argument("--accounts", type=int, default=12_000)
    asked = parser.parse_args()
    print(drawn(asked.seed, asked.prevalence, asked.accounts), end="")


if __name__ == "__main__":
    main()

"""Writes the page on playbooks: `python -m ghostnote.simulation.reference docs/playbooks.md`."""

import sys
from pathlib import Path

from ghostnote.simulation.listing import ParameterLine, first_line, parameters, scenarios
from ghostnote.simulation.playbooks import PLAYBOOKS, AnyPlaybook
from ghostnote.simulation.playbooks.cases import CASES

_HEAD = """# Playbooks

How attackers play a service, each from a documented case, with its figures as defaults. *This page is made from the
code: `python -m ghostnote.simulation.reference docs/playbooks.md`; the pictures by
`docs/images/draw_playbooks.py`.*

A **campaign** is a playbook with a start and a size. In a scenario, or in a file for `ghostnote plant`:

```toml
[[campaigns]]
playbook = "phone_farm"
name = "rack-nine"     # what it is called in the truth
start = 3.0            # days after the first midnight
days = 10
size = 0.006           # of the service's plays; or give the playbook's own number, here phones = 474
camouflage = 0.4       # any parameter below
```

`ghostnote simulate --list` and `ghostnote plant --list` show the same parameters on the terminal, with `--json` for
machines. A parameter out of its bounds, or misspelt, is refused with the nearest that exists.

In each picture, the left shows plays by account and hour of the first days (above: the campaign's accounts; below:
honest ones of the same service), the right how long plays last, in seconds, beside honest ones.
"""

_MONEY = """## Whether it pays

What a campaign took (accounts, plans, addresses, devices, stolen passwords) is kept beside the truth, in
`LAKE/labels/campaigns/`; readers of labels do not look there, and nothing that learns or decides may. What things
cost and what plays earn is in [`prices.toml`](../src/ghostnote/simulation/prices.toml), each with its source; many
are assumed, so give your own (`--prices FILE`).

```
ghostnote profit --lake LAKE                          # nobody defends
ghostnote profit --lake LAKE --decisions DIR          # what `ghostnote score` decided
```

prints for each campaign its cost, its income without a defence and after the decisions, its profit, and its cost
per 1,000 plays that survive. Accounts, passwords and subscriptions (for each month begun) are paid at once,
addresses and devices by the day. A farm earns the royalty of each play of 30 s or more of its own tracks;
camouflage earns others. A play of which no decision is known counts.

## What a lake does not tell

Attackers' events lie in the same files as everybody's, in the order of time, with ids of the same kind; a test
trains a classifier on ids, order, files, gaps and digits, and finds nothing. Planting adds files to a copy of a
lake and leaves those that were there as they are, so *there* the file tells; no reader of lakes looks at it.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, _overview(), *(_section(name, playbook) for name, playbook in PLAYBOOKS.items())]
    return "\n".join([*parts, _scenarios(), _MONEY])


def _overview() -> str:
    rows = [
        f"| [`{name}`](#{CASES[name].title.lower().replace(' ', '-')}) | {first_line(playbook)} | {CASES[name].earns} |"
        for name, playbook in PLAYBOOKS.items()
    ]
    return "\n".join(["| playbook | what happens | what it lives on |", "|---|---|---|", *rows, ""])


def _section(name: str, playbook: type[AnyPlaybook]) -> str:
    case = CASES[name]
    rows = [_row(parameter) for parameter in parameters(playbook)]
    return "\n".join(
        [
            f"## {case.title}",
            "",
            f"`{name}`: {first_line(playbook)}",
            "",
            f"![{case.title}: plays by account and hour, and how long they last](images/playbooks/{name}.png)",
            "",
            f"- **Seen**: {case.seen}",
            f"- **Lives on**: {case.earns}",
            f"- **Gives it away**: {case.gives_away}",
            f"- **Does not**: {case.hides}",
            "",
            "| parameter | default | unit | bounds | meaning |",
            "|---|--:|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(parameter: ParameterLine) -> str:
    bounds = "" if parameter.low is None else f"{'above' if parameter.above else 'from'} {parameter.low:g}"
    bounds += "" if parameter.high is None else f" to {parameter.high:g}"
    shown = "-" if parameter.default is None else parameter.default
    shown = list(shown) or "-" if isinstance(shown, tuple) else shown
    return f"| `{parameter.name}` | {shown} | {parameter.unit} | {bounds.strip()} | {parameter.says} |"


def _scenarios() -> str:
    rows = [
        f"| `{line.name}` | {line.says} | {line.accounts:,} | {line.days} | {', '.join(line.playbooks)} |"
        for line in scenarios()
    ]
    head = [
        "## Scenarios that ship",
        "",
        "| name | what it is | accounts | days | playbooks |",
        "|---|---|--:|--:|---|",
    ]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())

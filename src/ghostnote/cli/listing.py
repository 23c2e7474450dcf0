"""What `ghostnote simulate --list` and `ghostnote plant --list` print."""

from ghostnote.cli.screen import console, print_json

#: Values that say themselves what they are.
_OWN_UNITS = ("", "country", "network")


def list_scenarios(as_json: bool) -> None:
    """Every scenario that ships, then every playbook that one's own may use."""
    from ghostnote.simulation.listing import playbooks, scenarios

    if as_json:
        print_json({"scenarios": scenarios(), "playbooks": playbooks()})
        return
    screen = console()
    screen.print("[bold]Scenarios[/bold] (--scenario NAME, or a TOML file of your own)")
    for line in scenarios():
        size = f"{line.accounts:,} accounts, {line.days} days, {line.campaigns} campaigns"
        screen.print(f"  [bold]{line.name}[/bold]: {line.says} ({size})")
    screen.print()
    list_playbooks(as_json=False)


def list_playbooks(as_json: bool) -> None:
    """Every playbook with its parameters, their units and defaults."""
    from ghostnote.simulation.listing import playbooks

    found = playbooks()
    if as_json:
        print_json({"playbooks": found})
        return
    screen = console()
    screen.print("[bold]Playbooks[/bold] (campaigns in TOML; every parameter has a default)")
    for playbook in found:
        screen.print(f"  [bold]{playbook.name}[/bold]: {playbook.says}")
        for parameter in playbook.parameters:
            unit = f" {parameter.unit}" if parameter.unit not in _OWN_UNITS else ""
            screen.print(f"    {parameter.name} = {_shown(parameter.default)}{unit}: {parameter.says}", markup=False)


def _shown(value: object) -> str:
    if value is None:
        return "(none)"
    return str(value).lower() if isinstance(value, bool) else str(list(value) if isinstance(value, tuple) else value)

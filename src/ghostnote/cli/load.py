"""`ghostnote load`: how much a running service bears, and how long it takes to answer."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.serving.load.sending import Outcome

# Requests are made before the clock starts, so that making them costs the service's answers no time.
_AT_MOST = 500_000
_FAST = 20_000


def load(
    url: Annotated[str, typer.Option(help="Where the service listens.")] = "http://127.0.0.1:8765",
    key: Annotated[
        str | None, typer.Option(envvar="GHOSTNOTE_KEY", help="A key that may decide.", show_default=False)
    ] = None,
    lake: Annotated[
        Path | None, typer.Option(help="Send the events of this lake [default: invented plays].", show_default=False)
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, help="Events a second [default: as fast as answers come].", show_default=False),
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=10_000, help="Connections kept open.")] = 32,
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="For how long.")] = 10,
    batch: Annotated[int, typer.Option(min=1, max=20_000, help="Events a request; 1 asks /v1/decide.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of what is invented.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Send events to a running service and time its answers. It keeps them like any others: use one that is for trying.

    With --rate latency counts from when a request was due, so that a stall is felt by all that fell due in it. The exit
    code is 1 if a request was refused, lost or not answered.
    """
    import numpy as np

    from ghostnote.events.lake import Lake
    from ghostnote.serving.load.events import invented, of_lake
    from ghostnote.serving.load.sending import Target, requests_of, run

    target = Target.of(url, key)
    count = min(_AT_MOST, max(batch, round((rate or _FAST) * seconds)))
    if lake is not None:
        events = of_lake(Lake(lake), count)
    else:
        events = invented(count, datetime.now(UTC), rate or _FAST, np.random.default_rng(seed))
    if not events:
        raise GhostnoteError(f"{lake} holds no events: give a lake with sign-ups, logins, plays or actions.")
    requests = requests_of(target, events, batch)
    wanted = None if rate is None else rate / batch
    outcome = run(target, requests, connections=connections, seconds=seconds, rate=wanted)
    if as_json:
        print_json(outcome.told())
    else:
        _show(outcome, exhausted=outcome.sent == len(requests) and outcome.seconds < 0.9 * seconds)
    if outcome.lost or outcome.unanswered or set(outcome.statuses) != {200}:
        raise typer.Exit(1)


def _show(outcome: "Outcome", *, exhausted: bool) -> None:
    told, screen = outcome.told(), console()
    screen.print(
        f"{outcome.answered:,} of {outcome.sent:,} requests answered in {outcome.seconds:.1f} s: "
        f"{told['requests_per_second']:,.0f} requests/s, {told['events_per_second']:,.0f} events/s.",
        markup=False,
    )
    latency = {name: "-" if value is None else f"{value:,.2f}" for name, value in told["latency_ms"].items()}
    since = "from when each was due" if outcome.open_loop else "from when each was sent, as a rate was not given"
    screen.print(
        f"Latency, ms, {since}: {', '.join(f'{name} {value}' for name, value in latency.items())}.",
        markup=False,
    )
    screen.print(f"Statuses: {_counts(told['statuses'])}. Decisions: {_counts(told['verdicts'])}.", markup=False)
    for name, words in (("repeated", "were known already"), ("rejected", "broke the contract")):
        if told[name]:
            screen.print(f"{told[name]:,} events {words}.")
    if outcome.lost or outcome.unanswered:
        screen.print(f"{outcome.lost:,} requests lost with their connection, {outcome.unanswered:,} not answered.")
    if exhausted:
        screen.print("It ended early: all events were sent.")


def _counts(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "none"

"""`ghostnote packet`: the evidence on a track, an owner or a campaign, for people outside the team."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ghostnote.cli.screen import console, print_json
from ghostnote.errors import GhostnoteError


def packet(
    decisions: Annotated[Path, typer.Option(help="What `ghostnote score` wrote.", show_default=False)],
    lake: Annotated[Path, typer.Option(help="The lake that was judged.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for packet.html and packet.json.", show_default=False)],
    track: Annotated[str | None, typer.Option(help="The track that the packet is about.")] = None,
    owner: Annotated[str | None, typer.Option(help="Or the owner, with all its tracks.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Or the campaign, with the tracks that it was after.")] = None,
    contact: Annotated[str, typer.Option(help="Where and how to appeal, in place of the usual sentence.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print packet.json instead of text.")] = False,
) -> None:
    """Write what a distributor or an artist may see: facts, no accounts, no scores, nothing of how it was found."""
    from ghostnote.console.packet import write_packet
    from ghostnote.decisions.attribution.concerned import concerned
    from ghostnote.decisions.attribution.packet import PACKET_FILE
    from ghostnote.decisions.attribution.packet import packet as made
    from ghostnote.decisions.documents import keep_other
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.events.lake import Lake

    asked = {kind: name for kind, name in (("track", track), ("owner", owner), ("campaign", campaign)) if name}
    if len(asked) != 1:
        raise GhostnoteError("Say what the packet is about: one of --track, --owner or --campaign.")
    ((kind, name),) = asked.items()
    keep_other(out, PACKET_FILE, "packet")
    folder = DecisionFolder(decisions)
    found = made(folder, concerned(folder, Lake(lake), kind, name), made_at=datetime.now(UTC), contact=contact)
    page = write_packet(found, out)
    if as_json:
        print_json(found)
        return
    said = f"{found.total.artificial:,} of {found.total.honest + found.total.artificial:,} plays are artificial."
    console().print(f"{said} The packet is {page}: open it in a browser.", markup=False)

"""The evidence packet as one file to take away: what `ghostnote packet` writes into a folder, in an archive."""

import io
import zipfile
from datetime import datetime

import msgspec

from ghostnote.console.catalogue import Catalogue
from ghostnote.console.packet import PAGE_FILE, packet_context
from ghostnote.console.report import render
from ghostnote.decisions.attribution.concerned import concerned
from ghostnote.decisions.attribution.packet import PACKET_FILE, packet


def packet_archive(catalogue: Catalogue, kind: str, named: str, made_at: datetime) -> bytes:
    """A ZIP with packet.html and packet.json about a `kind` (track, owner, campaign), made whole before it is given.

    `named` is how addresses name it. Raises `GhostnoteError` if the decisions know no such thing, or there is nothing
    to give evidence of.
    """
    identifier = named if kind == "campaign" else catalogue.named(kind, named)
    about = concerned(catalogue.folder, catalogue.records.lake, kind, identifier)
    found = packet(catalogue.folder, about, made_at=made_at)
    page = render("packet.html", packet_context(found)).encode()
    plain = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((PAGE_FILE, page), (PACKET_FILE, plain)):
            archive.writestr(zipfile.ZipInfo(name, made_at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()

"""From events as arrays to rows of a lake, and what its dimensions have to hold because of them."""

import numpy as np

from ghostnote.events.lake import LakeWriter
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import Actions, Events, Logins, Plays, Signups
from ghostnote.simulation.tables import Writer


class LakeRows:
    """Writes events in the likeness asked for, and remembers which addresses came up."""

    def __init__(self, lake: LakeWriter, likeness: Likeness) -> None:
        self._lake, self._likeness = lake, likeness
        self._addresses: set[int] = set()

    def events(self, writer: Writer, events: Events) -> None:
        """Write events by day of arrival, one file per table and day."""
        if events.plays:
            self._put(writer, "plays", Plays.concat(events.plays))
        if events.logins:
            self._put(writer, "logins", Logins.concat(events.logins))
        if events.actions:
            self._put(writer, "actions", Actions.concat(events.actions))
        if events.signups:
            self._put(writer, "signups", Signups.concat(events.signups))

    def dimensions(self, writer: Writer, tracks: Ints) -> None:
        """Write the tracks of these codes, and every address that came up."""
        ip = np.array(sorted(self._addresses), dtype=np.int64)
        for table, rows, codes in (("tracks", writer.tracks(tracks), None), ("ips", writer.ips(ip), ip)):
            fitted = self._likeness.fit(table, rows, writer.names.tokens, account=None, ip=codes)
            if fitted is not None and fitted.height:
                self._lake.write(table, fitted)

    def _put(self, writer: Writer, table: str, rows: Plays | Logins | Actions | Signups) -> None:
        self._addresses.update(np.unique(rows.ip).tolist())
        frame = getattr(writer, table)(rows)
        fitted = self._likeness.fit(table, frame, writer.names.tokens, account=rows.account, ip=rows.ip)
        if fitted is not None and fitted.height:
            self._lake.write_by_arrival(table, fitted)

"""Tracks and owners of a run: their rows, their plays, and where these were started from."""

from functools import cached_property
from typing import Any

import polars as pl

from ghostnote.console.addresses import Addresses
from ghostnote.console.records import Records
from ghostnote.decisions.attribution.concerned import owned
from ghostnote.errors import GhostnoteError
from ghostnote.events.sent import sent

#: What the lake says of a play that decisions do not.
HEARD = {"source": pl.String(), "country": pl.String()}


class Catalogue:
    """Looks tracks and owners up. What it needs of all of them is made when the first is asked for, and kept."""

    def __init__(self, records: Records) -> None:
        self.records, self.folder = records, records.folder

    @cached_property
    def tracks(self) -> pl.DataFrame:
        """The table of tracks, with who is paid as owner_id: the artist where nobody knows the owner."""
        rows = self.folder.read("tracks")
        return owned(rows, self.records.lake) if rows["owner_id"].null_count() else rows

    @cached_property
    def owners(self) -> pl.DataFrame:
        """The table of owners."""
        return self.folder.read("owners")

    @cached_property
    def addresses(self) -> dict[str, Addresses]:
        """Tracks and owners by what stands for them in addresses."""
        return {
            "track": Addresses("track", self.tracks["track_id"]),
            "owner": Addresses("owner", self.owners["owner_id"]),
        }

    def named(self, kind: str, reference: str) -> str:
        """The id of the track or owner that an address names. Raises `GhostnoteError` if there is none."""
        found = self.addresses[kind].named(reference)
        if found is None:
            raise GhostnoteError(f"These decisions have no such {kind}: look it up by its id at the top of the page.")
        return found

    def has(self, kind: str, identifier: str) -> bool:
        """Whether the run has a track or an owner with this id."""
        table = self.tracks if kind == "track" else self.owners
        return table.filter(pl.col(f"{kind}_id") == identifier).height > 0

    def track(self, track_id: str) -> dict[str, Any]:
        """The row of a track."""
        return self.tracks.filter(pl.col("track_id") == track_id).row(0, named=True)

    def owner(self, owner_id: str) -> dict[str, Any] | None:
        """The row of an owner; None if nobody is paid under that name."""
        rows = self.owners.filter(pl.col("owner_id") == owner_id)
        return rows.row(0, named=True) if rows.height else None

    def tracks_of(self, owner_id: str) -> pl.DataFrame:
        """The rows of an owner's tracks, those with most artificial plays first."""
        rows = self.tracks.filter(pl.col("owner_id") == owner_id)
        return rows.sort("artificial_plays", "plays", "track_id", descending=[True, True, False])

    def plays(self, tracks: pl.Series) -> pl.DataFrame:
        """Plays of some tracks: account_id, event_time, track_id, verdict, payout, withheld_payout, source, country.

        The last two are as the lake has them, null where it does not say; in time's order.
        """
        wanted = pl.col("track_id").is_in(tracks.implode())
        decided = self.folder.scan("plays").filter(wanted)
        names = ("event_id", "event_time", "account_id", "track_id", "verdict", "payout", "withheld_payout")
        rows = decided.select(names).collect(engine="streaming")
        said = heard(self.records).filter(wanted).select("event_id", *HEARD).collect(engine="streaming")
        # A play that was sent again was judged once.
        said = said.unique("event_id", keep="first", maintain_order=True)
        return rows.join(said, on="event_id", how="left").drop("event_id").sort("event_time", "account_id")


def heard(records: Records) -> pl.LazyFrame:
    """What the lake says of plays that arrived on the days of the run: event_id, account_id, track_id, source, country.

    Rows are as they were sent, those that were rejected or sent twice among them; columns that it lacks are null.
    """
    summary = records.folder.summary
    names = {"event_id": pl.String(), "account_id": pl.String(), "track_id": pl.String(), **HEARD}
    return sent(records.lake.files("plays", summary.start, summary.end), names)

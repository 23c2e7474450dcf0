"""The attackers' books: what each campaign of a lake was, what it took, and what it was to earn from.

They lie in `LAKE/labels/campaigns/`, where the truth is, as `campaigns.json` and `targets.parquet` (campaign_id,
track_id). Nothing that learns or decides reads that folder: readers of labels see only `labels/*.parquet` and
`labels/dt=*/`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import write_parquet
from ghostnote.simulation.names import Names
from ghostnote.simulation.outlay import Outlay
from ghostnote.simulation.playbooks import AnyPlaybook
from ghostnote.simulation.rows import Events
from ghostnote.simulation.stage import Cast
from ghostnote.simulation.tokens import Domain

FOLDER = Path("labels") / "campaigns"
_RECORDS, _TARGETS = "campaigns.json", "targets.parquet"
TARGETS = pl.Schema({"campaign_id": pl.String(), "track_id": pl.String()})


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign: its playbook's name and parameters, its days within the lake, and its outlay."""

    campaign_id: str
    playbook: str
    days: float
    parameters: dict[str, Any]
    outlay: Outlay


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """The campaigns of a lake, and the tracks that each is there for."""

    records: tuple[Record, ...]
    targets: pl.DataFrame


def keep_books(
    lake: Path,
    campaigns: Sequence[AnyPlaybook],
    casts: Sequence[Cast],
    events: Events,
    names: Names,
    days: int,
    *,
    before: Books | None = None,
) -> None:
    """Write the books of campaigns staged in a world of `days`, after those that the lake had `before`."""
    records = [
        Record(
            campaign_id=cast.name,
            playbook=cast.kind,
            days=max(0.0, min(campaign.days, days - campaign.start)),
            parameters=msgspec.to_builtins(campaign),
            outlay=cast.outlay,
        )
        for campaign, cast in zip(campaigns, casts, strict=True)
    ]
    parts = [TARGETS.to_frame() if before is None else before.targets]
    for place, cast in enumerate(casts):
        own = [np.unique(rows.track[rows.target & (rows.campaign == place)]) for rows in events.plays]
        tracks = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *own]))
        ids = names.of(Domain.TRACK, tracks).alias("track_id").sort()
        parts.append(ids.to_frame().select(pl.lit(cast.name).alias("campaign_id"), "track_id"))
    folder = lake / FOLDER
    write_parquet(pl.concat(parts), folder / _TARGETS)
    everything = [*(before.records if before else ()), *records]
    (folder / _RECORDS).write_bytes(msgspec.json.format(msgspec.json.encode(everything), indent=2))


def read_books(lake: Path) -> Books | None:
    """The books of a lake; None if it has none. Raises `GhostnoteError` if they cannot be read."""
    folder = lake / FOLDER
    if not (folder / _RECORDS).is_file():
        return None
    try:
        records = msgspec.json.decode((folder / _RECORDS).read_bytes(), type=tuple[Record, ...])
        return Books(records=records, targets=pl.read_parquet(folder / _TARGETS))
    except (OSError, msgspec.DecodeError, msgspec.ValidationError, pl.exceptions.PolarsError) as error:
        raise GhostnoteError(f"The attackers' books in {folder} cannot be read: {error}.") from error

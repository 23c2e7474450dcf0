"""What is done when the work beside the service is: filing, a snapshot, dropping old parts of the log, scoring."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ghostnote.decisions.policy import Policy
from ghostnote.events.lake import Lake
from ghostnote.features.declaration import Feature
from ghostnote.features.history import play_days
from ghostnote.models.bundle import load_bundle
from ghostnote.scoring import score
from ghostnote.serving.engine.models import folded_by
from ghostnote.serving.state.log import bytes_held, drop_before, segments, start_of
from ghostnote.serving.state.opening import Known, open_state
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.snapshots import save, snapshots
from ghostnote.serving.upkeep.filing import file_log


def keep(places: Places, bundles: list[Path], log_bytes: int) -> int:
    """File the log, make a snapshot, drop what is no longer needed beyond `log_bytes`; how many events were filed."""
    return keep_with(places, *folded_by(map(load_bundle, bundles)), log_bytes)


def keep_with(places: Places, features: Sequence[Feature], absent: frozenset[str], log_bytes: int) -> int:
    """The same, given the features to fold and the columns that this service does not know."""
    filed = file_log(places)
    opened = open_state(places, features, Known.of(places), absent, recent=1)
    if not snapshots(places.snapshots) or opened.replayed:
        save(opened.state, places.snapshots, gently=True)
    drop(places, log_bytes)
    return filed


def drop(places: Places, log_bytes: int) -> int:
    """Remove the log's oldest segments beyond `log_bytes`, if a snapshot, the lake and all sinks are past them.

    Returns the address where the log begins.
    """
    kept = snapshots(places.snapshots)
    # A snapshot is named after its address, and may be damaged.
    needed = [places.filed().address, *(int(path.name) for path in kept[:1])]
    if not kept:
        needed.append(0)
    needed += [int(path.read_text()) for path in places.positions.glob("*.position")]
    there = segments(places.log)
    begins = start_of(there[0]) if there else 0
    spare = bytes_held(places.log) - log_bytes
    for path in there[:-1]:
        if spare <= 0:
            break
        size = path.stat().st_size
        if start_of(path) + size > min(needed):
            break
        begins = drop_before(places.log, start_of(path) + size)
        spare -= size
    return begins


def refresh(places: Places, bundle: Path, policy: Policy, days: int, now: datetime) -> None:
    """Score the last `days` days of the service's lake; what comes out says how accounts stand."""
    lake = Lake(places.lake)
    there = play_days(lake)
    first = max(there[0], there[-1] - timedelta(days=days - 1))
    score(lake, load_bundle(bundle), places.decisions, made_at=now, bundle_path=str(bundle), policy=policy, start=first)

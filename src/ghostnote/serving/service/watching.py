"""What can be asked of a running service whenever somebody reads its metrics."""

import math
import time
from typing import TYPE_CHECKING

from ghostnote.serving.state.log import bytes_held
from ghostnote.serving.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from ghostnote.serving.service.service import Service

#: The paths that requests are told apart by.
ROUTES = ("/v1/decide", "/v1/events", "/v1/accounts", "/v1/tracks", "/v1/campaigns", "/v1/models", "/v1/refresh")


def watched(service: "Service") -> Metrics:
    """A service's series, those that are asked for included."""
    metrics = Metrics(ROUTES)
    metrics.watch("queue_events", lambda: service.calls.waiting)
    metrics.watch("state_bytes", lambda: service.engine.state.bytes)
    metrics.watch("stale_features", lambda: len(service.beside.room.stale))
    metrics.watch("log_bytes", lambda: bytes_held(service.places.log))
    metrics.watch("log_limit_bytes", lambda: service.settings.log_bytes)
    metrics.watch("snapshot_age_seconds", lambda: time.monotonic() - service.beside.kept_at)
    metrics.watch("refresh_age_seconds", lambda: _age(service))
    return metrics


def _age(service: "Service") -> float:
    return time.monotonic() - service.beside.refreshed_at if service.beside.refreshes else math.nan

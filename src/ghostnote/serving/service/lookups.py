"""What people ask of the service: an account, a track, the campaigns, as of the latest run of scoring."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from ghostnote.decisions.standing import Standing
from ghostnote.decisions.summary import SUMMARY_FILE
from ghostnote.serving.engine.calls import Calls
from ghostnote.serving.engine.rollout import Rollout
from ghostnote.serving.state.opening import Known
from ghostnote.serving.state.places import Places


class Lookups:
    """Answers from what is decided, and between two calls from the state."""

    def __init__(self, places: Places, rollout: Rollout, calls: Calls) -> None:
        self._places, self._rollout, self._calls = places, rollout, calls
        self._random = np.random.default_rng(0)
        self._tables: dict[str, pl.DataFrame] = {}

    def stand(self) -> None:
        """Take over how accounts stand from the latest run of scoring, if there was one."""
        decisions = self._places.decisions
        if not (decisions / SUMMARY_FILE).exists():
            return
        known = Known.of(self._places, ("tracks",))
        self._rollout.standing = Standing.of(decisions, known.tracks)
        self._tables = {name: pl.read_parquet(decisions / f"{name}.parquet") for name in ("tracks", "campaigns")}

    async def account(self, account: str) -> dict[str, Any]:
        """What is known of an account: its standing, and its features as of its last event beside its peers'."""
        state = self._calls.engine.state
        found, peers = await self._calls.between(lambda: (state.recent.of(account), state.recent.peers(self._random)))
        known = self._rollout.standing.accounts.get(account)
        features = {}
        if found is not None:
            for name, value, among in zip(state.fold.names, found[1].tolist(), peers.T.tolist(), strict=True):
                if value == value:  # noqa: PLR0124 (NaN is unknown)
                    features[name] = {"value": value, "peers": [None if p != p else p for p in among]}  # noqa: PLR0124
        seen = None if found is None else datetime.fromtimestamp(found[0] / 1e6, UTC)
        return {
            "account_id": account,
            "action": known.action if known else "allow",
            "campaign_id": known.campaign_id if known else None,
            "reasons": list(known.reasons) if known else [],
            "standing": self._rollout.standing.run or None,
            "last_event": seen,
            "features": features,
        }

    def track(self, track: str) -> dict[str, Any] | None:
        """What the latest run of scoring found about a track; None if it had no plays then."""
        table = self._tables.get("tracks")
        rows = table.filter(pl.col("track_id") == track) if table is not None else None
        return rows.row(0, named=True) if rows is not None and rows.height else None

    def campaigns(self) -> dict[str, Any]:
        """The campaigns of the latest run of scoring, those that cost most first, and which run that was."""
        table = self._tables.get("campaigns")
        counted = pl.col("accounts", "tracks", "owners").list.len()
        rows = [] if table is None else table.with_columns(counted).rows(named=True)
        return {"standing": self._rollout.standing.run or None, "campaigns": rows}

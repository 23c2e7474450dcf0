"""Plays that were held or excluded as they came, written to the ledger: what a later run of scoring finds corrects it.

Decisions about sign-ups, logins and actions answer one request and do not say how things stand with an account: that is
decided by scoring, and recorded by whoever appends its decisions.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ghostnote.decisions.ledger import SYSTEM, Draft, Ledger, Subject, open_ledger
from ghostnote.decisions.ledger.entries import LONGEST_REASON
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.recording import micros
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.following import Batch, Delivered
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.telemetry.metrics import Metrics

#: What is written, of all decisions: the others change nothing about who is paid.
WRITTEN = ("hold", "exclude")


class IntoLedger:
    """Delivers batches; see `sink.Deliver`. Each decision is in the ledger once, however often it is delivered.

    `policy` prices plays. The ledger is made if there is none.
    """

    def __init__(
        self,
        address: str,
        policy: Policy,
        clock: Callable[[], datetime],
        backoff: Backoff,
        log: Log,
        metrics: Metrics | None = None,
    ) -> None:
        self._address, self._policy, self._clock = address, policy, clock
        self._backoff, self._log, self._metrics = backoff, log, metrics
        self._ledger: Ledger | None = None

    def __call__(self, batch: Batch, stopping: threading.Event) -> bool:
        """True once all of the batch is in the ledger; tries for as long as it takes."""
        drafts = [
            _draft(made, event, self._policy)
            for made, event in zip(batch.decisions, batch.events, strict=True)
            if made.kind == "play" and made.verdict in WRITTEN
        ]
        failures = 0
        while drafts:
            try:
                if self._ledger is None:
                    self._ledger = open_ledger(self._address, create=True)
                self._ledger.append(drafts, actor=SYSTEM, at=self._clock())
                break
            except Exception as error:
                # A database that went away, a disk that is full: both come back.
                self.close()
                failures += 1
                self._count("tried_again", 1)
                self._log.error("Decisions could not be written to the ledger.", error=error, tries=failures)
                if stopping.wait(self._backoff.pause(failures)):
                    return False
        self._count("delivered", len(drafts))
        return True

    def close(self) -> None:
        """Let the database go."""
        if self._ledger is not None:
            self._ledger.engine.dispose()
            self._ledger = None

    def _count(self, outcome: str, count: int) -> None:
        if self._metrics is not None and count:
            self._metrics.delivery("ledger", outcome, count)


def _draft(made: Delivered, event: Any, policy: Policy) -> Draft:
    paid = policy.payout_per_play if event.ms_played >= policy.royalty_ms else 0.0
    return Draft(
        kind="play",
        subject=Subject("play", made.event_id),
        action=made.verdict,
        # The same event is decided once in a state, so its place there tells decisions apart.
        key=f"service:{made.position}",
        parent=Subject("account", made.account_id),
        day=made.event_time.date(),
        amount=micros(paid),
        currency=policy.currency,
        reason=", ".join(made.reasons)[:LONGEST_REASON] or None,
        body={"score": made.score, "marked": made.marked, "bundle": made.bundle, "policy": made.policy},
    )

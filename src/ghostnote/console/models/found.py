"""What people found of accounts, by the ledger: read once, and then only what was written since."""

from threading import Lock

import polars as pl

from ghostnote.decisions.ledger import Ledger, Subject

_FOUND = pl.Schema({"account_id": pl.String(), "verdict": pl.String(), "victim": pl.Boolean()})


class Found:
    """Labels of a ledger that still stand, one an account: the latest."""

    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger, self._reading = ledger, Lock()
        self._seen = 0
        self._standing: dict[tuple[Subject, bytes | None], tuple[int, str, bool]] = {}
        self._frame = _FOUND.to_frame()

    def accounts(self) -> pl.DataFrame:
        """account_id, verdict (fraud or legit), victim (somebody else used the account)."""
        if self._ledger is None:
            return self._frame
        with self._reading:
            upto, _ = self._ledger.head()
            if upto != self._seen:
                self._catch_up(self._ledger, upto)
            return self._frame

    def _catch_up(self, ledger: Ledger, upto: int) -> None:
        # Who was forgotten is left out only when all is read anew.
        if self._seen and next(ledger.entries(kind="erasure", after=self._seen), None) is not None:
            self._seen = 0
            self._standing.clear()
        before = len(self._standing)
        changed = not self._seen
        for entry in ledger.entries(kind="label", after=self._seen):
            if entry.subject is None or entry.seq > upto:
                continue
            changed, key = True, (entry.subject, entry.cause)
            if entry.action == "withdrawn":
                self._standing.pop(key, None)
            else:
                self._standing[key] = entry.seq, entry.action, entry.body.get("kind") == "victim"
        self._seen = upto
        if changed or len(self._standing) != before:
            rows = [(subject.identifier, *said) for (subject, _), said in self._standing.items()]
            schema = {"account_id": pl.String, "seq": pl.Int64, "verdict": pl.String, "victim": pl.Boolean}
            latest = pl.DataFrame(rows, schema=schema, orient="row").sort("seq")
            self._frame = latest.unique("account_id", keep="last", maintain_order=True).select(_FOUND.names())

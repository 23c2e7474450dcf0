"""When each action of a run is carried out, and whether the holder is told."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from ghostnote.decisions.enforcement import Enforcement, waiting_hours
from ghostnote.decisions.tables import DECISION_TABLES

_COLUMNS = ("account_id", "due", "told")


def enforced(accounts: pl.DataFrame, enforcement: Enforcement, last: date, key: bytes) -> pl.DataFrame:
    """`account_id`, `due` and `told` of the accounts (account_id, action) acted on.

    Waiting begins with the end of `last`, not with the moment of the run: deciding again says the same. `key` is what
    nobody outside knows.
    """
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    rows = []
    for account, action in accounts.filter(pl.col("action") != "allow").select("account_id", "action").iter_rows():
        delay = enforcement.of(action)
        if delay is not None:
            waits = timedelta(seconds=round(3600 * waiting_hours(account, action, delay, key)))
            rows.append((account, end + waits, delay.told))
    return pl.DataFrame(rows, schema={name: DECISION_TABLES["accounts"][name] for name in _COLUMNS}, orient="row")

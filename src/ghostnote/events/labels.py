"""Which labels were known when: the only way in which training and evaluation get to see them."""

from datetime import datetime

import polars as pl

#: Where simulated and planted attacks keep the whole truth, known only long after the fact.
TRUTH_SOURCE = "simulation"


def known_by(labels: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """One row per subject: the latest label with `known_at <= as_of`; of equally late ones, fraud before legit."""
    visible = labels.filter(pl.col("known_at") <= as_of)
    ordered = visible.sort("known_at", "verdict", descending=[True, False], maintain_order=True)
    return ordered.unique(["subject_type", "subject_id"], keep="first", maintain_order=True)


def truth(labels: pl.DataFrame) -> pl.DataFrame:
    """One row per subject of what is known to be true because it was simulated or planted; may be empty."""
    simulated = labels.filter(pl.col("source") == TRUTH_SOURCE)
    return simulated.unique(["subject_type", "subject_id"], keep="last", maintain_order=True)


def subjects(labels: pl.DataFrame, subject_type: str, verdict: str) -> pl.Series:
    """The ids of one kind of subject with one verdict."""
    chosen = labels.filter((pl.col("subject_type") == subject_type) & (pl.col("verdict") == verdict))
    return chosen["subject_id"]

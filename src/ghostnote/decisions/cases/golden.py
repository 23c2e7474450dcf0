"""Golden cases: ones whose answer is known, in the queue among the others, to measure those who decide.

Nothing follows from what people say about them. Their answers are in the ledger, where whoever may read the database
finds them; no command shows them before the case is decided.
"""

from collections.abc import Mapping

import polars as pl

from ghostnote.decisions.cases.case import Case
from ghostnote.decisions.cases.opening import account_facts, case_id, drafted
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Draft, Ledger, Subject
from ghostnote.errors import GhostnoteError

#: The action of the note that holds an answer.
ANSWER = "golden"


def golden(
    folder: DecisionFolder, labels: pl.DataFrame, cases: Mapping[str, Case], count: int, key: str
) -> list[Draft]:
    """Drafts of at most `count` golden cases, half of each answer as far as there are any.

    `labels` has subject_id and verdict of accounts for which the truth is known; those that have a case are left out.
    Accounts that look most like what people are asked about come first: the most certain fraud teaches nobody anything.
    """
    known = labels.unique("subject_id", keep="none").rename({"subject_id": "account_id"})
    rows = folder.scan("accounts").join(known.lazy(), on="account_id").collect()
    free = rows.filter(~pl.col("account_id").map_elements(_case_of, return_dtype=pl.String).is_in(list(cases)))
    doubtful = free.sort((pl.col("score") - 0.5).abs(), "account_id")
    chosen = [doubtful.filter(pl.col("verdict") == verdict).head((count + 1) // 2) for verdict in ("fraud", "legit")]
    drafts = []
    for row in pl.concat(chosen).head(count).iter_rows(named=True):
        subject = Subject("account", row["account_id"])
        opened = drafted(folder, subject, account_facts(folder, row), key)
        answer = {"answer": row["verdict"]}
        drafts += [opened, Draft(kind="note", subject=opened.subject, action=ANSWER, key=key, body=answer)]
    if not drafts:
        raise GhostnoteError("No account of these decisions has a label and no case yet: there is nothing to ask.")
    return drafts


def answers(ledger: Ledger, case: str | None = None) -> dict[str, str]:
    """The known answers of golden cases (or of one case, if it is one), by case id."""
    subject = None if case is None else Subject("case", case)
    notes = ledger.entries(kind="note", subject=subject)
    return {
        entry.subject.identifier: str(entry.body.get("answer"))
        for entry in notes
        if entry.action == ANSWER and entry.subject is not None
    }


def right(answer: str, disposition: str) -> bool:
    """Whether an opinion is what is known: a victim's account is honest, and so is its holder."""
    return (disposition == "fraud") == (answer == "fraud")


def _case_of(account: str) -> str:
    return case_id(Subject("account", account))

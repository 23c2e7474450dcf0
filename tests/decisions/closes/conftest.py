"""A ledger with the decisions of a simulated week."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.decisions.drafts import NOON
from tests.worlds import Judged

from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Ledger, open_ledger
from ghostnote.decisions.recording import record


@pytest.fixture
def books(town: Judged, tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(str(tmp_path / "books.db"), create=True) as ledger:
        record(DecisionFolder(town.decisions), ledger, at=NOON)
        yield ledger

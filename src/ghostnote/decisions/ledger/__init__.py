"""The ledger: every decision, in order, each entry bound to all before it by a hash; what is undone stays in it."""

from ghostnote.decisions.ledger.appending import Appended
from ghostnote.decisions.ledger.entries import SYSTEM, Draft, Entry, State, Subject
from ghostnote.decisions.ledger.ledger import Ledger, open_ledger

__all__ = ["SYSTEM", "Appended", "Draft", "Entry", "Ledger", "State", "Subject", "open_ledger"]

"""Judged days kept on disk: one walk folds them, and each way to judge reads them again, one at a time."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ghostnote.features.history import Day


class Spool:
    """Days in a folder that somebody else makes and removes; memory holds one of them at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days: list[date] = []

    def add(self, day: Day) -> None:
        """Keep a day; they come in order."""
        day.stream.write_ipc(self._folder / f"{day.day}.arrow")
        np.save(self._folder / f"{day.day}.npy", day.values, allow_pickle=False)
        self._days.append(day.day)

    @property
    def days(self) -> tuple[date, ...]:
        """The days kept, in order."""
        return tuple(self._days)

    def __iter__(self) -> Iterator[Day]:
        for day in self._days:
            stream = pl.read_ipc(self._folder / f"{day}.arrow")
            yield Day(day, stream, np.load(self._folder / f"{day}.npy", allow_pickle=False))

"""What every playbook has: when it runs, how large it is, and how it is staged."""

from typing import Annotated, ClassVar, Protocol

import msgspec

from ghostnote.simulation.stage import Stage

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Playbook(Protocol):
    """One way to attack, with its parameters.

    `start` and `days` count from the service's first midnight; `size`, if given, is a share of the service's honest
    plays (or, for attacks that hardly play, accounts) and takes the place of the playbook's own number of accounts.
    """

    kind: ClassVar[str]

    @property
    def name(self) -> str | None: ...

    @property
    def start(self) -> float: ...

    @property
    def days(self) -> float: ...

    @property
    def size(self) -> float | None: ...

    def stage(self, stage: Stage) -> None:
        """Add this campaign to the stage and close it."""


class Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="playbook"):
    """The parameters all playbooks share; see `Playbook`."""

    name: str | None = None
    start: NotNegative = 0.0
    days: Positive = 10.0
    size: Share | None = None


def fleet_size(
    stage: Stage, size: float | None, accounts: int, days: float, plays_per_day: float, *, least: int = 4
) -> int:
    """Accounts, `least` or more, that `size` (a share of the service's plays) needs; else the playbook's own number.

    Raises `TooSmallError`, see `Prevalence`.
    """
    if size is None:
        return accounts
    return stage.prevalence.units(size * stage.service.plays, days * max(plays_per_day, 1.0), least)


def named(playbook: Playbook, stage: Stage) -> str:
    return playbook.name or f"{playbook.kind}-{len(stage.casts) + 1}"

"""What the service asks of the process beside it; it loads nothing of what that process does."""

import msgspec


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: paths, and whether to score as well."""

    state: str
    bundles: list[str]
    log_bytes: int
    refresh: bool = False
    policy: str | None = None
    days: int = 28

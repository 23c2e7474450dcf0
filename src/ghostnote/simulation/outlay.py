"""What a campaign uses up: the side of its books that the attacker knows and the service never sees."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Outlay:
    """Things bought or rented for one campaign, as counts.

    `accounts` were opened; `subscriptions` are plans paid for, by plan (a family plan counts once for its members);
    `addresses` were rented, by kind of network; `phones` are real devices, `clients` emulators, browser tabs and the
    like; `credentials` are accounts stolen from somebody.
    """

    accounts: int = 0
    subscriptions: Counter[str] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)
    phones: int = 0
    clients: int = 0
    credentials: int = 0

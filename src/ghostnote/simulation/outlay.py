"""What a campaign uses up: the side of its books that the attacker knows and the service never sees."""

from dataclasses import dataclass, field


@dataclass
class Outlay:
    """Things bought or rented for one campaign, as counts.

    `accounts` were opened; `subscriptions` are plans paid for, by plan (a family plan counts once for its members);
    `addresses` were rented, by kind of network; `phones` are real devices, `clients` emulators, browser tabs and the
    like; `credentials` are accounts stolen from somebody.
    """

    accounts: int = 0
    subscriptions: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, int] = field(default_factory=dict)
    phones: int = 0
    clients: int = 0
    credentials: int = 0

    def subscribe(self, plan: str, count: int) -> None:
        """Pay for `count` plans."""
        self.subscriptions[plan] = self.subscriptions.get(plan, 0) + count

    def rent(self, kind: str, count: int) -> None:
        """Rent `count` addresses of one kind of network."""
        self.addresses[kind] = self.addresses.get(kind, 0) + count

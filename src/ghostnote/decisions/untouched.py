"""A random share of accounts that is judged like all others and left alone: what an action would have met is seen."""

import hashlib
from typing import Annotated

import msgspec

#: Characters of a salt that nobody guesses.
_LEAST_SALT = 16


class Untouched(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts are left alone whatever scores say of them, drawn by their ids. See docs/decisions.md.

    share: part of all accounts; 0: nobody. A larger one keeps everybody who was in a smaller one.
    salt: what the draw depends on besides the id, at least 16 characters that nobody outside knows. Another one draws
        other accounts.
    """

    share: Annotated[float, msgspec.Meta(ge=0.0, le=0.1)] = 0.0
    salt: str = ""

    def __post_init__(self) -> None:
        if self.share and len(self.salt) < _LEAST_SALT:
            raise ValueError(
                f"a share of untouched accounts needs a salt of at least {_LEAST_SALT} characters that nobody outside "
                'knows: python -c "import secrets; print(secrets.token_hex(16))" makes one'
            )

    def includes(self, account_id: str) -> bool:
        """Whether an account is left alone: the same whenever it is asked, and unforeseeable without the salt."""
        if not self.share:
            return False
        key = hashlib.sha256(self.salt.encode()).digest()
        drawn = hashlib.blake2b(account_id.encode(), digest_size=8, key=key, person=b"untouched").digest()
        return int.from_bytes(drawn, "big") < self.share * 2**64

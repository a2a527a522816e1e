"""The keys that results are signed with, over time: one signs, old ones verify, a compromised one does neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

#: A result is evidence as long as the case is kept (RULES.md section 1, retention: ten years by default), and so is
#: the key that verifies it.
PUBLISHED_FOR: Final = timedelta(days=3653)


class KeyState(StrEnum):
    """What a key is still good for."""

    SIGNING = "signing"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key by its `kid`, the thumbprint of RFC 7638; times are aware, UTC.

    A retired key signs no more, and what it signed stays good. Nothing that a compromised key signed is good,
    whatever time it claims: whoever has the key writes any time.
    """

    kid: str
    created_at: datetime
    retired_at: datetime | None = None
    compromised_at: datetime | None = None

    @property
    def state(self) -> KeyState:
        """Compromised wins over retired."""
        if self.compromised_at is not None:
            return KeyState.COMPROMISED
        return KeyState.SIGNING if self.retired_at is None else KeyState.RETIRED

    def is_published(self, now: datetime) -> bool:
        """Whether the key stands in the JWK Set at `now`."""
        match self.state:
            case KeyState.SIGNING:
                return True
            case KeyState.RETIRED:
                return self.retired_at is None or now < self.retired_at + PUBLISHED_FOR
            case KeyState.COMPROMISED:
                return False


class UnknownKeyError(LookupError):
    """There is no signing key of this `kid`."""


class SigningKeys(Protocol):
    """What an operator does with the keys; every process that shares them takes up a change at its next signature."""

    def all(self) -> Sequence[SigningKey]:
        """Oldest first; the last one signs."""
        ...

    def rotate(self) -> SigningKey:
        """Make a new key that signs from now on; the private part of the old one is destroyed."""
        ...

    def mark_compromised(self, kid: str) -> SigningKey:
        """Take a key out of the JWK Set for ever; if it is the one that signs, a new one takes its place.

        Raises:
            UnknownKeyError: there is no such key.
        """
        ...

"""Pairing by QR: a person who is signed in at a console lends the sign-in to a phone (SECURITY.md 7.2).

The code on the screen says nothing and opens nothing by itself. A phone of the same organisation claims it, both
screens show the same number, and the person at the console says that the phone in their hand shows it. Only then is
the code that the phone got when it claimed the pairing good for a token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

#: From the code on the screen to the word of the person.
PAIRING_AGE: Final = timedelta(seconds=60)
#: Digits of the number that a person compares. It guards against the wrong phone, not against guessing: no phone ever
#: sends it.
NUMBER_DIGITS: Final = 4
#: Octets that a number is made of: so many that each number is as likely as any other, but for one part in 10^15.
NUMBER_BYTES: Final = 8


class PairingState(StrEnum):
    """Where a pairing stands."""

    OPEN = "open"
    #: a phone claimed it, and shows the number
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pairing.

    `id`: `pa_` and 26 characters. `session`: the sign-in at the console that opened it, and the only one that may
    confirm it. `sign_in_sha256`: digest of the code that the phone holds since `claimed_at`.
    """

    id: str
    organisation: str
    person: str
    session: str
    number: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime
    device: str | None = None
    sign_in_sha256: str | None = field(default=None, repr=False)
    claimed_at: datetime | None = None
    confirmed_at: datetime | None = None

    def state(self, at: datetime) -> PairingState:
        """Where it stands at a time."""
        if self.confirmed_at is not None:
            return PairingState.CONFIRMED
        if at >= self.expires_at:
            return PairingState.EXPIRED
        return PairingState.OPEN if self.device is None else PairingState.CLAIMED


def comparison_number(random: bytes) -> str:
    """The number for both screens."""
    if len(random) != NUMBER_BYTES:
        raise ValueError(f"a number is made of {NUMBER_BYTES} random bytes")
    return f"{int.from_bytes(random) % 10**NUMBER_DIGITS:0{NUMBER_DIGITS}d}"


class Pairings(Protocol):
    """The rows of pairings."""

    def add(self, code_sha256: str, pairing: Pairing) -> None:
        """A new one, under `service.domain.one_time.code_digest` of its code."""
        ...

    def find(self, pairing_id: str) -> Pairing | None:
        """The one with this id, whatever the organisation."""
        ...

    def by_code(self, code_sha256: str) -> Pairing | None:
        """The one with this code."""
        ...

    def claim(self, pairing_id: str, device: str, sign_in_sha256: str, at: datetime) -> bool:
        """Note the phone that claims it; False where one did, or it is too old. Of two at once, one does."""
        ...

    def confirm(self, pairing_id: str, at: datetime) -> bool:
        """Note that the person confirmed it; False where that was done, nobody claimed it, or it is too old."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete those that ended before `moment`."""
        ...

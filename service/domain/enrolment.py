"""Enrolment of phones by one-time codes (SECURITY.md 7.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

#: A code of an administrator is scanned from the screen where it was made.
CODE_AGE: Final = timedelta(minutes=5)
#: Of the challenge that an attestation must hold; Android takes at most 128.
CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a code was made for.

    `invited_by`: the person who made it, None for the phone of a holder; `order`: the one order that the phone of a
    holder is for, None for a phone of the staff. `challenge`: made before the key is, so that an attestation that
    holds it is of a new key.
    """

    organisation: str
    challenge: bytes = field(repr=False)
    invited_at: datetime
    expires_at: datetime
    invited_by: str | None = None
    order: str | None = None
    used_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.invited_by is None) == (self.order is None):
            raise ValueError("a code is of somebody of the staff, or of an order")

    def is_open(self, at: datetime) -> bool:
        """Whether a phone may enrol with it."""
        return self.used_at is None and at < self.expires_at


class Enrolments(Protocol):
    """The codes, by `service.domain.one_time.code_digest` of their text."""

    def add(self, code_sha256: str, enrolment: Enrolment) -> None:
        """A new one."""
        ...

    def find(self, code_sha256: str) -> Enrolment | None:
        """The one with this code, used or too old or not."""
        ...

    def use(self, code_sha256: str, at: datetime) -> bool:
        """Use it up; False where it is used, too old or unknown. Of two who try at once, one does."""
        ...

    def end_of_order(self, order_id: str, at: datetime) -> None:
        """No phone enrols for this order any more by what was made until now."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete those that ended before `moment`."""
        ...

"""Handing a case over to the second person (USERS.md "At the counter" 6).

The first one sees a code and its QR, the second one types or scans it where they are signed in. The code says nothing
of the case and gives no right: whoever claims it must be allowed to review, and is told where the case is. It is
short since people read it out, so it lives for minutes, is used once, and few wrong ones may be tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from service.domain.errors import ProblemCode, ServiceError

#: Crockford's base32: without I, L, O and U, which are taken for others or make words.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 30 bits.
CODE_LENGTH: Final = 6
LIFE: Final = timedelta(minutes=15)
#: Wrong codes of one person within `LIFE`, before that person has to wait.
MAX_WRONG: Final = 5
#: Wrong codes in an organisation while a hand-over is open, before nobody can claim it any more. A wrong code does
#: not say which hand-over it was meant for, so it counts for each; more than `MAX_WRONG`, so that no single person
#: ends those of the others.
MAX_WRONG_BY_ALL: Final = 20
#: What the QR holds before the code: opaque, no link that a camera would open.
QR_PREFIX: Final = "PASSKOLL-CASE:"

_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE: Final = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class HandOver:
    """One code for one case. `device`: the phone on whose screen it is shown, where it is one.

    `wrong`: how many wrong codes were tried in the organisation since it was opened. `ended_at`: when another one
    took its place.
    """

    id: str
    verification_id: str
    organisation: str
    code_digest: str = field(repr=False)
    opened_by: str
    opened_at: datetime
    expires_at: datetime
    device: str | None = None
    wrong: int = 0
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    ended_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether it may be claimed."""
        unused = self.claimed_at is None and self.ended_at is None
        return unused and self.opened_at <= at < self.expires_at and self.wrong < MAX_WRONG_BY_ALL


class HandOvers(Protocol):
    """The rows of hand-overs."""

    def digest(self, code: str) -> str:
        """What is kept of a code: keyed, since so short a code could be found by trying all of them."""
        ...

    def add(self, hand_over: HandOver) -> None:
        """A new one; ServiceError `conflict` where its code is that of another one of the organisation."""
        ...

    def of(self, verification_id: str) -> Sequence[HandOver]:
        """Every one of a case, oldest first, open or not."""
        ...

    def with_code(self, organisation: str, code_digest: str) -> HandOver | None:
        """The one of an organisation with this code, open or not."""
        ...

    def claim(self, hand_over: HandOver, person: str, at: datetime) -> bool:
        """Use it up; False where it is not open any more. Of two who try at once, one does."""
        ...

    def end(self, verification_id: str, at: datetime) -> None:
        """Nobody can claim one of this case any more."""
        ...

    def note_wrong(self, organisation: str, person: str, at: datetime) -> None:
        """A wrong code was tried: it counts against the person, and for each one that is open."""
        ...

    def wrong_since(self, person: str, since: datetime) -> Sequence[datetime]:
        """When a person tried wrong codes, oldest first."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete what ended before `moment`."""
        ...


def code_of(random: bytes) -> str:
    """A code of as many random bytes as it has characters; 32 divides 256, so each character is as likely."""
    if len(random) != CODE_LENGTH:
        raise ValueError(f"a code is made of {CODE_LENGTH} random bytes")
    return "".join(ALPHABET[octet % len(ALPHABET)] for octet in random)


def read_code(text: str) -> str | None:
    """The code that somebody typed or scanned, as Crockford reads it; None where it cannot be one."""
    written = text.strip().upper().removeprefix(QR_PREFIX)
    code = written.replace("-", "").replace(" ", "").translate(_READ_AS)
    return code if _CODE.fullmatch(code) else None


def qr_text(code: str) -> str:
    """What the QR holds."""
    return QR_PREFIX + code


def require_patience(wrong: Sequence[datetime], now: datetime) -> None:
    """Refuse whoever tried too many wrong codes.

    Raises:
        ServiceError: `too_many_requests`.
    """
    counted = [at for at in wrong if at > now - LIFE]
    if len(counted) >= MAX_WRONG:
        until = counted[-MAX_WRONG] + LIFE
        raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=max(1, int((until - now).total_seconds())))

"""One-time codes that prove to the token endpoint who signed in to a phone (SECURITY.md 7.2; RFC 8693 §2.1).

A code is made where a person confirmed the phone at the console, or signed in on our own page for this phone. It is
bound to the key of the phone: in the hands of another one it proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

#: Of `subject_token_type` (RFC 8693 §3 leaves room for own URIs).
TOKEN_TYPE: Final = "urn:passkoll:token-type:sign-in-code"
#: A phone exchanges it at once.
CODE_AGE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SignInCode:
    """What a code proves.

    `device_key`: the RFC 7638 thumbprint of the one phone that may use it. `session`: the sign-in that it is a part
    of; when that ends, so does what was made of the code. `signed_in_at` and `methods`: when and how the person
    proved who they are. `expires_at`: from then on it proves nothing.
    """

    device_key: str
    organisation: str
    person: str
    session: str
    signed_in_at: datetime
    methods: tuple[str, ...]
    expires_at: datetime


class SignInCodes(Protocol):
    """The codes that were not used yet."""

    def issue(self, code_sha256: str, code: SignInCode) -> None:
        """Keep it under `service.domain.one_time.code_digest` of its text."""
        ...

    def consume(self, code_sha256: str, device_key: str, now: datetime) -> SignInCode | None:
        """The code, which is used up by this; None where there is none, or it is too old, or another phone's.

        Another phone does not use it up. Of two who ask at once, one gets it.
        """
        ...

    def forget_before(self, moment: datetime) -> None:
        """Delete those that ended before `moment`."""
        ...

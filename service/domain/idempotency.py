"""A request that is sent again is answered again and not done again (SECURITY.md 7.6).

What was asked is known by a digest of who asked what with which key. The answer is remembered in the transaction of
the change; until then a reservation says that the request is being worked on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from mrtd.inspection.report import canonical_json
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal

#: An answer is remembered for so long.
KEPT: Final = timedelta(hours=24)
#: Whoever works on a request longer than this was killed; the next one does it.
LEASE: Final = timedelta(seconds=60)
#: Octets of a key.
MAX_KEY: Final = 128


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request with its key: SHA-256 of the key with its scope, and of the body, hexadecimal; and who asks."""

    digest: str
    body_sha256: str
    who: Principal = field(compare=False, repr=False)


def keyed_request(
    who: Principal, method: str, route: str, subject: str | None, key: str, body: bytes
) -> KeyedRequest:
    """The scope of a key: principal, organisation, method, route and the id in its path."""
    scope = {
        "principal": who.id,
        "organisation": who.organisation,
        "method": method,
        "route": route,
        "subject": subject,
        "key": key,
    }
    digest = hashlib.sha256(canonical_json(scope)).hexdigest()
    return KeyedRequest(digest, hashlib.sha256(body).hexdigest(), who)


@dataclass(frozen=True, slots=True, repr=False)
class Remembered:
    """What is known of a request; `answer` is None while it is being worked on. `attempt` counts from 1.

    `verification_id`: what the answer is about.
    """

    request: KeyedRequest
    attempt: int
    at: datetime
    answer: bytes | None = None
    verification_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right to work on a request. A later attempt takes it away."""

    request: KeyedRequest
    attempt: int


def reserve(request: KeyedRequest, earlier: Remembered | None, now: datetime) -> Reservation | bytes:
    """The right to do what is asked, or the answer that was given before.

    Raises:
        ServiceError: `idempotency_mismatch`: the key came with another body; `in_progress`: somebody works on it.
    """
    if earlier is None:
        return Reservation(request, 1)
    age = now - earlier.at
    if age >= KEPT:
        return Reservation(request, earlier.attempt + 1)
    if earlier.request.body_sha256 != request.body_sha256:
        raise ServiceError(ProblemCode.IDEMPOTENCY_MISMATCH)
    if earlier.answer is not None:
        return earlier.answer
    # A reservation from a time to come was made before the clock was set back.
    if -LEASE < age < LEASE:
        raise ServiceError(ProblemCode.IN_PROGRESS, retry_after_s=max(1, int((LEASE - age).total_seconds())))
    return Reservation(request, earlier.attempt + 1)

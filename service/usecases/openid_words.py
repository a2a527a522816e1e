"""What becomes of a refusal of the identity provider's word: a line for the operator, and one answer for all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from service.domain.errors import ProblemCode, ServiceError
from service.domain.openid import OpenIdRefusal, OpenIdRefusedError
from service.domain.vault import RETRY_AFTER_S

log: Final = structlog.stdlib.get_logger("passkoll.openid")

#: The provider's own trouble: whoever signs in may try again.
_PASSING: Final = frozenset({OpenIdRefusal.UNREACHABLE, OpenIdRefusal.METADATA})


@contextmanager
def refused() -> Iterator[None]:
    """Turn a refusal into the problem that says nothing of why.

    Raises:
        ServiceError: `sign_in_refused`; `not_ready`: the provider cannot be reached.
    """
    try:
        yield
    except OpenIdRefusedError as error:
        raise problem(error.code) from None


def problem(code: OpenIdRefusal) -> ServiceError:
    """The same, for a refusal of our own."""
    log.info("a sign-in was refused", reason=code.value)
    if code in _PASSING:
        return ServiceError(ProblemCode.NOT_READY, retry_after_s=RETRY_AFTER_S)
    return ServiceError(ProblemCode.SIGN_IN_REFUSED)

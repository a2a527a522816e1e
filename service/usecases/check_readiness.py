"""Whether this process can serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.domain.errors import ProblemCode, ServiceError
from service.domain.ports import Signer
from service.domain.repositories import Database

#: A database that restarts, or a replica that waits for its upgrade, is back in seconds.
RETRY_S: Final = 5


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """`GET /v1/health/ready`. Old lists, dead letters and a full queue are warnings, and close no counter.

    A trust store that cannot be opened is none of them, yet it is not asked here: every replica has the same, and a
    load balancer would turn away reviews and results too. Chips are refused where they are sent.

    Anybody may ask, so nothing here costs much: `keys_open` reads which versions of the master key there are.
    """

    database: Database
    signer: Signer
    keys_open: Callable[[], bool]

    def __call__(self) -> None:
        """Return where all that a verification needs is there.

        Raises:
            ServiceError: `not_ready`: the database does not answer or has a schema that is not this software's, or
                the keys are out of reach.
        """
        if not (self.database.ready() and self.keys_open() and self.signer.public_keys().get("keys")):
            raise ServiceError(ProblemCode.NOT_READY, retry_after_s=RETRY_S)

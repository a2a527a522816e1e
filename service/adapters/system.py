"""The clock and the random number generator of this machine."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError


class SystemClock:
    """Answers `service.domain.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class SpecimenClock:
    """UNSAFE: answers `service.domain.ports.Clock` with a time of the operator's choice, from which it goes on.

    For specimens that were valid at another time. It refuses the production realm, where a wrong clock would make
    expired documents and revoked certificates good again.

    Raises:
        ConfigurationError: the production realm.
    """

    def __init__(self, start: datetime, realm: Realm) -> None:
        if realm is not Realm.SPECIMEN:
            raise ConfigurationError(
                "PASSKOLL_SPECIMEN_CLOCK sets the clock of the service and is refused in the production realm"
            )
        self._start = start.astimezone(UTC)
        self._since = time.monotonic()

    def now(self) -> datetime:
        return (self._start + timedelta(seconds=time.monotonic() - self._since)).replace(microsecond=0)


class SystemRandomness:
    """Answers `service.domain.ports.Randomness` from the operating system's CSPRNG."""

    def octets(self, count: int) -> bytes:
        return secrets.token_bytes(count)

"""The clock of a service: one for specimens may be at another time than this machine (`serve --specimen-clock`)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import httpx2

from service.client.dpop import TIMEOUT_S

_NO_SERVICE: Final = "it has no configuration; is this the service?"


class NoClockError(Exception):
    """Nothing there tells the time: there is no service, or something else."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """How far it is ahead of the clock of this machine."""

    ahead: timedelta

    @classmethod
    def of(cls, url: str) -> Self:
        """As the service tells it.

        Raises:
            NoClockError: nothing there tells the time.
        """
        address = f"{url.rstrip('/')}/.well-known/passkoll-configuration"
        try:
            return cls.told(httpx2.get(address, trust_env=False, timeout=TIMEOUT_S).json())
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NoClockError(type(error).__name__) from None
        except ValueError:
            raise NoClockError(_NO_SERVICE) from None

    @classmethod
    def told(cls, configuration: Any) -> Self:  # noqa: ANN401 JSON
        """As a configuration tells it that was fetched just now.

        Raises:
            NoClockError: it does not.
        """
        try:
            return cls(datetime.fromisoformat(configuration["time"]) - datetime.now(UTC))
        except (ValueError, KeyError, TypeError):
            raise NoClockError(_NO_SERVICE) from None

    def now(self) -> datetime:
        """Its time, in whole seconds."""
        return (datetime.now(UTC) + self.ahead).replace(microsecond=0)

    def seconds(self) -> float:
        """The same in seconds since 1970."""
        return time.time() + self.ahead.total_seconds()

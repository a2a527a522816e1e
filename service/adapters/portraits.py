"""JPEG 2000 as JPEG, made in a process of its own (`portrait_worker`): no browser shows what most chips hold."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

import structlog

from service.adapters.ocr_pool import worker_environment
from service.domain.errors import ProblemCode, ServiceError

log: Final = structlog.get_logger("passkoll.portraits")

#: Processes at once; a portrait takes a fifth of a second, most of it the start.
MAX_PROCESSES: Final = 2
#: How long one may take, and how long a request waits for its turn. Seconds.
TIMEOUT_S: Final = 10.0
_RETRY_AFTER_S: Final = 2


class PortraitProcess:
    """Answers `service.domain.ports.PortraitConverter`.

    Args:
        command: what runs instead of `portrait_worker`, for tests.
        timeout_s: how long it may take.
    """

    def __init__(self, command: Sequence[str] | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._command: Final = tuple(command or (sys.executable, "-P", "-m", "service.adapters.portrait_worker"))
        self._timeout: Final = timeout_s
        self._seats: Final = threading.BoundedSemaphore(MAX_PROCESSES)

    def to_jpeg(self, picture: bytes) -> bytes:
        if not self._seats.acquire(timeout=self._timeout):
            raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=_RETRY_AFTER_S)
        try:
            done = subprocess.run(  # noqa: S603 our own module
                self._command,
                input=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._timeout,
                check=True,
                env=worker_environment(),
                start_new_session=True,
            )
        except (subprocess.SubprocessError, OSError):
            log.warning("a portrait could not be converted")
            raise ServiceError(ProblemCode.NOT_DISPLAYABLE) from None
        finally:
            self._seats.release()
        return done.stdout

"""Logs as JSON lines on standard error, made of an allow-list of keys.

Nothing personal can enter: a key that is not listed is dropped, and an exception becomes its type and the places in
the code, never its text.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

ALLOWED_KEYS: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "batches",
        "realm",
        "anchors",
        "trust_store",
        "revision",
        "job",
        "kind",
        "attempt",
        "code",
        "exception",
        "frames",
    }
)
#: Lines of other libraries may hold anything (paths, parameters): only these loggers keep their words.
OWN_LOGGERS: Final = "passkoll"
_MAX_FRAMES: Final = 20


def configure(level: str, stream: TextIO | None = None) -> None:
    """Set up logging for the whole process, to standard error if no `stream` is given."""
    processors: list[structlog.types.Processor] = [
        # what is bound while a request is answered or a job is done, so that all their lines are found together
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        silence_strangers,
        name_exception,
        keep_allowed,
    ]
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def silence_strangers(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the words of other libraries by the name of their logger."""
    if not str(entry.get("logger", "")).startswith(OWN_LOGGERS):
        entry["event"] = "library message"
    return entry


def name_exception(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and the places in the code."""
    error = _exception(entry.pop("exc_info", None))
    if error is not None:
        entry.update(named(error))
    return entry


def named(error: BaseException) -> dict[str, object]:
    """What may be said of an exception: its type and the places in the code."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    return {
        "exception": type(error).__name__,
        "frames": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames],
    }


def keep_allowed(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Only what stands in `ALLOWED_KEYS`, and what structlog needs itself."""
    return {key: value for key, value in entry.items() if key in ALLOWED_KEYS or key.startswith("_")}


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple) and len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return exc_info[1]
    return sys.exc_info()[1] if exc_info is True else None

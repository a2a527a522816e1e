"""Fixed windows of the `limits` library, over counters that all replicas of a service share.

PostgreSQL: rows. SQLite has one process, and every write of it waits for the disk: the counters are in its memory.
"""

from __future__ import annotations

import hmac
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from service.adapters.db.database import SqlDatabase, usable
from service.adapters.db.engine import for_writing
from service.adapters.db.limits import CounterRows
from service.domain.errors import ProblemCode, ServiceError
from service.domain.ports import Clock
from service.domain.rate_limits import Limit

#: Counters in memory. More addresses than this at once are an attack, and the oldest windows end soon.
MAX_KEPT: Final = 100_000
#: New windows after which rows that are over are looked for.
_SWEEP_EVERY: Final = 50


class FixedWindows:
    """Answers `service.domain.rate_limits.RateLimiter`."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._windows: Final = FixedWindowRateLimiter(storage)
        self._clock: Final = clock

    def hit(self, limit: Limit, whom: str) -> None:
        item = RateLimitItemPerSecond(limit.count, limit.seconds, namespace=limit.name)
        if self._windows.hit(item, whom):
            return
        left = self._windows.get_window_stats(item, whom).reset_time - self._clock.now().timestamp()
        raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=min(max(1, math.ceil(left)), limit.seconds))


class SqlCounters(Storage):
    """Counters in a database. Keys are HMACs: what is kept tells no address and no person, nor lets one be tried.

    `secret`: the key of the HMAC at a time, which lies outside of the database.
    """

    STORAGE_SCHEME = None

    def __init__(self, database: SqlDatabase, clock: Clock, secret: Callable[[datetime], bytes]) -> None:
        super().__init__()
        self._database: Final = database
        self._clock: Final = clock
        self._secret: Final = secret
        self._begun = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """None are wrapped; `StorageUnavailableError` says what happened."""
        return ServiceError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock.now()
        with self._rows() as rows:
            hits = rows.add(self._name(key), amount, now, now + timedelta(seconds=expiry))
        if hits == amount:
            self._sweep(now)
        return hits

    def get(self, key: str) -> int:
        found = self._of(key)
        return 0 if found is None else found[0]

    def get_expiry(self, key: str) -> float:
        found = self._of(key)
        return (self._clock.now() if found is None else found[1]).timestamp()

    def check(self) -> bool:
        return self._database.ready()

    def reset(self) -> int | None:
        with self._rows() as rows:
            return rows.clear()

    def clear(self, key: str) -> None:
        with self._rows() as rows:
            rows.remove(self._name(key))

    def _of(self, key: str) -> tuple[int, datetime] | None:
        with self._rows() as rows:
            return rows.of(self._name(key), self._clock.now())

    def _sweep(self, now: datetime) -> None:
        # In a transaction of its own, which waits for nobody: it can stop no request.
        self._begun += 1
        if self._begun % _SWEEP_EVERY == 0:
            with self._rows() as rows:
                rows.sweep(now)

    @contextmanager
    def _rows(self) -> Iterator[CounterRows]:
        with usable(), for_writing(self._database.engine).begin() as connection:
            yield CounterRows(connection)

    def _name(self, key: str) -> str:
        return hmac.new(self._secret(self._clock.now()), key.encode(), "sha256").hexdigest()


@dataclass(slots=True)
class _Counter:
    hits: int
    until: float


class MemoryCounters(Storage):
    """Counters in the memory of the one process; that of the library goes by a clock of its own."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock: Final = clock
        self._counters: Final[dict[str, _Counter]] = {}
        self._lock: Final = threading.Lock()
        self._full_until = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails."""
        return ServiceError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._now()
        with self._lock:
            counter = self._counters.get(key)
            if counter is None or counter.until <= now:
                self._make_room(now)
                counter = self._counters[key] = _Counter(0, now + expiry)
            counter.hits += amount
            return counter.hits

    def get(self, key: str) -> int:
        counter = self._open(key)
        return 0 if counter is None else counter.hits

    def get_expiry(self, key: str) -> float:
        counter = self._open(key)
        return self._now() if counter is None else counter.until

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._lock:
            count = len(self._counters)
            self._counters.clear()
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._counters.pop(key, None)

    def _open(self, key: str) -> _Counter | None:
        with self._lock:
            counter = self._counters.get(key)
        return None if counter is None or counter.until <= self._now() else counter

    def _make_room(self, now: float) -> None:
        if len(self._counters) < MAX_KEPT:
            return
        if now >= self._full_until:
            for old in [key for key, counter in self._counters.items() if counter.until <= now]:
                del self._counters[old]
        if len(self._counters) >= MAX_KEPT:
            # Forgetting somebody's counter would lift their limit: whoever comes newly waits instead. Looking for
            # room costs, so it is done once a second.
            self._full_until = max(self._full_until, now + 1)
            raise ServiceError(ProblemCode.NOT_READY, retry_after_s=1)

    def _now(self) -> float:
        return self._clock.now().astimezone(UTC).timestamp()

"""Counters: on both databases, in memory, at the same time, and what is kept of whom they count."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from service.adapters.db.limit_tables import rate_limits
from service.adapters.rate_limits import FixedWindows, MemoryCounters, SqlCounters
from service.domain.errors import ProblemCode, ServiceError
from service.domain.rate_limits import Limit, counted_address
from tests.service.conftest import ManualClock

LIMIT = Limit("tests", 3, 60)
SECRET = b"s" * 32


@pytest.fixture(params=["memory", "sql"])
def limiter(request: pytest.FixtureRequest, services, clock: ManualClock) -> FixedWindows:
    """A limiter over each kind of counters."""
    memory, rows = MemoryCounters(clock), SqlCounters(services.database, clock, lambda _at: SECRET)
    return FixedWindows(memory if request.param == "memory" else rows, clock)


def tried(limiter: FixedWindows, times: int, whom: str = "somebody", limit: Limit = LIMIT) -> list[int | None]:
    """What each of several attempts met: nothing, or for how many seconds to wait."""

    def once() -> int | None:
        try:
            limiter.hit(limit, whom)
        except ServiceError as error:
            if error.code is not ProblemCode.TOO_MANY_REQUESTS:
                raise
            return error.retry_after_s
        return None

    return [once() for _ in range(times)]


def test_the_window_and_its_end(limiter: FixedWindows, clock: ManualClock) -> None:
    assert tried(limiter, 5) == [None, None, None, 60, 60]
    clock.advance(seconds=59)
    # what was refused prolongs nothing
    assert tried(limiter, 1) == [1]
    clock.advance(seconds=1)
    assert tried(limiter, 4) == [None, None, None, 60]


def test_others_have_counters_of_their_own(limiter: FixedWindows) -> None:
    assert tried(limiter, 4)[-1] == 60
    assert tried(limiter, 1, "somebody else") == [None]
    assert tried(limiter, 1, limit=Limit("others", 3, 60)) == [None]


def test_attempts_at_the_same_time_are_all_counted(limiter: FixedWindows) -> None:
    many = Limit("tests", 20, 60)
    gate = threading.Barrier(8)

    def attack(_number: int) -> list[int | None]:
        gate.wait()
        return tried(limiter, 5, limit=many)

    with ThreadPoolExecutor(8) as pool:
        found = [one for some in pool.map(attack, range(8)) for one in some]
    assert (len(found), found.count(None)) == (40, 20)


def test_what_is_kept_tells_nobody_who_it_was(services, clock: ManualClock) -> None:
    """An address is one of few, so a plain hash would be none (RFC 2104 with a key outside of the database)."""
    limiter = FixedWindows(SqlCounters(services.database, clock, lambda _at: SECRET), clock)
    tried(limiter, 1, "192.0.2.43")
    with services.database.engine.connect() as connection:
        (key,) = connection.execute(select(rate_limits.c.key)).scalars()
    plain = ["192.0.2.43", "tests/192.0.2.43/3/60/second"]
    assert key not in {hashlib.sha256(text.encode()).hexdigest() for text in plain}
    other = FixedWindows(SqlCounters(services.database, clock, lambda _at: b"o" * 32), clock)
    tried(other, 1, "192.0.2.43")
    with services.database.engine.connect() as connection:
        assert len(set(connection.execute(select(rate_limits.c.key)).scalars())) == 2


def test_windows_that_are_over_are_removed(services, clock: ManualClock) -> None:
    limiter = FixedWindows(SqlCounters(services.database, clock, lambda _at: SECRET), clock)
    for number in range(60):
        tried(limiter, 1, f"somebody {number}")
    clock.advance(seconds=60)
    for number in range(60):
        tried(limiter, 1, f"others {number}")
    with services.database.engine.connect() as connection:
        ends = list(connection.execute(select(rate_limits.c.until)).scalars())
    assert len(ends) == 60
    assert all(until > clock.now() for until in ends)


def test_the_memory_is_bounded_and_forgets_nobody(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters that were thrown away to make room would be limits that were lifted."""
    monkeypatch.setattr("service.adapters.rate_limits.MAX_KEPT", 10)
    limiter = FixedWindows(MemoryCounters(clock), clock)
    assert tried(limiter, 4, "attacked")[-1] == 60
    for number in range(9):
        tried(limiter, 1, f"flood {number}")
    with pytest.raises(ServiceError) as refused:
        limiter.hit(LIMIT, "one too many")
    assert refused.value.code is ProblemCode.NOT_READY
    assert tried(limiter, 1, "attacked") == [60]
    clock.advance(seconds=60)
    assert tried(limiter, 1, "one too many") == [None]


@pytest.mark.parametrize("storage", ["memory", "sql"])
def test_the_storage_answers_as_the_library_wants(services, clock: ManualClock, storage: str) -> None:
    """The contract of `limits.storage.Storage`."""
    made: dict[str, Callable[[], object]] = {
        "memory": lambda: MemoryCounters(clock),
        "sql": lambda: SqlCounters(services.database, clock, lambda _at: SECRET),
    }
    counters = made[storage]()
    assert counters.check()
    assert counters.get("one") == 0
    assert counters.get_expiry("one") == clock.now().timestamp()
    assert [counters.incr("one", 30), counters.incr("one", 30, 4)] == [1, 5]
    assert counters.get("one") == 5
    assert counters.get_expiry("one") == clock.now().timestamp() + 30
    counters.clear("one")
    assert counters.get("one") == 0
    counters.incr("two", 30)
    assert counters.reset() == 1
    assert counters.get("two") == 0
    counters.incr("three", 30)
    clock.advance(seconds=30)
    assert counters.get("three") == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.43", "192.0.2.43"),
        ("::ffff:192.0.2.43", "192.0.2.43"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("unknown", "unknown"),
    ],
)
def test_what_an_address_is_counted_as(address: str, counted: str) -> None:
    assert counted_address(address) == counted

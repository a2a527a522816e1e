"""Jobs, events and addresses as plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.pki.realm import Realm
from service.domain.events import Event, EventType
from service.domain.jobs import (
    FIRST_DELAY,
    JITTER_OCTETS,
    LAST_DELAY,
    LEASES,
    SCHEDULES,
    Job,
    JobFailedError,
    JobKind,
    delay,
    hourly,
    nightly,
)
from service.domain.webhooks import AddressRule, Endpoint, WebhookError
from tests.budgets import light
from tests.service.conftest import NOW

LOW, HIGH = bytes(JITTER_OCTETS), b"\xff" * JITTER_OCTETS


def test_every_kind_says_how_long_it_may_take() -> None:
    assert LEASES.keys() == set(JobKind)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (100_000, 3600)])
def test_delays_double_up_to_an_hour(attempt: int, seconds: int) -> None:
    assert delay(attempt, LOW) == timedelta(seconds=seconds / 2)
    assert timedelta(seconds=seconds * 0.999) < delay(attempt, HIGH) <= timedelta(seconds=seconds)


@light
@given(st.integers(1, 10**9), st.binary(min_size=JITTER_OCTETS, max_size=JITTER_OCTETS))
def test_no_delay_is_beyond_its_bounds(attempt: int, random: bytes) -> None:
    assert FIRST_DELAY / 2 <= delay(attempt, random) <= LAST_DELAY


@light
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 the zone follows
def test_what_recurs_lies_ahead(now: datetime) -> None:
    for schedule in SCHEDULES.values():
        assert now < schedule(now)
    assert hourly(now) - now <= timedelta(hours=1)
    assert nightly(now) - now <= timedelta(days=1)


@pytest.mark.parametrize("text", ["", "two words", "ERIKSSON<<ANNA", "Å", "a" * 129, "line\n", "-x"])
def test_what_may_be_personal_is_neither_a_job_nor_an_event(text: str) -> None:
    for make in (
        lambda: Job(JobKind.EXPIRE, text, NOW),
        lambda: Job(JobKind.EXPIRE, "vs_1", NOW, key=text),
        lambda: Job(JobKind.EXPIRE, "vs_1", NOW, data={"x": text}),
        lambda: Event(EventType.RESULT_CONSUMED, "vs_1", "o", NOW, {"x": text}),
        lambda: JobFailedError(text),
    ):
        with pytest.raises(ValueError, match="neither a code nor an id") as raised:
            make()
        assert len(text) < 2 or text not in str(raised.value)


def test_an_endpoint_is_named_by_its_id_alone() -> None:
    endpoint = Endpoint("we_1", "o", "https://portal.example/secret-path", frozenset(), True, NOW)
    assert repr(endpoint) == "Endpoint(we_1)"
    assert endpoint.wants(EventType.RESULT_CONSUMED)


PRODUCTION, SPECIMEN = AddressRule(Realm.PRODUCTION), AddressRule(Realm.SPECIMEN)


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example/hook",
        "ftp://portal.example/",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user@portal.example/",
        "https://user:word@portal.example/",
        "https://@portal.example/",
        "https://portal.example/#part",
        "https://portal.example/a b",
        "https://portal.example\\@other.example/",
        "https://portal.example:0/",
        "https://portal.example:99999/",
        "https://portal.example:x/",
        "https://[::1/",
        "https://portål.example/",
        "https://portal.example/\r\nX: y",
        "//portal.example/",
        "portal.example",
        "https://portal.example/" + "x" * 2000,
    ],
)
def test_addresses_that_are_never_kept(url: str) -> None:
    for rule in (PRODUCTION, SPECIMEN):
        with pytest.raises(WebhookError, match="url_refused"):
            rule.require_url(url)


def test_plain_http_is_for_specimens_on_this_machine() -> None:
    for url in ("http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/x", "https://portal.example/x?y=z"):
        assert SPECIMEN.require_url(url).hostname
    for url in ("http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/x"):
        with pytest.raises(WebhookError):
            PRODUCTION.require_url(url)
    with pytest.raises(WebhookError):
        SPECIMEN.require_url("http://10.0.0.1/")


#: IANA special-purpose registries (RFC 6890), and IPv6 forms that carry an IPv4 address.
@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),  # noqa: S104
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "100::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "::10.0.0.1"),
        *("2002:0a00:0001::1", "2002:7f00:0001::1", "2001::1"),
    ],
)
def test_addresses_of_no_public_host(address: str) -> None:
    for rule in (PRODUCTION, SPECIMEN):
        assert not rule.allows("portal.example", ip_address(address))
    named = AddressRule(Realm.PRODUCTION, frozenset({"portal.intranet.example"}))
    assert named.allows("portal.intranet.example", ip_address(address))
    assert not named.allows("portal.example", ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_addresses_of_public_hosts(address: str) -> None:
    assert PRODUCTION.allows("portal.example", ip_address(address))
    assert not SPECIMEN.allows("localhost", ip_address(address)), "this machine is nowhere else"


def test_this_machine_is_for_specimens() -> None:
    for host, address in (("localhost", "127.0.0.1"), ("localhost", "::1"), ("127.0.0.1", "127.0.0.1")):
        assert SPECIMEN.allows(host, ip_address(address))
        assert not PRODUCTION.allows(host, ip_address(address))

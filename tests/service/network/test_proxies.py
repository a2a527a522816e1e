"""Where a request came from: forged headers change nothing, those of trusted proxies count from the right."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.proxies import MAX_HOPS, ForwardedHeader, Seen, TrustedProxies, networks_of

PROXY, INNER, CLIENT, FORGED = "10.0.0.1", "10.0.0.2", "192.0.2.43", "198.51.100.7"
OLD = TrustedProxies(networks_of("10.0.0.0/24"))
NEW = TrustedProxies(networks_of("10.0.0.0/24, 2001:db8:cafe::/48"), ForwardedHeader.FORWARDED)


def sent(**headers: str) -> list[tuple[bytes, bytes]]:
    """Headers as a server hands them on."""
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize("proxies", [OLD, NEW, TrustedProxies()])
def test_nobody_but_a_trusted_proxy_is_believed(proxies: TrustedProxies) -> None:
    forged = sent(x_forwarded_for=FORGED, x_forwarded_proto="https", forwarded=f"for={FORGED};proto=https")
    assert proxies.seen(CLIENT, False, forged) == Seen(CLIENT, secure=False)
    assert proxies.seen(None, False, forged) == Seen("unknown", secure=False)
    assert proxies.seen("testclient", True, forged) == Seen("testclient", secure=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (CLIENT, CLIENT),
        # what the client wrote itself stands to the left of what the proxy saw
        (f"{FORGED}, {CLIENT}", CLIENT),
        (f"{PROXY}, {CLIENT}", CLIENT),
        (f"{FORGED},{CLIENT},{INNER}", CLIENT),
        (f"{CLIENT}:49152", CLIENT),
        ("[2001:db8::1]:443, 10.0.0.9", "2001:db8::1"),
        (f"::ffff:{CLIENT}", CLIENT),
        # all of them proxies: the farthest one is as much as anybody knows
        (f"{INNER}, 10.0.0.3", INNER),
        # what is no address ends what is known
        (f"{FORGED}, unknown", PROXY),
        (f"{FORGED}, ", PROXY),
        ("", PROXY),
        (f"{FORGED}, 10.0.0.2, '; DROP TABLE", PROXY),
        (f"{FORGED}, nonsense, {INNER}", INNER),
    ],
)
def test_x_forwarded_for_is_read_from_the_right(value: str, expected: str) -> None:
    assert OLD.seen(PROXY, False, sent(x_forwarded_for=value)).address == expected


def test_several_lines_are_one_list() -> None:
    """RFC 9110 §5.3: a client's own line comes before the one that the proxy adds."""
    lines = [(b"x-forwarded-for", FORGED.encode()), (b"x-forwarded-for", CLIENT.encode())]
    assert OLD.seen(PROXY, False, lines).address == CLIENT


@pytest.mark.parametrize(
    ("value", "expected", "secure"),
    [
        # RFC 7239 §4, its examples
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60", False),
        ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17", False),
        ('For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17", False),
        ('for="_gazonk"', PROXY, False),
        # RFC 7239 §7.1: a proxy that is trusted stands behind
        ('for=192.0.2.43;proto=https, for="[2001:db8:cafe::17]"', "192.0.2.43", True),
        ("proto=https;for=192.0.2.43", "192.0.2.43", True),
        ("for=192.0.2.43;proto=HTTPS", "192.0.2.43", True),
        # the https of one hop says nothing of the next
        (f"for={FORGED};proto=https, for={CLIENT};proto=http", CLIENT, False),
        # not so written: nothing of it counts
        (f'for="{CLIENT}', PROXY, False),
        (f"for={CLIENT};for={FORGED}", PROXY, False),
        (f"for={CLIENT},", PROXY, False),
        (f"for={CLIENT} for={FORGED}", PROXY, False),
        (f"for {CLIENT}", PROXY, False),
        (";", PROXY, False),
        ("", PROXY, False),
        ("proto=https", PROXY, False),
    ],
)
def test_forwarded(value: str, expected: str, secure: bool) -> None:
    assert NEW.seen(PROXY, False, sent(forwarded=value)) == Seen(expected, secure)


def test_the_header_that_the_proxy_does_not_write_is_the_clients_and_not_read() -> None:
    both = sent(x_forwarded_for=CLIENT, x_forwarded_proto="http", forwarded=f"for={FORGED};proto=https")
    assert OLD.seen(PROXY, False, both) == Seen(CLIENT, secure=False)
    assert NEW.seen(PROXY, False, both) == Seen(FORGED, secure=True)


@pytest.mark.parametrize(
    ("proto", "secure"),
    [("https", True), ("HTTPS", True), ("http", False), ("https, http", False), ("", False), ("wss", False)],
)
def test_the_last_scheme_counts(proto: str, secure: bool) -> None:
    seen = OLD.seen(PROXY, False, sent(x_forwarded_for=CLIENT, x_forwarded_proto=proto))
    assert seen == Seen(CLIENT, secure)


def test_a_long_chain_is_not_read() -> None:
    many = ", ".join([CLIENT] + [INNER] * MAX_HOPS)
    assert OLD.seen(PROXY, False, sent(x_forwarded_for=many)).address == PROXY
    assert OLD.seen(PROXY, False, sent(x_forwarded_for=many.removesuffix(f", {INNER}"))).address == CLIENT


@given(st.text(max_size=200), st.sampled_from([OLD, NEW]))
def test_whatever_comes_is_an_address_or_the_proxy(text: str, proxies: TrustedProxies) -> None:
    value = text.encode("utf-8", "surrogatepass")
    headers = [(b"x-forwarded-for", value), (b"forwarded", value)]
    ipaddress.ip_address(proxies.seen(PROXY, False, headers).address)


@given(st.lists(st.ip_addresses(), max_size=10), st.ip_addresses())
def test_nothing_to_the_left_of_a_stranger_counts(forged, client) -> None:
    """Whatever a client sends before what the proxy adds."""
    value = ", ".join(map(str, [*forged, client]))
    seen = OLD.seen(PROXY, False, sent(x_forwarded_for=value)).address
    mapped = getattr(client, "ipv4_mapped", None) or client
    if not any(mapped in network for network in OLD.networks):
        assert seen == str(mapped)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "localhost", "10.0.0.0/33", "10.0.0.1;10.0.0.2"])
def test_networks_that_are_none_or_too_wide(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits"):
        networks_of(text)


def test_networks() -> None:
    assert [str(network) for network in networks_of("10.0.0.1, fd00::/8,")] == ["10.0.0.1/32", "fd00::/8"]

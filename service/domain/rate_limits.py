"""How often somebody may ask (OWASP ASVS 5.0 V6.3, API.md section 5: 429).

Windows are fixed and begin with the first request that counts, so that in the worst case twice the number fits into
one window's length. They are counted where all replicas see them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Protocol

#: A provider gives a household or a ward a network of its own; whoever has one has all of its addresses (RFC 6177).
IPV6_PREFIX: Final = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in `seconds`; `name` is what is counted, so that two limits of one caller stand apart."""

    name: str
    count: int
    seconds: int


#: Attempts to sign in as one account, whoever tries and from wherever.
ACCOUNT: Final = Limit("account", 10, 15 * 60)
#: Attempts at the code of one case or order. A code has at least 30 bits and lives for minutes.
CODE: Final = Limit("code", 10, 15 * 60)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What routes are limited by.

    `reading`: public texts and keys, an address. `sign_in`: whatever turns a secret into a right (tokens, sign-in,
    enrolment), an address. `strangers`: requests that showed nothing that counts, an address. `known`: everything
    else, a person or system.
    """

    reading: Limit
    sign_in: Limit
    strangers: Limit
    known: Limit


def per_minute(reading: int, sign_in: int, strangers: int, known: int) -> RequestLimits:
    """The limits of an installation."""
    return RequestLimits(
        Limit("reading", reading, 60),
        Limit("sign_in", sign_in, 60),
        Limit("strangers", strangers, 60),
        Limit("known", known, 60),
    )


class RateLimiter(Protocol):
    """Counts."""

    def hit(self, limit: Limit, whom: str) -> None:
        """Count one of `whom`, who is never kept in the clear.

        Raises:
            ServiceError: `too_many_requests`, with the seconds until the window ends; `not_ready`: nobody counts now.
        """
        ...


def counted_address(address: str) -> str:
    """What an address is counted as: itself, or its network (IPv6); a mapped IPv4 address is the IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))

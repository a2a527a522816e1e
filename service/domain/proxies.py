"""Which address a request came from, where proxies stand before the service (RFC 7239, and its older relatives).

Every header can be written by anybody. One is believed only as far as trusted proxies wrote it: from the right, up to
the first address that is no trusted proxy. What it says serves limits and HSTS alone, never what a proof is for.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Hops of one request. More is an attack on the reader.
MAX_HOPS: Final = 16
#: Where no address is known: a socket of the file system, a client within the process.
UNKNOWN: Final = "unknown"

#: RFC 7239 §4: token "=" ( token / quoted-string ); RFC 9110 §5.6.2 and §5.6.4.
_PAIR: Final = re.compile(r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\";,=]*))[ \t]*")


class ForwardedHeader(StrEnum):
    """The header that the proxies write. The other one is whatever the client sent, and never read."""

    X_FORWARDED = "x-forwarded"
    FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a request came from, and whether it came from there by https."""

    address: str
    secure: bool


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of the request that it took; None for what it does not say."""

    address: str | None
    scheme: str | None


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose proxies are believed, and the header that they write.

    `only_secure`: the service itself has no TLS and is reached from elsewhere, so whatever did not come through a
    proxy that brings it came in the clear.
    """

    networks: tuple[Network, ...] = ()
    header: ForwardedHeader = ForwardedHeader.X_FORWARDED
    only_secure: bool = False

    def seen(self, peer: str | None, secure: bool, headers: Sequence[tuple[bytes, bytes]]) -> Seen:
        """Where a request came from.

        Args:
            peer: the address of whoever opened the connection.
            secure: whether that connection is TLS.
            headers: of the request, names in lower case.
        """
        if peer is None or not self._trusts(peer):
            return Seen(peer or UNKNOWN, secure)
        found = Seen(peer, secure)
        for hop in reversed(self._hops(headers)):
            address = _address(hop.address or "")
            if address is None:
                # "unknown", an obfuscated name or no address: what lies beyond it nobody vouches for
                return found
            found = Seen(str(address), hop.scheme == "https")
            if not self._trusts(found.address):
                return found
        return found

    def _trusts(self, address: str) -> bool:
        parsed = _address(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    def _hops(self, headers: Sequence[tuple[bytes, bytes]]) -> list[_Hop]:
        """What the header says, the nearest proxy last; nothing where it cannot be read or is too long."""
        if self.header is ForwardedHeader.FORWARDED:
            hops = _forwarded(_joined(headers, b"forwarded"))
        else:
            addresses = [part.strip() for part in _joined(headers, b"x-forwarded-for").split(",")]
            scheme = _joined(headers, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
            hops = [_Hop(address, scheme) for address in addresses]
        return hops if len(hops) <= MAX_HOPS else []


def networks_of(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas.

    Raises:
        ValueError: one is none, has bits beside its prefix, or is every address.
    """
    found = tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("a network of all addresses would let anybody say where they come from")
    return found


def _joined(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str:
    """A list that came in several lines (RFC 9110 §5.3)."""
    return ",".join(value.decode("latin-1") for found, value in headers if found == name)


def _forwarded(text: str) -> list[_Hop]:
    """RFC 7239 §4; nothing at all where any of it is not so written: a lenient reader can be led astray."""
    hops: list[_Hop] = []
    position = 0
    while position < len(text):
        pairs: dict[str, str] = {}
        while True:
            found = _PAIR.match(text, position)
            if found is None or found[1].lower() in pairs:
                return []
            quoted, plain = found[2], found[3]
            pairs[found[1].lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            position = found.end()
            if text[position : position + 1] != ";":
                break
            position += 1
        hops.append(_Hop(pairs.get("for"), pairs.get("proto", "").lower() or None))
        if position < len(text) and text[position] != ",":
            return []
        position += 1
        if position == len(text):
            return []
    return hops


def _address(text: str) -> Address | None:
    """An address, with or without a port (RFC 7239 §6); a mapped IPv4 address is the IPv4 address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed if mapped is None else mapped

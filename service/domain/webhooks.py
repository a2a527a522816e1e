"""Where events go: the addresses of portals, and which of them may be asked at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mrtd.pki.realm import Realm
from service.domain.events import EventType, RecordedEvent
from service.domain.jobs import Data, JobFailedError, require_codes

#: What a message says when an administrator tries an endpoint.
TEST_TYPE: Final = "webhook.test"
#: Longer than any address that people give to a portal.
MAX_URL: Final = 2000
#: Prefixes whose last 32 bits are an IPv4 address that is asked in the end (RFC 6052 section 2.1, RFC 4291 2.5.5).
_IPV4_INSIDE: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"), IPv6Network("::/96"))

IpAddress = IPv4Address | IPv6Address


class DeliveryProblem(StrEnum):
    """Why an event was not delivered; a status that the portal answered is `http_` and its number."""

    NOT_RESOLVED = "not_resolved"
    ADDRESS_REFUSED = "address_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REDIRECT_REFUSED = "redirect_refused"
    URL_REFUSED = "url_refused"
    GONE = "gone"
    DISABLED = "endpoint_disabled"
    NO_SECRET = "secret_missing"


class DeliveryError(JobFailedError):
    """An event did not arrive, or nobody said that it did."""


class WebhookProblem(StrEnum):
    """Why an endpoint is not kept or not found."""

    URL_REFUSED = "url_refused"
    UNKNOWN_ENDPOINT = "unknown_endpoint"
    UNKNOWN_LETTER = "unknown_dead_letter"


class WebhookError(Exception):
    """What an administrator of webhooks asked for cannot be done; the code says why."""

    def __init__(self, code: WebhookProblem) -> None:
        self.code = code
        super().__init__(code.value)


def endpoint_id(random: bytes) -> str:
    """`we_` and 32 hexadecimal digits, from `service.domain.ids.ID_BYTES` random bytes."""
    return f"we_{random.hex()}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the events of an organisation go. Its secret lies elsewhere, and its address may hold a secret path.

    `types`: the types of events that it gets, none for all. One that answered 410 Gone is not `enabled` any more.
    """

    id: str
    organisation: str
    url: str
    types: frozenset[EventType]
    enabled: bool
    created_at: datetime

    def __post_init__(self) -> None:
        require_codes({"id": self.id})

    def __repr__(self) -> str:
        return f"Endpoint({self.id})"

    def wants(self, event_type: EventType) -> bool:
        """Whether events of this type go there."""
        return self.enabled and (not self.types or event_type in self.types)


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Which addresses may be asked, so that nobody makes this service speak to its own network (SSRF).

    Addresses of the public internet over https. A host that the operator named in `private_hosts` may have any
    address. In the specimen realm alone this machine may be asked too, then also over plain http.
    """

    realm: Realm
    private_hosts: frozenset[str] = frozenset()

    def require_url(self, url: str) -> SplitResult:
        """The parts of an address that may be kept.

        Raises:
            WebhookError: `url_refused`.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise WebhookError(WebhookProblem.URL_REFUSED) from None
        plain = len(url) <= MAX_URL and url.isascii() and url.isprintable() and not set(url) & set(" \\#")
        encrypted = parts.scheme == "https" or (parts.scheme == "http" and self._is_this_machine(host))
        if not (plain and encrypted and host and port != 0) or "@" in parts.netloc:
            raise WebhookError(WebhookProblem.URL_REFUSED)
        return parts

    def allows(self, host: str, address: IpAddress) -> bool:
        """Whether `host` may be asked at this address, which its name had just now."""
        if host in self.private_hosts:
            return True
        if self._is_this_machine(host):
            return address.is_loopback
        return _is_public(address)

    def _is_this_machine(self, host: str | None) -> bool:
        if self.realm is not Realm.SPECIMEN or host is None:
            return False
        if host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


def cloud_event(recorded: RecordedEvent, source: str) -> bytes:
    """An event as others get it: CloudEvents 1.0, JSON format, structured mode. Ids and codes alone.

    Args:
        recorded: the event.
        source: the URI of this service; `source` and `id` together are the event, whatever was delivered how often.
    """
    event = recorded.event
    data = {**event.data, "verification_id": event.verification_id}
    return _message(recorded.id, event.type, source, event.at, data, subject=event.verification_id)


def trial_message(message_id: str, source: str, at: datetime) -> bytes:
    """A message that tells nothing, to try an endpoint."""
    return _message(message_id, TEST_TYPE, source, at, {})


def _message(
    message_id: str, event_type: str, source: str, at: datetime, data: Data, *, subject: str | None = None
) -> bytes:
    attributes = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": event_type,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datacontenttype": "application/json",
        **({} if subject is None else {"subject": subject}),
        "data": dict(data),
    }
    return json.dumps(attributes, separators=(",", ":"), allow_nan=False).encode()


def _is_public(address: IpAddress) -> bool:
    if isinstance(address, IPv6Address):
        if any(address in network for network in _IPV4_INSIDE):
            return _is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None:
            return _is_public(address.sixtofour)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved

"""Sends messages to portals: Standard Webhooks over HTTP, to addresses that the rule allows, and nothing else.

A name is resolved once for each attempt, and the connection goes to the address that was judged: a name that has
another address a moment later (DNS rebinding) gains nothing. No redirect is followed, no proxy is used, since a proxy
would resolve names itself, and of the answer only the status is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult

import httpx2
from standardwebhooks import Webhook

from service.domain.webhooks import AddressRule, DeliveryError, DeliveryProblem, IpAddress, WebhookError

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
#: For the whole attempt, from the connection to the status; below the lease of a delivery by far.
DEADLINE_S: Final = 10.0

_PORTS: Final = {"https": 443, "http": 80}

#: The addresses of a host, asked for a port.
Resolver = Callable[[str, int], Sequence[IpAddress]]


def resolve(host: str, port: int) -> Sequence[IpAddress]:
    """The addresses that this machine finds for a name, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # an address with a zone (fe80::1%eth0) is of one link; the zone is not part of the judgement
    return [ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


class HttpsWebhookSender:
    """Answers `service.domain.ports.WebhookSender`.

    Args:
        rule: which addresses may be asked.
        deadline_s: seconds for one attempt.
        tls: what certificates are judged by; by default the authorities that this machine trusts.
        resolver: how names become addresses.
    """

    def __init__(
        self,
        rule: AddressRule,
        *,
        deadline_s: float = DEADLINE_S,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._rule = rule
        self._deadline_s = deadline_s
        self._given_tls = tls
        self._resolver = resolver

    def send(self, url: str, secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> None:
        parts = self._allowed(url)
        name = parts.hostname or ""
        pinned = httpx2.URL(url).copy_with(host=str(self._address(name, parts.port or _PORTS[parts.scheme])))
        headers = {
            "Host": parts.netloc,
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "passkoll",
            "Accept-Encoding": "identity",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets),
        }
        # A loop of its own for each attempt, because only so one deadline holds for all of it: a server that sends
        # its headers an octet at a time is cut off too.
        _judge(asyncio.run(self._post(pinned, name, headers, body)))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # made once, and only by who sends: it reads every authority there is
        return self._given_tls or httpx2.create_ssl_context()

    def _allowed(self, url: str) -> SplitResult:
        try:
            return self._rule.require_url(url)
        except WebhookError:
            # It was allowed once: the operator changed the realm, or somebody the database.
            raise DeliveryError(DeliveryProblem.URL_REFUSED) from None

    def _address(self, name: str, port: int) -> IpAddress:
        """Where the connection goes. One address that is refused refuses the name: its owner plays a game."""
        try:
            found = self._resolver(name, port)
        except (OSError, ValueError):
            # ValueError: a name with an empty or too long label
            raise DeliveryError(DeliveryProblem.NOT_RESOLVED) from None
        if not found:
            raise DeliveryError(DeliveryProblem.NOT_RESOLVED)
        if not all(self._rule.allows(name, address) for address in found):
            raise DeliveryError(DeliveryProblem.ADDRESS_REFUSED)
        return found[0]

    async def _post(self, url: httpx2.URL, name: str, headers: dict[str, str], body: bytes) -> int:
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                httpx2.AsyncClient(
                    verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._deadline_s
                ) as http,
                http.stream("POST", url, headers=headers, content=body, extensions={"sni_hostname": name}) as answer,
            ):
                return answer.status_code
        except (TimeoutError, httpx2.TimeoutException):
            raise DeliveryError(DeliveryProblem.TIMEOUT) from None
        except (httpx2.HTTPError, OSError):
            # The text of the error may hold the address, which may hold a secret path.
            raise DeliveryError(DeliveryProblem.UNREACHABLE) from None


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status == httpx2.codes.GONE:
        raise DeliveryError(DeliveryProblem.GONE, final=True)
    if 300 <= status < 400:
        raise DeliveryError(DeliveryProblem.REDIRECT_REFUSED)
    raise DeliveryError(f"http_{status}")

"""What the use cases need from the world outside; `service.adapters` holds an answer to each.

What is kept stands apart, in `service.domain.repositories`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from mrtd.pki.trust_store import TrustStore
from service.domain.identity import Presented, Principal
from service.domain.photo import PhotoExamination
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusSource


class Clock(Protocol):
    """The time of the server."""

    def now(self) -> datetime:
        """Aware, UTC, whole seconds: what stands in a report makes it repeatable."""
        ...


class Randomness(Protocol):
    """The cryptographically secure random number generator."""

    def octets(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class Identity(Protocol):
    """Knows people and systems by what they show."""

    def authenticate(self, presented: Presented) -> Principal | None:
        """The person or system behind a request; None where nothing that counts was shown."""
        ...

    def banner(self) -> tuple[str, ...]:
        """What the operator must be told at start, a line each; nothing where nothing is unusual."""
        ...


class Signer(Protocol):
    """Holds the key that results are signed with; the key never leaves it."""

    def sign(self, claims: Mapping[str, object], token_type: str) -> str:
        """A compact JWS (RFC 7515 §7.1) with `typ` and `kid` in its header, by the newest key.

        Raises:
            ServiceError: `not_ready`: the key is out of reach now.
        """
        ...

    def key_of(self, token: str) -> str:
        """The `kid` of the key that signed a token of this signer."""
        ...

    def public_keys(self) -> Mapping[str, object]:
        """The JWK Set (RFC 7517 §5) that verifies it."""
        ...


class Catalogue(Protocol):
    """The texts for people."""

    def texts(self, language: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Group, code, then `text` and `do` (what to do now)."""
        ...


class TrustSource(Protocol):
    """What documents are judged by now."""

    def current(self) -> TrustStore:
        """The store in use; asked at each judgement.

        Raises:
            ServiceError: `not_ready`: the store in use cannot be opened whole. An older one is never used instead.
        """
        ...


class MrzReader(Protocol):
    """Reads machine readable zones from photos."""

    def start(self) -> None:
        """Get ready for the first photo, without waiting for that."""
        ...

    def examine(self, images: Sequence[bytes], today: date) -> PhotoExamination:
        """Read photos of one document, each as its file has it.

        Raises:
            ServiceError: `too_many_requests`: others wait already; `not_ready`: nothing can be read at all.
        """
        ...

    def close(self) -> None:
        """Give back what reading needs."""
        ...


class PortraitConverter(Protocol):
    """Makes a picture that browsers show."""

    def to_jpeg(self, picture: bytes) -> bytes:
        """A JPEG 2000 picture as JPEG.

        Raises:
            ServiceError: `not_displayable`: it cannot be decoded; `too_many_requests`: others wait already.
        """
        ...


class ListFetcher(Protocol):
    """Gets what a publisher of lists offers. No request of a verification ever reaches it."""

    def fetch(self, url: str) -> bytes:
        """The octets at `url`; FetchError says why there are none."""
        ...


class WebhookSecrets(Protocol):
    """Keeps what deliveries to an endpoint are signed with, apart from the database."""

    def of(self, endpoint_id: str) -> Sequence[str]:
        """The secrets in use (`whsec_` and base64), newest first; none where there are none."""
        ...

    def renew(self, endpoint_id: str) -> str:
        """Make a new one, durable when this returns. The one before stays in use beside it, older ones do not."""
        ...

    def forget(self, endpoint_id: str) -> None:
        """Delete them."""
        ...


class WebhookSender(Protocol):
    """Sends one message to the endpoint of a portal."""

    def send(self, url: str, secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> None:
        """Deliver `body`, signed by each of `secrets`; `at` is the time of this attempt.

        Raises:
            DeliveryError: it did not arrive, or nobody said so.
        """
        ...


class StatusLookup(Protocol):
    """Asks the register of an issuing state whether a document is still good."""

    def status(self, source: StatusSource, document: RegisteredDocument, typed: DocumentStatus) -> DocumentStatus:
        """What the register says. `typed`: what the reviewer who asked it read there."""
        ...

"""What our QR codes say: text that only our app understands, and no link for a camera to open (SECURITY.md 7.2)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from service.domain.one_time import CODE_LENGTH

#: Characters of a text; ours have some 250.
MAX_TEXT: Final = 2048
#: Characters of an origin: `https://`, a name (RFC 1035 §2.3.4) and a port.
MAX_ORIGIN: Final = 300


class QrKind(StrEnum):
    """What a code is for, and its first characters; `1` is the version of the form."""

    ENROLMENT = "PKE1"
    PAIRING = "PKP1"
    #: a colleague takes over at their own phone or PC
    HAND_OVER = "PKH1"


def qr_text(kind: QrKind, origin: str, code: str, challenge: bytes | None = None) -> str:
    """`PKE1_` and the base64url of a JSON object.

    Args:
        kind: what it is for.
        origin: scheme, host and port of the service; an app that is enrolled elsewhere refuses the code.
        code: the one-time code.
        challenge: what the attestation of the key must hold, for an enrolment.
    """
    members = {"origin": origin, "code": code}
    if challenge is not None:
        members["challenge"] = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
    written = json.dumps(members, separators=(",", ":"), ensure_ascii=True).encode()
    return f"{kind.value}_{base64.urlsafe_b64encode(written).decode().rstrip('=')}"


class NoQrTextError(Exception):
    """It is none of our codes, or one for something else."""


@dataclass(frozen=True, slots=True)
class QrContent:
    """What a code says."""

    origin: str
    code: str = field(repr=False)
    challenge: bytes | None = field(default=None, repr=False)


def read_qr(kind: QrKind, text: str) -> QrContent:
    """What a phone reads in a code; whatever is on a wall may be photographed.

    Raises:
        NoQrTextError: it is not of this kind, or not whole.
    """
    first, separator, rest = text.partition("_")
    if len(text) > MAX_TEXT or not separator or first != kind.value:
        raise NoQrTextError
    try:
        members = json.loads(_octets(rest))
        challenge = None if members.get("challenge") is None else _octets(members["challenge"])
        content = QrContent(members["origin"], members["code"], challenge)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoQrTextError from None
    origin, code = content.origin, content.code
    texts = isinstance(origin, str) and isinstance(code, str)
    if not texts or not origin.startswith(("https://", "http://")) or not 0 < len(origin) <= MAX_ORIGIN:
        raise NoQrTextError
    if len(code) != CODE_LENGTH or not origin.isascii() or not origin.isprintable():
        raise NoQrTextError
    return content


def _octets(written: str) -> bytes:
    try:
        return base64.b64decode(written + "=" * (-len(written) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error


class QrDrawer(Protocol):
    """Draws QR codes."""

    def svg(self, text: str) -> str:
        """An SVG image without an XML declaration, as it stands in a page."""
        ...

    def terminal(self, text: str) -> str:
        """Lines of block characters."""
        ...

"""Signed checkpoints of the audit trail: they show that somebody with the database alone wrote it anew.

A checkpoint names an entry and its digest, and so everything up to it. The service signs it with the key of results
and keeps it outside of the database, where nobody can replace it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from service.domain.audit_chain import Break, BreakKind, Head

#: An own explicit type (RFC 8725 §3.11): a checkpoint can never be taken for a result.
CHECKPOINT_TYPE: Final = "audit-checkpoint+jwt"
_SHA256_DIGITS: Final = 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The entry that a trail ended with when it was signed. `at` is aware, UTC, whole seconds."""

    head: Head
    at: datetime
    issuer: str

    def claims(self) -> dict[str, object]:
        """The payload of the JWS."""
        return {
            "iss": self.issuer,
            "iat": int(self.at.timestamp()),
            "number": self.head.number,
            "digest": self.head.digest,
        }

    @classmethod
    def of(cls, claims: Mapping[str, object]) -> Checkpoint:
        """The inverse of `claims`; ValueError where they say nothing of a trail."""
        issuer, at, number, digest = (claims.get(name) for name in ("iss", "iat", "number", "digest"))
        if type(issuer) is not str or type(at) is not int or type(number) is not int or type(digest) is not str:
            raise ValueError("no checkpoint")
        if number < 1 or len(digest) != _SHA256_DIGITS:
            raise ValueError("no checkpoint")
        try:
            return cls(Head(number, digest), datetime.fromtimestamp(at, UTC), issuer)
        except (OverflowError, OSError) as error:
            raise ValueError("no checkpoint") from error


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint where it is kept: under the number of its entry."""

    number: int
    token: str


class CheckpointAnchor(Protocol):
    """A place outside of the database where checkpoints are kept, and nothing is replaced."""

    def keep(self, number: int, token: str) -> str:
        """Keep a checkpoint; what is kept under its number now: this one, or the one that was there.

        Raises:
            AnchorError: it could not be kept.
        """
        ...

    def kept(self) -> Iterable[KeptCheckpoint]:
        """All of them.

        Raises:
            AnchorError: the place does not answer, or it only takes.
        """
        ...


class SignedReader(Protocol):
    """Reads what this service signed."""

    def read(self, token: str, token_type: str) -> Mapping[str, object]:
        """The claims of a compact JWS of this `typ`; ValueError if no key of this service signed it."""
        ...


class AnchorError(Exception):
    """Checkpoints could not be kept outside, or not be read back. `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class AuditBrokenError(Exception):
    """The trail is not whole, so it is not signed."""

    def __init__(self, broken: Break) -> None:
        self.broken = broken
        self.code = f"audit_{broken.kind.value}"
        super().__init__(f"{self.code} at {broken.number}")


def expected_digests(
    kept: Iterable[KeptCheckpoint], reader: SignedReader
) -> tuple[dict[int, str], tuple[Break, ...]]:
    """What signed checkpoints say of the digests of entries, by number, and which ones cannot be believed."""
    expected: dict[int, str] = {}
    breaks: list[Break] = []
    for one in kept:
        try:
            head = Checkpoint.of(reader.read(one.token, CHECKPOINT_TYPE)).head
        except ValueError:
            breaks.append(Break(one.number, BreakKind.CHECKPOINT_INVALID))
            continue
        if head.number != one.number:
            breaks.append(Break(one.number, BreakKind.CHECKPOINT_INVALID))
        elif expected.setdefault(head.number, head.digest) != head.digest:
            breaks.append(Break(head.number, BreakKind.CHECKPOINT_DIFFERS))
    return expected, tuple(breaks)

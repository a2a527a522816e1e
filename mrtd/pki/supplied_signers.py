"""DSCs that came apart from a document: some security objects carry no certificate (ICAO 9303-10 §4.6.2; TR-03135).

They are looked up by what a SignerInfo names (RFC 5652 §5.3) and trusted for nothing: a path to an anchor is built
for them as for any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import SignerInfo


@dataclass(frozen=True, slots=True)
class Supplied:
    """A DSC as stored, with what finds it: its subject key identifier, and its issuer and serial number."""

    raw: bytes
    sha256: str
    issuer: bytes
    serial: int
    key_identifier: bytes | None

    @classmethod
    def of(cls, certificate: Certificate) -> Supplied:
        """The record of a certificate that was read."""
        return cls(
            raw=certificate.raw,
            sha256=certificate.sha256,
            issuer=hashlib.sha256(certificate.issuer.raw).digest(),
            serial=certificate.serial,
            key_identifier=certificate.key_identifier,
        )


class SuppliedSigners:
    """All supplied DSCs of a store; the PKD holds about 30,000, of which a process needs a few."""

    def __init__(self, supplied: Iterable[Supplied] = ()) -> None:
        self._all = tuple({one.sha256: one for one in supplied}.values())

    @property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of each, hexadecimal."""
        return tuple(one.sha256 for one in self._all)

    @cached_property
    def _by_serial(self) -> dict[tuple[bytes, int], list[Supplied]]:
        found: dict[tuple[bytes, int], list[Supplied]] = {}
        for one in self._all:
            found.setdefault((one.issuer, one.serial), []).append(one)
        return found

    @cached_property
    def _by_key_identifier(self) -> dict[bytes, list[Supplied]]:
        found: dict[bytes, list[Supplied]] = {}
        for one in self._all:
            if one.key_identifier:
                found.setdefault(one.key_identifier, []).append(one)
        return found

    def named_by(self, signer: SignerInfo) -> tuple[Certificate, ...]:
        """The DSCs that a SignerInfo names, byte for byte (RFC 5652 §5.3)."""
        if signer.sid_ski is not None:
            named = self._by_key_identifier.get(signer.sid_ski, [])
        elif signer.sid_issuer is not None and signer.sid_serial is not None:
            named = self._by_serial.get((hashlib.sha256(signer.sid_issuer).digest(), signer.sid_serial), [])
        else:
            named = []
        return tuple(_readable(named))

    def __iter__(self) -> Iterator[Supplied]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SuppliedSigners) and set(self.digests) == set(other.digests)

    def __hash__(self) -> int:
        return hash(frozenset(self.digests))


def _readable(supplied: Iterable[Supplied]) -> Iterator[Certificate]:
    for one in supplied:
        try:
            yield Certificate.parse(one.raw)
        except MrtdError:  # pragma: no cover - only certificates that were read are supplied
            continue

"""Chains of certificates that makers of phones issue, checked whole: all that fails is named, not the first alone.

RFC 5280 §6 but for its end: that is a pinned key, whatever certificate holds it and however old that is, because both
makers certified one key several times and phones carry the oldest for ever.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm
from mrtd.crypto.keys import EcPublicKey, PublicKey
from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from service.adapters.attestation.roots import Roots
from service.domain.attestation import MalformedAttestationError, Refusal

#: The longest real chain has 5 certificates.
MAX_CERTIFICATES: Final = 10
#: The largest real one, of an ML-DSA-87 key, is below 5 KiB with its issuer's signature.
MAX_CERTIFICATE: Final = 16 * 1024

_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MIN_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Path:
    """What was found of a chain. `root` is the name of the pinned key that it ends at."""

    certificates: tuple[Certificate, ...]
    root: str | None
    chain: tuple[Refusal, ...]
    anchored_by_certificate: bool

    @property
    def between(self) -> tuple[Certificate, ...]:
        """What lies between the leaf and the pinned key."""
        return self.certificates[1:-1] if self.anchored_by_certificate else self.certificates[1:]

    def valid_at(self, at: datetime, *, leaf: bool) -> bool:
        """Whether all certificates below the root are valid then; `leaf`: whether the maker dated that one."""
        dated = self.certificates[:1] + self.between if leaf else self.between
        return all(certificate.valid_at(at) for certificate in dated)


def read_chain(encoded: Sequence[bytes], *, shortest: int) -> tuple[Certificate, ...]:
    """Certificates, leaf first.

    Raises:
        MalformedAttestationError: too few, too many, too long, or no certificates.
    """
    if not shortest <= len(encoded) <= MAX_CERTIFICATES:
        raise MalformedAttestationError("chain_length")
    if any(len(certificate) > MAX_CERTIFICATE for certificate in encoded):
        raise MalformedAttestationError("certificate_too_long")
    try:
        return tuple(map(_certificate, encoded))
    except MrtdError as error:
        # without its cause: a traceback would carry what the phone said
        raise MalformedAttestationError(error.code) from None


def _certificate(encoded: bytes) -> Certificate:
    certificate = Certificate.parse(encoded)
    if len({extension.oid for extension in certificate.extensions}) != len(certificate.extensions):
        raise MalformedAttestationError("duplicate_extension")
    return certificate


def extension_value(certificate: Certificate, oid: str) -> bytes | None:
    """The value of an extension of a certificate of `read_chain`, None where it is absent."""
    return next((extension.value for extension in certificate.extensions if extension.oid == oid), None)


def find_path(certificates: tuple[Certificate, ...], roots: Roots) -> Path:
    """Whether each certificate was signed with the key of the next one, and the last with a pinned key."""
    refusals: list[Refusal] = []
    links = itertools.pairwise(certificates)
    if not all(_issued(child, issuer) for child, issuer in links):
        refusals.append(Refusal.CHAIN_BROKEN)
    if len({certificate.key_digest for certificate in certificates}) != len(certificates):
        refusals.append(Refusal.KEY_REUSED)
    last = certificates[-1]
    if pinned := roots.get(last.key_digest):
        return Path(certificates, pinned[0], tuple(refusals), anchored_by_certificate=True)
    issuer = next((name for name, key in roots.values() if _signed(last, key)), None)
    return Path(certificates, issuer, tuple(refusals), anchored_by_certificate=False)


def _issued(child: Certificate, issuer: Certificate) -> bool:
    """Whether `issuer` may issue (RFC 5280 §4.2.1.3, §4.2.1.9), is named as issuer (§6.1.3 a 4), and signed."""
    try:
        may = issuer.may_issue and not issuer.unknown_critical and child.issuer.same_as(issuer.subject)
        return may and _signed(child, issuer.public_key())
    except MrtdError:
        return False


def _signed(child: Certificate, key: PublicKey) -> bool:
    try:
        return _is_strong(key, child.algorithm) and child.is_signed_by(key)
    except MrtdError:
        return False


def _is_strong(key: PublicKey, algorithm: SignatureAlgorithm) -> bool:
    """What makers of phones sign with, and nothing weaker or slower."""
    if algorithm.hash not in _HASHES:
        return False
    if isinstance(key, EcPublicKey):
        return algorithm.scheme is Scheme.ECDSA and key.curve.name in _CURVES and not key.explicit
    return algorithm.scheme is not Scheme.ECDSA and key.bits >= _MIN_RSA_BITS

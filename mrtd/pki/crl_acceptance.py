"""Which CRLs of the sources count: signed by a trusted CSCA of that name and state (SECURITY.md 4.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.extensions import KeyUsage
from mrtd.pki.index import CertificateIndex
from mrtd.pki.realm import Refusal

#: Anchors of one name that are tried for a CRL; 19 is the most that real lists hold.
MAX_CRL_ATTEMPTS: Final = 64


@dataclass(frozen=True, slots=True)
class StoredCrl:
    """A CRL and the trusted CSCA whose key verifies it."""

    crl: Crl
    signer: Certificate


def accept_crls(
    stored: Iterable[bytes], anchors: CertificateIndex, refused: Counter[str], at: datetime | None = None
) -> tuple[tuple[StoredCrl, ...], dict[bytes, int]]:
    """The newest CRL of each signing key; a lower number never replaces a higher (SECURITY.md 4.3).

    Args:
        stored: CRLs in DER.
        anchors: whose signatures count.
        refused: counts what is left out.
        at: a CRL that begins later stands beside the present one until it has begun; None leaves that open.

    Returns:
        The accepted CRLs, and by `Name.digest` of the issuer how many were ignored for want of a trusted signer.
    """
    newest: dict[tuple[bytes, bytes, bool, bool], StoredCrl] = {}
    ignored: Counter[bytes] = Counter()
    for der in dict.fromkeys(stored):
        try:
            crl = Crl.parse(der)
        except MrtdError:
            refused[Refusal.CRL_MALFORMED] += 1
            continue
        issuer = crl.issuer.digest
        signer = crl_signer(crl, anchors)
        if signer is None:
            refused[Refusal.CRL_UNTRUSTED] += 1
            ignored[issuer] += 1
            continue
        # a delta or partial CRL, which cannot be used here, takes nothing away from a complete one
        key = (issuer, signer.key_digest, crl.unusable is None, at is None or crl.this_update <= at)
        present = newest.get(key)
        if present is not None:
            refused[Refusal.CRL_SUPERSEDED] += 1
        if present is None or _crl_age(crl) > _crl_age(present.crl):
            newest[key] = StoredCrl(crl, signer)
    return tuple(sorted(newest.values(), key=lambda stored: stored.crl.sha256)), dict(ignored)


def _crl_age(crl: Crl) -> tuple[int, float, str]:
    return (-1 if crl.number is None else crl.number, crl.this_update.timestamp(), crl.sha256)


def crl_signer(crl: Crl, anchors: CertificateIndex) -> Certificate | None:
    """The anchor of the CRL's name and state, with cRLSign, whose key verifies it (RFC 5280 §6.3.3 f, g)."""
    named = sorted(
        anchors.named(crl.issuer.digest),
        key=lambda entry: (entry.key_identifier != crl.authority_key_identifier, entry.sha256),
    )
    for entry in named[:MAX_CRL_ATTEMPTS]:
        try:
            if _may_sign_crls(entry.certificate) and crl.is_signed_by(entry.certificate.public_key()):
                return entry.certificate
        except MrtdError:
            continue
    return None


def _may_sign_crls(certificate: Certificate) -> bool:
    try:
        usage = certificate.key_usage
    except MrtdError:
        return False
    return usage is None or KeyUsage.CRL_SIGN in usage

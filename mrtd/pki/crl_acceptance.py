"""Which CRLs of the sources count: signed by a trusted CSCA of that name and state (SECURITY.md 4.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.extensions import KeyUsage
from mrtd.pki.names import Rdn
from mrtd.pki.realm import Refusal
from mrtd.pki.search import CertificateIndex
from mrtd.pki.sources import Source


@dataclass(frozen=True, slots=True)
class StoredCrl:
    """A CRL and the trusted CSCA whose key verifies it."""

    crl: Crl
    signer: Certificate


def accept_crls(
    sources: Sequence[Source], anchors: CertificateIndex, refused: Counter[str]
) -> tuple[tuple[StoredCrl, ...], dict[tuple[Rdn, ...], int]]:
    """The newest CRL of each signing key; a lower number never replaces a higher (SECURITY.md 4.3)."""
    newest: dict[tuple[tuple[Rdn, ...], bytes, bool], StoredCrl] = {}
    ignored: Counter[tuple[Rdn, ...]] = Counter()
    for der in dict.fromkeys(der for source in sources for der in source.crls):
        try:
            crl = Crl.parse(der)
        except MrtdError:
            refused[Refusal.CRL_MALFORMED] += 1
            continue
        signer = crl_signer(crl, anchors)
        if signer is None:
            refused[Refusal.CRL_UNTRUSTED] += 1
            ignored[crl.issuer.folded] += 1
            continue
        # a delta or partial CRL, which cannot be used here, takes nothing away from a complete one
        key = (crl.issuer.folded, signer.spki, crl.unusable is None)
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
    named = [c for c in anchors.named(crl.issuer.folded) if _may_sign_crls(c)]
    named.sort(key=lambda c: (c.key_identifier != crl.authority_key_identifier, c.sha256))
    for certificate in named:
        try:
            if crl.is_signed_by(certificate.public_key()):
                return certificate
        except MrtdError:
            continue
    return None


def _may_sign_crls(certificate: Certificate) -> bool:
    try:
        usage = certificate.key_usage
    except MrtdError:
        return False
    return usage is None or KeyUsage.CRL_SIGN in usage

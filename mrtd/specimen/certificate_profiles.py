"""What the certificates and the CRL of the specimen state say (ICAO 9303-12 §7.1)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from mrtd.specimen import certificates
from mrtd.specimen.certificates import CertificateTemplate, CrlTemplate
from mrtd.specimen.scheme import AlgorithmProfile
from mrtd.specimen.signing_key import SigningKey

# ICAO 9303-12, Appendix A, example 3: documents for ten years, a DSC key for three months, a CSCA key for five years.
DOCUMENT_DAYS: Final = 3653
_DSC_KEY_DAYS: Final = 92
_CSCA_KEY_DAYS: Final = 1826
#: How old the keys are at the time of the issuer, so that documents can have been issued before it.
_CSCA_KEY_AGE_DAYS: Final = 730
_DSC_KEY_AGE_DAYS: Final = 75
#: A CRL at least every 90 days (ICAO 9303-12 §4.1.5).
_CRL_DAYS: Final = 90

CSCA_NAME: Final = "CSCA Utopia SPECIMEN"
DSC_NAME: Final = "Document Signer Utopia SPECIMEN"


def _serial(algorithms: AlgorithmProfile, role: str, day: datetime) -> int:
    """A positive serial number of 16 octets (ICAO 9303-12 §7.1 allows 20)."""
    digest = hashlib.sha256(f"{algorithms.name} {role} {day.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:16]) >> 1 | 1


def csca_template(algorithms: AlgorithmProfile, key: SigningKey, today: datetime) -> CertificateTemplate:
    """A self-signed CSCA root (ICAO 9303-12 §7.1, tables 5 and 6)."""
    start = today - timedelta(days=_CSCA_KEY_AGE_DAYS)
    key_end = start + timedelta(days=_CSCA_KEY_DAYS)
    return CertificateTemplate(
        serial=_serial(algorithms, key.name, today),
        scheme=algorithms.csca_scheme,
        issuer=certificates.name(CSCA_NAME),
        subject=certificates.name(CSCA_NAME),
        not_before=start,
        not_after=key_end + timedelta(days=_DSC_KEY_DAYS + DOCUMENT_DAYS),
        spki=key.spki(),
        extensions=(
            certificates.authority_key_identifier(key.key_identifier()),
            certificates.subject_key_identifier(key.key_identifier()),
            certificates.key_usage("keyCertSign", "cRLSign"),
            certificates.private_key_usage_period(start, key_end),
            *certificates.alternative_names(),
            certificates.basic_constraints(),
            certificates.crl_distribution_points(),
            certificates.specimen_mark(),
        ),
    )


def dsc_template(
    algorithms: AlgorithmProfile,
    csca: CertificateTemplate,
    csca_key: SigningKey,
    key: SigningKey,
    today: datetime,
) -> CertificateTemplate:
    """A document signer for passports (ICAO 9303-12 §7.1, tables 5 and 6)."""
    start = today - timedelta(days=_DSC_KEY_AGE_DAYS)
    key_end = start + timedelta(days=_DSC_KEY_DAYS)
    return CertificateTemplate(
        serial=_serial(algorithms, key.name, today),
        scheme=algorithms.csca_scheme,
        issuer=csca.subject,
        subject=certificates.name(DSC_NAME),
        not_before=start,
        not_after=key_end + timedelta(days=DOCUMENT_DAYS),
        spki=key.spki(),
        extensions=(
            certificates.authority_key_identifier(csca_key.key_identifier()),
            certificates.subject_key_identifier(key.key_identifier()),
            certificates.key_usage("digitalSignature"),
            certificates.private_key_usage_period(start, key_end),
            *certificates.alternative_names(),
            certificates.crl_distribution_points(),
            certificates.document_types("P"),
            certificates.specimen_mark(),
        ),
    )


def crl_template(
    algorithms: AlgorithmProfile, csca: CertificateTemplate, csca_key: SigningKey, today: datetime
) -> CrlTemplate:
    """A CRL that lists nothing (ICAO 9303-12 §7.1.4)."""
    return CrlTemplate(
        scheme=algorithms.csca_scheme,
        issuer=csca.subject,
        this_update=today,
        next_update=today + timedelta(days=_CRL_DAYS),
        revoked=(),
        extensions=(
            certificates.authority_key_identifier(csca_key.key_identifier()),
            certificates.crl_number(1),
        ),
    )

"""Object identifiers of the PKI (ICAO 9303-10 §4.7, 9303-12 §7, RFC 5280, RFC 5652) that this package reads."""

from __future__ import annotations

from typing import Final

# RFC 5652
ID_DATA: Final = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"

# ICAO 9303-10, -12
LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
CSCA_MASTER_LIST: Final = "2.23.136.1.1.2"
MASTER_LIST_SIGNER: Final = "2.23.136.1.1.3"
NAME_CHANGE: Final = "2.23.136.1.1.6.1"
DOCUMENT_TYPE_LIST: Final = "2.23.136.1.1.6.2"
DEVIATION_LIST: Final = "2.23.136.1.1.7"
DEVIATION_LIST_SIGNER: Final = "2.23.136.1.1.8"

# names (X.520)
COUNTRY_NAME: Final = "2.5.4.6"
LOCALITY_NAME: Final = "2.5.4.7"
COMMON_NAME: Final = "2.5.4.3"

# extensions (RFC 5280 §4.2, §5.2)
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
ISSUER_ALTERNATIVE_NAME: Final = "2.5.29.18"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
DELTA_CRL_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
CERTIFICATE_ISSUER: Final = "2.5.29.29"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"

#: Extensions whose meaning is known here (RFC 5280 §4.2). A critical one beyond these forbids using the certificate.
#: Certificate policies put no demand on a verifier that asks for none (RFC 5280 §6.1.1 d).
KNOWN_EXTENSIONS: Final = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER,
        KEY_USAGE,
        PRIVATE_KEY_USAGE_PERIOD,
        SUBJECT_ALTERNATIVE_NAME,
        ISSUER_ALTERNATIVE_NAME,
        BASIC_CONSTRAINTS,
        CRL_DISTRIBUTION_POINTS,
        CERTIFICATE_POLICIES,
        AUTHORITY_KEY_IDENTIFIER,
        EXTENDED_KEY_USAGE,
        NAME_CHANGE,
        DOCUMENT_TYPE_LIST,
    }
)

#: The specimen issuer puts this extension, critical, into every certificate of its own (SECURITY.md 4.5). The arc
#: under 2.25 is the UUID 49462b9d-6d8d-4e85-ba2a-01f6cf369af1 (ITU-T X.667), so it belongs to nobody else.
SPECIMEN_MARK: Final = "2.25.97397989088735463839813719501674289905"

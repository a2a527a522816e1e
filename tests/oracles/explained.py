"""Every disagreement of an oracle with us, explained: (question, oracle) -> item -> reason.

The tables are exact: a disagreement that is not here is red, and so is one that no longer occurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Table = Mapping[tuple[str, str], Mapping[str, str]]

NOT_NAMED: Final = (
    "the signer names no certificate in the object: openssl gives up, we take the one whose key verified and say"
    " sid_mismatch or only_certificate"
)
APART: Final = (
    "the object holds no certificate, so that openssl finds no signer; we take the DSC that its signer names from the"
    " store and say certificate_from"
)
PLAIN: Final = "plain r || s instead of a DER sequence (BSI TR-03111 §5.2.1): we read it and say raw_ecdsa"
OTHER_HASH: Final = (
    "signed with the hash of digestAlgorithm, while signatureAlgorithm names another: we find the signature and"
    " refuse it by pa.sod.algorithms"
)
OTHER_DIGEST: Final = (
    "the digest of the content is by another hash than the signature: openssl refuses both together, we by"
    " pa.sod.algorithms"
)
CONTENT_TYPE: Final = (
    "openssl does not hold the attribute contentType against eContentType (RFC 5652 §11.1); we do,"
    " pa.sod.message_digest"
)
NO_ATTRIBUTES: Final = (
    "a signature over the bare content is valid CMS (RFC 5652 §5.4), but the content is not of type id-data, so"
    " signed attributes must be there (§5.3)"
)
UNKNOWN_SCHEME: Final = (
    "openssl goes by the key and digestAlgorithm, whatever signatureAlgorithm says; we do not guess"
)
NO_NULL: Final = "DigestInfo without NULL parameters, which RFC 8017 §9.2 (note 2) lets a verifier accept"
VERSION_1: Final = (
    "of a SignedData of version 1 asn1crypto reads the content as PKCS #7 has it, not as an OCTET STRING (RFC 5652"
    " §5.1); we say signed_data_version"
)
TWICE: Final = "of a group that is listed twice we judge one hash and fail pa.dg_duplicate; the oracle judges both"
CURVE: Final = (
    "explicit parameters that are no known curve: we do not decide (unknown_curve); the oracle computes with whatever"
    " parameters stand there"
)
OFF_CURVE: Final = (
    "the point is not on the curve that is named, so we have no key (bad_key); asn1crypto does not look"
)
DER_ANSWER: Final = (
    "the chip answered with a DER sequence; the oracle reads r || s alone, we read both and say der_encoded"
)
NO_CURVE: Final = "a curve that nobody has named: for us its own reason (unknown_curve), for pyca a malformed key"
OUTER_ALGORITHM: Final = (
    "the algorithm outside is another than the signed one (RFC 5280 §4.1.1.2): we refuse, the oracle looks at the"
    " signed one alone"
)
EXTENSION: Final = "one extension cannot be read, and with it the oracle loses the others; we keep them"
EXTENSION_TWICE: Final = "pyca refuses all extensions where one stands twice; we only refuse to read that one"
STRICTER_DER: Final = "pyca refuses the whole certificate for an encoding that is not DER (names, times, parameters)"
VERSION_2: Final = (
    "pyca knows certificates of version 1 and 3 alone; the profile check says that the version is wrong"
)
VALUE: Final = (
    "pyca refuses the value of an extension (CA FALSE with a path length, an issuer without a serial number)"
)


def _all(reason: str, *items: str) -> dict[str, str]:
    return dict.fromkeys(items, reason)


_MOCKS: Final = tuple(
    f"mock_ZKR_{name} EF.SOD"
    for name in (
        "jack-miller-smith-rsa-4096-sha512",
        "john-miller-smith-rsa-2048-sha256",
        "johnny_ecdsa-p256-sha256",
        "johnny_ecdsa-p384-sha384",
        "johnny_rsa-2048-sha256",
        "johnny_rsa-4096-sha512",
        "mary-miller-smith-ecdsa-p256-sha256",
        "paul-miller-smith-ecdsa-p384-sha384",
    )
)
_PLAIN_MOCKS: Final = tuple(name for name in _MOCKS if "ecdsa" in name)
#: Japan 4, Austria 2, Germany 2, Algeria, United Arab Emirates.
_NOT_DER: Final = (
    "DE_ML_2024-04-10.ml certificate 25",
    "DE_ML_2024-04-10.ml certificate 50",
    "DE_ML_2024-04-10.ml certificate 58",
    "DE_ML_2024-04-10.ml certificate 78",
    "DE_ML_2025-03-05-08-05-28.ml certificate 49",
    "DE_ML_2025-03-05-08-05-28.ml certificate 80",
    "DE_ML_2025-03-05-08-05-28.ml certificate 85",
    "IT_ML_old.ml certificate 26",
    "IT_ML_old.ml certificate 80",
    "old_germany.cer certificate 1",
)
#: Lithuania 3.
_TRUNCATED: Final = ("IT_ML_old.ml certificate 1", "IT_ML_old.ml certificate 2", "IT_ML_old.ml certificate 3")

_REAL_SIGNATURES: Final = {
    "ICAO_ML_2023-09.ml": NO_NULL,
    **_all(PLAIN, *_PLAIN_MOCKS),
    "mock_ZKR_johnny_rsa-4096-sha512 EF.SOD": OTHER_HASH,
}

REAL: Final[Table] = {
    ("CMS", "openssl"): {
        "ICAO_ML_2023-09.ml": NO_NULL,
        "f7ed526e.bin EF.CardSecurity": CONTENT_TYPE,
        **_all(NOT_NAMED, *_MOCKS),
    },
    ("signature", "openssl"): _REAL_SIGNATURES,
    ("signature", "pyca"): _REAL_SIGNATURES,
    ("SignedData", "asn1crypto"): {"9b8c545a.bin EF.SOD": VERSION_1},
    ("fields", "asn1crypto"): _all(EXTENSION, *_TRUNCATED),
    ("key", "pyca"): _all(STRICTER_DER, *_NOT_DER),
    ("summary", "pyca"): {
        **_all(STRICTER_DER, *_NOT_DER),
        **_all(EXTENSION, *_TRUNCATED),
        **_all(
            VALUE,
            "DE_ML_2024-04-10.ml certificate 283",
            "DE_ML_2024-04-10.ml certificate 324",
            "ICAO_ML_2023-09.ml certificate 294",
            "IT_ML_old.ml certificate 265",
        ),
    },
}

_SPOILED_EXTENSION: Final = (
    "9303-12-7.1::dsc-alternative-name-unreadable EF.SOD certificate 1",
    "9303-12-7.1::dsc-usage-period-unreadable EF.SOD certificate 1",
    "rfc5280-4.2::dsc-key-usage-unreadable EF.SOD certificate 1",
    "pki/utopia-csca-alternative-name-unreadable certificate 1",
)
_CHANGED_GENERATOR: Final = (
    "9303-12-4.1.6::dsc-changed-generator EF.SOD certificate 1",
    "pki/utopia-changed-generator certificate 1",
)
_PYCA_REFUSES: Final = {
    **_all(
        STRICTER_DER,
        "9303-12-7.1::dsc-not-der EF.SOD certificate 1",
        "pki/utopia-csca-not-der certificate 1",
    ),
    **_all(
        VERSION_2,
        "9303-12-7.1::dsc-version-2 EF.SOD certificate 1",
        "pki/utopia-csca-version-2 certificate 1",
    ),
}

_NO_NULL_CRL: Final = {
    "pki/utopia-rsa-sha384-no-null CRL 1 by pki/utopia-rsa-sha384-no-null certificate 1": NO_NULL,
}

FIXTURES: Final[Table] = {
    ("CMS", "openssl"): {
        "9303-10-4.6.2::plain-signature EF.SOD": PLAIN,
        **_all(APART, "9303-10-4.6.2::dsc-apart EF.SOD", "9303-11-5.1::forged-dsc-apart EF.SOD"),
        "9303-12-4.1.6::unknown-signature-algorithm EF.SOD": UNKNOWN_SCHEME,
        "rfc5652-5.3::no-attributes EF.SOD": NO_ATTRIBUTES,
        **_all(
            NOT_NAMED,
            "rfc5652-5.3::signer-name-reversed EF.SOD",
            "rfc5652-5.3::signer-names-another EF.SOD",
            "rfc5652-5.3::signer-other-number EF.SOD",
            "rfc5652-5.3::stranger-names-genuine-dsc-first EF.SOD",
            "rfc5652-5.3::stranger-names-genuine-dsc-last EF.SOD",
        ),
        "9303-12-4.1.6::chain-rsa-sha384-no-null EF.SOD": NO_NULL,
        "rfc5652-5.4::digest-by-another-hash EF.SOD": OTHER_DIGEST,
        "rfc5652-5.6::content-type-differs EF.SOD": CONTENT_TYPE,
    },
    ("signature", "openssl"): {
        "9303-10-4.6.2::plain-signature EF.SOD": PLAIN,
        "9303-12-4.1.6::chain-rsa-sha384-no-null EF.SOD": NO_NULL,
        "rfc5652-5.4::declared-sha1 EF.SOD": OTHER_HASH,
    },
    ("signature", "pyca"): {"9303-12-4.1.6::chain-rsa-sha384-no-null EF.SOD": NO_NULL},
    ("AA", "openssl"): {"9303-11-6.1::ec-der-encoded": DER_ANSWER},
    ("path", "openssl"): {
        "9303-12-7.1::dsc-other-outer-algorithm": OUTER_ALGORITHM,
        "9303-12-4.1.6::chain-rsa-sha384-no-null": NO_NULL,
    },
    ("path", "pyca"): {"9303-12-4.1.6::chain-rsa-sha384-no-null": NO_NULL},
    ("SignedData", "asn1crypto"): {"9303-10-4.6.2::signed-data-version-1 EF.SOD": VERSION_1},
    ("hashes", "hashlib"): {
        "9303-10-4.6.2::signed-data-version-1": VERSION_1,
        "9303-10-4.6.2::group-listed-twice-differently": TWICE,
    },
    ("fields", "asn1crypto"): _all(EXTENSION, *_SPOILED_EXTENSION),
    ("key", "asn1crypto"): {
        **_all(CURVE, *_CHANGED_GENERATOR, "9303-12-4.1.6::dsc-unknown-curve EF.SOD certificate 1"),
        "9303-12-4.1.6::dsc-wrong-curve EF.SOD certificate 1": OFF_CURVE,
    },
    ("signed by its own key", "openssl"): {
        "pki/utopia-changed-generator certificate 1": CURVE,
        "pki/utopia-rsa-sha384-no-null certificate 1": NO_NULL,
    },
    ("signed by its own key", "pyca"): {"pki/utopia-rsa-sha384-no-null certificate 1": NO_NULL},
    ("CRL signature", "openssl"): _NO_NULL_CRL,
    ("CRL signature", "pyca"): _NO_NULL_CRL,
    ("key", "pyca"): {**_PYCA_REFUSES, "9303-12-4.1.6::dsc-unknown-curve EF.SOD certificate 1": NO_CURVE},
    ("summary", "pyca"): {
        **_PYCA_REFUSES,
        **_all(
            EXTENSION,
            "9303-12-7.1::dsc-alternative-name-unreadable EF.SOD certificate 1",
            "9303-12-7.1::dsc-usage-period-unreadable EF.SOD certificate 1",
            "pki/utopia-csca-alternative-name-unreadable certificate 1",
        ),
        **_all(
            EXTENSION_TWICE,
            "rfc5280-4.2::dsc-crl-place-twice EF.SOD certificate 1",
            "pki/utopia-csca-crl-place-twice certificate 1",
        ),
    },
}

TABLES: Final[Mapping[str, Table]] = {"fixtures": FIXTURES, "real": REAL}

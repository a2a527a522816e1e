"""The error codes of the TR-03135 export: integers of the vendor range, for ever the same (BSI TR-03135-1 §5.3).

A code is the class of the check plus the number of the reason: `200000 + 8` is `mismatch` of an electronic check.
Others store these numbers. A new reason gets the next free number; a number is never given to another reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mrtd.inspection.reason import Reason
from mrtd.inspection.tr03135_tree import CodeClass

#: Vendor-specific codes (TR-03135-1 §5.3).
VENDOR_RANGE: Final = range(1_000, 1_000_000)

R = Reason
#: 0 is a check without a reason.
REASON_NUMBERS: Final[Mapping[Reason, int]] = MappingProxyType({
    R.NO_EVIDENCE: 1, R.EARLIER_STEP: 2, R.CHECK_ERROR: 3, R.NOT_LIVE: 4, R.UNKNOWN_FORMAT: 5, R.BAD_CHARACTER: 6,
    R.BAD_LENGTH: 7, R.MISMATCH: 8, R.FILLER: 9, R.WEAK_CHARACTERS: 10, R.READINGS_DISAGREE: 11, R.CLAIMED: 12,
    R.BAC_DESPITE_PACE: 13, R.CARD_ACCESS_ABSENT: 14, R.DIFFERS: 15, R.NOT_READ: 16, R.UNPROTECTED_RESPONSE: 17,
    R.BAD_MAC: 18, R.LENGTH_QUIRK: 19, R.MALFORMED: 20, R.UNKNOWN_VERSION: 21, R.ABSENT: 22, R.BER_LENGTH: 23,
    R.UNORDERED_ATTRIBUTES: 24, R.SIGNED_DATA_VERSION: 25, R.TRAILING_BYTES: 26, R.MISSING_TAG_77: 27,
    R.RAW_ECDSA: 28, R.LEGACY_OID: 29, R.CONTENT_TYPE_NOT_LDS: 30, R.UNEXPECTED: 31, R.DUPLICATE: 32, R.DISAGREE: 33,
    R.FROM_DIGEST_ALGORITHM: 34, R.NOT_FOUND: 35, R.SID_MISMATCH: 36, R.ONLY_CERTIFICATE: 37, R.BAD_SIGNATURE: 38,
    R.UNSUPPORTED_ALGORITHM: 39, R.UNKNOWN_CURVE: 40, R.WEAK_ALGORITHM: 41, R.NOT_SENT: 42, R.EAC_PROTECTED: 43,
    R.NOT_IN_SOD: 44, R.OUT_OF_RANGE: 45, R.IS_CA: 46, R.KEY_USAGE: 47, R.EXTENDED_KEY_USAGE: 48,
    R.UNKNOWN_CRITICAL_EXTENSION: 49, R.DOCUMENT_TYPE: 50, R.EXPIRED: 51, R.NOT_YET_VALID: 52,
    R.TIME_NOT_DETERMINED: 53, R.OUTSIDE: 54, R.NOT_STATED: 55, R.REVOKED: 56, R.NO_CRL: 57, R.CRL_STALE: 58,
    R.CRL_UNUSABLE: 59, R.NO_CSCA: 60, R.NO_TRUST_ANCHOR: 61, R.BAD_ISSUER_SIGNATURE: 62, R.LINK_NOT_TRUSTED: 63,
    R.TOO_LONG: 64, R.LINK_USED: 65, R.PROBATION: 66, R.OPERATOR: 67, R.OTHER_REALM: 68, R.KNOWN_DEVIATION: 69,
    R.VERSION_NOT_3: 70, R.SERIAL_NOT_POSITIVE: 71, R.SERIAL_TOO_LONG: 72, R.ALGORITHM_INNER_OUTER: 73,
    R.COUNTRY_MISSING: 74, R.COUNTRY_NOT_UPPER_CASE: 75, R.COUNTRY_MALFORMED: 76, R.COUNTRY_SUBJECT_ISSUER: 77,
    R.BASIC_CONSTRAINTS: 78, R.PATH_LENGTH: 79, R.AUTHORITY_KEY_IDENTIFIER: 80, R.SUBJECT_KEY_IDENTIFIER: 81,
    R.PRIVATE_KEY_USAGE_PERIOD: 82, R.DOCUMENT_TYPE_LIST: 83, R.EXTENSION_MALFORMED: 84, R.EXTENSION_DUPLICATE: 85,
    R.NOT_DER: 86, R.NAMED_CURVE: 87, R.UNMAPPED: 88, R.UNCONFIRMED: 89, R.UNKNOWN_DATE: 90, R.BAD_KEY: 91,
    R.NO_MATCHING_INFO: 92, R.PA_NOT_PASSED: 93, R.NOT_SUPPORTED: 94, R.ALGORITHM_UNDECLARED: 95, R.DER_ENCODED: 96,
    R.OTHER_CHALLENGE: 97, R.CHALLENGE_EXPIRED: 98, R.CHALLENGE_USED: 99, R.NOT_PERFORMED: 100, R.INFERRED_3DES: 101,
    R.BAD_TOKEN: 102, R.UNTRUSTED: 103, R.SOD_NOT_IN_SESSION: 104, R.NOT_AN_IMAGE: 105, R.UNSUPPORTED: 106,
    R.SEVERAL_FACES: 107, R.INCOMPLETE: 108, R.SLOW: 109, R.OUTLIER: 110,
})  # fmt: skip


def code_of(code_class: CodeClass, reason: Reason | None) -> int:
    """The error code of a reason in a class of checks."""
    return code_class + (0 if reason is None else REASON_NUMBERS[reason])


def codes_markdown() -> str:
    """The table of error codes of docs/tr03135.md."""
    classes = " | ".join(one.name.lower() for one in CodeClass)
    rows = [f"| number | reason | {classes} |\n|{'---|' * (2 + len(CodeClass))}\n"]
    numbered = sorted(REASON_NUMBERS.items(), key=lambda item: item[1])
    for reason, number in ((None, 0), *numbered):
        word = "no reason" if reason is None else f"`{reason}`"
        codes = " | ".join(str(code_of(one, reason)) for one in CodeClass)
        rows.append(f"| {number} | {word} | {codes} |\n")
    return "".join(rows)

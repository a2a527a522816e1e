"""Why a check ended as it did: one enum, shared by all checks; the table says which check may give which reason.

Each reason has one sentence in Swedish and English in the catalogue. A PASSED check can carry a reason that names a
tolerance or a remark.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stable snake_case words; outsiders program against them."""

    # any check
    NO_EVIDENCE = "no_evidence"
    EARLIER_STEP = "earlier_step"
    CHECK_ERROR = "check_error"
    NOT_LIVE = "not_live"
    # MRZ
    UNKNOWN_FORMAT = "unknown_format"
    BAD_CHARACTER = "bad_character"
    BAD_LENGTH = "bad_length"
    MISMATCH = "mismatch"
    FILLER = "filler"
    WEAK_CHARACTERS = "weak_characters"
    READINGS_DISAGREE = "readings_disagree"
    # access
    CLAIMED = "claimed"
    BAC_DESPITE_PACE = "bac_despite_pace"
    CARD_ACCESS_ABSENT = "card_access_absent"
    DIFFERS = "differs"
    NOT_READ = "not_read"
    UNPROTECTED_RESPONSE = "unprotected_response"
    BAD_MAC = "bad_mac"
    LENGTH_QUIRK = "length_quirk"
    # logical data structure
    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    ABSENT = "absent"
    # security object
    BER_LENGTH = "ber_length"
    UNORDERED_ATTRIBUTES = "unordered_attributes"
    SIGNED_DATA_VERSION = "signed_data_version"
    TRAILING_BYTES = "trailing_bytes"
    MISSING_TAG_77 = "missing_tag_77"
    RAW_ECDSA = "raw_ecdsa"
    LEGACY_OID = "legacy_oid"
    CONTENT_TYPE_NOT_LDS = "content_type_not_lds"
    UNEXPECTED = "unexpected"
    DUPLICATE = "duplicate"
    DISAGREE = "disagree"
    FROM_DIGEST_ALGORITHM = "from_digest_algorithm"
    NOT_FOUND = "not_found"
    SID_MISMATCH = "sid_mismatch"
    ONLY_CERTIFICATE = "only_certificate"
    BAD_SIGNATURE = "bad_signature"
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    UNKNOWN_CURVE = "unknown_curve"
    WEAK_ALGORITHM = "weak_algorithm"
    # data groups
    NOT_SENT = "not_sent"
    EAC_PROTECTED = "eac_protected"
    NOT_IN_SOD = "not_in_sod"
    OUT_OF_RANGE = "out_of_range"
    # certificates
    IS_CA = "is_ca"
    KEY_USAGE = "key_usage"
    EXTENDED_KEY_USAGE = "extended_key_usage"
    UNKNOWN_CRITICAL_EXTENSION = "unknown_critical_extension"
    DOCUMENT_TYPE = "document_type"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    TIME_NOT_DETERMINED = "time_not_determined"
    OUTSIDE = "outside"
    NOT_STATED = "not_stated"
    REVOKED = "revoked"
    NO_CRL = "no_crl"
    CRL_STALE = "crl_stale"
    CRL_UNUSABLE = "crl_unusable"
    NO_CSCA = "no_csca"
    NO_TRUST_ANCHOR = "no_trust_anchor"
    BAD_ISSUER_SIGNATURE = "bad_issuer_signature"
    LINK_NOT_TRUSTED = "link_not_trusted"
    TOO_LONG = "too_long"
    LINK_USED = "link_used"
    PROBATION = "probation"
    OPERATOR = "operator"
    OTHER_REALM = "other_realm"
    KNOWN_DEVIATION = "known_deviation"
    # certificate profile (ICAO 9303-12 §7.1), one a deviation
    VERSION_NOT_3 = "version_not_3"
    SERIAL_NOT_POSITIVE = "serial_not_positive"
    SERIAL_TOO_LONG = "serial_too_long"
    ALGORITHM_INNER_OUTER = "algorithm_inner_outer"
    COUNTRY_MISSING = "country_missing"
    COUNTRY_NOT_UPPER_CASE = "country_not_upper_case"
    COUNTRY_MALFORMED = "country_malformed"
    COUNTRY_SUBJECT_ISSUER = "country_subject_issuer"
    BASIC_CONSTRAINTS = "basic_constraints"
    PATH_LENGTH = "path_length"
    AUTHORITY_KEY_IDENTIFIER = "authority_key_identifier"
    SUBJECT_KEY_IDENTIFIER = "subject_key_identifier"
    PRIVATE_KEY_USAGE_PERIOD = "private_key_usage_period"
    DOCUMENT_TYPE_LIST = "document_type_list"
    EXTENSION_MALFORMED = "extension_malformed"
    EXTENSION_DUPLICATE = "extension_duplicate"
    NOT_DER = "not_der"
    NAMED_CURVE = "named_curve"
    # cross checks
    UNMAPPED = "unmapped"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN_DATE = "unknown_date"
    # chip authenticity
    BAD_KEY = "bad_key"
    NO_MATCHING_INFO = "no_matching_info"
    PA_NOT_PASSED = "pa_not_passed"
    NOT_SUPPORTED = "not_supported"
    ALGORITHM_UNDECLARED = "algorithm_undeclared"
    DER_ENCODED = "der_encoded"
    OTHER_CHALLENGE = "other_challenge"
    CHALLENGE_EXPIRED = "challenge_expired"
    CHALLENGE_USED = "challenge_used"
    NOT_PERFORMED = "not_performed"
    INFERRED_3DES = "inferred_3des"
    BAD_TOKEN = "bad_token"
    UNTRUSTED = "untrusted"
    SOD_NOT_IN_SESSION = "sod_not_in_session"
    # what people look at, and how the evidence came
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
    SEVERAL_FACES = "several_faces"
    INCOMPLETE = "incomplete"
    SLOW = "slow"
    OUTLIER = "outlier"

    @classmethod
    def profile(cls) -> tuple[Reason, ...]:
        """The deviations of the certificate profile (ICAO 9303-12 §7.1)."""
        return (
            cls.VERSION_NOT_3,
            cls.SERIAL_NOT_POSITIVE,
            cls.SERIAL_TOO_LONG,
            cls.ALGORITHM_INNER_OUTER,
            cls.COUNTRY_MISSING,
            cls.COUNTRY_NOT_UPPER_CASE,
            cls.COUNTRY_MALFORMED,
            cls.COUNTRY_SUBJECT_ISSUER,
            cls.BASIC_CONSTRAINTS,
            cls.PATH_LENGTH,
            cls.KEY_USAGE,
            cls.AUTHORITY_KEY_IDENTIFIER,
            cls.SUBJECT_KEY_IDENTIFIER,
            cls.PRIVATE_KEY_USAGE_PERIOD,
            cls.DOCUMENT_TYPE_LIST,
            cls.EXTENSION_MALFORMED,
            cls.EXTENSION_DUPLICATE,
            cls.NOT_DER,
            cls.NAMED_CURVE,
        )

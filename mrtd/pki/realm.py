"""Realms: trust material of states and of specimens never meets in one store (SECURITY.md 4.5; CHECKS.md rule 6)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.published_keys import SPECIMEN_KEYS, TEST_KEYS


class Realm(StrEnum):
    """What a trust store is for. Part of its digest; never changed."""

    PRODUCTION = "production"
    SPECIMEN = "specimen"


class Refusal(StrEnum):
    """Why something offered as trust material was left out."""

    MALFORMED = "malformed"
    NOT_A_CA = "not_a_ca"
    SPECIMEN_MARK = "specimen_mark"
    TEST_STATE = "test_state"
    TEST_KEY = "test_key"
    TEST_NAME = "test_name"
    CRL_MALFORMED = "crl_malformed"
    CRL_UNTRUSTED = "crl_untrusted"
    CRL_SUPERSEDED = "crl_superseded"
    DEVIATIONS_MALFORMED = "deviations_malformed"
    DEVIATIONS_UNTRUSTED = "deviations_untrusted"


#: Utopia (ICAO 9303-3 examples), codes for private use in sample lists, the state of a well-known mock.
TEST_STATES: Final = frozenset({"UT", "UTO", "QQ", "XX", "ZK"})
#: Words of names that no state gives to a signing authority in use. Run-together forms (MockCSCA) count.
_TEST_NAME: Final = re.compile(r"\btest\b|\btest[-_ ]?(?:csca|ds|ca)\b|specimen|dummy|mock", re.IGNORECASE)
#: Organisations of published test sets (BSI TR-03105, ETSI plug tests), who sign under real country codes.
_TEST_ORGANISATIONS: Final = frozenset({"hjp consulting", "etsi"})


def production_refusal(certificate: Certificate) -> Refusal | None:
    """Why a production store must not hold this certificate (SECURITY.md 4.5), or None."""
    try:
        if certificate.has_specimen_mark:
            return Refusal.SPECIMEN_MARK
    except MrtdError:
        # unreadable extensions hide a mark; such a certificate cannot be shown to be a state's
        return Refusal.MALFORMED
    if {certificate.subject.country, certificate.issuer.country} & TEST_STATES:
        return Refusal.TEST_STATE
    if certificate.key_digest.hex() in TEST_KEYS | SPECIMEN_KEYS:
        return Refusal.TEST_KEY
    values = [text for name in (certificate.subject, certificate.issuer) for _, text in name.attributes]
    if any(_TEST_NAME.search(text) or text.strip().lower() in _TEST_ORGANISATIONS for text in values):
        return Refusal.TEST_NAME
    return None

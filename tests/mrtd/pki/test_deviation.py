"""Which documents a deviation means (ICAO 9303-3 §7.3.6): every member that it gives must agree."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import pytest

from mrtd import tlv
from mrtd.pki.certificate import Certificate
from mrtd.pki.deviation import (
    Deviation,
    DeviationDescription,
    DocumentFacts,
    DocumentNumbers,
    SignerReference,
    may_speak,
    speaks_of,
    two_letters,
)
from tests.mrtd.lds.build import der
from tests.mrtd.pki import support

STATE = support.Identity.new("CSCA", "UT")
DSC = support.dsc(STATE, serial=77)
OTHER = support.dsc(STATE, serial=78)
NAMELESS = support.dsc(STATE, ski=None)
#: The same name in other letters and blanks (RFC 5280 §7.1).
RESPELT = support.dsc(support.Identity(support.name("csca ", "UT"), STATE.key), serial=77)

NOTHING = Deviation(None, None, None, None, (DeviationDescription("2.23.136.1.1.7.2", None),))
DOCUMENT = DocumentFacts(frozenset({"UT"}), "P", "UT0000001", DSC, date(2026, 3, 1))


def numbers(*given: str) -> DocumentNumbers:
    return DocumentNumbers(tlv.read(der(0xA5, *(der(0x13, number.encode()) for number in given))), len(given))


@cache
def by_issuer(serial: int = 77) -> SignerReference:
    return SignerReference(issuer=DSC.issuer, serial=serial)


def by_digest(name: str | None, certificate: Certificate = DSC) -> SignerReference:
    return SignerReference(digest=hashlib.new(name or "sha256", certificate.raw).digest(), digest_hash=name)


def by_key(certificate: Certificate = DSC) -> SignerReference:
    return SignerReference(key_identifier=certificate.key_identifier)


def period(first: tuple[int, ...], last: tuple[int, ...]) -> tuple[datetime, datetime]:
    return datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC)


@pytest.mark.parametrize(
    ("member", "document", "expected"),
    [
        # the entry of a state that names nothing means all of its documents
        ({}, {}, True),
        # the document code
        ({"document_type": "P"}, {}, True),
        ({"document_type": "P"}, {"document_code": "PD"}, True),
        ({"document_type": "PD"}, {"document_code": "PD"}, True),
        ({"document_type": "PD"}, {"document_code": "P"}, False),
        ({"document_type": "PD"}, {"document_code": "PM"}, False),
        ({"document_type": "ID"}, {}, False),
        ({"document_type": "P"}, {"document_code": ""}, True),
        # the document signer, in three ways
        ({"signer": by_issuer()}, {}, True),
        ({"signer": by_issuer()}, {"dsc": RESPELT}, True),
        ({"signer": by_issuer(78)}, {}, False),
        ({"signer": by_issuer()}, {"dsc": support.dsc(support.Identity.new("Other", "UT"), serial=77)}, False),
        ({"signer": by_key()}, {}, True),
        ({"signer": by_key(OTHER)}, {}, False),
        ({"signer": by_key()}, {"dsc": NAMELESS}, True),
        ({"signer": by_digest("sha256")}, {}, True),
        ({"signer": by_digest("sha1")}, {}, True),
        ({"signer": by_digest("sha512")}, {}, True),
        ({"signer": by_digest("sha256", OTHER)}, {}, False),
        ({"signer": by_digest(None)}, {"dsc": OTHER}, True),
        ({"signer": by_issuer(78)}, {"dsc": None}, True),
        # the day of issue, in any time zone
        ({"issued": period((2026, 1, 1), (2026, 6, 30, 23))}, {}, True),
        ({"issued": period((2026, 3, 1, 23), (2026, 3, 1, 23))}, {}, True),
        ({"issued": period((2026, 3, 2), (2026, 4, 1))}, {}, True),
        ({"issued": period((2026, 3, 3), (2026, 4, 1))}, {}, False),
        ({"issued": period((2026, 1, 1), (2026, 2, 28))}, {}, True),
        ({"issued": period((2026, 1, 1), (2026, 2, 27, 23, 59))}, {}, False),
        ({"issued": period((2025, 1, 1), (2025, 2, 1))}, {"issued_on": None}, True),
        ({"issued": period((1, 1, 1), (1, 1, 1))}, {"issued_on": date.min}, True),
        ({"issued": period((9999, 12, 31), (9999, 12, 31))}, {"issued_on": date.max}, True),
        # the document number
        ({"document_numbers": numbers("UT0000000", "UT0000001")}, {}, True),
        ({"document_numbers": numbers("ut 0000-001")}, {}, True),
        ({"document_numbers": numbers("AB1<<<")}, {"document_number": "AB1"}, True),
        ({"document_numbers": numbers("AB1")}, {"document_number": "AB<1<<<"}, True),
        ({"document_numbers": numbers("UT000000", "T0000001", "UT00000011")}, {}, False),
        ({"document_numbers": numbers("UT0000001")}, {"document_number": "<<<<<<<<<"}, True),
        ({"document_numbers": numbers("UT0000001")}, {"document_number": ""}, True),
        ({"document_numbers": numbers()}, {}, False),
        # all at once: one that differs is enough
        ({"document_type": "P", "signer": by_key(), "document_numbers": numbers("UT0000001")}, {}, True),
        ({"document_type": "ID", "signer": by_key(), "document_numbers": numbers("UT0000001")}, {}, False),
        ({"document_type": "P", "signer": by_key(OTHER), "document_numbers": numbers("UT0000001")}, {}, False),
        ({"document_type": "P", "signer": by_key(), "document_numbers": numbers("UT0000002")}, {}, False),
        (
            {
                "signer": by_key(),
                "issued": period((2020, 1, 1), (2020, 2, 1)),
                "document_numbers": numbers("UT0000001"),
            },
            {},
            False,
        ),
    ],
    ids=range(43),
)
def test_speaks_of(member: dict[str, object], document: dict[str, object], expected: bool) -> None:
    assert speaks_of(replace(NOTHING, **member), replace(DOCUMENT, **document)) is expected


def signed_by(subject: str | None, issuer: str | None) -> Certificate:
    authority = support.Identity.new("CSCA", issuer)
    return support.issue(support.Identity.new("Document Signer", subject), authority)


@pytest.mark.parametrize(
    ("state", "states", "dsc", "expected"),
    [
        ("UT", {"UT"}, DSC, True),
        ("UT", {"UT"}, None, True),
        ("UT", {"UT"}, signed_by(None, None), True),
        ("UT", {"UT"}, signed_by("UT", None), True),
        ("LT", {"LT"}, signed_by("LTU", "LTU"), True),
        ("UT", {"UT"}, signed_by("SE", "SE"), False),
        ("SE", {"UT"}, DSC, False),
        ("SE", {"UT"}, signed_by("SE", "SE"), False),
        ("SE", {"UT"}, None, False),
        ("UT", set(), DSC, False),
        (None, {"UT"}, DSC, False),
        (None, set(), None, False),
        # one issuing state for which two countries sign (Hong Kong): the list of whoever signed
        ("HK", {"HK", "CN"}, signed_by("HK", "HK"), True),
        ("CN", {"HK", "CN"}, signed_by("HK", "HK"), False),
    ],
    ids=range(14),
)
def test_a_state_speaks_of_its_own(
    state: str | None, states: set[str], dsc: Certificate | None, expected: bool
) -> None:
    assert may_speak(state, replace(DOCUMENT, states=frozenset(states), dsc=dsc)) is expected


def test_two_letters() -> None:
    """LTU is what Lithuania writes into its certificates; ZZZ is nobody."""
    assert [two_letters(country) for country in ("SE", "LTU", "ZZZ")] == ["SE", "LT", "ZZZ"]


def test_representations_hold_no_number() -> None:
    assert repr(DOCUMENT) == "DocumentFacts(states=['UT'])"
    assert repr(numbers("UT0000001")) == "DocumentNumbers(1)"

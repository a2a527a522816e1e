"""Names folded by RFC 5280 §7.1, and the forms of Time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError, MrtdError
from mrtd.pki.names import Name, fold, parse_name
from mrtd.pki.times import parse_time
from tests.budgets import light
from tests.mrtd.lds.build import der

COUNTRY, ORGANISATION, COMMON_NAME = (der(0x06, bytes([0x55, 4, arc])) for arc in (6, 10, 3))
UTF8, PRINTABLE, TELETEX, BMP, UNIVERSAL, IA5 = 0x0C, 0x13, 0x14, 0x1E, 0x1C, 0x16


def attribute(oid: bytes, text: str, tag: int = PRINTABLE, encoding: str = "latin-1") -> bytes:
    return der(0x30, oid, der(tag, text.encode(encoding)))


def name(*rdns: bytes) -> Name:
    return parse_name(tlv.read_only(der(0x30, *(der(0x31, rdn) for rdn in rdns))))


def one(text: str, tag: int = UTF8, encoding: str = "utf-8") -> Name:
    return name(attribute(ORGANISATION, text, tag, encoding))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (one("Country Signing CA"), one("COUNTRY SIGNING CA")),
        (one("Country Signing CA"), one("  country   signing\tca ")),
        (one("Örebro"), one("ÖREBRO", TELETEX, "latin-1")),
        (one("Örebro"), one("Örebro", BMP, "utf-16-be")),
        (one("Örebro"), one("O\u0308rebro", UNIVERSAL, "utf-32-be")),
        (one("CSCA", PRINTABLE), one("CSCA", IA5)),
        (one("STRASSE"), one("straße")),
    ],
)
def test_the_same_name(left: Name, right: Name) -> None:
    assert left.same_as(right)
    assert left.raw != right.raw


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (one("CSCA 1"), one("CSCA 2")),
        (one("CSCA1"), one("CSCA 1")),
        (one("CSCA"), name(attribute(COMMON_NAME, "CSCA"))),
        (one("CSCA"), name(attribute(ORGANISATION, "CSCA"), attribute(ORGANISATION, "CSCA"))),
        (
            name(attribute(ORGANISATION, "A"), attribute(COMMON_NAME, "B")),
            name(attribute(COMMON_NAME, "B"), attribute(ORGANISATION, "A")),
        ),
        (one("A"), name(attribute(ORGANISATION, "A", 0x02))),
        (one("\ufffd"), name(der(0x30, ORGANISATION, der(UTF8, b"\xff")))),
    ],
    ids=["text", "blank", "type", "count", "order of RDNs", "unknown string type", "invalid octets"],
)
def test_another_name(left: Name, right: Name) -> None:
    assert not left.same_as(right)


def test_the_order_inside_an_rdn_does_not_count() -> None:
    a, b = attribute(ORGANISATION, "A"), attribute(COMMON_NAME, "B")
    assert name(a + b).same_as(name(b + a))
    assert not name(a + b).same_as(name(a, b))


@pytest.mark.parametrize(
    ("values", "country"),
    [
        (("SE",), "SE"),
        (("se",), "SE"),
        (("se ",), "SE"),
        (("LTU",), "LTU"),
        ((), None),
        (("SE", "NO"), None),
        (("SE", "se"), "SE"),
        (("Sweden",), None),
        (("S",), None),
        (("5E",), None),
        (("",), None),
    ],
)
def test_country(values: tuple[str, ...], country: str | None) -> None:
    found = name(*(attribute(COUNTRY, value) for value in values), attribute(COMMON_NAME, "CSCA"))
    assert found.country == country
    assert found.countries == values
    assert found.common_name == "CSCA"


def test_limits_and_malformed_names() -> None:
    with pytest.raises(LimitExceededError):
        name(*[attribute(ORGANISATION, "A")] * 33)
    with pytest.raises(LimitExceededError):
        one("A" * 5000)
    for rdn in (b"", attribute(ORGANISATION, "A") * 9, der(0x30, ORGANISATION), der(0x31, ORGANISATION)):
        with pytest.raises(MalformedError):
            name(rdn)
    with pytest.raises(MalformedError):
        parse_name(tlv.read_only(der(0x31)))


@light
@given(st.text(st.characters(max_codepoint=0x7F), max_size=40))
def test_letter_case_and_blanks_do_not_count(text: str) -> None:
    assert fold(text.swapcase().replace(" ", "   ") + " ") == fold(text)


@light
@given(st.sampled_from([UTF8, PRINTABLE, TELETEX, BMP, UNIVERSAL, 0x02]), st.binary(max_size=40))
def test_any_octets_are_a_name(tag: int, value: bytes) -> None:
    found = name(der(0x30, ORGANISATION, der(tag, value)))
    assert found.same_as(found)
    found.folded[0][0][1].encode("utf-8", "strict")


def time(tag: int, text: str) -> datetime:
    return parse_time(tlv.read_only(der(tag, text.encode())))


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (0x17, "260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x17, "2601020304Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (0x17, "260102030405+0130", datetime(2026, 1, 2, 1, 34, 5, tzinfo=UTC)),
        (0x17, "260102230405-0130", datetime(2026, 1, 3, 0, 34, 5, tzinfo=UTC)),
        (0x18, "20260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (0x18, "20260102030405.123Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (0x18, "99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times(tag: int, text: str, moment: datetime) -> None:
    assert time(tag, text) == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, ""),
        (0x17, "260102030405"),
        (0x17, "261302030405Z"),
        (0x17, "260230030405Z"),
        (0x17, "260102240405Z"),
        (0x17, "20260102030405Z"),
        (0x18, "260102030405Z"),
        (0x18, "20260102030405"),
        (0x18, "00000102030405Z"),
        (0x18, "00010101000000+0100"),
        (0x13, "260102030405Z"),
        (0x17, "260102030405Z "),
        (0x17, "２６0102030405Z"),
    ],
)
def test_what_is_no_time(tag: int, text: str) -> None:
    with pytest.raises(MalformedError, match="bad_time"):
        time(tag, text)


@light
@given(st.sampled_from([0x17, 0x18]), st.text("0123456789Z+-.", max_size=22))
def test_only_typed_errors_escape(tag: int, text: str) -> None:
    try:
        moment = time(tag, text)
    except MrtdError:
        return
    assert moment.tzinfo is UTC

"""States, names and dates against each other, on the certificate and the zone alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from mrtd.errors import MalformedError
from mrtd.inspection.crosscheck import country, dg11_dg1, expiry
from mrtd.inspection.elementary_files import read_files
from mrtd.inspection.signing_time import SigningTime
from mrtd.lds import dg1
from mrtd.specimen import data_groups
from mrtd.specimen.holder import MARTA, machine_readable_zone
from tests.mrtd.inspection.cms_builder import der
from tests.mrtd.inspection.documents import AT, F


@dataclass
class StatesOfCertificate:
    """The two places where a certificate names a country."""

    country: str | None
    alternatives: tuple[str, ...] | None = ()

    @property
    def subject_alternative_countries(self) -> tuple[str, ...]:
        if self.alternatives is None:
            raise MalformedError("bad_extension")
        return self.alternatives


def zone(issuing_state: str) -> dg1.Dg1:
    lines = machine_readable_zone(
        MARTA, document_number="UT0000001", date_of_expiry=date(2030, 1, 31), issuing_state=issuing_state
    )
    return dg1.parse(data_groups.dg1(lines), today=AT.date())


@pytest.mark.parametrize(
    ("issuing_state", "certificate", "expected"),
    [
        ("SWE", StatesOfCertificate("SE"), ("PASSED", None)),
        ("SWE", StatesOfCertificate("SE", ("SWE",)), ("PASSED", None)),
        ("D", StatesOfCertificate("DE", ("D",)), ("PASSED", None)),
        ("GBD", StatesOfCertificate("GB"), ("PASSED", None)),
        ("LTU", StatesOfCertificate("LTU"), ("PASSED", None)),
        ("SWE", StatesOfCertificate("SE", None), ("PASSED", None)),
        ("SWE", StatesOfCertificate(None, ("SWE",)), ("PASSED", None)),
        ("SWE", StatesOfCertificate("NO"), ("FAILED", "differs")),
        ("SWE", StatesOfCertificate("SE", ("NOR",)), ("FAILED", "differs")),
        ("SWE", StatesOfCertificate("NO", ("SWE",)), ("FAILED", "differs")),
        ("SWE", StatesOfCertificate("ZZZ"), ("INDETERMINATE", "unmapped")),
        ("SWE", StatesOfCertificate("SE", ("QQQ",)), ("INDETERMINATE", "unmapped")),
        ("SWE", StatesOfCertificate(None), ("INDETERMINATE", "unmapped")),
        ("XXA", StatesOfCertificate("SE"), ("INDETERMINATE", "unmapped")),
    ],
)
def test_country(issuing_state, certificate, expected):
    result = country("cross.country_dsc", "DSC", 1, certificate, zone(issuing_state))
    assert (result.status.value, result.reason and result.reason.value) == expected


def test_country_of_a_second_signer():
    result = country("cross.country_csca", "CSCA", 2, StatesOfCertificate("SE"), zone("SWE"))
    assert (result.subject, result.status) == ("CSCA#2", "PASSED")
    assert dict(result.facts) == {"document": "SWE", "certificate": "SE"}


def test_country_without_evidence():
    for certificate, group, reason in [
        (None, zone("SWE"), "earlier_step"),
        (StatesOfCertificate("SE"), None, "no_evidence"),
    ]:
        result = country("cross.country_dsc", "DSC", 1, certificate, group)
        assert (result.status.value, result.reason.value) == ("NOT_PERFORMED", reason)


def raw_zone(birth: str = "840317", expiry_: str = "300131") -> bytes:
    lines = machine_readable_zone(MARTA, document_number="UT0000001", date_of_expiry=date(2030, 1, 31))
    second = lines[1][:13] + birth + lines[1][19:21] + expiry_ + lines[1][27:]
    return data_groups.dg1((lines[0], second))


@pytest.mark.parametrize("unknown", ["<<<<<<", "30<<<<", "301399"])
def test_an_unknown_expiry_is_undetermined(unknown):
    result = expiry(dg1.parse(raw_zone(expiry_=unknown), today=AT.date()), AT)
    assert (result.status.value, result.reason.value) == ("INDETERMINATE", "unknown_date")


def dg11(*objects: tuple[int, bytes]) -> bytes:
    tags = b"".join(tag.to_bytes(2) for tag, _ in objects)
    return der(0x6B, der(0x5C, tags), *(tag.to_bytes(2) + bytes([len(value)]) + value for tag, value in objects))


NAME, BIRTH = 0x5F0E, 0x5F2B


@pytest.mark.parametrize(
    ("objects", "printed_birth", "expected"),
    [
        ([(NAME, "Åkerström<<Märta<Linnéa".encode())], "840317", ("PASSED", None)),
        ([(NAME, b"AAKERSTROEM<<MAERTA<LINNEA"), (BIRTH, b"19840317")], "840317", ("PASSED", None)),
        ([(BIRTH, b"19840317")], "840317", ("PASSED", None)),
        ([(BIRTH, b"19840000")], "840317", ("PASSED", None)),
        ([(BIRTH, b"19840317")], "84<<<<", ("PASSED", None)),
        ([(BIRTH, b"19850000")], "840317", ("FAILED", "differs")),
        ([(BIRTH, b"19840417")], "84<<17", ("PASSED", None)),
        ([(BIRTH, b"19840418")], "84<<17", ("FAILED", "differs")),
        ([(BIRTH, b"19840000")], "<<<<<<", ("INDETERMINATE", "unmapped")),
        ([(NAME, b"ERIKSSON<<ANNA")], "840317", ("FAILED", "differs")),
        ([(NAME, "東京<<花子".encode()), (BIRTH, b"19850317")], "840317", ("FAILED", "differs")),
        ([(NAME, "東京<<花子".encode()), (BIRTH, b"19840317")], "840317", ("INDETERMINATE", "unmapped")),
        ([(0x5F11, b"ANKEBORG")], "840317", ("NOT_APPLICABLE", None)),
    ],
)
def test_dg11(objects, printed_birth, expected):
    files = read_files({F.DG1: raw_zone(printed_birth), F.DG11: dg11(*objects)}, today=AT.date())
    result = dg11_dg1(files)
    assert (result.status.value, result.reason and result.reason.value) == expected


def test_dg11_that_cannot_be_read():
    files = read_files({F.DG1: raw_zone(), F.DG11: b"\x6b\x02\x5c"}, today=AT.date())
    assert (dg11_dg1(files).status.value, dg11_dg1(files).reason.value) == ("NOT_PERFORMED", "earlier_step")


def test_a_day_of_issue_is_a_span():
    """DG12 says a day without a zone: the bounds of a certificate may lie on it."""
    day = datetime(2026, 3, 1, tzinfo=UTC)
    span = SigningTime(day - timedelta(hours=14), day + timedelta(hours=36), "dg12_issue_date")
    assert span.within(day + timedelta(hours=20), None)
    assert span.within(None, day)
    assert span.within(None, None)
    assert not span.within(day + timedelta(hours=37), None)
    assert not span.within(None, day - timedelta(hours=15))

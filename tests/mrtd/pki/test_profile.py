"""What a certificate may do, and one deviation at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mrtd import tlv
from mrtd.inspection.reason import Reason
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import parse_signed_data
from mrtd.pki.profile import Role, allows_document, dsc_authorisation, profile_deviations
from mrtd.pki.realm import Realm
from tests.mrtd.lds.build import der
from tests.mrtd.pki.support import AT, END, START, Identity, csca, dsc, issue

#: What pyca's certificates lack whatever is built: named curves are not of the profile.
ALWAYS = {Reason.NAMED_CURVE}


def extension(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


def document_types(*codes: bytes) -> tuple[x509.ExtensionType, bool]:
    value = der(0x30, der(0x02, b"\x00"), der(0x31, *(der(0x13, code) for code in codes)))
    return extension(oids.DOCUMENT_TYPE_LIST, value), False


PERIOD = (x509.PrivateKeyUsagePeriod(START, AT), False)
PROPER = (PERIOD, document_types(b"P"))


def proper_dsc(state: Identity, **changes: object) -> Certificate:
    return dsc(state, **{"extra": PROPER} | changes)


def proper_csca(state: Identity, issuer: Identity | None = None, **changes: object) -> Certificate:
    return csca(state, issuer, **{"extra": (PERIOD,)} | changes)


def deviations(certificate: Certificate, role: Role) -> set[Reason]:
    found = profile_deviations(certificate, role)
    assert list(found) == [reason for reason in Reason.profile() if reason in found]
    assert set(found) >= ALWAYS
    return set(found) - ALWAYS


def test_proper_certificates() -> None:
    state = Identity.new()
    assert deviations(proper_csca(state), Role.CSCA) == set()
    assert deviations(proper_csca(state.rekeyed(), state), Role.CSCA) == set()
    assert deviations(proper_dsc(state), Role.DSC) == set()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ca": None}, Reason.BASIC_CONSTRAINTS),
        ({"usage": ("key_cert_sign",)}, Reason.KEY_USAGE),
        ({"usage": None}, Reason.KEY_USAGE),
        ({"ski": None}, Reason.SUBJECT_KEY_IDENTIFIER),
        ({"extra": ()}, Reason.PRIVATE_KEY_USAGE_PERIOD),
        ({"serial": 1 << 158}, None),
    ],
)
def test_csca(changes: dict[str, object], reason: Reason | None) -> None:
    assert deviations(proper_csca(Identity.new(), **changes), Role.CSCA) == ({reason} if reason else set())


def test_a_link_needs_the_identifier_that_a_root_may_lack() -> None:
    state = Identity.new()
    assert deviations(proper_csca(state, aki=None), Role.CSCA) == set()
    link = proper_csca(state.rekeyed(), state, aki=None)
    assert deviations(link, Role.CSCA) == {Reason.AUTHORITY_KEY_IDENTIFIER}


def test_a_path_length_other_than_zero() -> None:
    state = Identity.new()
    constraints = (x509.BasicConstraints(True, 1), True)
    certificate = proper_csca(state, ca=None, extra=(PERIOD, constraints))
    assert deviations(certificate, Role.CSCA) == {Reason.PATH_LENGTH}
    uncritical = (x509.BasicConstraints(True, 0), False)
    assert deviations(proper_csca(state, ca=None, extra=(PERIOD, uncritical)), Role.CSCA) == {
        Reason.BASIC_CONSTRAINTS
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ca": False}, Reason.BASIC_CONSTRAINTS),
        ({"usage": ("digital_signature", "content_commitment")}, Reason.KEY_USAGE),
        ({"aki": None}, Reason.AUTHORITY_KEY_IDENTIFIER),
        ({"extra": (document_types(b"P"),)}, Reason.PRIVATE_KEY_USAGE_PERIOD),
        ({"extra": (PERIOD,)}, Reason.DOCUMENT_TYPE_LIST),
        ({"extra": (PERIOD, document_types())}, Reason.DOCUMENT_TYPE_LIST),
        ({"extra": (PERIOD, (extension(oids.DOCUMENT_TYPE_LIST, der(0x30, der(0x13, b"P"))), False))},
         Reason.DOCUMENT_TYPE_LIST),
        ({"ski": None}, None),
    ],
)  # fmt: skip
def test_dsc(changes: dict[str, object], reason: Reason | None) -> None:
    assert deviations(proper_dsc(Identity.new(), **changes), Role.DSC) == ({reason} if reason else set())


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("se", {Reason.COUNTRY_NOT_UPPER_CASE}),
        ("SWE", {Reason.COUNTRY_MALFORMED}),
        ("S1", {Reason.COUNTRY_MALFORMED}),
        (None, {Reason.COUNTRY_MISSING}),
    ],
)
@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_countries(country: str | None, expected: set[Reason]) -> None:
    assert deviations(proper_csca(Identity.new("CSCA", country)), Role.CSCA) == expected


def test_countries_of_subject_and_issuer() -> None:
    state, signer = Identity.new("CSCA", "SE"), Identity.new("DS", "NO")
    certificate = issue(signer, state, usage=("digital_signature",), extra=PROPER)
    assert deviations(certificate, Role.DSC) == {Reason.COUNTRY_SUBJECT_ISSUER}
    twice = Identity(
        x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"), x509.NameAttribute(NameOID.COUNTRY_NAME, "SE")]),
        state.key,
    )
    assert deviations(proper_csca(twice), Role.CSCA) == {Reason.COUNTRY_MALFORMED}


def replaced(certificate: Certificate, old: bytes, new: bytes, *, count: int = 1) -> Certificate:
    assert certificate.raw.count(old) >= count
    return Certificate.parse(certificate.raw.replace(old, new, count))


def test_serial_numbers() -> None:
    certificate = proper_dsc(Identity.new(), serial=0x1122334455)
    stored = bytes.fromhex("02051122334455")
    assert deviations(replaced(certificate, stored, bytes.fromhex("0205f122334455")), Role.DSC) == {
        Reason.SERIAL_NOT_POSITIVE
    }
    assert deviations(replaced(certificate, stored, bytes.fromhex("02050000000000")), Role.DSC) == {
        Reason.SERIAL_NOT_POSITIVE
    }


def test_versions_and_algorithms() -> None:
    certificate = proper_dsc(Identity.new())
    assert deviations(replaced(certificate, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01"), Role.DSC) == {
        Reason.VERSION_NOT_3
    }
    inner = bytes.fromhex("06082a8648ce3d040302")
    assert deviations(replaced(certificate, inner, bytes.fromhex("06082a8648ce3d040303")), Role.DSC) == {
        Reason.ALGORITHM_INNER_OUTER
    }


def test_long_serial_number() -> None:
    certificate = proper_dsc(Identity.new(), serial=1 << 158)
    tbs = tlv.read_only(certificate.tbs).children()
    body = b"".join(item.raw if item.tag != 0x02 else der(0x02, b"\x01" + bytes(20)) for item in tbs)
    raw = der(0x30, der(0x30, body), certificate.signature_algorithm.raw, der(0x03, b"\x00" + certificate.signature))
    assert deviations(Certificate.parse(raw), Role.DSC) == {Reason.SERIAL_TOO_LONG}


def test_not_der() -> None:
    certificate = proper_dsc(Identity.new())
    content = tlv.read_only(certificate.raw).value
    assert deviations(Certificate.parse(b"\x30\x80" + content + b"\x00\x00"), Role.DSC) == {Reason.NOT_DER}


def test_extensions_broken_or_twice() -> None:
    state = Identity.new()
    broken = proper_dsc(state, extra=(PERIOD, (extension(oids.DOCUMENT_TYPE_LIST, b"\x30\x05"), False)))
    assert deviations(broken, Role.DSC) == {Reason.EXTENSION_MALFORMED, Reason.DOCUMENT_TYPE_LIST}
    twice = proper_dsc(state, extra=(*PROPER, (extension("2.5.29.99", b""), False)))
    found = deviations(replaced(twice, b"\x06\x03\x55\x1d\x63", b"\x06\x03\x55\x1d\x0f"), Role.DSC)
    assert Reason.EXTENSION_DUPLICATE in found


# --- pa.dsc.authorised


def reasons(certificate: Certificate, realm: Realm = Realm.PRODUCTION, code: str | None = "P") -> tuple[Reason, ...]:
    found = dsc_authorisation(certificate, realm, code)
    assert found.authorised == (not found.reasons)
    return found.reasons


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"ca": False}, ()),
        ({"ca": True}, (Reason.IS_CA,)),
        ({"usage": None}, (Reason.KEY_USAGE,)),
        ({"usage": ("content_commitment",)}, (Reason.KEY_USAGE,)),
        (
            {"extra": ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),)},
            (Reason.EXTENDED_KEY_USAGE,),
        ),
        ({"extra": ((extension("2.25.1", b""), True),)}, (Reason.UNKNOWN_CRITICAL_EXTENSION,)),
        ({"extra": ((extension("2.25.1", b""), False),)}, ()),
        ({"extra": (document_types(b"ID"),)}, (Reason.DOCUMENT_TYPE,)),
        ({"extra": ((extension(oids.DOCUMENT_TYPE_LIST, b"\x31\x00"), False),)}, (Reason.EXTENSION_MALFORMED,)),
        (
            {"ca": True, "usage": ("crl_sign",), "extra": (document_types(b"V"),)},
            (Reason.IS_CA, Reason.KEY_USAGE, Reason.DOCUMENT_TYPE),
        ),
    ],
)
def test_authorisation(changes: dict[str, object], expected: tuple[Reason, ...]) -> None:
    assert reasons(dsc(Identity.new(), **changes)) == expected


def test_the_specimen_mark_is_known_in_its_realm_alone() -> None:
    marked = dsc(Identity.new(), extra=((extension(oids.SPECIMEN_MARK, b"\x05\x00"), True),))
    assert reasons(marked, Realm.SPECIMEN) == ()
    assert reasons(marked, Realm.PRODUCTION) == (Reason.UNKNOWN_CRITICAL_EXTENSION,)


def test_without_a_document_the_types_are_facts_alone() -> None:
    found = dsc_authorisation(dsc(Identity.new(), extra=(document_types(b"ID", b"A"),)), Realm.PRODUCTION)
    assert found.authorised
    assert found.facts == {"document_types": "ID A"}


@pytest.mark.parametrize(
    ("types", "code", "allowed"),
    [
        (("P",), "P<", True),
        (("P",), "PP", True),
        (("P",), "PD", True),
        (("PD",), "P<", False),
        (("PD",), "PD", True),
        (("I", "AR"), "ID", True),
        (("AR",), "AC", False),
        ((), "P", False),
        (("P",), "", False),
        (("P",), "<<", False),
    ],
)
def test_document_types(types: tuple[str, ...], code: str, allowed: bool) -> None:
    assert allows_document(types, code) is allowed


@pytest.mark.real
def test_real_dscs_are_authorised_for_passports(real_data: Path) -> None:
    """Eleven states; ID and PH write the document types without version and SET, GB its country in small letters."""
    found = {}
    for path in sorted((real_data / "chips").glob("*_20*/EF.SOD.bin")):
        signed = parse_signed_data(tlv.read(path.read_bytes()).value)
        certificate = Certificate.parse(signed.certificates[0])
        assert reasons(certificate) == ()
        found[path.parent.name[:2]] = set(profile_deviations(certificate, Role.DSC))
    types = {Reason.DOCUMENT_TYPE_LIST}
    assert found == {
        **{state: set() for state in ("AT", "DE", "FR", "SG", "US")},
        **dict.fromkeys(("ID", "KR", "NZ", "PH"), types),
        "GB": {Reason.COUNTRY_NOT_UPPER_CASE} | types,
        "RU": {Reason.PRIVATE_KEY_USAGE_PERIOD} | types,
    }


def test_validity_is_no_matter_of_the_profile() -> None:
    state = Identity.new()
    assert deviations(proper_csca(state, start=END, end=END.replace(year=2036)), Role.CSCA) == set()

"""Each extension, proper and broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki import extensions as ext
from mrtd.pki import oids
from mrtd.pki.extensions import AuthorityKeyIdentifier, BasicConstraints, KeyUsage, PrivateKeyUsagePeriod
from tests.mrtd.lds.build import der
from tests.mrtd.pki.support import Identity, csca, issue, name

SERIAL = der(0x82, b"\x05")


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (ext.parse_key_usage, "03020780", {KeyUsage.DIGITAL_SIGNATURE}),
        (ext.parse_key_usage, "03020106", {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}),
        (ext.parse_key_usage, "0303070080", {KeyUsage.DECIPHER_ONLY}),
        (ext.parse_key_usage, "030100", set()),
        (ext.parse_basic_constraints, "3000", BasicConstraints(ca=False, path_length=None)),
        (ext.parse_basic_constraints, "30030101ff", BasicConstraints(ca=True, path_length=None)),
        (ext.parse_basic_constraints, "3003010101", BasicConstraints(ca=True, path_length=None)),
        (ext.parse_basic_constraints, "30060101ff020100", BasicConstraints(ca=True, path_length=0)),
        (ext.parse_basic_constraints, "3003020100", BasicConstraints(ca=False, path_length=0)),
        (ext.parse_subject_key_identifier, "0403010203", b"\x01\x02\x03"),
        (ext.parse_authority_key_identifier, "30058003010203", AuthorityKeyIdentifier(b"\x01\x02\x03", None, None)),
        (ext.parse_authority_key_identifier, "3002a100", AuthorityKeyIdentifier(None, b"", None)),
        (ext.parse_authority_key_identifier, "3005a100820105", AuthorityKeyIdentifier(None, b"", 5)),
        (ext.parse_extended_key_usage, "300906072a8648ce3d0201", ("1.2.840.10045.2.1",)),
        (
            ext.parse_private_key_usage_period,
            der(0x30, der(0x80, b"20200101000000Z"), der(0x81, b"20210101000000Z")).hex(),
            PrivateKeyUsagePeriod(datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)),
        ),
        (ext.parse_private_key_usage_period, "3000", PrivateKeyUsagePeriod(None, None)),
        # as real signers of DE, FR, and (without version and SET) of ID and PH write it
        (ext.parse_document_types, "30080201003103130150", ("P",)),
        (ext.parse_document_types, "300c020100310713015013024952", ("P", "IR")),
        (ext.parse_document_types, "3003130150", ("P",)),
        (ext.parse_document_types, "30131301501302504f130250441302505213025053", ("P", "PO", "PD", "PR", "PS")),
        (ext.parse_document_types, "3004" + "1302503c", ("P",)),
    ],
)  # fmt: skip
def test_proper_values(reader: Callable[[bytes], object], value: str, expected: object) -> None:
    assert reader(bytes.fromhex(value)) == expected


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (ext.parse_key_usage, b""),
        (ext.parse_key_usage, der(0x03)),
        (ext.parse_key_usage, der(0x03, b"\x08\x80")),
        (ext.parse_key_usage, der(0x03, b"\x00\x80\x00\x00")),
        (ext.parse_key_usage, der(0x04, b"\x00\x80")),
        (ext.parse_key_usage, der(0x03, b"\x07\x80") + b"\x00"),
        (ext.parse_basic_constraints, der(0x30, der(0x01))),
        (ext.parse_basic_constraints, der(0x30, der(0x02, b"\xff"))),
        (ext.parse_basic_constraints, der(0x30, der(0x02, b"\x00"), der(0x01, b"\xff"))),
        (ext.parse_basic_constraints, der(0x30, der(0x02, bytes(5)))),
        (ext.parse_subject_key_identifier, der(0x30)),
        (ext.parse_authority_key_identifier, der(0x30, der(0x80, b"a"), der(0x80, b"b"))),
        (ext.parse_authority_key_identifier, der(0x30, der(0x83, b"a"))),
        (ext.parse_authority_key_identifier, der(0x30, der(0x82, bytes(65)))),
        (ext.parse_extended_key_usage, der(0x30, *[der(0x06, b"\x2a")] * 65)),
        (ext.parse_extended_key_usage, der(0x30, der(0x04))),
        (ext.parse_private_key_usage_period, der(0x30, der(0x80, b"2020"))),
        (ext.parse_private_key_usage_period, der(0x30, der(0x80, bytes(300)))),
        (ext.parse_private_key_usage_period, der(0x30, der(0x82, b"20200101000000Z"))),
        (ext.parse_private_key_usage_period, der(0x30, *[der(0x80, b"20200101000000Z")] * 2)),
        (ext.parse_document_types, der(0x31)),
        (ext.parse_document_types, der(0x30, der(0x13, b"PAS"))),
        (ext.parse_document_types, der(0x30, der(0x04, b"P"))),
        (ext.parse_document_types, der(0x30, der(0x02, b"\x00"), der(0x31, *[der(0x13, b"P")] * 65))),
        (ext.parse_alternative_countries, der(0x30, der(0xA4))),
        (ext.parse_alternative_countries, der(0x30, *[der(0x82, b"a")] * 65)),
    ],
)
def test_broken_values(reader: Callable[[bytes], object], value: bytes) -> None:
    with pytest.raises(MalformedError):
        reader(value)


def test_countries_of_an_alternative_name() -> None:
    alternative = x509.SubjectAlternativeName(
        [
            x509.DNSName("example.test"),
            x509.DirectoryName(
                x509.Name(
                    [
                        x509.NameAttribute(x509.NameOID.LOCALITY_NAME, "aut"),
                        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "AT"),
                        x509.NameAttribute(x509.NameOID.LOCALITY_NAME, "AUT"),
                        x509.NameAttribute(x509.NameOID.LOCALITY_NAME, "Vienna"),
                    ]
                )
            ),
        ]
    )
    state = Identity.new()
    assert csca(state, extra=((alternative, False),)).subject_alternative_countries == ("AUT", "AT")
    assert csca(state).subject_alternative_countries == ()


@pytest.mark.parametrize(
    "encoded",
    [
        der(0x31),
        der(0x30, der(0x31)),
        der(0x30, der(0x30, der(0x06, b"\x2a"))),
        der(0x30, der(0x30, der(0x06, b"\x2a"), der(0x01), der(0x04))),
        der(0x30, der(0x30, der(0x06, b"\x2a"), der(0x05), der(0x04))),
        der(0x30, der(0x30, der(0x06, b"\x2a"), der(0x05))),
        der(0x30, der(0x30, *[der(0x06, b"\x2a")] * 4)),
    ],
)
def test_broken_lists_of_extensions(encoded: bytes) -> None:
    with pytest.raises(MalformedError):
        ext.parse_extensions(tlv.read_only(encoded))


def test_too_many_extensions() -> None:
    with pytest.raises(LimitExceededError):
        ext.parse_extensions(tlv.read_only(der(0x30, *[der(0x30, der(0x06, b"\x2a"), der(0x04))] * 65)))


def test_false_is_written_out_in_some_certificates() -> None:
    (extension,) = ext.parse_extensions(
        tlv.read_only(der(0x30, der(0x30, der(0x06, b"\x2a"), der(0x01, b"\x00"), der(0x04))))
    )
    assert not extension.critical


def test_broken_identifiers_count_as_absent() -> None:
    state = Identity.new()
    broken = tuple(
        (x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x30\x05"), False)
        for oid in (oids.SUBJECT_KEY_IDENTIFIER, oids.AUTHORITY_KEY_IDENTIFIER)
    )
    certificate = issue(state, state, ski=None, aki=None, extra=broken)
    assert certificate.key_identifier is None
    assert certificate.issuer_key_identifier is None
    assert set(certificate.extension_errors()) == {oids.SUBJECT_KEY_IDENTIFIER, oids.AUTHORITY_KEY_IDENTIFIER}
    assert name("x") == name("x")

"""Real certificates and a real CRL, decoded by pyasn1 and by the reader of the hot path, value by value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber.encoder import encode
from pyasn1.type import char, univ

from mrtd.asn1 import extensions as asn1_extensions
from mrtd.asn1 import x509 as asn1_x509
from mrtd.lds import sod
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from tests.mrtd.asn1.decoding import decoded, signed_data
from tests.mrtd.asn1.test_signed_documents import SECURITY_OBJECTS

CSCA_FILES = (
    "IDN_2010-12_CSCA.cer",
    "IDN_2016-01_CSCA.cer",
    "IDN_2016-01_CSCA_LINK.cer",
    "IDN_2020-10_CSCA.cer",
    "IDN_2020-10_CSCA_LINK.cer",
    "DE_ROOT_CA_CSCA07.cer",
    "NL_ROOT_CA.cer",
    "IT_CSCA03.cer",
    "IT_CSCA04.cer",
    "IT_CSCA05.cer",
)
#: States whose real signers write SEQUENCE OF DocumentType, without version and SET.
UNVERSIONED_DOCUMENT_TYPES = ("ID", "PH")


@pytest.mark.real
@pytest.mark.parametrize("document", SECURITY_OBJECTS)
def test_document_signer(document: str, real_data: Path) -> None:
    file = sod.parse((real_data / "chips" / document / "EF.SOD.bin").read_bytes())
    (der,) = (bytes(item) for item in signed_data(file.cms)["certificates"])
    assert_equal(der)


@pytest.mark.real
@pytest.mark.parametrize("name", CSCA_FILES)
def test_csca(name: str, real_data: Path) -> None:
    assert_equal((real_data / "csca" / "certs" / name).read_bytes())


@pytest.mark.real
def test_crl(real_data: Path) -> None:
    der = (real_data / "crl" / "IT_CSCA.crl").read_bytes()
    read = Crl.parse(der)
    oracle = decoded(der, asn1_x509.CertificateList())
    tbs = oracle["tbsCertList"]
    assert read.issuer.raw == bytes(encode(tbs["issuer"]))
    assert read.this_update == _moment(tbs["thisUpdate"])
    assert read.next_update == _moment(tbs["nextUpdate"])
    assert {serial: entry.revoked_at for serial, entry in read.revoked.items()} == {
        int(entry["userCertificate"]): _moment(entry["revocationDate"]) for entry in tbs["revokedCertificates"]
    }
    extensions = {str(entry["extnID"]): bytes(entry["extnValue"]) for entry in tbs["crlExtensions"]}
    identifier = decoded(extensions[oids.AUTHORITY_KEY_IDENTIFIER], asn1_extensions.AuthorityKeyIdentifier())
    assert read.authority_key_identifier == bytes(identifier["keyIdentifier"])
    assert read.signature == oracle["signature"].asOctets()


def assert_equal(der: bytes) -> None:
    """Each member of the TBSCertificate and each extension that ICAO 9303-12 §7.1 names."""
    read = Certificate.parse(der)
    oracle = decoded(der, asn1_x509.Certificate())
    tbs = oracle["tbsCertificate"]
    assert read.version == int(tbs["version"]) + 1
    assert read.serial == int(tbs["serialNumber"])
    assert read.issuer.raw == bytes(encode(tbs["issuer"]))
    assert read.subject.raw == bytes(encode(tbs["subject"]))
    assert read.not_before == _moment(tbs["validity"]["notBefore"])
    assert read.not_after == _moment(tbs["validity"]["notAfter"])
    assert read.spki == bytes(encode(tbs["subjectPublicKeyInfo"]))
    assert read.signature_algorithm.raw == bytes(encode(oracle["signatureAlgorithm"]))
    assert read.inner_signature_algorithm.raw == bytes(encode(tbs["signature"]))
    assert read.signature == oracle["signature"].asOctets()
    assert [(entry.oid, entry.critical, entry.value) for entry in read.extensions] == [
        (str(entry["extnID"]), bool(entry["critical"]), bytes(entry["extnValue"])) for entry in tbs["extensions"]
    ]
    assert_extensions_equal(read)


def assert_extensions_equal(read: Certificate) -> None:
    def value(oid: str, spec: Any) -> Any:
        extension = read.extension(oid)
        return None if extension is None else decoded(extension.value, spec)

    usage = value(oids.KEY_USAGE, asn1_extensions.KeyUsage())
    if usage is not None:
        names = asn1_extensions.KeyUsage.namedValues
        assert {str(item) for item in read.key_usage or ()} == {
            str(names.getName(bit)) for bit, is_set in enumerate(usage) if is_set
        }
    constraints = value(oids.BASIC_CONSTRAINTS, asn1_extensions.BasicConstraints())
    if constraints is not None:
        assert read.basic_constraints is not None
        assert read.basic_constraints.ca == bool(constraints["cA"])
        assert read.basic_constraints.path_length == _integer(constraints["pathLenConstraint"])
    authority = value(oids.AUTHORITY_KEY_IDENTIFIER, asn1_extensions.AuthorityKeyIdentifier())
    if authority is not None:
        assert read.authority_key_identifier is not None
        identifier = authority["keyIdentifier"]
        assert read.authority_key_identifier.key_identifier == (bytes(identifier) if identifier.isValue else None)
        assert read.authority_key_identifier.serial == _integer(authority["authorityCertSerialNumber"])
    subject = value(oids.SUBJECT_KEY_IDENTIFIER, asn1_extensions.SubjectKeyIdentifier())
    assert read.subject_key_identifier == (None if subject is None else bytes(subject))
    period = value(oids.PRIVATE_KEY_USAGE_PERIOD, asn1_extensions.PrivateKeyUsagePeriod())
    if period is not None:
        assert read.private_key_usage_period is not None
        assert read.private_key_usage_period.not_before == _optional_moment(period["notBefore"])
        assert read.private_key_usage_period.not_after == _optional_moment(period["notAfter"])
    standard = read.document_types is not None and read.country not in UNVERSIONED_DOCUMENT_TYPES
    spec = (
        asn1_extensions.DocumentTypeListSyntax()
        if standard
        else univ.SequenceOf(componentType=char.PrintableString())
    )
    types = value(oids.DOCUMENT_TYPE_LIST, spec)
    if types is not None:
        assert read.document_types == tuple(str(item) for item in (types["docTypeList"] if standard else types))


def _moment(time: Any) -> datetime:
    """A Time as pyasn1 understands it; UTCTime windows its years as RFC 5280 §4.1.2.5.1 says."""
    return _aware(time.getComponent())


def _optional_moment(time: Any) -> datetime | None:
    return _aware(time) if time.isValue else None


def _aware(time: Any) -> datetime:
    found: datetime = time.asDateTime
    return found.astimezone(UTC)


def _integer(value: Any) -> int | None:
    return int(value) if value.isValue else None

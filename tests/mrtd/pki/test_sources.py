"""Files of trust material are known by their content."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms

from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki import master_list, sources
from mrtd.pki.certificate import Certificate
from mrtd.pki.sources import MAX_ITEMS, Source, SourceKind, read_source
from tests.mrtd.lds.build import der
from tests.mrtd.pki import corpus
from tests.mrtd.pki.support import Identity, crl, csca, dsc


def pem(label: str, data: bytes) -> bytes:
    body = base64.encodebytes(data)
    return f"-----BEGIN {label}-----\n".encode() + body + f"-----END {label}-----\n".encode()


def found(data: bytes) -> Source:
    source = read_source(data, "name")
    assert source is not None
    assert source.name == "name"
    assert len(source.sha256) == 64
    assert "name" in repr(source)
    return source


@pytest.fixture(scope="module")
def state() -> Identity:
    return Identity.new()


@pytest.fixture(scope="module")
def root(state: Identity) -> Certificate:
    return csca(state)


def content(*certificates: bytes) -> bytes:
    return der(0x30, der(0x02, b"\x00"), der(0x31, *certificates))


def signed_list(econtent: bytes, content_type: str = "2.23.136.1.1.2") -> bytes:
    return asn1_cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": asn1_cms.SignedData(
                {
                    "version": "v3",
                    "digest_algorithms": [],
                    "encap_content_info": {"content_type": content_type, "content": econtent},
                    "signer_infos": [],
                }
            ),
        }
    ).dump()


def test_der(state: Identity, root: Certificate) -> None:
    source = found(root.raw)
    assert (source.kind, source.certificates, source.crls) == (SourceKind.CERTIFICATE, (root.raw,), ())
    revoked = crl(state, revoked=(1,))
    source = found(revoked)
    assert (source.kind, source.certificates, source.crls) == (SourceKind.CRL, (), (revoked,))


def test_lists(root: Certificate, state: Identity) -> None:
    other = dsc(state).raw
    bare = content(root.raw, other)
    source = found(bare)
    assert (source.kind, source.certificates) == (SourceKind.MASTER_LIST_CONTENT, (root.raw, other))
    assert source.master_lists[0].cms is None
    source = found(signed_list(bare))
    assert (source.kind, source.certificates) == (SourceKind.MASTER_LIST, (root.raw, other))
    assert source.master_lists[0].cms is not None
    assert repr(source.master_lists[0]) == "MasterList(certificates=2, signed=True)"


def test_pem(state: Identity, root: Certificate) -> None:
    revoked = crl(state)
    data = b"subject=anything\n" + pem("CERTIFICATE", root.raw) + pem("X509 CRL", revoked) + pem("PRIVATE KEY", b"no")
    source = found(data.replace(b"\n", b"\r\n"))
    assert (source.kind, source.certificates, source.crls) == (SourceKind.PEM, (root.raw,), (revoked,))
    assert found(pem("X509 CRL", revoked)).kind is SourceKind.CRL
    assert found(pem("CMS", signed_list(content(root.raw)))).kind is SourceKind.MASTER_LIST
    broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n" + pem("CERTIFICATE", root.raw)
    assert (found(broken).unreadable, found(broken).certificates) == (1, (root.raw,))


def attribute(name: str, data: bytes, width: int = 60) -> bytes:
    text = base64.b64encode(data).decode()
    lines = [f"{name}:: {text[:width]}", *(f" {text[i : i + width]}" for i in range(width, len(text), width))]
    return "\n".join(lines).encode() + b"\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_ldif(state: Identity, root: Certificate, newline: bytes) -> None:
    signer, revoked = dsc(state).raw, crl(state)
    listed = csca(Identity.new()).raw
    data = b"".join(
        (
            b"version: 1\n\ndn: c=SE,dc=data,dc=download\ncountryName: SE\n",
            attribute("pkdMasterListContent", signed_list(content(listed))),
            attribute("CscaMasterListData", signed_list(content(root.raw))),
            b"\ndn:: Yz1TRQ==\n",
            attribute("userCertificate;binary", signer),
            attribute("cACertificate;binary", root.raw),
            attribute("certificateRevocationList;binary", revoked),
            attribute("description", b"nothing"),
            attribute("pkdMasterListContent", b"\x30\x00"),
            b"userCertificate;binary:: ???\n",
            b"userCertificate;binary: plain\n",
        )
    )
    source = found(data.replace(b"\n", newline))
    assert source.kind is SourceKind.LDIF
    assert source.certificates == (listed, root.raw, signer, root.raw)
    assert (source.crls, source.unreadable, len(source.master_lists)) == ((revoked,), 2, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x77\x00",
        b"plain text",
        b'{"json": 1}',
        b"PK\x03\x04",
        pem("PRIVATE KEY", b"no"),
        der(0x30, der(0x02, b"\x01"), der(0x02, b"\x01"), der(0x02, b"\x01")),
        der(0x30, der(0x30), der(0x30), der(0x03, b"\x00")),
        signed_list(b"anything", "2.23.136.1.1.1"),
        der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0)),
    ],
)
def test_what_is_no_trust_material(data: bytes) -> None:
    assert read_source(data, "name") is None


def test_what_looks_like_it_and_is_broken(root: Certificate) -> None:
    for data in (signed_list(b"\x30\x00"), root.raw.replace(b"\x17\x0d", b"\x17\x0c", 1), content(der(0x04))):
        with pytest.raises(MalformedError):
            read_source(data, "name")


def test_limits(root: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ITEMS > 30_000
    monkeypatch.setattr(sources, "MAX_ITEMS", 2)
    with pytest.raises(LimitExceededError):
        read_source(pem("CERTIFICATE", root.raw) * 3, "name")
    monkeypatch.setattr(sources, "MAX_SOURCE", 10)
    with pytest.raises(LimitExceededError):
        read_source(root.raw, "name")
    monkeypatch.setattr(master_list, "MAX_LISTED_CERTIFICATES", 2)
    with pytest.raises(LimitExceededError):
        master_list.parse(content(*[root.raw] * 3))
    monkeypatch.setattr(master_list, "MAX_MASTER_LIST", 10)
    with pytest.raises(LimitExceededError):
        master_list.parse(content(root.raw))


def test_a_security_object_is_no_master_list() -> None:
    with pytest.raises(MalformedError, match="not_master_list"):
        master_list.parse(signed_list(b"anything", "2.23.136.1.1.1"))


@pytest.mark.real
def test_real_files(real_data: Path) -> None:
    """ANALYSIS.md section 1: the sizes of the lists; asn1crypto reads the same certificates."""
    sizes = {}
    for path in sorted((real_data / "csca").glob("*/*")) + sorted((real_data / "crl").glob("*")):
        source = read_source(path.read_bytes(), path.name)
        if source is None:
            sizes[path.name] = None
            continue
        assert source.unreadable == 0
        if source.kind is not SourceKind.CRL:
            assert list(source.certificates) == corpus.from_file(path)
        if path.parent.name != "certs":
            sizes[path.name] = len(source.certificates)
    assert sizes == {
        "NFCPassportReader_masterList.pem": 720,
        "openpassport_ski.pem": 509,
        "DE_ML_2024-04-10.ml": 526,
        "DE_ML_2025-03-05-08-05-28.ml": 557,
        "DE_ML_2026-05-28-08-28-45.ml": 588,
        "ICAO_ML_2023-09.ml": 394,
        "IT_ML_old.ml": 333,
        "NL_ML_2025-07-29.ml": 394,
        "NL_ML_2026-07-22.ml": 411,
        "bare_masterList_tananaev.bin": 581,
        "bare_masterlist-content_bc.bin": 3,
        "zkr-csca-ecdsa-p256-sha256.pem": 1,
        "zkr-csca-rsa-2048-sha256.pem": 1,
        "zkpassport_root-certs.json": None,
        "IT_CSCA.crl": 0,
    }


@pytest.mark.real
def test_real_documents_are_no_trust_material(real_data: Path) -> None:
    for path in sorted((real_data / "chips").glob("*/*.bin")):
        assert read_source(path.read_bytes(), path.name) is None, path.name

"""SignedData against asn1crypto and pyca on every real one, and what must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from mrtd import tlv
from mrtd.crypto.algorithms import parse_signature_algorithm
from mrtd.crypto.digests import HASHES, digest
from mrtd.crypto.signatures import verify
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import MAX_CERTIFICATES, MAX_SIGNER_INFOS, SignedData, der_length, parse_signed_data
from mrtd.tlv import Leniency
from tests.mrtd.lds.build import der
from tests.mrtd.pki.support import Identity, csca, dsc


def content_infos(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for pattern in ("chips/*/EF.SOD.bin", "chips/*/EF.CardSecurity.bin", "csca/masterlists/*.ml", "deviation/*"):
        for path in sorted(folder.glob(pattern)):
            data = path.read_bytes()
            outer = tlv.read(data)
            found[f"{path.parent.name}/{path.name}"] = outer.value if outer.tag == 0x77 else data
    return found


@pytest.mark.real
def test_every_real_structure_as_asn1crypto_reads_it(real_data: Path) -> None:
    structures = content_infos(real_data)
    assert len(structures) == 30
    for data in structures.values():
        ours = parse_signed_data(data)
        theirs = asn1_cms.ContentInfo.load(data)["content"]
        assert ours.version == int(theirs["version"])
        assert ours.digest_algorithms == tuple(a["algorithm"].dotted for a in theirs["digest_algorithms"])
        assert ours.econtent_type == theirs["encap_content_info"]["content_type"].dotted
        assert ours.econtent == theirs["encap_content_info"]["content"].native
        assert [Certificate.parse(c).spki for c in ours.certificates] == [
            c.chosen["tbs_certificate"]["subject_public_key_info"].dump() for c in theirs["certificates"]
        ]
        assert ours.trailing == 0
        for mine, other in zip(ours.signer_infos, theirs["signer_infos"], strict=True):
            assert mine.digest_algorithm == other["digest_algorithm"]["algorithm"].dotted
            assert mine.signature == other["signature"].native
            assert [oid for oid, _ in mine.attributes] == [a["type"].dotted for a in other["signed_attrs"]]
            assert mine.attributes_ordered
            if other["sid"].name == "subject_key_identifier":
                assert mine.sid_ski == other["sid"].chosen.native
            else:
                assert mine.sid_issuer == other["sid"].chosen["issuer"].dump()
                assert mine.sid_serial == other["sid"].chosen["serial_number"].native


@pytest.mark.real
def test_only_new_zealand_departs_from_der(real_data: Path) -> None:
    departing = {name: signed.leniencies for name, data in content_infos(real_data).items()
                 if (signed := parse_signed_data(data)).leniencies}  # fmt: skip
    assert departing == {"NZ_2017/EF.SOD.bin": {Leniency.INDEFINITE_LENGTH}}


def verifies(signed: SignedData) -> bool:
    (info,) = signed.signer_infos
    assert signed.econtent is not None
    algorithm = parse_signature_algorithm(info.signature_algorithm, digest_algorithm=info.digest_algorithm)
    stored = tlv.octets(tlv.read_only(info.values(oids.MESSAGE_DIGEST)[0][0]))
    return stored == digest(HASHES[info.digest_algorithm], signed.econtent) and any(
        verify(Certificate.parse(c).public_key(), algorithm, info.to_be_signed(signed.econtent), info.signature)
        for c in signed.certificates
    )


@pytest.mark.real
def test_all_real_signatures_verify_over_the_stored_attributes(real_data: Path) -> None:
    """ANALYSIS.md section 6; ICAO 2023-09 is the list whose DigestInfo lacks the NULL."""
    results = {
        name: verifies(parse_signed_data(data))
        for name, data in content_infos(real_data).items()
        if not name.startswith("mock_ZKR")
    }
    assert "masterlists/ICAO_ML_2023-09.ml" in results
    assert {name for name, good in results.items() if not good} == set()
    assert len(results) == 22


@pytest.mark.real
def test_mocks_are_signed_raw(real_data: Path) -> None:
    data = (real_data / "chips/mock_ZKR_johnny_ecdsa-p256-sha256/EF.SOD.bin").read_bytes()
    signed = parse_signed_data(data)
    (info,) = signed.signer_infos
    algorithm = parse_signature_algorithm(info.signature_algorithm, digest_algorithm=info.digest_algorithm)
    key = Certificate.parse(signed.certificates[0]).public_key()
    message = info.to_be_signed(signed.econtent or b"")
    assert verify(key, algorithm, message, info.signature, raw_ecdsa=True)
    assert not verify(key, algorithm, message, info.signature)


@pytest.mark.real
def test_empty_signers_and_cut_files(real_data: Path) -> None:
    empty = (real_data / "chips/malformed/3339ea1a.bin").read_bytes()
    assert parse_signed_data(empty).signer_infos == ()
    with pytest.raises(MalformedError):
        parse_signed_data((real_data / "chips/malformed/c9d62231.bin").read_bytes())


# --- made structures


def signed_by_pyca(content: bytes, *options: pkcs7.PKCS7Options) -> bytes:
    state = Identity.new()
    certificate = x509.load_der_x509_certificate(dsc(state).raw)
    own = csca(state)
    return (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(x509.load_der_x509_certificate(own.raw), state.key, hashes.SHA256())
        .add_certificate(certificate)
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])
    )


def test_reading_what_pyca_signed() -> None:
    signed = parse_signed_data(signed_by_pyca(b"content"))
    assert (signed.version, signed.econtent_type, signed.econtent) == (1, oids.ID_DATA, b"content")
    assert len(signed.certificates) == 2
    assert signed.leniencies == frozenset()
    assert verifies(signed)
    assert "signer_infos=1" in repr(signed)
    assert "version=1" in repr(signed.signer_infos[0])


def test_without_signed_attributes_the_content_is_signed() -> None:
    signed = parse_signed_data(signed_by_pyca(b"content", pkcs7.PKCS7Options.NoAttributes))
    (info,) = signed.signer_infos
    assert info.signed_attributes is None
    assert info.attributes == ()
    assert info.to_be_signed(b"content") == b"content"


def test_octets_behind_are_counted() -> None:
    assert parse_signed_data(signed_by_pyca(b"x") + b"\x00\x00\x00").trailing == 3


SHA256 = der(0x30, der(0x06, bytes.fromhex("608648016503040201")))
ECDSA = der(0x30, der(0x06, bytes.fromhex("2a8648ce3d040302")))
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
DIGEST = bytes.fromhex("06092a864886f70d010904")


def attribute(oid: bytes, *values: bytes) -> bytes:
    return der(0x30, oid, der(0x31, *values))


def signer_info(
    attributes: bytes | None = None, sid: bytes = der(0x80, b"ski"), version: int = 3, tail: bytes = b""
) -> bytes:
    stored = b"" if attributes is None else attributes
    return der(0x30, der(0x02, bytes([version])), sid, SHA256, stored, ECDSA, der(0x04, b"sig"), tail)


def content_info(
    *signers: bytes,
    certificates: bytes = b"",
    content: bytes = der(0x04, b"abc"),
    crls: bytes = b"",
    digests: bytes = SHA256,
) -> bytes:
    encapsulated = der(0x30, bytes.fromhex("06092a864886f70d010701"), der(0xA0, content) if content else b"")
    body = der(0x30, der(0x02, b"\x03"), der(0x31, digests), encapsulated, certificates, crls, der(0x31, *signers))
    return der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0, body))


def test_duplicates_and_disorder_are_kept() -> None:
    content_type = attribute(CONTENT_TYPE, der(0x04, b"a"), der(0x04, b"c"))
    message_digest = attribute(DIGEST, der(0x04, b"b"))
    assert message_digest < content_type
    stored = (content_type, message_digest, content_type)
    (info,) = parse_signed_data(content_info(signer_info(der(0xA0, *stored)))).signer_infos
    values = (der(0x04, b"a"), der(0x04, b"c"))
    assert info.attributes == (
        (oids.CONTENT_TYPE, values),
        (oids.MESSAGE_DIGEST, (der(0x04, b"b"),)),
        (oids.CONTENT_TYPE, values),
    )
    assert not info.attributes_ordered
    assert info.values(oids.CONTENT_TYPE) == (values, values)
    assert info.to_be_signed(b"") == der(0x31, *stored)


def test_attributes_in_an_indefinite_object_are_signed_with_a_length() -> None:
    stored = attribute(DIGEST, der(0x04, b"b"))
    data = content_info(signer_info(b"\xa0\x80" + stored + b"\x00\x00"))
    signed = parse_signed_data(data)
    assert signed.signer_infos[0].to_be_signed(b"") == der(0x31, stored)
    assert signed.leniencies == {Leniency.INDEFINITE_LENGTH}


def test_content_in_segments() -> None:
    data = content_info(signer_info(), content=der(0x24, der(0x04, b"ab"), der(0x04, b"c")))
    signed = parse_signed_data(data)
    assert signed.econtent == b"abc"
    assert signed.leniencies == {Leniency.CONSTRUCTED_STRING}


def test_long_lengths_are_named() -> None:
    data = content_info(signer_info(), content=b"\x04\x81\x03abc")
    assert parse_signed_data(data).leniencies == {Leniency.NON_MINIMAL_LENGTH}


def test_detached_content_is_none() -> None:
    assert parse_signed_data(content_info(signer_info(), content=b"")).econtent is None


def test_signer_identifiers() -> None:
    name = der(0x30, b"")
    by_serial = der(0x30, name, der(0x02, b"\x05"))
    infos = parse_signed_data(
        content_info(signer_info(sid=by_serial), signer_info(sid=der(0xA0, der(0x04, b"ski"))))
    ).signer_infos
    assert [(i.sid_issuer, i.sid_serial, i.sid_ski) for i in infos] == [(name, 5, None), (None, None, b"ski")]


def test_crls_and_unsigned_attributes_are_passed_over() -> None:
    data = content_info(signer_info(tail=der(0xA1)), crls=der(0xA1, der(0x30)), certificates=der(0xA0, der(0xA1)))
    signed = parse_signed_data(data)
    assert signed.certificates == ()
    assert len(signed.signer_infos) == 1


def test_limits() -> None:
    full = der(0xA0, *[der(0x30)] * MAX_CERTIFICATES)
    assert len(parse_signed_data(content_info(certificates=full)).certificates) == MAX_CERTIFICATES
    over = der(0xA0, *[der(0x30)] * (MAX_CERTIFICATES + 1))
    assert len(parse_signed_data(content_info(certificates=over), max_certificates=9).certificates) == 9
    many = attribute(DIGEST, der(0x04, b"b"))
    for data in (
        content_info(certificates=over),
        content_info(*[signer_info()] * (MAX_SIGNER_INFOS + 1)),
        content_info(signer_info(der(0xA0, *[many] * 33))),
        content_info(signer_info(der(0xA0, attribute(DIGEST, *[der(0x04)] * 33)))),
        content_info(digests=SHA256 * 17),
    ):
        with pytest.raises(LimitExceededError):
            parse_signed_data(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        der(0x30),
        der(0x30, bytes.fromhex("06092a864886f70d010701"), der(0xA0, der(0x30))),
        der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0, der(0x30))),
        der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0)),
        content_info(der(0x30, der(0x02, b"\x03"))),
        content_info(signer_info(sid=der(0x04, b"ski"))),
        content_info(signer_info(sid=der(0x30))),
        content_info(signer_info(der(0xA0, der(0x30)))),
        content_info(signer_info(tail=der(0x04))),
        content_info(signer_info(), content=der(0x30)),
        content_info(signer_info(), certificates=der(0x04)),
    ],
)
def test_what_is_no_signed_data(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_signed_data(data)


@pytest.mark.parametrize(
    ("length", "octets"), [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65536, "83010000")]
)
def test_der_length(length: int, octets: str) -> None:
    assert der_length(length).hex() == octets

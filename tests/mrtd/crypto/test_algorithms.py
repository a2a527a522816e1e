"""AlgorithmIdentifiers against asn1crypto's encodings."""

from __future__ import annotations

import pytest
from asn1crypto import algos

from mrtd import tlv
from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm, parse_digest_algorithm, parse_signature_algorithm
from mrtd.crypto.digests import DIGEST_SIZES, HASH_OIDS, HASHES, digest, hash_name
from mrtd.errors import MalformedError, UnsupportedError
from tests.mrtd.lds.build import der

HASH_NAMES = tuple(DIGEST_SIZES)


def parse(encoded: bytes, digest_algorithm: str | None = None) -> SignatureAlgorithm:
    return parse_signature_algorithm(tlv.read_only(encoded), digest_algorithm=digest_algorithm)


def pss(**parameters: object) -> bytes:
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters}).dump()


@pytest.mark.parametrize("name", HASH_NAMES)
@pytest.mark.parametrize(("suffix", "scheme"), [("rsa", Scheme.RSA_PKCS1), ("ecdsa", Scheme.ECDSA)])
def test_fixed_algorithms(name: str, suffix: str, scheme: Scheme) -> None:
    identifier = algos.SignedDigestAlgorithm({"algorithm": f"{name}_{suffix}"})
    found = parse(identifier.dump())
    assert (found.scheme, found.hash, found.oid) == (scheme, name, identifier["algorithm"].dotted)
    assert found.salt_length is found.mgf_hash is None
    assert not found.hash_from_digest_algorithm


@pytest.mark.parametrize("name", HASH_NAMES)
def test_null_and_absent_parameters_are_the_same(name: str) -> None:
    oid = algos.SignedDigestAlgorithmId(f"{name}_rsa").dump()
    assert parse(der(0x30, oid)) == parse(der(0x30, oid, b"\x05\x00"))


def test_other_parameters_are_malformed() -> None:
    oid = algos.SignedDigestAlgorithmId("sha256_rsa").dump()
    with pytest.raises(MalformedError, match="bad_algorithm"):
        parse(der(0x30, oid, der(0x30)))


@pytest.mark.parametrize("name", HASH_NAMES)
def test_bare_rsa_encryption_takes_the_digest_algorithm(name: str) -> None:
    bare = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}).dump()
    found = parse(bare, HASH_OIDS[name])
    assert (found.scheme, found.hash, found.hash_from_digest_algorithm) == (Scheme.RSA_PKCS1, name, True)
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse(bare)


@pytest.mark.parametrize("name", HASH_NAMES)
@pytest.mark.parametrize("salt", [0, 20, 32, 64, 222])
def test_pss_with_all_parameters(name: str, salt: int) -> None:
    found = parse(
        pss(
            hash_algorithm={"algorithm": name},
            mask_gen_algorithm={"algorithm": "mgf1", "parameters": {"algorithm": name}},
            salt_length=salt,
        )
    )
    assert (found.scheme, found.hash, found.mgf_hash, found.salt_length) == (Scheme.RSA_PSS, name, name, salt)


def test_pss_defaults() -> None:
    found = parse(der(0x30, der(0x06, bytes.fromhex("2a864886f70d01010a")), der(0x30)))
    assert (found.hash, found.mgf_hash, found.salt_length) == ("sha1", "sha1", 20)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hash_algorithm": {"algorithm": "sha256"}},
        {"mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}}},
        {"trailer_field": 2},
        {"salt_length": 70_000},
        {"hash_algorithm": {"algorithm": "md5"}},
    ],
    ids=["mgf default", "hash default", "trailer", "salt", "md5"],
)
def test_pss_parameters_that_do_not_fit(parameters: dict[str, object]) -> None:
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse(pss(**parameters))


PSS_OID = der(0x06, bytes.fromhex("2a864886f70d01010a"))


@pytest.mark.parametrize(
    "body",
    [
        der(0xA2, der(0x02, b"\x20")) + der(0xA0, der(0x30, der(0x06, b"\x2a"))),
        der(0xA2, der(0x02, b"\x20")) * 2,
        der(0xA4, der(0x02, b"\x01")),
        der(0x82, b"\x20"),
        der(0xA2),
    ],
    ids=["order", "twice", "unknown", "primitive", "empty"],
)
def test_pss_parameters_that_are_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(der(0x30, PSS_OID, der(0x30, body)))


def test_pss_without_parameters_cannot_be_decided() -> None:
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse(der(0x30, PSS_OID))


@pytest.mark.parametrize("name", ["md5_rsa", "sha256_dsa", "ed25519"])
def test_unknown_algorithms(name: str) -> None:
    with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
        parse(algos.SignedDigestAlgorithm({"algorithm": name}).dump())


@pytest.mark.parametrize("name", HASH_NAMES)
def test_digest_algorithms(name: str) -> None:
    oid = HASH_OIDS[name]
    assert algos.DigestAlgorithmId.map(oid) == name
    encoded = algos.DigestAlgorithmId(name).dump()
    assert parse_digest_algorithm(tlv.read_only(der(0x30, encoded))) == oid
    assert parse_digest_algorithm(tlv.read_only(der(0x30, encoded, b"\x05\x00"))) == oid
    assert hash_name(oid) == HASHES[oid] == name
    assert len(digest(name, b"")) == DIGEST_SIZES[name]


def test_fips_180_examples() -> None:
    assert digest("sha1", b"abc").hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert digest("sha224", b"abc").hex() == "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"


def test_unknown_hashes() -> None:
    for ask in (lambda: hash_name("1.2.840.113549.2.5"), lambda: digest("md5", b"")):
        with pytest.raises(UnsupportedError, match="unsupported_algorithm"):
            ask()

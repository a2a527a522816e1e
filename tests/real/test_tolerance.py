"""What real certificates do that a strict reader refuses: of each kind all are counted, and named ones compared.

The other reader is asn1crypto, member by member; its curves come from python-ecdsa.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from asn1crypto import core

from mrtd.crypto.algorithms import Scheme
from mrtd.crypto.keys import parse_spki
from mrtd.pki.certificate import Certificate
from tests.mrtd.pki import corpus
from tests.real import independent
from tests.real.independent import in_these_words, load, our_key

pytestmark = pytest.mark.real

#: Kind -> first 16 digits of the SHA-256 of certificates -> what asn1crypto reads in the member concerned.
NAMED: Final[Mapping[str, Mapping[str, object]]] = {
    "issuer_spelled_otherwise": {
        # letter case of the country
        "dd4f0b61cc2be908": ("RO", "ro"),
        "894c948dc9519b93": ("SI", "si"),
        # the type of the strings alone
        "ba6fc43cfe4d2345": ("CZ", "CZ"),
        "6b19865f4bd7297c": ("ME", "ME"),
        "12371355f6d43faf": ("AU", "AU"),
        "21b338ca3e8bfdf8": ("CN", "CN"),
    },
    "serial": {
        "ea1ad38f77cee9a4": 0,
        "3fa95e7a70f2b6ae": -78,
        "96403e66b13d47a4": -75,
        "eecd1de2e3b8c7ef": -56337892047647209746604675882707761959841393436,
    },
    "exponent": {
        "1c125bb160231880": 38129,
        "467b2982264c05b1": 43459,
        "024187ba550faabe": 50633,
        "aad4df07663560a7": 56611,
        "30cb8b7ac7ac3398": 58097,
        "7fd6408e91c935ef": 107903,
        "129f064dd246ef38": 109729,
        "3fa9533bd821c6fb": 127485,
    },
    "rsa_bits": {"4bc71d4baedc4d79": 6144, "b3e653ce4c1993cc": 6144, "5533a5f5cb6c54af": 6144},
    "salt": {
        "0c7e858d3c1cf472": ("sha256", 20),
        "ac89e2e5d172557c": ("sha256", 20),
        "42a541119389cd79": ("sha256", 64),
        "920216f864f4079a": ("sha512", 20),
        "75cac2bcf65fcba8": ("sha512", 20),
    },
    "country": {
        "e0a6d1bdcd64af16": ("ro",),
        "884eeced74fbe195": ("al",),
        "6001a66cf7287cbd": ("si",),
        "39eb6ed6349377c5": ("gb",),
        "eacdabb53b608608": ("ar",),
        "52c01c6fa1b5edd0": ("ca",),
        "4e3f27ddf9c01675": ("LTU",),
        "38aed45db5a9011f": (),
    },
}
#: Kind -> certificates among all 951.
COUNTED: Final = {
    "issuer_spelled_otherwise": 9,
    "serial": 9,
    "exponent": 10,
    "rsa_bits": 10,
    "salt": 5,
    "country": 25,
}


def odd(der: bytes) -> dict[str, object]:
    """Kind -> what is unusual about the certificate, by asn1crypto."""
    read = load(der)
    tbs, key = read["tbs_certificate"], independent.key(der)
    found: dict[str, object] = {}
    if tbs["subject"].dump() != tbs["issuer"].dump() and independent.is_self_issued(der):
        found["issuer_spelled_otherwise"] = (
            read.subject.native["country_name"],
            read.issuer.native["country_name"],
        )
    if read.serial_number <= 0:
        found["serial"] = read.serial_number
    if key.name.startswith("rsa") and key.numbers[1] not in (3, 65537):
        found["exponent"] = key.numbers[1]
    if key.name.startswith("rsa") and key.numbers[0].bit_length() > 4096:
        found["rsa_bits"] = key.numbers[0].bit_length()
    salt = pss(tbs["signature"])
    if salt is not None and salt not in (("sha256", 32), ("sha384", 48), ("sha512", 64)):
        found["salt"] = salt
    countries = independent.countries(der)
    if len(countries) != 1 or len(countries[0]) != 2 or not countries[0].isupper():
        found["country"] = countries
    return found


def pss(algorithm: Any) -> tuple[str, int] | None:
    if algorithm["algorithm"].native != "rsassa_pss":
        return None
    parameters = algorithm["parameters"]
    return parameters["hash_algorithm"]["algorithm"].native, parameters["salt_length"].native


def ours(der: bytes) -> dict[str, object]:
    """Every member, by our reader."""
    read = Certificate.parse(der)
    algorithm = read.algorithm
    return {
        "version": read.version,
        "serial": read.serial,
        "validity": (read.not_before, read.not_after),
        "names": (read.subject.raw, read.issuer.raw),
        "self-issued": read.self_issued,
        "countries": read.subject.countries,
        "key": in_these_words(read.public_key()),
        "salt": (algorithm.hash, algorithm.salt_length) if algorithm.scheme is Scheme.RSA_PSS else None,
        "identifiers": (read.key_identifier, read.issuer_key_identifier),
        "extensions": [(one.oid, one.critical, one.value) for one in read.extensions],
        "signed": (read.tbs, read.signature),
        "self-signed": read.self_signed,
    }


def theirs(der: bytes) -> dict[str, object]:
    """The same by asn1crypto."""
    read = load(der)
    tbs = read["tbs_certificate"]
    return {
        "version": int(tbs["version"]) + 1,
        "serial": read.serial_number,
        "validity": (read.not_valid_before, read.not_valid_after),
        "names": (tbs["subject"].dump(), tbs["issuer"].dump()),
        "self-issued": independent.is_self_issued(der),
        "countries": independent.countries(der),
        "key": independent.key(der),
        "salt": pss(tbs["signature"]),
        "identifiers": independent.key_identifiers(der),
        "extensions": [
            (one["extn_id"].dotted, one["critical"].native, one["extn_value"].contents) for one in tbs["extensions"]
        ],
        "signed": (tbs.dump(), read["signature_value"].native),
        "self-signed": independent.is_self_signed(der),
    }


@pytest.mark.parametrize("kind", NAMED)
def test_what_is_tolerated(real_data: Path, kind: str) -> None:
    """Every certificate of the kind, the named ones among them, member by member."""
    of_kind = {Certificate.parse(der).sha256[:16]: der for der in corpus.everything(real_data) if kind in odd(der)}
    assert len(of_kind) == COUNTED[kind]
    assert {name: odd(of_kind[name])[kind] for name in NAMED[kind]} == NAMED[kind]
    assert {odd(der)[kind] for der in of_kind.values()} >= set(NAMED[kind].values())
    for der in of_kind.values():
        assert ours(der) == theirs(der)


def test_every_odd_value_is_named(real_data: Path) -> None:
    """Beside the spellings, no value occurs in the 951 that the table does not hold; two hold the same serial."""
    found: dict[str, set[object]] = defaultdict(set)
    for der in corpus.everything(real_data):
        for kind, value in odd(der).items():
            found[kind].add(value)
    found.pop("issuer_spelled_otherwise")
    assert found == {kind: set(NAMED[kind].values()) for kind in found}


def test_countries_are_folded(real_data: Path) -> None:
    """Upper-cased, LTU as it stands, and none where none is stated."""
    read = {one.sha256[:16]: one for one in map(Certificate.parse, corpus.everything(real_data))}
    states = [read[name].country for name in NAMED["country"]]
    assert states == ["RO", "AL", "SI", "GB", "AR", "CA", "LTU", None]


def test_names_are_folded_as_asn1crypto_folds_them(real_data: Path) -> None:
    """RFC 5280 §7.1: of 391 spellings in 951 certificates, both readers make the same 372 names."""
    our_names: dict[bytes, Hashable] = {}
    their_names: dict[bytes, Hashable] = {}
    for der in corpus.everything(real_data):
        read = Certificate.parse(der)
        for name, hashable in zip((read.subject, read.issuer), independent.names(der), strict=True):
            our_names[name.raw], their_names[name.raw] = name.folded, hashable
    assert len(our_names) == 391
    groups = spellings(our_names)
    assert groups == spellings(their_names)
    assert Counter(map(len, groups)) == {1: 353, 2: 19}


def spellings(names: Mapping[bytes, Hashable]) -> set[frozenset[bytes]]:
    grouped: dict[Hashable, set[bytes]] = defaultdict(set)
    for raw, name in names.items():
        grouped[name].add(raw)
    return {frozenset(group) for group in grouped.values()}


#: Curve -> certificates whose key spells it out (without seed, with seed), and names it.
CURVES: Final = {
    "brainpoolP224r1": (3, 0, 0),
    "brainpoolP256r1": (57, 0, 0),
    "brainpoolP384r1": (72, 0, 0),
    "brainpoolP512r1": (21, 0, 0),
    "secp224r1": (0, 1, 0),
    "secp256r1": (9, 16, 0),
    "secp384r1": (28, 12, 4),
    "secp521r1": (24, 2, 3),
}


def test_explicit_parameters(real_data: Path) -> None:
    """With a seed and without, one curve under both; all state the cofactor, and without it the key is the same."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for der in corpus.everything(real_data):
        key = independent.key(der)
        if key.name.startswith("rsa"):
            continue
        parameters = load(der)["tbs_certificate"]["subject_public_key_info"]["algorithm"]["parameters"]
        if not key.explicit:
            counted[key.name][2] += 1
        else:
            counted[key.name][not isinstance(parameters.chosen["curve"]["seed"], core.Void)] += 1
            assert parameters.chosen["cofactor"].native == 1
            assert in_these_words(parse_spki(without_cofactor(der))) == key
        assert our_key(der) == key
    assert {name: tuple(numbers) for name, numbers in counted.items()} == CURVES


def without_cofactor(der: bytes) -> bytes:
    """The key of a certificate without the cofactor, which SEC 1 §C.2 calls optional; every real one states it."""
    info = load(der)["tbs_certificate"]["subject_public_key_info"]
    del info["algorithm"]["parameters"].chosen["cofactor"]
    shorter = bytes(info.dump(force=True))
    assert len(Certificate.parse(der).spki) - len(shorter) >= 3
    return shorter

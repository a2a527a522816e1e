"""What other libraries lose of the real certificates, each loss explained, and that ours loses none.

The explanations rest on asn1crypto's reading, not on the words of an error: pyca loses a certificate exactly where
one of them applies, and takes it once the cause is taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pytest
from asn1crypto import algos, core, keys
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mrtd.pki.certificate import Certificate
from tests.mrtd.pki import corpus
from tests.real import independent
from tests.real.independent import load, our_key

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
]


class Loss(StrEnum):
    """Why pyca gives no key."""

    #: RFC 5758 §3.2 leaves the parameters of ecdsa-with-SHA2 out; pyca then cannot read anything of the certificate.
    NULL_PARAMETERS = "ECDSA with SHA-2 and NULL parameters"
    #: pyca knows explicit parameters of three curves alone.
    OTHER_CURVE = "explicit parameters of another curve"
    #: pyca compares octets, and SEC 1 §2.3.5 asks for all octets of the field.
    SHORT_COEFFICIENT = "explicit P-521 whose b lacks its leading zero"
    #: The seed ends in 7e90: whoever wrote it took the zero bits at the end for unused ones (X.690 §11.2.2).
    SEED_BITS = "explicit P-256 whose seed has four unused bits"


#: Collection -> certificates without a key by class, in the order of `Loss`.
LOST: Final = {
    ("masterlists/*",): (10, 135, 9, 5),
    ("masterlists/*", "bundles/*"): (10, 150, 10, 5),
    ("masterlists/*", "bundles/*", "certs/*"): (10, 150, 10, 5),
}
#: Class -> certificates by country, in all files.
STATES: Final = {
    Loss.NULL_PARAMETERS: {"JP": 4, "AT": 2, "DE": 2, "AE": 1, "DZ": 1},
    Loss.SHORT_COEFFICIENT: {"TR": 7, "HU": 3},
    Loss.SEED_BITS: {"RU": 5},
}
#: Curve -> certificates of the class `OTHER_CURVE`, in all files.
OTHER_CURVES: Final = {
    "brainpoolP256r1": 56,
    "brainpoolP384r1": 69,
    "brainpoolP512r1": 21,
    "brainpoolP224r1": 3,
    "secp224r1": 1,
}
#: What pyca takes as explicit parameters, with the octets of the field.
TAKEN: Final = {"secp256r1": 32, "secp384r1": 48, "secp521r1": 66}


def loss(der: bytes) -> Loss | None:
    """Why pyca should lose this certificate, by asn1crypto's reading."""
    algorithm = load(der)["tbs_certificate"]["signature"]
    with_sha2 = algorithm["algorithm"].native in ("sha256_ecdsa", "sha384_ecdsa", "sha512_ecdsa")
    if with_sha2 and not isinstance(algorithm["parameters"], core.Void):
        return Loss.NULL_PARAMETERS
    key = independent.key(der)
    if not key.explicit:
        return None
    if key.name not in TAKEN:
        return Loss.OTHER_CURVE
    curve = spki(der)["algorithm"]["parameters"].chosen["curve"]
    if len(curve["b"].native) < TAKEN[key.name]:
        return Loss.SHORT_COEFFICIENT
    has_seed = not isinstance(curve["seed"], core.Void)
    return Loss.SEED_BITS if has_seed and curve["seed"].contents[0] != 0 else None


def spki(der: bytes) -> Any:
    return load(der)["tbs_certificate"]["subject_public_key_info"]


def pyca_numbers(key: object) -> tuple[int, int]:
    numbers = key.public_numbers()
    return (numbers.n, numbers.e) if isinstance(key, RSAPublicKey) else (numbers.x, numbers.y)


def losses(encoded: tuple[bytes, ...]) -> Iterator[tuple[Loss, bytes]]:
    """What pyca gives no key for; of all others its key is ours."""
    for der in encoded:
        reason = loss(der)
        if reason is None:
            read = x509.load_der_x509_certificate(der)
            assert pyca_numbers(read.public_key()) == our_key(der).numbers
            assert read.fingerprint(hashes.SHA256()).hex() == Certificate.parse(der).sha256
            continue
        with pytest.raises(ValueError if reason is Loss.NULL_PARAMETERS else UnsupportedAlgorithm):
            x509.load_der_x509_certificate(der).public_key()
        yield reason, der


@pytest.mark.parametrize("patterns", LOST, ids=["lists", "with bundles", "with single files"])
def test_what_pyca_gives_no_key_for(real_data: Path, patterns: tuple[str, ...]) -> None:
    """159 of 875, 175 of 945 and of 951, and why; ours and python-ecdsa's curves give the key of each."""
    found = list(losses(corpus.unique(real_data, *patterns)))
    assert tuple(sum(reason is one for reason, _ in found) for one in Loss) == LOST[patterns]
    for _, der in found:
        assert our_key(der) == independent.key(der)


def test_whose_keys_pyca_loses(real_data: Path) -> None:
    states: dict[Loss, Counter[str]] = {reason: Counter() for reason in Loss}
    curves: Counter[str] = Counter()
    for reason, der in losses(corpus.everything(real_data)):
        states[reason][independent.countries(der)[0]] += 1
        if reason is Loss.OTHER_CURVE:
            curves[independent.key(der).name] += 1
    assert {reason: states[reason] for reason in STATES} == STATES
    assert curves == OTHER_CURVES


def test_without_the_cause_pyca_loses_nothing(real_data: Path) -> None:
    """The NULL left out, the zero put back, the unused bits used, the curve named: pyca then gives our key."""
    named = 0
    for reason, der in losses(corpus.everything(real_data)):
        if reason is Loss.NULL_PARAMETERS:
            x509.load_der_x509_certificate(without_parameters(der))
        info = spki(der)
        if independent.key(der).name == "brainpoolP224r1":
            # pyca knows this one by no name either
            continue
        if reason is Loss.SEED_BITS:
            seed = info["algorithm"]["parameters"].chosen["curve"]["seed"].contents
            changed = info.dump().replace(b"\x03\x15" + seed, b"\x03\x15\x00" + seed[1:])
        elif reason is Loss.SHORT_COEFFICIENT:
            curve = info["algorithm"]["parameters"].chosen["curve"]
            curve["b"] = core.OctetString(b"\x00" + curve["b"].native)
            changed = info.dump(force=True)
        else:
            changed = info.dump() if independent.key(der).name.startswith("rsa") else with_named_curve(der)
            named += 1
        assert pyca_numbers(load_der_public_key(changed)) == our_key(der).numbers
    assert named == 10 + 150 - 3


def without_parameters(der: bytes) -> bytes:
    """The certificate without the parameters of its signature algorithm; the signature is no longer right."""
    changed = load(der)
    for place in (changed["tbs_certificate"], changed):
        field = "signature" if place is not changed else "signature_algorithm"
        place[field] = algos.SignedDigestAlgorithm({"algorithm": place[field]["algorithm"]})
    return bytes(changed.dump(force=True))


def with_named_curve(der: bytes) -> bytes:
    """The key of a certificate, its curve by name."""
    algorithm = keys.PublicKeyAlgorithm(
        {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", independent.key(der).name.lower())}
    )
    return bytes(keys.PublicKeyInfo({"algorithm": algorithm, "public_key": spki(der)["public_key"]}).dump())


def test_extensions_that_pyca_refuses(real_data: Path) -> None:
    """With one of them it loses all others; ours reports those of Lithuania and reads the others of each."""
    refused: Counter[tuple[str, ...]] = Counter()
    reported = []
    for der in corpus.everything(real_data):
        try:
            read = x509.load_der_x509_certificate(der)
        except ValueError:
            continue
        try:
            assert read.extensions
        except ValueError:
            refused[independent.countries(der)] += 1
            ours = Certificate.parse(der)
            assert len(ours.extensions) >= 3
            assert ours.key_usage is not None
            reported += [independent.countries(der)] if ours.extension_errors() else []
    # UA: TRUE written as 01 instead of ff (two), an authority key identifier with a name and no serial number;
    # IT: a path length without cA
    assert refused == {("LT",): 3, ("UA",): 3, ("IT",): 1}
    assert reported == [("LT",)] * 3


def test_what_asn1crypto_cannot_read_whole(real_data: Path) -> None:
    """The same three of Lithuania: a length beyond the end within an extension; the key can still be asked for."""
    refused = []
    for der in corpus.everything(real_data):
        try:
            assert load(der).native
        except ValueError:
            refused.append(der)
    assert [independent.countries(der) for der in refused] == [("LT",)] * 3
    assert all(our_key(der) == independent.key(der) for der in refused)


def test_what_pyca_cannot_verify(real_data: Path) -> None:
    """Of 634 self-signed certificates pyca verifies 452; the others have no key there, or a signature over SHA-1."""
    verified: Counter[str] = Counter()
    for der in corpus.everything(real_data):
        if not independent.is_self_signed(der):
            continue
        assert Certificate.parse(der).self_signed
        sha1 = load(der)["tbs_certificate"]["signature"].hash_algo == "sha1" if not is_pss(der) else False
        expected = "no key" if loss(der) else "SHA-1" if sha1 else "verified"
        verified[expected] += 1
        try:
            read = x509.load_der_x509_certificate(der)
            read.verify_directly_issued_by(read)
        except (ValueError, UnsupportedAlgorithm):
            assert expected != "verified"
        else:
            assert expected == "verified"
    assert verified == {"verified": 452, "no key": 113, "SHA-1": 69}


def is_pss(der: bytes) -> bool:
    return bool(load(der)["tbs_certificate"]["signature"]["algorithm"].native == "rsassa_pss")

"""Who signed what: security objects, certificates, CRLs, Active Authentication; structures read by asn1crypto."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from asn1crypto import algos, cms, core, crl, keys, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.oracles import openssl
from tests.oracles.answers import UNREADABLE, Answer, Cannot
from tests.oracles.unwrapping import content_info

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 real documents of 2008 to 2016 use it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

#: (SPKI, message, signature, hash, salt length and MGF1 hash for RSA-PSS) -> valid, invalid, or why not.
Verifier = Callable[[bytes, bytes, bytes, str, tuple[int, str] | None], Answer]


@cache
def pyca(spki: bytes, message: bytes, signature: bytes, hash_name: str, pss: tuple[int, str] | None) -> Answer:
    """One signature by pyca/cryptography."""
    try:
        key = serialization.load_der_public_key(spki)
    except UnsupportedAlgorithm:
        return Cannot("explicit curve parameters, or a curve that it does not know")
    except ValueError:
        return Cannot("the key does not load")
    chosen = HASHES[hash_name]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            scheme = padding.PKCS1v15() if pss is None else padding.PSS(padding.MGF1(HASHES[pss[1]]), pss[0])
            key.verify(signature, message, scheme, chosen)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(chosen))
        else:
            return Cannot("another kind of key")
    except InvalidSignature:
        return "invalid"
    except UnsupportedAlgorithm:
        return Cannot("an algorithm that it does not know")
    return "valid"


VERIFIERS: Final[dict[str, Verifier]] = {"pyca": pyca, "openssl": openssl.verifies}


def signed_object(verifier: Verifier, data: bytes, supplied: Iterable[bytes] = ()) -> Answer:
    """Each signer of a ContentInfo: `valid` if the key of any certificate in it, or supplied, made the signature."""
    try:
        signed = cms.ContentInfo.load(content_info(data), strict=True)["content"]
        certificates = [item.chosen for item in signed["certificates"] if item.name == "certificate"]
        certificates += [x509.Certificate.load(one) for one in supplied]
        # what has no signer is signed by nobody
        return tuple(_signer(verifier, one, certificates) for one in signed["signer_infos"]) or ("invalid",)
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


def _signer(verifier: Verifier, signer: Any, certificates: list[Any]) -> Answer:
    message = b"\x31" + signer["signed_attrs"].dump()[1:]
    if signer["signed_attrs"].native is None:
        return Cannot("no signed attributes")
    if signer["signed_attrs"].method != 1 or message[1] == 0x80:
        return Cannot("attributes of indefinite length")
    digest = signer["digest_algorithm"]["algorithm"].native
    answers = [
        _verified(verifier, certificate, signer["signature_algorithm"], message, signer["signature"].native, digest)
        for certificate in certificates
    ]
    return _best(answers)


def _best(answers: list[Answer]) -> Answer:
    """Valid if any key verifies; what cannot be told counts before a plain no."""
    if "valid" in answers:
        return "valid"
    return next((answer for answer in answers if isinstance(answer, Cannot)), "invalid")


def certificate(verifier: Verifier, encoded: bytes, issuer: bytes) -> Answer:
    """Whether the key of `issuer` signed a certificate (RFC 5280 §4.1.1.3)."""
    try:
        read = x509.Certificate.load(encoded, strict=True)
        tbs, algorithm = read["tbs_certificate"], read["tbs_certificate"]["signature"]
        signature = read["signature_value"].native
        return _verified(verifier, x509.Certificate.load(issuer), algorithm, tbs.dump(), signature, None)
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


def revocation_list(verifier: Verifier, encoded: bytes, issuer: bytes) -> Answer:
    """Whether the key of `issuer` signed a CRL (RFC 5280 §5.1.1.3)."""
    try:
        read = crl.CertificateList.load(encoded, strict=True)
        tbs, algorithm = read["tbs_cert_list"], read["tbs_cert_list"]["signature"]
        return _verified(
            verifier, x509.Certificate.load(issuer), algorithm, tbs.dump(), read["signature"].native, None
        )
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


def _verified(
    verifier: Verifier, signer: Any, algorithm: Any, message: bytes, signature: bytes, digest: str | None
) -> Answer:
    spki = signer["tbs_certificate"]["subject_public_key_info"].dump()
    family = signer["tbs_certificate"]["subject_public_key_info"]["algorithm"]["algorithm"].native
    scheme = algorithm["algorithm"].native
    if scheme == "rsassa_pss":
        parameters = algorithm["parameters"]
        if parameters["mask_gen_algorithm"]["algorithm"].native != "mgf1" or parameters[
            "trailer_field"
        ].native not in (
            1,
            "trailer_field_bc",
        ):
            return Cannot("other parameters of RSA-PSS")
        mgf = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        pss = (int(parameters["salt_length"].native), mgf)
        name = parameters["hash_algorithm"]["algorithm"].native
        return "invalid" if family == "ec" else verifier(spki, message, signature, name, pss)
    name = digest if scheme == "rsassa_pkcs1v15" else _hash(algorithm)
    if name not in HASHES:
        return Cannot("another hash")
    ecdsa = scheme.endswith("_ecdsa")
    if ecdsa != (family == "ec") or (family == "rsassa_pss" and not ecdsa):
        return "invalid"
    return verifier(spki, message, signature, name, None)


def _hash(algorithm: Any) -> str | None:
    try:
        return str(algos.SignedDigestAlgorithm.load(algorithm.dump()).hash_algo)
    except ValueError:
        return None


# --- Active Authentication (ICAO 9303-11 §6.1)

_TRAILERS: Final = {
    b"\xbc": ("sha1",),
    b"\x38\xcc": ("sha224",),
    b"\x34\xcc": ("sha256",),
    b"\x36\xcc": ("sha384",),
    b"\x35\xcc": ("sha512",),
}


def active_authentication(
    verifier: Verifier, spki: bytes, challenge: bytes, response: bytes, declared: str | None
) -> Answer:
    """Whether the key of DG15 answered; `declared` is the hash of DG14, None for any."""
    key = keys.PublicKeyInfo.load(spki)
    if key["algorithm"]["algorithm"].native == "rsa":
        return _recovered(int(key["public_key"].parsed["modulus"]), int(key["public_key"].parsed["public_exponent"]),
                          challenge, response)  # fmt: skip
    if len(response) % 2:
        return "invalid"
    half = len(response) // 2
    signature = encode_dss_signature(int.from_bytes(response[:half]), int.from_bytes(response[half:]))
    names = (declared,) if declared is not None else tuple(HASHES)
    return _best([verifier(spki, challenge, signature, name, None) for name in names])


def _recovered(n: int, e: int, challenge: bytes, response: bytes) -> Answer:
    """ISO/IEC 9796-2, scheme 1: open the signature with the public key and hash again what it recovers."""
    size = (n.bit_length() + 7) // 8
    if len(response) != size or int.from_bytes(response) >= n:
        return "invalid"
    opened = pow(int.from_bytes(response), e, n)
    return "valid" if any(_is_block(block, challenge) for block in _blocks(opened, n, size)) else "invalid"


def _blocks(opened: int, n: int, size: int) -> Iterator[bytes]:
    yield opened.to_bytes(size)
    yield (n - opened).to_bytes(size)


def _is_block(block: bytes, challenge: bytes) -> bool:
    for trailer, names in _TRAILERS.items():
        for name in names:
            length = hashlib.new(name, usedforsecurity=False).digest_size
            body = block[1 : len(block) - len(trailer) - length]
            stored = block[1 + len(body) : len(block) - len(trailer)]
            if block[:1] != b"\x6a" or not block.endswith(trailer) or len(stored) != length:
                continue
            if hashlib.new(name, body + challenge, usedforsecurity=False).digest() == stored:
                return True
    return False


class _SecurityInfo(core.Sequence):
    _fields = [  # noqa: RUF012
        ("protocol", core.ObjectIdentifier),
        ("required", core.Any),
        ("optional", core.Any, {"optional": True}),
    ]


class _SecurityInfos(core.SetOf):
    _child_spec = _SecurityInfo


class _ActiveAuthenticationInfo(core.Sequence):
    _fields = [  # noqa: RUF012
        ("protocol", core.ObjectIdentifier),
        ("version", core.Integer),
        ("algorithm", core.ObjectIdentifier),
    ]


#: ecdsa-plain-SHA1 to -SHA512 (BSI TR-03111 §5.2.1.1).
_PLAIN: Final = {f"0.4.0.127.0.7.1.1.4.1.{number}": name for number, name in enumerate(HASHES, start=1)}


def declared_hash(security_infos: bytes) -> str | None:
    """The hash of the ActiveAuthenticationInfo in DG14 (ICAO 9303-11 §9.2.4)."""
    for info in _SecurityInfos.load(security_infos):
        if info["protocol"].dotted == "2.23.136.1.1.5":
            algorithm = _ActiveAuthenticationInfo.load(info.dump())["algorithm"].dotted
            return _PLAIN.get(algorithm, algorithm)
    return None

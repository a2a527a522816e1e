"""One `verify` for all signatures of documents, certificates and lists (RFC 8017 §8, BSI TR-03111 §4.2.1).

OpenSSL does the arithmetic where it knows the curve, python-ecdsa elsewhere. Nothing is ever *parsed* out of an RSA
block: 22 real CSCA keys have exponent 3, for which a lenient DigestInfo parser accepts forgeries.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from ecdsa import curves as ecdsa_curves
from ecdsa import ellipticcurve
from ecdsa.errors import MalformedPointError
from ecdsa.keys import BadDigestError, BadSignatureError, VerifyingKey

from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm
from mrtd.crypto.digests import DIGEST_SIZES, HASH_OIDS, digest
from mrtd.crypto.keys import EcPublicKey, PublicKey, RsaPublicKey
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.tlv import INTEGER, SEQUENCE, Tlv, read_only

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 documents of 2008 to 2016 use it; `pa.algorithms` judges the strength
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
#: The curves that OpenSSL is asked for; the others go to python-ecdsa.
_OPENSSL_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}
_ECDSA_CURVES: Final = {
    "brainpoolP160r1": ecdsa_curves.BRAINPOOLP160r1,
    "brainpoolP192r1": ecdsa_curves.BRAINPOOLP192r1,
    "brainpoolP224r1": ecdsa_curves.BRAINPOOLP224r1,
    "brainpoolP320r1": ecdsa_curves.BRAINPOOLP320r1,
}


def verify(
    key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes, *, raw_ecdsa: bool = False
) -> bool:
    """Whether `signature` over `message` was made with the private half of `key` (RFC 8017 §8, TR-03111 §4.2.1).

    Args:
        key: a checked key of `mrtd.crypto.keys`.
        algorithm: as declared; an algorithm of another family than the key's does not verify.
        message: the signed bytes as stored.
        signature: the signature as stored.
        raw_ecdsa: read r||s (TR-03111 §5.2.1) instead of the DER sequence.

    Raises:
        UnsupportedError: it cannot be decided here.
    """
    if isinstance(key, RsaPublicKey):
        if algorithm.scheme is Scheme.RSA_PKCS1:
            return not key.pss_only and _verify_pkcs1(key, algorithm.hash, message, signature)
        return algorithm.scheme is Scheme.RSA_PSS and _verify_pss(key, algorithm, message, signature)
    return algorithm.scheme is Scheme.ECDSA and _verify_ecdsa(key, algorithm.hash, message, signature, raw_ecdsa)


def ecdsa_values(key: EcPublicKey, signature: bytes, *, raw: bool) -> tuple[int, int] | None:
    """The integers (r, s) of an ECDSA signature, or None if it is no signature for this key's curve.

    DER (RFC 3279 §2.2.3) is read strictly, plain r||s (TR-03111 §5.2.1) by its exact length; 0 < r, s < n.
    """
    size = key.curve.order_octets
    values = _plain_integers(signature, size) if raw else _der_integers(signature, size)
    if values is None or not all(0 < value < key.curve.n for value in values):
        return None
    return values


def _plain_integers(signature: bytes, size: int) -> tuple[int, int] | None:
    if len(signature) != 2 * size:
        return None
    return int.from_bytes(signature[:size]), int.from_bytes(signature[size:])


def _der_integers(signature: bytes, size: int) -> tuple[int, int] | None:
    # two INTEGERs with a leading zero each, and three headers of which the outer may take three octets
    if len(signature) > 2 * (size + 3) + 3:
        return None
    try:
        outer = read_only(signature, SEQUENCE)
        items = outer.children()
    except MalformedError:
        return None
    if len(items) != 2 or outer.indefinite or not outer.minimal_length:
        return None
    if not all(_is_minimal_unsigned(item) for item in items):
        return None
    return int.from_bytes(items[0].value), int.from_bytes(items[1].value)


def _is_minimal_unsigned(item: Tlv) -> bool:
    value = item.value
    if item.tag != INTEGER or not item.minimal_length or not value or value[0] & 0x80:
        return False
    return len(value) == 1 or value[0] != 0 or bool(value[1] & 0x80)


@lru_cache(maxsize=2048)
def _openssl_rsa(key: RsaPublicKey) -> rsa.RSAPublicKey:
    try:
        return rsa.RSAPublicNumbers(key.e, key.n).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("unsupported_algorithm", detail="RSA key refused") from error


@lru_cache(maxsize=2048)
def _openssl_ec(key: EcPublicKey) -> ec.EllipticCurvePublicKey | None:
    curve = _OPENSSL_CURVES.get(key.curve.name)
    if curve is None:
        return None
    try:
        return ec.EllipticCurvePublicNumbers(key.x, key.y, curve).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("unsupported_algorithm", detail="EC key refused") from error


@lru_cache(maxsize=64)
def _ecdsa_key(key: EcPublicKey) -> VerifyingKey:
    curve = _ECDSA_CURVES[key.curve.name]
    try:
        point = ellipticcurve.PointJacobi(curve.curve, key.x, key.y, 1, key.curve.n)
        return VerifyingKey.from_public_point(point, curve)
    except MalformedPointError as error:
        raise UnsupportedError("unsupported_algorithm", detail="EC key refused") from error


def _digest_info(hash_: str, hashed: bytes, *, with_null: bool) -> bytes:
    """DigestInfo (RFC 8017 §9.2), built and never parsed; both forms of the parameters are in use."""
    arcs = [int(arc) for arc in HASH_OIDS[hash_].split(".")]
    encoded = bytes([40 * arcs[0] + arcs[1]])
    for arc in arcs[2:]:
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        encoded += bytes(reversed(septets))
    identifier = b"\x06" + bytes([len(encoded)]) + encoded + (b"\x05\x00" if with_null else b"")
    body = b"\x30" + bytes([len(identifier)]) + identifier + b"\x04" + bytes([len(hashed)]) + hashed
    return b"\x30" + bytes([len(body)]) + body


def _verify_pkcs1(key: RsaPublicKey, hash_: str, message: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the recovered block, whole, against the two encodings."""
    size = (key.bits + 7) // 8
    if len(signature) != size:
        return False
    value = int.from_bytes(signature)
    if value >= key.n:
        return False
    try:
        recovered = _openssl_rsa(key).recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except InvalidSignature:
        return False
    hashed = digest(hash_, message)
    return recovered in (_digest_info(hash_, hashed, with_null=True), _digest_info(hash_, hashed, with_null=False))


def _verify_pss(key: RsaPublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> bool:
    """RSASSA-PSS (RFC 8017 §8.1.2) with the salt exactly as declared."""
    salt = algorithm.salt_length
    if salt is None or algorithm.mgf_hash is None:
        raise UnsupportedError("unsupported_algorithm", detail="RSASSA-PSS without parameters")
    if len(signature) != (key.bits + 7) // 8:
        return False
    if (key.bits + 6) // 8 < DIGEST_SIZES[algorithm.hash] + salt + 2:
        return False
    scheme = padding.PSS(padding.MGF1(_HASHES[algorithm.mgf_hash]), salt)
    try:
        _openssl_rsa(key).verify(signature, message, scheme, _HASHES[algorithm.hash])
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise UnsupportedError("unsupported_algorithm", detail="RSASSA-PSS") from error
    return True


def _verify_ecdsa(key: EcPublicKey, hash_: str, message: bytes, signature: bytes, raw: bool) -> bool:
    values = ecdsa_values(key, signature, raw=raw)
    if values is None:
        return False
    public = _openssl_ec(key)
    if public is not None:
        try:
            public.verify(encode_dss_signature(*values), message, ec.ECDSA(_HASHES[hash_]))
        except InvalidSignature:
            return False
        except UnsupportedAlgorithm as error:
            raise UnsupportedError("unsupported_algorithm", detail="ECDSA") from error
        return True
    try:
        _ecdsa_key(key).verify_digest(
            b"", digest(hash_, message), sigdecode=lambda _signature, _order: values, allow_truncate=True
        )
    except (BadSignatureError, BadDigestError):
        return False
    except TypeError:
        # r and s that lead to the point at infinity, which verifies nothing (TR-03111 §4.2.1.2 step 5); the library
        # then calculates with a coordinate that is not there
        return False
    return True

"""The keys of the specimen state: derived from their names, deterministic in everything that they sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from Crypto.Hash import SHA1, SHA224, SHA256, SHA384, SHA512
from Crypto.Math.Primality import generate_probable_prime
from Crypto.PublicKey import RSA
from Crypto.Signature import pss
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pyasn1.type import univ

from mrtd.asn1 import oids, x509
from mrtd.specimen.elliptic_curves import (
    OPENSSL_CURVES,
    LibraryKey,
    domain_parameters,
    named_parameters,
    order_size,
)
from mrtd.specimen.encoding import NULL, algorithm, der, digest_info
from mrtd.specimen.scheme import EcKeySpec, KeySpec, RsaKeySpec, SchemeKind, SignatureScheme

_HASHES: Final = {
    "sha1": hashes.SHA1(),  # noqa: S303 - real documents use it, so specimens must
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
#: The same for RSA-PSS, where pycryptodome lets the salt be chosen.
_PSS_HASHES: Final = {"sha1": SHA1, "sha224": SHA224, "sha256": SHA256, "sha384": SHA384, "sha512": SHA512}

#: pycryptodome makes no shorter RSA keys (FIPS 186-4).
_MIN_GENERATED_BITS: Final = 1024
_PEM_NOTE: Final = b"SPECIMEN KEY of the issuing state UTO, public by design: never trust it.\n\n"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | LibraryKey


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key and how its public half is written into certificates and DG15."""

    name: str
    spec: KeySpec
    private: PrivateKey

    def spki(self, *, parameters: bytes | None = None) -> bytes:
        """SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).

        Args:
            parameters: other algorithm parameters than the key's own, to state a wrong curve on purpose; by default
                explicit or named EC parameters as the spec of the key says, NULL for RSA.
        """
        info = x509.SubjectPublicKeyInfo()
        if isinstance(self.spec, RsaKeySpec):
            oid = oids.RSASSA_PSS if self.spec.pss_only else oids.RSA_ENCRYPTION
            info["algorithm"] = algorithm(oid, parameters or (None if self.spec.pss_only else NULL))
        else:
            curve = self.spec.curve
            own = domain_parameters(curve).encode() if self.spec.explicit_parameters else named_parameters(curve)
            info["algorithm"] = algorithm(oids.EC_PUBLIC_KEY, parameters or own)
        info["subjectPublicKey"] = univ.BitString.fromOctetString(self.public_bits())
        return der(info)

    def public_bits(self) -> bytes:
        """The content of subjectPublicKey: RSAPublicKey (RFC 8017 A.1.1) or the uncompressed point."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return self.private.point()

    def key_identifier(self) -> bytes:
        """SHA-1 of the subjectPublicKey bits (RFC 5280 §4.2.1.2, method 1)."""
        return hashlib.sha1(self.public_bits(), usedforsecurity=False).digest()

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """Sign; the same message gives the same octets (RFC 6979 for ECDSA, a salt from the message for RSA-PSS).

        Returns:
            The signature; DER for ECDSA.

        Raises:
            ValueError: the scheme is for the other kind of key.
        """
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self._sign_rsa(self.private, scheme, message)
        if scheme.kind is not SchemeKind.ECDSA:
            raise ValueError("an EC key signs by ECDSA")
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(_HASHES[scheme.hash], deterministic_signing=True))
        return self.private.sign(scheme.hash, message)

    def _sign_rsa(self, private: rsa.RSAPrivateKey, scheme: SignatureScheme, message: bytes) -> bytes:
        if scheme.kind is SchemeKind.RSA_PKCS1 and scheme.digest_info_null:
            return private.sign(message, padding.PKCS1v15(), _HASHES[scheme.hash])
        if scheme.kind is SchemeKind.RSA_PKCS1:
            return private.sign(
                digest_info(scheme.hash, message, with_null=False), padding.PKCS1v15(), NoDigestInfo()
            )
        if scheme.kind is SchemeKind.RSA_PSS:
            return self._sign_pss(private, scheme, message)
        raise ValueError("an RSA key signs by PKCS #1 v1.5 or PSS")

    def _sign_pss(self, private: rsa.RSAPrivateKey, scheme: SignatureScheme, message: bytes) -> bytes:
        encoded = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        salt = octets(b"PSS salt " + self.name.encode() + message)
        signer = pss.new(_pycryptodome_key(encoded), salt_bytes=scheme.salt_length, rand_func=salt)
        return bytes(signer.sign(_PSS_HASHES[scheme.hash].new(message)))

    def pem(self) -> bytes:
        """The private key as it lies in the folder `keys`.

        Raises:
            TypeError: an EC key; those are derived and never stored.
        """
        if not isinstance(self.private, rsa.RSAPrivateKey):
            raise TypeError("EC keys are not stored")
        return _PEM_NOTE + self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def __repr__(self) -> str:
        return f"SigningKey(name={self.name}, spec={self.spec})"


class OctetStream:
    """Deterministic octets from a seed, for parties that ask for randomness (SHAKE256, one block a call)."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._calls = 0

    def __call__(self, length: int) -> bytes:
        """The next `length` octets."""
        self._calls += 1
        return hashlib.shake_256(self._seed + self._calls.to_bytes(8)).digest(length)


def octets(seed: bytes) -> OctetStream:
    """A stream of octets that the seed determines."""
    return OctetStream(seed)


@lru_cache(maxsize=256)
def load(name: str, spec: KeySpec) -> SigningKey:
    """The key of that name: from the package data if it lies there, else derived."""
    file = resources.files("mrtd.specimen") / "keys" / f"{file_name(name, spec)}.pem"
    if isinstance(spec, EcKeySpec) or not file.is_file():
        return derive(name, spec)
    return SigningKey(name, spec, _rsa_key(file.read_bytes()))


def derive(name: str, spec: KeySpec) -> SigningKey:
    """Make the key of that name; the name determines it. RSA takes from 0.1 s (2048 bits) to 10 s (6144 bits)."""
    stream = octets(f"SPECIMEN {file_name(name, spec)}".encode())
    if isinstance(spec, RsaKeySpec):
        return SigningKey(name, spec, _rsa_key(_generate_rsa(spec, stream).export_key("PEM")))
    order = domain_parameters(spec.curve).order
    scalar = int.from_bytes(stream(order.bit_length() // 8 + 8)) % (order - 1) + 1
    curve = OPENSSL_CURVES.get(spec.curve)
    if curve is not None:
        return SigningKey(name, spec, ec.derive_private_key(scalar, curve))
    return SigningKey(name, spec, LibraryKey.on(spec.curve, scalar))


def file_name(name: str, spec: KeySpec) -> str:
    """The name of the key's file: its role and its kind. How a key is declared (PSS only) is no part of it."""
    if isinstance(spec, EcKeySpec):
        return f"{name}-{spec.curve}"
    return f"{name}-rsa{spec.bits}" + (
        f"-e{spec.exponent}" if spec.exponent != RsaKeySpec(spec.bits).exponent else ""
    )


def coordinate_size(spec: EcKeySpec) -> int:
    """The octets that r and s have in plain ECDSA: those of the group order (BSI TR-03111 §5.2.1)."""
    return order_size(spec.curve)


@lru_cache(maxsize=32)
def _pycryptodome_key(encoded: bytes) -> RSA.RsaKey:
    """Reading a key costs more than signing with it."""
    return RSA.import_key(encoded)


def _rsa_key(pem: bytes) -> rsa.RSAPrivateKey:
    private = load_pem_private_key(pem, None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return private


def _generate_rsa(spec: RsaKeySpec, stream: OctetStream) -> RSA.RsaKey:
    if spec.bits >= _MIN_GENERATED_BITS:
        return RSA.generate(spec.bits, stream, spec.exponent)
    while True:
        p, q = (int(generate_probable_prime(exact_bits=spec.bits // 2, randfunc=stream)) for _ in range(2))
        group = (p - 1) * (q - 1)
        if p != q and (p * q).bit_length() == spec.bits and group % spec.exponent:
            return RSA.construct((p * q, spec.exponent, pow(spec.exponent, -1, group), p, q))

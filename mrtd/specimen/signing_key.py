"""The keys of the specimen state: derived from their names, deterministic in everything that they sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

import ecdsa.curves
from Crypto.Hash import SHA1, SHA224, SHA256, SHA384, SHA512
from Crypto.PublicKey import RSA
from Crypto.Signature import pss
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pyasn1.type import univ

from mrtd.asn1 import algorithms, oids, x509
from mrtd.specimen.encoding import algorithm, der
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

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolp256r1": ec.BrainpoolP256R1(),
    "brainpoolp384r1": ec.BrainpoolP384R1(),
    "brainpoolp512r1": ec.BrainpoolP512R1(),
}
#: python-ecdsa holds the parameters of the curves, and calls the NIST ones otherwise.
_PARAMETERS: Final = {
    "secp256r1": ecdsa.curves.NIST256p,
    "secp384r1": ecdsa.curves.NIST384p,
    "secp521r1": ecdsa.curves.NIST521p,
    "brainpoolp256r1": ecdsa.curves.BRAINPOOLP256r1,
    "brainpoolp384r1": ecdsa.curves.BRAINPOOLP384r1,
    "brainpoolp512r1": ecdsa.curves.BRAINPOOLP512r1,
}

_PEM_NOTE: Final = b"SPECIMEN KEY of the issuing state UTO, public by design: never trust it.\n\n"


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key and how its public half is written into certificates and DG15."""

    name: str
    spec: KeySpec
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def spki(self) -> bytes:
        """SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7; explicit EC parameters as the spec of the key says)."""
        public = self.private.public_key()
        if isinstance(self.spec, RsaKeySpec) or not self.spec.explicit_parameters:
            return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        info = x509.SubjectPublicKeyInfo()
        info["algorithm"] = algorithm(oids.EC_PUBLIC_KEY, _explicit_parameters(self.spec.curve))
        info["subjectPublicKey"] = univ.BitString.fromOctetString(
            public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        )
        return der(info)

    def key_identifier(self) -> bytes:
        """SHA-1 of the subjectPublicKey bits (RFC 5280 §4.2.1.2, method 1)."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            bits = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
        else:
            bits = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return hashlib.sha1(bits, usedforsecurity=False).digest()

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """Sign; the same message gives the same octets (RFC 6979 for ECDSA, a salt from the message for RSA-PSS).

        Returns:
            The signature; DER for ECDSA.

        Raises:
            ValueError: the scheme is for the other kind of key.
        """
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            if scheme.kind is not SchemeKind.ECDSA:
                raise ValueError("an EC key signs by ECDSA")
            return self.private.sign(message, ec.ECDSA(_HASHES[scheme.hash], deterministic_signing=True))
        if scheme.kind is SchemeKind.RSA_PKCS1:
            return self.private.sign(message, padding.PKCS1v15(), _HASHES[scheme.hash])
        if scheme.kind is SchemeKind.RSA_PSS:
            return self._sign_pss(scheme, message)
        raise ValueError("an RSA key signs by PKCS #1 v1.5 or PSS")

    def _sign_pss(self, scheme: SignatureScheme, message: bytes) -> bytes:
        encoded = self._rsa().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        salt = octets(b"PSS salt " + self.name.encode() + message)
        signer = pss.new(RSA.import_key(encoded), salt_bytes=scheme.salt_length, rand_func=salt)
        return bytes(signer.sign(_PSS_HASHES[scheme.hash].new(message)))

    def _rsa(self) -> rsa.RSAPrivateKey:
        if not isinstance(self.private, rsa.RSAPrivateKey):
            raise ValueError("not an RSA key")
        return self.private

    def pem(self) -> bytes:
        """The private key as it lies in the folder `keys`."""
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


def load(name: str, spec: KeySpec) -> SigningKey:
    """The key of that name: from the package data if it lies there, else derived."""
    file = resources.files("mrtd.specimen") / "keys" / f"{file_name(name, spec)}.pem"
    if not file.is_file():
        return derive(name, spec)
    private = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("the folder keys holds RSA and EC keys only")
    return SigningKey(name, spec, private)


def derive(name: str, spec: KeySpec) -> SigningKey:
    """Make the key of that name; the name determines it. RSA takes 0.1 s (2048 bits) to seconds."""
    stream = octets(f"SPECIMEN {file_name(name, spec)}".encode())
    if isinstance(spec, RsaKeySpec):
        encoded = RSA.generate(spec.bits, stream).export_key("PEM")
        private = load_pem_private_key(encoded, None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return SigningKey(name, spec, private)
    order = int(_PARAMETERS[spec.curve].order)
    scalar = int.from_bytes(stream(order.bit_length() // 8 + 8)) % (order - 1) + 1
    return SigningKey(name, spec, ec.derive_private_key(scalar, _CURVES[spec.curve]))


def file_name(name: str, spec: KeySpec) -> str:
    """The name of the key's file: its role and its kind."""
    return f"{name}-{f'rsa{spec.bits}' if isinstance(spec, RsaKeySpec) else spec.curve}"


def coordinate_size(spec: EcKeySpec) -> int:
    """The octets that r and s have in plain ECDSA: those of the group order (BSI TR-03111 §5.2.1)."""
    return (int(_PARAMETERS[spec.curve].order).bit_length() + 7) // 8


def _explicit_parameters(curve: str) -> bytes:
    """ECParameters of a curve over a prime field (RFC 3279 §2.3.5), without seed, base point uncompressed."""
    known = _PARAMETERS[curve]
    p = int(known.curve.p())
    size = (p.bit_length() + 7) // 8
    parameters = algorithms.ECParameters()
    parameters["version"] = 1
    parameters["fieldID"]["fieldType"] = oids.PRIME_FIELD
    parameters["fieldID"]["parameters"] = der(univ.Integer(p))
    parameters["curve"]["a"] = (int(known.curve.a()) % p).to_bytes(size)
    parameters["curve"]["b"] = (int(known.curve.b()) % p).to_bytes(size)
    generator = known.generator
    parameters["base"] = b"\x04" + int(generator.x()).to_bytes(size) + int(generator.y()).to_bytes(size)
    parameters["order"] = int(known.order)
    parameters["cofactor"] = 1
    return der(parameters)

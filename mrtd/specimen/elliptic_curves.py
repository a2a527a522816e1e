"""The curves of travel documents (ICAO 9303-12 §4.1.6) and ECParameters that spell them out, truly or falsely."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import ecdsa
import ecdsa.curves
import ecdsa.ellipticcurve
import ecdsa.util
from cryptography.hazmat.primitives.asymmetric import ec
from pyasn1.type import univ

from mrtd.asn1 import algorithms, oids
from mrtd.specimen.encoding import der, object_identifier

#: python-ecdsa holds the parameters of the curves, and calls the NIST ones otherwise.
_CURVES: Final = MappingProxyType(
    {
        "secp192r1": ecdsa.curves.NIST192p,
        "secp224r1": ecdsa.curves.NIST224p,
        "secp256r1": ecdsa.curves.NIST256p,
        "secp384r1": ecdsa.curves.NIST384p,
        "secp521r1": ecdsa.curves.NIST521p,
        "brainpoolp160r1": ecdsa.curves.BRAINPOOLP160r1,
        "brainpoolp192r1": ecdsa.curves.BRAINPOOLP192r1,
        "brainpoolp224r1": ecdsa.curves.BRAINPOOLP224r1,
        "brainpoolp256r1": ecdsa.curves.BRAINPOOLP256r1,
        "brainpoolp320r1": ecdsa.curves.BRAINPOOLP320r1,
        "brainpoolp384r1": ecdsa.curves.BRAINPOOLP384r1,
        "brainpoolp512r1": ecdsa.curves.BRAINPOOLP512r1,
    }
)
#: What OpenSSL signs on; the brainpool curves that it lacks are signed on by python-ecdsa.
OPENSSL_CURVES: Final = MappingProxyType(
    {
        "secp192r1": ec.SECP192R1(),
        "secp224r1": ec.SECP224R1(),
        "secp256r1": ec.SECP256R1(),
        "secp384r1": ec.SECP384R1(),
        "secp521r1": ec.SECP521R1(),
        "brainpoolp256r1": ec.BrainpoolP256R1(),
        "brainpoolp384r1": ec.BrainpoolP384R1(),
        "brainpoolp512r1": ec.BrainpoolP512R1(),
    }
)
#: The names of all curves, NIST first, in the order of their size.
CURVE_NAMES: Final = tuple(_CURVES)


@dataclass(frozen=True, slots=True)
class DomainParameters:
    """What ECParameters say (RFC 3279 §2.3.5): all integers; cofactor None leaves it out."""

    p: int
    a: int
    b: int
    generator: tuple[int, int]
    order: int
    cofactor: int | None = 1

    def encode(self) -> bytes:
        """ECParameters in DER, without seed, base point uncompressed."""
        size = (self.p.bit_length() + 7) // 8
        parameters = algorithms.ECParameters()
        parameters["version"] = 1
        parameters["fieldID"]["fieldType"] = oids.PRIME_FIELD
        parameters["fieldID"]["parameters"] = der(univ.Integer(self.p))
        parameters["curve"]["a"] = self.a.to_bytes(size)
        parameters["curve"]["b"] = self.b.to_bytes(size)
        parameters["base"] = b"\x04" + b"".join(coordinate.to_bytes(size) for coordinate in self.generator)
        parameters["order"] = self.order
        if self.cofactor is not None:
            parameters["cofactor"] = self.cofactor
        return der(parameters)


def domain_parameters(name: str) -> DomainParameters:
    """The true parameters of a curve."""
    known = _CURVES[name]
    p = int(known.curve.p())
    return DomainParameters(
        p=p,
        a=int(known.curve.a()) % p,
        b=int(known.curve.b()) % p,
        generator=(int(known.generator.x()), int(known.generator.y())),
        order=int(known.order),
    )


def named_parameters(name: str) -> bytes:
    """The curve by its object identifier (RFC 5480 §2.1.1.1), in DER."""
    return object_identifier(".".join(str(arc) for arc in _CURVES[name].oid))


def with_generator(name: str, generator: tuple[int, int]) -> DomainParameters:
    """A standard curve with another base point: the lie of CVE-2020-0601."""
    return replace(domain_parameters(name), generator=generator)


def order_size(name: str) -> int:
    """The octets of r and of s in plain ECDSA: those of the group order (BSI TR-03111 §5.2.1)."""
    return (int(_CURVES[name].order).bit_length() + 7) // 8


@dataclass(frozen=True, slots=True, repr=False)
class LibraryKey:
    """A private key of python-ecdsa: on curves that OpenSSL lacks, and on curves that do not exist."""

    key: Any

    @classmethod
    def on(cls, curve: str, scalar: int, *, generator: tuple[int, int] | None = None) -> LibraryKey:
        """The key with this scalar, 1 to n - 1; `generator` replaces the base point of the curve."""
        known = _CURVES[curve]
        if generator is not None:
            base = ecdsa.ellipticcurve.PointJacobi(known.curve, *generator, 1, known.order)
            known = ecdsa.curves.Curve(f"{curve} with another generator", known.curve, base, known.oid)
        return cls(ecdsa.SigningKey.from_secret_exponent(scalar, known))

    @staticmethod
    def multiple(curve: str, point: bytes, scalar: int) -> tuple[int, int]:
        """The coordinates of scalar * point; `point` is uncompressed."""
        known = _CURVES[curve]
        product = ecdsa.ellipticcurve.PointJacobi.from_bytes(known.curve, point, order=known.order) * scalar
        return int(product.x()), int(product.y())

    @property
    def scalar(self) -> int:
        """The private value."""
        return int(self.key.privkey.secret_multiplier)

    def point(self) -> bytes:
        """The public point, uncompressed."""
        return bytes(self.key.verifying_key.to_string("uncompressed"))

    def sign(self, hash_name: str, message: bytes, *, extra_entropy: bytes = b"") -> bytes:
        """An ECDSA signature in DER, its nonce as RFC 6979 derives it (§3.6 for other nonces)."""
        digest = hashlib.new(hash_name, message, usedforsecurity=False).digest()
        signature = self.key.sign_digest_deterministic(
            digest,
            hashfunc=getattr(hashlib, hash_name),
            sigencode=ecdsa.util.sigencode_der,
            extra_entropy=extra_entropy,
            allow_truncate=True,
        )
        return bytes(signature)

    def __repr__(self) -> str:
        return "LibraryKey()"

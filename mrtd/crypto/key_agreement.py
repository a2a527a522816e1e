"""Key agreement of the chip protocols: ECDH and DH with ephemeral keys (ICAO 9303-11 §9.5, §9.6).

Points are python-ecdsa's, which takes the mapped base points of PACE and every curve of travel documents; powers are
plain, since every private value here is used once and belongs to the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import gmpy2
from ecdsa import ellipticcurve

from mrtd.crypto.ec_params import Curve
from mrtd.crypto.keys import ec_point
from mrtd.errors import MalformedError, UnsupportedError

#: Draws a private key from 1 to the given order less one.
Scalars = Callable[[int], int]
#: Unpredictable octets, as many as asked for.
Randomness = Callable[[int], bytes]

#: Octets drawn beyond the order, so that what is left over tells nothing (FIPS 186-5 A.2.1).
_SPARE_OCTETS: Final = 8
#: Lengths of the modulus (SECURITY.md 5.4); beyond, a power takes too long, below, it protects nothing.
MIN_DH_BITS: Final = 1024
MAX_DH_BITS: Final = 4096


def scalars(randomness: Randomness) -> Scalars:
    """Private keys out of random octets (FIPS 186-5 A.2.1)."""

    def draw(order: int) -> int:
        size = (order.bit_length() + 7) // 8 + _SPARE_OCTETS
        return int.from_bytes(randomness(size)) % (order - 1) + 1

    return draw


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """An ephemeral key pair: the private value, and the public key as it is sent."""

    private: int
    public: bytes


class Group(Protocol):
    """Domain parameters of a key agreement. Public keys are octets, as protocols send them."""

    @property
    def order(self) -> int:
        """The order of the base element."""
        ...

    @property
    def public_tag(self) -> int:
        """The tag of a public key among domain parameters (ICAO 9303-11 §9.4.5, BSI TR-03110-3 §D.3)."""
        ...

    def pair(self, draw: Scalars) -> KeyPair:
        """A new key pair."""
        ...

    def check(self, public: bytes) -> None:
        """Whether a public key of the chip belongs to this group.

        Raises:
            MalformedError: `bad_key`.
        """
        ...

    def secret(self, private: int, public: bytes) -> bytes:
        """What both sides know: the x-coordinate, or the power (ICAO 9303-11 §9.6).

        Raises:
            MalformedError: `bad_key`.
        """
        ...

    def mapped(self, nonce: int, private: int, public: bytes) -> Group:
        """The group with the base element of the generic mapping (ICAO 9303-11 §4.4.3.3.1).

        Raises:
            MalformedError: `bad_key`: the key is none, or the base element is the neutral one.
        """
        ...

    def integrated(self, value: int) -> Group:
        """The group with the base element that an integrated mapping leads to (ICAO 9303-11 §4.4.3.3.2).

        Raises:
            MalformedError: `bad_key`: the base element is the neutral one.
            UnsupportedError: `mapping_not_defined`: there is no such mapping for this curve.
        """
        ...

    @property
    def modulus(self) -> int:
        """The prime that the integrated mapping counts by."""
        ...


@dataclass(frozen=True)
class EcGroup:
    """A standard curve, with its base point or a mapped one (BSI TR-03111 §4.3)."""

    curve: Curve
    base: ellipticcurve.PointJacobi | None = None

    @property
    def order(self) -> int:
        return self.curve.n

    @property
    def public_tag(self) -> int:
        return 0x86

    @property
    def modulus(self) -> int:
        return self.curve.p

    @cached_property
    def _field(self) -> ellipticcurve.CurveFp:
        return ellipticcurve.CurveFp(self.curve.p, self.curve.a, self.curve.b, self.curve.h)

    @cached_property
    def _base(self) -> ellipticcurve.PointJacobi:
        return self._point(self.curve.gx, self.curve.gy) if self.base is None else self.base

    def pair(self, draw: Scalars) -> KeyPair:
        private = draw(self.order)
        return KeyPair(private, self._encoded(self._base * private))

    def check(self, public: bytes) -> None:
        ec_point(self.curve, public)

    def secret(self, private: int, public: bytes) -> bytes:
        return self._encoded(self._decoded(public) * private)[1 : 1 + self.curve.octets]

    def mapped(self, nonce: int, private: int, public: bytes) -> EcGroup:
        """G' = s * G + H, H being what both sides agreed on."""
        return self._based(self._base * (nonce % self.order) + self._decoded(public) * private)

    def integrated(self, value: int) -> EcGroup:
        return self._based(self._point(*_encode_point(self.curve, value % self.curve.p)))

    def times(self, factor: int, public: bytes) -> bytes:
        """A public key multiplied by a factor; how PACE-CAM is verified (ICAO 9303-11 §4.4.3.5)."""
        return self._encoded(self._decoded(public) * factor)

    def _based(self, base: ellipticcurve.AbstractPoint) -> EcGroup:
        if base == ellipticcurve.INFINITY:
            raise MalformedError("bad_key", detail="mapped to infinity")
        return EcGroup(self.curve, ellipticcurve.PointJacobi.from_affine(base.to_affine()))

    def _point(self, x: int, y: int) -> ellipticcurve.PointJacobi:
        return ellipticcurve.PointJacobi(self._field, x, y, 1, self.curve.n)

    def _decoded(self, public: bytes) -> ellipticcurve.PointJacobi:
        return self._point(*ec_point(self.curve, public))

    def _encoded(self, point: ellipticcurve.AbstractPoint) -> bytes:
        if point == ellipticcurve.INFINITY:
            raise MalformedError("bad_key", detail="infinity")
        size = self.curve.octets
        return b"\x04" + int(point.x()).to_bytes(size) + int(point.y()).to_bytes(size)


@dataclass(frozen=True)
class DhGroup:
    """A prime field with a subgroup of prime order (RFC 2631 §2.2, RFC 5114)."""

    p: int
    q: int
    g: int

    @property
    def order(self) -> int:
        return self.q

    @property
    def public_tag(self) -> int:
        return 0x84

    @property
    def modulus(self) -> int:
        return self.p

    @property
    def octets(self) -> int:
        """Octets of the modulus."""
        return (self.p.bit_length() + 7) // 8

    def pair(self, draw: Scalars) -> KeyPair:
        private = draw(self.q)
        return KeyPair(private, self._encoded(self._power(self.g, private)))

    def check(self, public: bytes) -> None:
        self._decoded(public)

    def secret(self, private: int, public: bytes) -> bytes:
        return self._encoded(self._power(self._decoded(public), private))

    def mapped(self, nonce: int, private: int, public: bytes) -> DhGroup:
        """g' = g^s * h, h being what both sides agreed on."""
        agreed = self._power(self._decoded(public), private)
        return self._based(self._power(self.g, nonce) * agreed % self.p)

    def integrated(self, value: int) -> DhGroup:
        """The pseudo-random number to the power of the cofactor (ICAO 9303-11 §4.4.3.3.2)."""
        return self._based(self._power(value, (self.p - 1) // self.q))

    def _based(self, base: int) -> DhGroup:
        if base <= 1:
            raise MalformedError("bad_key", detail="mapped to one")
        return DhGroup(self.p, self.q, base)

    def _decoded(self, public: bytes) -> int:
        """Public key validation (RFC 2631 §2.1.5): in range, and in the subgroup."""
        value = int.from_bytes(public)
        if len(public) > self.octets or not 2 <= value <= self.p - 2 or self._power(value, self.q) != 1:
            raise MalformedError("bad_key", detail="not in the group")
        return value

    def _power(self, base: int, exponent: int) -> int:
        return int(gmpy2.powmod(base, exponent, self.p))

    def _encoded(self, value: int) -> bytes:
        return value.to_bytes(self.octets)


def _encode_point(curve: Curve, t: int) -> tuple[int, int]:
    """Point encoding for the integrated mapping (ICAO 9303-11, appendix B.1, affine); numbers as there."""
    p, a, b = curve.p, curve.a, curve.b
    if p % 4 != 3 or a == 0 or b == 0:
        raise UnsupportedError("mapping_not_defined", detail=f"integrated mapping on {curve.name}")
    alpha = -t * t % p  # 1
    denominator = (alpha + alpha * alpha) % p
    if denominator == 0:
        # no such point; a nonce leads here with negligible probability, or by somebody's choice
        raise MalformedError("bad_key", detail="mapped to infinity")
    x2 = -b * pow(a, -1, p) * (1 + pow(denominator, -1, p)) % p  # 2
    x3 = alpha * x2 % p  # 3
    h2 = (pow(x2, 3, p) + a * x2 + b) % p  # 4
    u = pow(t, 3, p) * h2 % p  # 6 (5 is needed by no step)
    root = pow(h2, p - 1 - (p + 1) // 4, p)  # 7
    if root * root % p * h2 % p == 1:  # 8
        return x2, root * h2 % p
    return x3, root * u % p  # 9

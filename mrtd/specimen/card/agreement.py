"""Key agreement of the chip: points and powers, and PACE's mappings of them (ICAO 9303-11 §4.4.3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from ecdsa import curves, ellipticcurve

from mrtd.specimen.card.apdu import StatusError
from mrtd.specimen.card.symmetric import Suite


class Side(Protocol):
    """A group in which the chip agrees on keys."""

    @property
    def tag(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def prime(self) -> int: ...
    def public(self, private: int) -> bytes: ...
    def shared(self, private: int, public: bytes) -> bytes: ...
    def generic(self, nonce: int, private: int, public: bytes) -> Side: ...
    def integrated(self, value: int) -> Side: ...


#: Identifier -> curve (§9.5.1, table 6).
_CURVES: Final = {
    8: curves.NIST192p,
    9: curves.BRAINPOOLP192r1,
    10: curves.NIST224p,
    11: curves.BRAINPOOLP224r1,
    12: curves.NIST256p,
    13: curves.BRAINPOOLP256r1,
    14: curves.BRAINPOOLP320r1,
    15: curves.NIST384p,
    16: curves.BRAINPOOLP384r1,
    17: curves.BRAINPOOLP512r1,
    18: curves.NIST521p,
}


@dataclass(frozen=True)
class Points:
    """A curve and a base point."""

    curve: curves.Curve
    base: ellipticcurve.PointJacobi

    tag: int = 0x86

    @property
    def order(self) -> int:
        return int(self.curve.order)

    @property
    def prime(self) -> int:
        return int(self.curve.curve.p())

    @property
    def size(self) -> int:
        """Octets of a coordinate."""
        return (self.prime.bit_length() + 7) // 8

    def public(self, private: int) -> bytes:
        return self._write(self.base * private)

    def shared(self, private: int, public: bytes) -> bytes:
        return int((self._read(public) * private).x()).to_bytes(self.size)

    def generic(self, nonce: int, private: int, public: bytes) -> Points:
        mapped = self.base * (nonce % self.order) + self._read(public) * private
        return Points(self.curve, ellipticcurve.PointJacobi.from_affine(mapped.to_affine()))

    def integrated(self, value: int) -> Points:
        """Appendix B: the Shallue-van de Woestijne-Ulas encoding, said with square roots."""
        p, a, b = self.prime, int(self.curve.curve.a()), int(self.curve.curve.b())
        alpha = (-value * value) % p
        x = -b * pow(a, -1, p) * (1 + pow(alpha + alpha * alpha, -1, p)) % p
        h = (x**3 + a * x + b) % p
        root = pow(h, (p + 1) // 4, p)
        if root * root % p == h:
            return self._at(x, root)
        return self._at(alpha * x % p, value**3 * h * pow(root, -1, p) % p)

    def _at(self, x: int, y: int) -> Points:
        return Points(self.curve, ellipticcurve.PointJacobi(self.curve.curve, x, y, 1, self.order))

    def _read(self, public: bytes) -> ellipticcurve.PointJacobi:
        x, y = int.from_bytes(public[1 : 1 + self.size]), int.from_bytes(public[1 + self.size :])
        if public[:1] != b"\x04" or not self.curve.curve.contains_point(x, y):
            raise StatusError(0x6A80)
        return ellipticcurve.PointJacobi(self.curve.curve, x, y, 1, self.order)

    def _write(self, point: ellipticcurve.PointJacobi) -> bytes:
        return b"\x04" + int(point.x()).to_bytes(self.size) + int(point.y()).to_bytes(self.size)


@dataclass(frozen=True)
class Powers:
    """A prime field, a subgroup and a base."""

    prime: int
    order: int
    base: int

    tag: int = 0x84

    def public(self, private: int) -> bytes:
        return self._write(pow(self.base, private, self.prime))

    def shared(self, private: int, public: bytes) -> bytes:
        return self._write(pow(self._read(public), private, self.prime))

    def generic(self, nonce: int, private: int, public: bytes) -> Powers:
        mapped = pow(self.base, nonce, self.prime) * pow(self._read(public), private, self.prime) % self.prime
        return Powers(self.prime, self.order, mapped)

    def integrated(self, value: int) -> Powers:
        return Powers(self.prime, self.order, pow(value, (self.prime - 1) // self.order, self.prime))

    def _read(self, public: bytes) -> int:
        value = int.from_bytes(public)
        if not 1 < value < self.prime - 1:
            raise StatusError(0x6A80)
        return value

    def _write(self, value: int) -> bytes:
        return value.to_bytes((self.prime.bit_length() + 7) // 8)


def points(identifier: int) -> Points:
    """The curve with this identifier and its own base point."""
    curve = _CURVES[identifier]
    return Points(curve, curve.generator)


_C0: Final = {
    16: "a668892a7c41e3ca739f40b057d85904",
    32: "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
}
_C1: Final = {
    16: "a4e136ac725f738b01c1f60217c188ad",
    32: "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
}


def nonce_length(suite: Suite) -> int:
    """Octets of the chip's nonce for the integrated mapping."""
    return 16 if suite.arc <= 2 else 32


def pseudo_random(suite: Suite, s: bytes, t: bytes, prime: int) -> int:
    """R(s, t) modulo the prime (§4.4.3.3.2, figure 2)."""
    size = nonce_length(suite)
    zero = bytes(suite.block)
    key = suite.encrypt(t, zero, s)[: suite.key_length]
    out = b""
    while 8 * len(out) < prime.bit_length() + 64:
        out += suite.encrypt(key, zero, bytes.fromhex(_C1[size]))
        key = suite.encrypt(key, zero, bytes.fromhex(_C0[size]))[: suite.key_length]
    return int.from_bytes(out) % prime

"""Elliptic curve domain parameters, named and explicit (RFC 5480 §2.1.1; BSI TR-03111; RFC 5639).

ICAO 9303-12 wants the parameters spelled out in certificates. They are only a way to *name* a curve here: all of
p, a, b, G, n and h must equal those of a standard curve. Believing the generator of a stranger lets anyone sign for
any public key (CVE-2020-0601).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ecdsa import curves as ecdsa_curves

from mrtd.errors import LimitExceededError, MalformedError, UnsupportedError
from mrtd.tlv import INTEGER, OCTET_STRING, SEQUENCE, Tlv, integer, oid

PRIME_FIELD: Final = "1.2.840.10045.1.1"
#: The largest curve has 521 bits (66 octets); more octets are refused before any arithmetic.
MAX_FIELD_OCTETS: Final = 80
UNCOMPRESSED: Final = 0x04


@dataclass(frozen=True, slots=True)
class Curve:
    """One standard curve over a prime field, all parameters as integers."""

    name: str
    oid: str
    bits: int
    p: int
    a: int
    b: int
    gx: int
    gy: int
    n: int
    h: int

    @property
    def octets(self) -> int:
        """The length of one coordinate in octets."""
        return (self.bits + 7) // 8

    @property
    def order_octets(self) -> int:
        """The length of a scalar, so of r and of s in a plain signature, in octets."""
        return (self.n.bit_length() + 7) // 8


def _load(name: str, curve: ecdsa_curves.Curve) -> Curve:
    point = curve.generator
    field = curve.curve
    dotted = ".".join(str(arc) for arc in curve.oid)
    p = int(field.p())
    return Curve(
        name=name,
        oid=dotted,
        bits=p.bit_length(),
        p=p,
        a=int(field.a()) % p,
        b=int(field.b()) % p,
        gx=int(point.x()),
        gy=int(point.y()),
        n=int(point.order()),
        h=int(field.cofactor()),
    )


#: The curves of travel documents (ICAO 9303-12): NIST P-192 to P-521, brainpool r1 160 to 512.
CURVES: Final[tuple[Curve, ...]] = (
    _load("secp192r1", ecdsa_curves.NIST192p),
    _load("secp224r1", ecdsa_curves.NIST224p),
    _load("secp256r1", ecdsa_curves.NIST256p),
    _load("secp384r1", ecdsa_curves.NIST384p),
    _load("secp521r1", ecdsa_curves.NIST521p),
    _load("brainpoolP160r1", ecdsa_curves.BRAINPOOLP160r1),
    _load("brainpoolP192r1", ecdsa_curves.BRAINPOOLP192r1),
    _load("brainpoolP224r1", ecdsa_curves.BRAINPOOLP224r1),
    _load("brainpoolP256r1", ecdsa_curves.BRAINPOOLP256r1),
    _load("brainpoolP320r1", ecdsa_curves.BRAINPOOLP320r1),
    _load("brainpoolP384r1", ecdsa_curves.BRAINPOOLP384r1),
    _load("brainpoolP512r1", ecdsa_curves.BRAINPOOLP512r1),
)
BY_NAME: Final[Mapping[str, Curve]] = MappingProxyType({curve.name: curve for curve in CURVES})
_BY_OID: Final = {curve.oid: curve for curve in CURVES}
_BY_PARAMETERS: Final = {(c.p, c.a, c.b, c.gx, c.gy, c.n): c for c in CURVES}
_EQUATIONS: Final = frozenset((c.p, c.a, c.b) for c in CURVES)


def named(oid: str) -> Curve:
    """The curve with this object identifier (RFC 5480 §2.1.1.1, RFC 5639 §4.1).

    Raises:
        UnsupportedError: `unknown_curve`.
    """
    curve = _BY_OID.get(oid)
    if curve is None:
        raise UnsupportedError("unknown_curve", detail=f"curve {oid}")
    return curve


def from_explicit(parameters: Tlv) -> Curve:
    """The standard curve that explicit ECParameters describe in full (BSI TR-03111, SpecifiedECDomain).

    The seed is ignored: it explains how a curve was found and takes no part in the arithmetic. A cofactor may be
    left out (it follows from the rest), but a wrong one is refused. A compressed base point is refused.

    Raises:
        MalformedError: not an ECParameters structure; `changed_parameters`: the equation of a standard curve with
            another base point, order or cofactor. No state makes that; a forger of keys does (CVE-2020-0601).
        UnsupportedError: `unknown_curve`: not one of `CURVES`.
    """
    items = parameters.expect(SEQUENCE).children()
    if len(items) < 5:
        raise MalformedError("bad_curve")
    field = items[1].expect(SEQUENCE).children()
    if len(field) != 2 or oid(field[0]) != PRIME_FIELD:
        raise UnsupportedError("unknown_curve", detail="not over a prime field")
    coefficients = items[2].expect(SEQUENCE).children()
    if len(coefficients) not in (2, 3):
        raise MalformedError("bad_curve")
    p = integer(field[1], max_octets=MAX_FIELD_OCTETS)
    a = _field_element(coefficients[0])
    b = _field_element(coefficients[1])
    gx, gy = _base_point(items[3], p)
    n = integer(items[4], max_octets=MAX_FIELD_OCTETS)
    curve = _BY_PARAMETERS.get((p, a, b, gx, gy, n))
    if curve is None and (p, a, b) in _EQUATIONS:
        raise MalformedError("changed_parameters", detail="a standard curve with another base point or order")
    if curve is None:
        raise UnsupportedError("unknown_curve", detail="explicit parameters of no standard curve")
    if len(items) > 5 and items[5].tag == INTEGER and integer(items[5], max_octets=MAX_FIELD_OCTETS) != curve.h:
        raise MalformedError("changed_parameters", detail="a standard curve with another cofactor")
    return curve


def _field_element(item: Tlv) -> int:
    value = item.expect(OCTET_STRING).value
    if len(value) > MAX_FIELD_OCTETS:
        raise LimitExceededError("integer_too_long")
    return int.from_bytes(value)


def _base_point(item: Tlv, p: int) -> tuple[int, int]:
    value = item.expect(OCTET_STRING).value
    size = (p.bit_length() + 7) // 8
    if len(value) != 1 + 2 * size or value[0] != UNCOMPRESSED:
        raise UnsupportedError("unknown_curve", detail="base point is not uncompressed")
    return int.from_bytes(value[1 : 1 + size]), int.from_bytes(value[1 + size :])

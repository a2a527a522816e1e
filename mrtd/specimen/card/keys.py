"""Static keys of specimen chips by name, and the groups that they lie in."""

from __future__ import annotations

from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import chip_protocols
from mrtd.specimen.card.agreement import Powers, Side, points
from mrtd.specimen.card.behaviour import ChipAuthenticationOffer, PaceOffer
from mrtd.specimen.elliptic_curves import LibraryKey
from mrtd.specimen.encoding import object_identifier
from mrtd.specimen.scheme import EcKeySpec
from mrtd.specimen.signing_key import SigningKey, load

#: The chip authentication key of PACE-CAM lies on the curve of its parameters; specimens have one on this.
_CURVE: Final = EcKeySpec("brainpoolp256r1")


def ca_protocol(offer: ChipAuthenticationOffer) -> str:
    """Object identifier of Chip Authentication with this kind of key and cipher."""
    return f"{oids.CHIP_AUTHENTICATION}.{1 if offer.kind == 'dh' else 2}.{offer.cipher}"


def static_key(owner: str, key_id: int | None = None) -> SigningKey:
    """The static key for Chip Authentication and PACE-CAM of that owner."""
    return load(key_name(owner, key_id), _CURVE)


def key_name(owner: str, key_id: int | None) -> str:
    """What its keys are derived from."""
    return f"{owner}chip-authentication{'' if key_id is None else f'-{key_id}'}"


def scalar(key: SigningKey) -> int:
    """The private value of a key on a curve."""
    private = key.private
    if isinstance(private, LibraryKey):
        return private.scalar
    return int(private.private_numbers().private_value)  # type: ignore[union-attr]


def group_of(offer: PaceOffer) -> Side:
    """Where PACE runs with this offer."""
    if offer.suite[0] in "13":
        return Powers(*chip_protocols.MODP[offer.parameter_id])
    return points(offer.parameter_id)


def diffie_hellman() -> Powers:
    """Where static Diffie-Hellman keys lie."""
    return Powers(*chip_protocols.MODP[2])


def oid(dotted: str) -> bytes:
    """The octets of an object identifier, as data objects hold them."""
    return object_identifier(dotted)[2:]

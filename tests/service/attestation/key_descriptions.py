"""Key descriptions as a phone would state them, written by pyasn1: another encoder than the reader's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyasn1.codec.der.encoder import encode
from pyasn1.type import base, tag, univ

PACKAGE = "se.example.passkoll"
SIGNER = bytes(range(32))
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SIGN, VERIFY = 2, 3
TRUSTED_ENVIRONMENT, STRONGBOX = 1, 2


@dataclass(frozen=True)
class Stated:
    """What is stated of a key; the defaults are of a phone as it should be. `None` leaves a member out."""

    challenge: bytes = b"challenge"
    version: int = 400
    level: int = TRUSTED_ENVIRONMENT
    keymint_level: int = TRUSTED_ENVIRONMENT
    purposes: tuple[int, ...] = (SIGN,)
    digests: tuple[int, ...] = (4,)
    algorithm: int = 3
    curve: int | None = 1
    origin: int | None = 0
    locked: bool = True
    boot_state: int = 0
    root_of_trust: bool = True
    patch_level: int | None = 202610
    packages: tuple[str, ...] = (PACKAGE,)
    signers: tuple[bytes, ...] = (SIGNER,)
    application: bool = True
    created_at: datetime | None = NOW
    model: bytes | None = None
    more_hardware: Mapping[int, object] = field(default_factory=dict)
    more_software: Mapping[int, object] = field(default_factory=dict)

    def der(self) -> bytes:
        """The value of the extension."""
        return encode(
            sequence(
                univ.Integer(self.version),
                univ.Enumerated(self.level),
                univ.Integer(self.version),
                univ.Enumerated(self.keymint_level),
                univ.OctetString(self.challenge),
                univ.OctetString(b""),
                authorization_list({**self._software(), **self.more_software}),
                authorization_list({**self._hardware(), **self.more_hardware}),
            )
        )

    def _hardware(self) -> dict[int, object]:
        members: dict[int, object] = {
            1: set_of(*map(univ.Integer, self.purposes)),
            2: univ.Integer(self.algorithm),
            3: univ.Integer(256),
            5: set_of(*map(univ.Integer, self.digests)),
            503: univ.Null(""),
        }
        if self.curve is not None:
            members[10] = univ.Integer(self.curve)
        if self.origin is not None:
            members[702] = univ.Integer(self.origin)
        if self.root_of_trust:
            members[704] = sequence(
                univ.OctetString(bytes(32)),
                univ.Boolean(self.locked),
                univ.Enumerated(self.boot_state),
                univ.OctetString(bytes(32)),
            )
        if self.patch_level is not None:
            members[706] = univ.Integer(self.patch_level)
        if self.model is not None:
            members[717] = univ.OctetString(self.model)
        return members

    def _software(self) -> dict[int, object]:
        members: dict[int, object] = {}
        if self.created_at is not None:
            members[701] = univ.Integer(int(self.created_at.timestamp() * 1000))
        if self.application:
            packages = (sequence(univ.OctetString(name.encode()), univ.Integer(1)) for name in self.packages)
            stated = sequence(set_of(*packages), set_of(*map(univ.OctetString, self.signers)))
            members[709] = univ.OctetString(encode(stated))
        return members


def authorization_list(members: Mapping[int, object]) -> univ.Sequence:
    """Members under their tags, in the order of the tags."""
    return sequence(*(tagged(number, members[number]) for number in sorted(members)))


def tagged(number: int, value: object) -> object:
    """`[number] EXPLICIT`."""
    explicit = tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)
    if isinstance(value, base.ConstructedAsn1Type):
        return value.subtype(explicitTag=explicit, cloneValueFlag=True)
    return value.subtype(explicitTag=explicit)


def sequence(*members: object) -> univ.Sequence:
    """A SEQUENCE of whatever there is."""
    made = univ.Sequence()
    for position, member in enumerate(members):
        made.setComponentByPosition(position, member)
    return made


def set_of(*members: object) -> univ.SetOf:
    """A SET OF, which DER sorts."""
    made = univ.SetOf()
    made.extend(members)
    return made

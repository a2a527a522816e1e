"""CMS SignedData as stored (RFC 5652 §5), for security objects, master lists and deviation lists.

The reader keeps slices of the original bytes: a signature is judged over the attributes as they were stored. BER is
tolerated and named, because real security objects (New Zealand) use indefinite lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrtd import tlv
from mrtd.crypto.algorithms import parse_digest_algorithm
from mrtd.errors import LimitExceededError, MalformedError, MrtdError
from mrtd.pki.oids import ID_SIGNED_DATA, SIGNING_TIME
from mrtd.pki.times import parse_time
from mrtd.tlv import SEQUENCE, SET, Leniency, Tlv

#: SECURITY.md 3.10. Every real security object has one of each.
MAX_SIGNER_INFOS: Final = 4
MAX_CERTIFICATES: Final = 8
#: Five hash functions are known; more algorithms than signers make no sense.
MAX_DIGEST_ALGORITHMS: Final = 16
#: Real SignerInfos have two or three signed attributes.
MAX_ATTRIBUTES: Final = 32

_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_SKI_PRIMITIVE: Final = 0x80


@dataclass(frozen=True, slots=True, repr=False)
class SignerInfo:
    """One signer (RFC 5652 §5.3). `attributes` keeps order and duplicates; whoever judges them decides."""

    version: int
    sid_issuer: bytes | None
    sid_serial: int | None
    sid_ski: bytes | None
    digest_algorithm: str
    signed_attributes: bytes | None
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...]
    signature_algorithm: Tlv
    signature: bytes
    attributes_ordered: bool

    def to_be_signed(self, econtent: bytes) -> bytes:
        """The octets under the signature (RFC 5652 §5.4).

        The signed attributes as stored, their outer tag SET OF with a DER length instead of [0]; or, without signed
        attributes, the content.
        """
        if self.signed_attributes is None:
            return econtent
        content = tlv.read(self.signed_attributes).value
        return b"\x31" + der_length(len(content)) + content

    def values(self, oid: str) -> tuple[tuple[bytes, ...], ...]:
        """The value sets of every attribute with this identifier, in stored order."""
        return tuple(values for attribute, values in self.attributes if attribute == oid)

    @property
    def signing_time(self) -> datetime | None:
        """The signed signingTime (RFC 5652 §11.3); one that is doubled or malformed is none."""
        values = [value for found in self.values(SIGNING_TIME) for value in found]
        if len(values) != 1:
            return None
        try:
            return parse_time(tlv.read_only(values[0]))
        except MrtdError:
            return None

    def __repr__(self) -> str:
        return f"SignerInfo(version={self.version}, attributes={len(self.attributes)})"


@dataclass(frozen=True, slots=True, repr=False)
class SignedData:
    """A SignedData (RFC 5652 §5.1); certificates as stored. `trailing` counts octets behind the ContentInfo."""

    version: int
    digest_algorithms: tuple[str, ...]
    econtent_type: str
    econtent: bytes | None
    certificates: tuple[bytes, ...]
    signer_infos: tuple[SignerInfo, ...]
    leniencies: frozenset[Leniency]
    trailing: int

    @property
    def signing_time(self) -> datetime | None:
        """When its only signer signed it; None with several signers."""
        return self.signer_infos[0].signing_time if len(self.signer_infos) == 1 else None

    def __repr__(self) -> str:
        return (
            f"SignedData(version={self.version}, certificates={len(self.certificates)}, "
            f"signer_infos={len(self.signer_infos)})"
        )


def parse_signed_data(data: bytes, *, max_certificates: int = MAX_CERTIFICATES) -> SignedData:
    """Read a ContentInfo that holds a SignedData (RFC 5652 §3, §5.1).

    Args:
        data: the ContentInfo; octets behind it are counted in `trailing`, not read.
        max_certificates: the largest number of certificates accepted; lists may carry more than security objects.

    Raises:
        MalformedError: not such a structure, or over a limit.
    """
    root = tlv.read(data)
    content_info = root.expect(SEQUENCE).children()
    if len(content_info) != 2 or tlv.oid(content_info[0]) != ID_SIGNED_DATA:
        raise MalformedError("not_signed_data")
    signed_data = _only_child(content_info[1].expect(_CONTEXT_0)).expect(SEQUENCE)
    items = signed_data.children()
    if len(items) < 4:
        raise MalformedError("bad_signed_data")
    version = tlv.integer(items[0], max_octets=4)
    digest_algorithms = items[1].expect(SET).children()
    if len(digest_algorithms) > MAX_DIGEST_ALGORITHMS:
        raise LimitExceededError("too_many_digest_algorithms")
    econtent_type, econtent = _encapsulated(items[2])
    certificates, signers = _certificates_and_signers(items[3:], max_certificates)
    return SignedData(
        version=version,
        digest_algorithms=tuple(parse_digest_algorithm(item) for item in digest_algorithms),
        econtent_type=econtent_type,
        econtent=econtent,
        certificates=certificates,
        signer_infos=tuple(_signer_info(item) for item in signers),
        leniencies=_leniencies(root),
        trailing=len(data) - root.end,
    )


def der_length(length: int) -> bytes:
    """The shortest length octets (ITU-T X.690 §10.1)."""
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size)


def _only_child(item: Tlv) -> Tlv:
    children = item.children()
    if len(children) != 1:
        raise MalformedError("bad_signed_data")
    return children[0]


def _encapsulated(item: Tlv) -> tuple[str, bytes | None]:
    parts = item.expect(SEQUENCE).children()
    if not 1 <= len(parts) <= 2:
        raise MalformedError("bad_signed_data")
    content = tlv.octets(_only_child(parts[1].expect(_CONTEXT_0))) if len(parts) == 2 else None
    return tlv.oid(parts[0]), content


def _certificates_and_signers(items: list[Tlv], max_certificates: int) -> tuple[tuple[bytes, ...], list[Tlv]]:
    """The optional [0] certificates and [1] crls, then the signers; CRLs in a document are not trusted, not read."""
    certificates: tuple[bytes, ...] = ()
    rest = list(items)
    if rest and rest[0].tag == _CONTEXT_0:
        stored = rest.pop(0).children()
        if len(stored) > max_certificates:
            raise LimitExceededError("too_many_certificates")
        certificates = tuple(item.raw for item in stored if item.tag == SEQUENCE)
    if rest and rest[0].tag == _CONTEXT_1:
        rest.pop(0)
    if len(rest) != 1:
        raise MalformedError("bad_signed_data")
    signers = rest[0].expect(SET).children()
    if len(signers) > MAX_SIGNER_INFOS:
        raise LimitExceededError("too_many_signer_infos")
    return certificates, signers


def _signer_info(item: Tlv) -> SignerInfo:
    parts = item.expect(SEQUENCE).children()
    if len(parts) < 5:
        raise MalformedError("bad_signer_info")
    issuer, serial, ski = _signer_identifier(parts[1])
    position = 3
    signed_attributes: bytes | None = None
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...] = ()
    ordered = True
    if parts[position].tag == _CONTEXT_0:
        signed_attributes = parts[position].raw
        attributes, ordered = _attributes(parts[position])
        position += 1
    rest = parts[position:]
    if not 2 <= len(rest) <= 3 or (len(rest) == 3 and rest[2].tag != _CONTEXT_1):
        raise MalformedError("bad_signer_info")
    return SignerInfo(
        version=tlv.integer(parts[0], max_octets=4),
        sid_issuer=issuer,
        sid_serial=serial,
        sid_ski=ski,
        digest_algorithm=parse_digest_algorithm(parts[2]),
        signed_attributes=signed_attributes,
        attributes=attributes,
        signature_algorithm=rest[0].expect(SEQUENCE),
        signature=tlv.octets(rest[1]),
        attributes_ordered=ordered,
    )


def _signer_identifier(item: Tlv) -> tuple[bytes | None, int | None, bytes | None]:
    if item.tag == _SKI_PRIMITIVE:
        return None, None, item.value
    if item.tag == _CONTEXT_0:
        return None, None, b"".join(tlv.octets(segment) for segment in item.children())
    parts = item.expect(SEQUENCE, "bad_signer_identifier").children()
    if len(parts) != 2:
        raise MalformedError("bad_signer_identifier")
    return parts[0].expect(SEQUENCE).raw, tlv.integer(parts[1], max_octets=64), None


def _attributes(item: Tlv) -> tuple[tuple[tuple[str, tuple[bytes, ...]], ...], bool]:
    stored = item.children()
    if len(stored) > MAX_ATTRIBUTES:
        raise LimitExceededError("too_many_attributes")
    found: list[tuple[str, tuple[bytes, ...]]] = []
    for attribute in stored:
        parts = attribute.expect(SEQUENCE).children()
        if len(parts) != 2:
            raise MalformedError("bad_attribute")
        values = parts[1].expect(SET).children()
        if len(values) > MAX_ATTRIBUTES:
            raise LimitExceededError("too_many_attributes")
        found.append((tlv.oid(parts[0]), tuple(value.raw for value in values)))
    encodings = [attribute.raw for attribute in stored]
    return tuple(found), encodings == sorted(encodings)


def _leniencies(root: Tlv) -> frozenset[Leniency]:
    """Departures from DER in the CMS layers; certificates are judged by the certificate profile."""
    found: set[Leniency] = set()
    stack = [root]
    while stack:
        item = stack.pop()
        if item.indefinite:
            found.add(Leniency.INDEFINITE_LENGTH)
        elif not item.minimal_length:
            found.add(Leniency.NON_MINIMAL_LENGTH)
        if item.tag == tlv.OCTET_STRING | tlv.CONSTRUCTED:
            found.add(Leniency.CONSTRUCTED_STRING)
        # SignedData.certificates sits at depth 3: ContentInfo 0, [0] 1, SignedData 2
        if item.constructed and not (item.depth == 3 and item.tag == _CONTEXT_0):
            stack.extend(item.children())
    return frozenset(found)

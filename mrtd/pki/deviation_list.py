"""Deviation lists: what a state says of its own faulty documents, signed (ICAO 9303-12 §10, 9303-3 §7).

A list raises attention and does nothing else: it never turns a bad signature, hash or chain into acceptance
(SECURITY.md 4.2). One real list names 169,422 documents, so their numbers stay as stored until the first is sought.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from mrtd import tlv
from mrtd.crypto.algorithms import parse_digest_algorithm
from mrtd.crypto.digests import DIGEST_SIZES, HASHES
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki import oids
from mrtd.pki.certificate import MAX_SERIAL
from mrtd.pki.cms import SignedData, parse_signed_data
from mrtd.pki.deviation import (
    PRINTABLE_STRING,
    Deviation,
    DeviationDescription,
    DocumentNumbers,
    SignerReference,
    two_letters,
)
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.master_list import (
    MAX_LIST_CMS_CERTIFICATES,
    SignerJudgement,
    judge_list_signature,
    signer_certificate,
)
from mrtd.pki.names import parse_name
from mrtd.pki.times import GENERALIZED_TIME, parse_time
from mrtd.tlv import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, Tlv

#: The largest real list has 1.8 MiB.
MAX_DEVIATION_LIST: Final = 16 * 1024 * 1024
#: The real list has one deviation; one a faulty document signer would be some hundreds.
MAX_DEVIATIONS: Final = 10_000
#: The standard knows 14 types of deviation.
MAX_DESCRIPTIONS: Final = 64
#: All deviations of a list together; the real list names 169,422 documents.
MAX_DOCUMENT_NUMBERS: Final = 1_000_000
#: The longest number of a machine readable zone has 22 characters (ICAO 9303-5, long numbers of TD1).
MAX_DOCUMENT_NUMBER: Final = 64
#: Words for people; a state that needs more has a website.
MAX_DESCRIPTION: Final = 2048
#: Key identifiers and certificate digests are hashes; the longest has 64 octets.
MAX_REFERENCE: Final = 64

_DOCUMENT_TYPE: Final = 0x80
_ISSUER_AND_SERIAL: Final = 0xA1
_KEY_IDENTIFIER: Final = 0x82
_CERTIFICATE_DIGEST: Final = 0x83
_ISSUING_DATE: Final = 0xA4
_DOCUMENT_NUMBERS: Final = 0xA5
_PARAMETERS: Final = 0xA0
_NATIONAL_USE: Final = 0xA1
#: Tag of a member of DeviationDocuments -> its place; a document signer is named in one way.
_RANKS: Final[Mapping[int, int]] = MappingProxyType(
    {
        _DOCUMENT_TYPE: 1,
        _ISSUER_AND_SERIAL: 2,
        _KEY_IDENTIFIER: 2,
        _CERTIFICATE_DIGEST: 2,
        _ISSUING_DATE: 3,
        _DOCUMENT_NUMBERS: 4,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class DeviationList:
    """A deviation list (ICAO 9303-12 §10.1).

    `state` is the country of the CSCA that its signer's certificate names as issuer, in two letters where a table
    knows them; None if there is none. It holds only together with `judge_signer`, which lets no CSCA of another
    country vouch for the signer. `signed_at` is the signed signingTime, None if it is absent, doubled or malformed.
    `sha256` is over the whole file.
    """

    state: str | None
    version: int = field(compare=False)
    deviations: tuple[Deviation, ...] = field(compare=False)
    cms: SignedData = field(compare=False)
    sha256: str
    signed_at: datetime | None = field(compare=False)

    def __repr__(self) -> str:
        return f"DeviationList(state={self.state}, deviations={len(self.deviations)}, sha256={self.sha256[:16]})"


def parse(data: bytes) -> DeviationList:
    """Read a signed deviation list (ICAO 9303-12 §10). Whether the signature holds is for `judge_signer` to say.

    Raises:
        MalformedError: `not_deviation_list`, `bad_deviation`, or as `parse_signed_data`, or over a limit.
    """
    if len(data) > MAX_DEVIATION_LIST:
        raise LimitExceededError("deviation_list_too_long")
    signed = parse_signed_data(data, max_certificates=MAX_LIST_CMS_CERTIFICATES)
    if signed.econtent_type != oids.DEVIATION_LIST or signed.econtent is None:
        raise MalformedError("not_deviation_list")
    items = tlv.read_only(signed.econtent, SEQUENCE).children()
    if not 2 <= len(items) <= 3 or items[0].tag != INTEGER or items[-1].tag != SET:
        raise MalformedError("not_deviation_list")
    algorithm = parse_digest_algorithm(items[1]) if len(items) == 3 else _algorithm_of_signature(signed)
    stored = items[-1].children()
    if len(stored) > MAX_DEVIATIONS:
        raise LimitExceededError("too_many_deviations")
    deviations = tuple(_deviation(item, HASHES.get(algorithm)) for item in stored)
    if sum(len(one.document_numbers or ()) for one in deviations) > MAX_DOCUMENT_NUMBERS:
        raise LimitExceededError("too_many_document_numbers")
    return DeviationList(
        state=_state(signed),
        version=tlv.integer(items[0], max_octets=4),
        deviations=deviations,
        cms=signed,
        sha256=hashlib.sha256(data).hexdigest(),
        signed_at=signed.signing_time,
    )


def judge_signer(
    deviation_list: DeviationList,
    index: CertificateIndex,
    at: datetime | None,
    *,
    usable: Callable[[CertificateEntry], bool] | None = None,
) -> SignerJudgement:
    """Judge who signed a list, as for master lists (ICAO 9303-12 §7.1, §10.1; SECURITY.md 4.2).

    Only a CSCA of the list's own country counts: the names in a signer's certificate are words of whoever certified
    it, and a list speaks for its own state only.

    Args:
        deviation_list: the list.
        index: CSCAs that are pinned for the list; not those that it carries.
        at: time of the judgement; None leaves the validity open.
        usable: a further filter on the CSCAs.
    """

    def of_the_state(entry: CertificateEntry) -> bool:
        country = entry.certificate.country
        own = country is not None and two_letters(country) == deviation_list.state
        return own and (usable is None or usable(entry))

    return judge_list_signature(deviation_list.cms, oids.DEVIATION_LIST_SIGNER, index, at, usable=of_the_state)


def _state(signed: SignedData) -> str | None:
    signer = signer_certificate(signed, signed.signer_infos[0]) if len(signed.signer_infos) == 1 else None
    country = None if signer is None else signer.issuer.country or signer.subject.country
    return None if country is None else two_letters(country)


def _algorithm_of_signature(signed: SignedData) -> str:
    """Without a digestAlgorithm, digests are made as for the signature of the list (ICAO 9303-3 §7.3.6)."""
    return signed.signer_infos[0].digest_algorithm if len(signed.signer_infos) == 1 else ""


def _deviation(item: Tlv, digest_hash: str | None) -> Deviation:
    parts = item.expect(SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedError("bad_deviation")
    members = parts[0].expect(SEQUENCE).children()
    descriptions = parts[1].expect(SET).children()
    if len(descriptions) > MAX_DESCRIPTIONS:
        raise LimitExceededError("too_many_descriptions")
    return _of_documents(members, digest_hash, tuple(_description(one) for one in descriptions))


def _of_documents(
    members: list[Tlv], digest_hash: str | None, descriptions: tuple[DeviationDescription, ...]
) -> Deviation:
    """DeviationDocuments: optional members in their order, each once."""
    ranks = [_RANKS.get(member.tag, 0) for member in members]
    if 0 in ranks or ranks != sorted(set(ranks)):
        raise MalformedError("bad_deviation", detail="unknown, doubled or unordered member")
    given = dict(zip(ranks, members, strict=True))
    document_type, signer, issued, numbers = (given.get(rank) for rank in (1, 2, 3, 4))
    return Deviation(
        document_type=None if document_type is None else _code(document_type),
        signer=None if signer is None else _reference(signer, digest_hash),
        issued=None if issued is None else _period(issued),
        document_numbers=None if numbers is None else _numbers(numbers),
        descriptions=descriptions,
    )


def _code(item: Tlv) -> str:
    """A document code of two characters, its filler cut off."""
    code = item.value.decode("ascii", "replace").upper().rstrip("< ")
    if not 1 <= len(code) <= 2 or not code.isascii():
        raise MalformedError("bad_deviation", detail="document type")
    return code


def _reference(item: Tlv, digest_hash: str | None) -> SignerReference:
    if item.tag == _ISSUER_AND_SERIAL:
        parts = item.children()
        if len(parts) != 2:
            raise MalformedError("bad_deviation", detail="issuer and serial number")
        return SignerReference(issuer=parse_name(parts[0]), serial=tlv.integer(parts[1], max_octets=MAX_SERIAL))
    value = item.value
    if not value:
        raise MalformedError("bad_deviation", detail="empty reference to a document signer")
    if len(value) > MAX_REFERENCE:
        raise LimitExceededError("reference_too_long")
    if item.tag == _KEY_IDENTIFIER:
        return SignerReference(key_identifier=value)
    if digest_hash is not None and len(value) != DIGEST_SIZES[digest_hash]:
        raise MalformedError("bad_deviation", detail="length of a certificate digest")
    return SignerReference(digest=value, digest_hash=digest_hash)


def _period(item: Tlv) -> tuple[datetime, datetime]:
    parts = item.children()
    if len(parts) != 2 or any(part.tag != GENERALIZED_TIME for part in parts):
        raise MalformedError("bad_deviation", detail="issuance period")
    first, last = parse_time(parts[0]), parse_time(parts[1])
    if last < first:
        raise MalformedError("bad_deviation", detail="issuance period ends before it begins")
    return first, last


def _numbers(item: Tlv) -> DocumentNumbers:
    """Count and measure the numbers; none is kept."""
    lengths = Counter(map(len, tlv.primitive_values(item, PRINTABLE_STRING, limit=MAX_DOCUMENT_NUMBERS)))
    if lengths and max(lengths) > MAX_DOCUMENT_NUMBER:
        raise LimitExceededError("document_number_too_long")
    return DocumentNumbers(item, lengths.total())


def _description(item: Tlv) -> DeviationDescription:
    """The parameters and what is for national use are not read: a deviation is for people to judge."""
    parts = item.expect(SEQUENCE).children()
    words = parts.pop(0) if parts and parts[0].tag == PRINTABLE_STRING else None
    tags = [part.tag for part in parts]
    if tags[:1] != [OBJECT_IDENTIFIER] or tags[1:] not in (
        [],
        [_PARAMETERS],
        [_NATIONAL_USE],
        [_PARAMETERS, _NATIONAL_USE],
    ):
        raise MalformedError("bad_deviation", detail="description")
    if words is not None and words.content_end - words.content > MAX_DESCRIPTION:
        raise LimitExceededError("description_too_long")
    return DeviationDescription(tlv.oid(parts[0]), None if words is None else words.value.decode("ascii", "replace"))

"""LDSSecurityObject, the signed list of data-group hashes (ICAO 9303-10 §4.6.2.3).

LDSSecurityObject ::= SEQUENCE {
    version                LDSSecurityObjectVersion,      -- 0, or 1 with ldsVersionInfo
    hashAlgorithm          DigestAlgorithmIdentifier,
    dataGroupHashValues    SEQUENCE SIZE (2..ub-DataGroups) OF DataGroupHash,
    ldsVersionInfo         LDSVersionInfo OPTIONAL }
DataGroupHash ::= SEQUENCE {
    dataGroupNumber        DataGroupNumber,
    dataGroupHashValue     OCTET STRING }
LDSVersionInfo ::= SEQUENCE {
    ldsVersion             PrintableString,
    unicodeVersion         PrintableString }
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.lds.elementary_file import reading
from mrtd.tlv import Tlv

#: ub-DataGroups is 16. Duplicates and numbers out of range are judged, not hidden, so a few more are kept.
MAX_HASHES: Final = 64
_PRINTABLE_STRING: Final = 0x13
_UTF8_STRING: Final = 0x0C
_WHERE: Final = "LDSSecurityObject"


@dataclass(frozen=True, slots=True, repr=False)
class LdsSecurityObject:
    """The hashes that the issuing state signed.

    `digest_algorithm` is an object identifier. `data_group_hashes` holds (number, hash) in stored order, with
    duplicates and numbers beyond 1 to 16: the check `pa.dg_duplicate` judges them. The two versions stand as
    written, `0107` or `1.7`, and are None in version 0.
    """

    version: int
    digest_algorithm: str
    data_group_hashes: tuple[tuple[int, bytes], ...]
    lds_version: str | None
    unicode_version: str | None

    def __repr__(self) -> str:
        return f"LdsSecurityObject(version={self.version}, hashes={len(self.data_group_hashes)})"


@reading(_WHERE)
def parse(econtent: bytes) -> LdsSecurityObject:
    """Read an LDSSecurityObject (ICAO 9303-10 §4.6.2.3) from the eContent of EF.SOD.

    Raises:
        MalformedError: not this structure, or bytes behind it.
        LimitExceededError: more than `MAX_HASHES` hashes, or a bound of `mrtd.tlv`.
    """
    parts = tlv.read_only(econtent, tlv.SEQUENCE).children()
    if len(parts) not in (3, 4):
        raise MalformedError("bad_structure", detail=f"{len(parts)} members")
    hashes = parts[2].expect(tlv.SEQUENCE).children()
    if len(hashes) > MAX_HASHES:
        raise LimitExceededError("too_many_hashes", detail=f"{len(hashes)}")
    lds_version, unicode_version = _versions(parts[3]) if len(parts) == 4 else (None, None)
    return LdsSecurityObject(
        version=tlv.integer(parts[0], max_octets=4),
        digest_algorithm=_digest_algorithm(parts[1]),
        data_group_hashes=tuple(_data_group_hash(item) for item in hashes),
        lds_version=lds_version,
        unicode_version=unicode_version,
    )


def _digest_algorithm(item: Tlv) -> str:
    """RFC 5754 §2: parameters absent or NULL, both are accepted."""
    parts = item.expect(tlv.SEQUENCE).children()
    if len(parts) not in (1, 2):
        raise MalformedError("bad_algorithm_identifier")
    if len(parts) == 2 and parts[1].expect(tlv.NULL, "bad_algorithm_identifier").value:
        raise MalformedError("bad_algorithm_identifier")
    return tlv.oid(parts[0])


def _data_group_hash(item: Tlv) -> tuple[int, bytes]:
    parts = item.expect(tlv.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedError("bad_structure", detail=f"a hash entry of {len(parts)} members")
    return tlv.integer(parts[0], max_octets=4), tlv.octets(parts[1])


def _versions(item: Tlv) -> tuple[str, str]:
    parts = item.expect(tlv.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedError("bad_structure", detail=f"version information of {len(parts)} members")
    return _text(parts[0]), _text(parts[1])


def _text(item: Tlv) -> str:
    if item.tag not in (_PRINTABLE_STRING, _UTF8_STRING) or not item.value.isascii():
        raise MalformedError("bad_version_text", detail=f"tag {item.tag:X}")
    return item.value.decode("ascii")

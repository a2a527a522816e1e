"""The elementary files of a specimen document but for EF.SOD (ICAO 9303-10 §4.6.1, §4.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from mrtd.asn1 import oids, security_infos
from mrtd.asn1.x509 import SubjectPublicKeyInfo
from mrtd.specimen.encoding import decoded, der, tlv
from mrtd.specimen.holder import Holder

#: The tag of each data group, which EF.COM lists (ICAO 9303-10 §4.6.1, table 36).
TAGS: Final = {
    1: 0x61, 2: 0x75, 3: 0x63, 4: 0x76, 5: 0x65, 6: 0x66, 7: 0x67, 8: 0x68,
    9: 0x69, 10: 0x6A, 11: 0x6B, 12: 0x6C, 13: 0x6D, 14: 0x6E, 15: 0x6F, 16: 0x70,
}  # fmt: skip

#: ISO/IEC 19794-5:2005 §5.4, §5.5: sizes of the facial record header, face information and image information.
_RECORD_HEADER: Final = 14
_FACE_INFORMATION: Final = 20
_IMAGE_INFORMATION: Final = 12


def com(numbers: Iterable[int], *, lds_version: str = "0108", unicode_version: str = "040000") -> bytes:
    """EF.COM: versions and the tags of the data groups (ICAO 9303-10 §4.6.1)."""
    return tlv(
        0x60,
        tlv(0x5F01, lds_version.encode()),
        tlv(0x5F36, unicode_version.encode()),
        tlv(0x5C, bytes(TAGS[number] for number in sorted(numbers))),
    )


def dg1(lines: Sequence[str]) -> bytes:
    """EF.DG1: the MRZ (ICAO 9303-10 §4.7.1)."""
    return tlv(TAGS[1], tlv(0x5F1F, "".join(lines).encode()))


def dg2(image: bytes, width: int, height: int) -> bytes:
    """EF.DG2: one JPEG portrait in a facial record in a CBEFF template (ICAO 9303-10 §4.7.2; ISO/IEC 19794-5)."""
    header = tlv(
        0xA1,
        tlv(0x80, bytes.fromhex("0101")),  # header version (ISO/IEC 7816-11 as ICAO 9303-10 §4.7.2.1 uses it)
        tlv(0x81, b"\x02"),  # facial features
        tlv(0x82, b"\x00"),  # no subtype
        tlv(0x87, bytes.fromhex("0101")),  # format owner: ISO/IEC JTC 1/SC 37
        tlv(0x88, bytes.fromhex("0008")),  # format type: facial image
    )
    template = tlv(0x7F60, header, tlv(0x5F2E, facial_record(image, width, height)))
    return tlv(TAGS[2], tlv(0x7F61, tlv(0x02, b"\x01"), template))


def facial_record(image: bytes, width: int, height: int) -> bytes:
    """A facial record with one face, no feature points, nothing said of the person (ISO/IEC 19794-5:2005 §5)."""
    face_length = _FACE_INFORMATION + _IMAGE_INFORMATION + len(image)
    record = b"FAC\x00" + b"010\x00" + (_RECORD_HEADER + face_length).to_bytes(4) + (1).to_bytes(2)
    face = face_length.to_bytes(4) + (0).to_bytes(2) + bytes(_FACE_INFORMATION - 6)
    # image type: full frontal; data type: JPEG; width, height; colour space: sRGB; source: unspecified
    picture = b"\x01\x00" + width.to_bytes(2) + height.to_bytes(2) + b"\x01\x00" + bytes(4)
    return record + face + picture + image


def dg11(holder: Holder) -> bytes:
    """EF.DG11: full name in national characters, date and place of birth (ICAO 9303-10 §4.7.11)."""
    values = (
        (0x5F0E, "<<".join(part.replace(" ", "<") for part in holder.full_name)),
        (0x5F2B, holder.date_of_birth.strftime("%Y%m%d")),
        (0x5F11, "<".join(holder.place_of_birth)),
    )
    return _listed(TAGS[11], values)


def dg12(date_of_issue: date, issuing_authority: str = "Utopia SPECIMEN") -> bytes:
    """EF.DG12: issuing authority and date of issue (ICAO 9303-10 §4.7.12)."""
    return _listed(TAGS[12], ((0x5F19, issuing_authority), (0x5F26, date_of_issue.strftime("%Y%m%d"))))


def dg14(infos: Iterable[bytes]) -> bytes:
    """EF.DG14: SecurityInfos, each entry in DER (ICAO 9303-10 §4.7.14)."""
    entries = security_infos.SecurityInfos()
    for place, info in enumerate(infos):
        entries[place] = decoded(info, security_infos.SecurityInfo())
    return tlv(TAGS[14], der(entries))


def dg15(spki: bytes) -> bytes:
    """EF.DG15: the public key of Active Authentication (ICAO 9303-10 §4.7.15)."""
    return tlv(TAGS[15], spki)


def active_authentication_info(signature_algorithm: str) -> bytes:
    """ActiveAuthenticationInfo, version 1 (ICAO 9303-11 §9.2); `signature_algorithm` is a plain ECDSA identifier."""
    info = security_infos.ActiveAuthenticationInfo()
    info["protocol"] = oids.AA_PROTOCOL_OBJECT
    info["version"] = 1
    info["signatureAlgorithm"] = signature_algorithm
    return der(info)


def chip_authentication_infos(spki: bytes, key_id: int | None = None) -> tuple[bytes, bytes]:
    """ChipAuthenticationInfo (ECDH, AES-128) and ChipAuthenticationPublicKeyInfo (ICAO 9303-11 §9.2)."""
    info = security_infos.ChipAuthenticationInfo()
    info["protocol"] = oids.CA_ECDH_AES_128
    info["version"] = 1
    public_key = security_infos.ChipAuthenticationPublicKeyInfo()
    public_key["protocol"] = oids.PK_ECDH
    public_key["chipAuthenticationPublicKey"] = decoded(spki, SubjectPublicKeyInfo())
    if key_id is not None:
        info["keyId"] = public_key["keyId"] = key_id
    return der(info), der(public_key)


def _listed(tag: int, values: Iterable[tuple[int, str]]) -> bytes:
    """A data group that begins with the list of its tags (tag 5C), text in UTF-8."""
    entries = [(entry, text.encode()) for entry, text in values]
    tag_list = b"".join(entry.to_bytes(2) for entry, _ in entries)
    return tlv(tag, tlv(0x5C, tag_list), *(tlv(entry, value) for entry, value in entries))

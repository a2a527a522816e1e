"""The elementary files of a specimen document but for EF.SOD (ICAO 9303-10 §4.6.1, §4.7); faces in `face`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mrtd.asn1 import security_infos
from mrtd.specimen import face
from mrtd.specimen.chip_protocols import active_authentication_info, chip_authentication_infos
from mrtd.specimen.encoding import decoded, der, tlv
from mrtd.specimen.face import Picture
from mrtd.specimen.holder import Holder

__all__ = [
    "TAGS",
    "PersonToNotify",
    "active_authentication_info",
    "chip_authentication_infos",
    "com",
    "dg1",
    "dg2",
    "dg11",
    "dg12",
    "dg13",
    "dg14",
    "dg15",
    "dg16",
    "listed",
    "other_names",
]

#: The tag of each data group, which EF.COM lists (ICAO 9303-10 §4.6.1, table 36).
TAGS: Final = {
    1: 0x61, 2: 0x75, 3: 0x63, 4: 0x76, 5: 0x65, 6: 0x66, 7: 0x67, 8: 0x68,
    9: 0x69, 10: 0x6A, 11: 0x6B, 12: 0x6C, 13: 0x6D, 14: 0x6E, 15: 0x6F, 16: 0x70,
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class PersonToNotify:
    """Somebody who does not exist either, for DG16; `date_recorded` is the day of the entry."""

    date_recorded: date
    name: str
    telephone: str
    address: str


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
    return face.dg2(Picture(image, width, height))


def dg11(holder: Holder) -> bytes:
    """EF.DG11: full name in national characters, birth, personal number if any (ICAO 9303-10 §4.7.11)."""
    values = [
        (0x5F0E, "<<".join(part.replace(" ", "<") for part in holder.full_name if part).encode()),
        (0x5F2B, holder.full_date_of_birth.encode()),
        (0x5F11, "<".join(holder.place_of_birth).encode()),
    ]
    if holder.personal_number:
        values.insert(1, (0x5F10, holder.personal_number.encode()))
    return listed(TAGS[11], values)


def other_names(*names: str) -> tuple[int, bytes]:
    """The template A0 of DG11: a counter, then each other name under 5F0F (ICAO 9303-10 §4.7.11)."""
    return 0xA0, tlv(0x02, bytes([len(names)])) + b"".join(tlv(0x5F0F, name.encode()) for name in names)


def dg12(date_of_issue: date, issuing_authority: str = "Utopia SPECIMEN", *, packed: bool = False) -> bytes:
    """EF.DG12: issuing authority and date of issue, as text or in packed digits (ICAO 9303-10 §4.7.12)."""
    digits = date_of_issue.strftime("%Y%m%d")
    day = bytes.fromhex(digits) if packed else digits.encode()
    return listed(TAGS[12], ((0x5F19, issuing_authority.encode()), (0x5F26, day)))


def dg13(content: bytes) -> bytes:
    """EF.DG13: optional details of the state's own (ICAO 9303-10 §4.7.13)."""
    return tlv(TAGS[13], content)


def dg14(infos: Iterable[bytes]) -> bytes:
    """EF.DG14: SecurityInfos, each entry in DER (ICAO 9303-10 §4.7.14)."""
    entries = security_infos.SecurityInfos()
    for place, info in enumerate(infos):
        entries[place] = decoded(info, security_infos.SecurityInfo())
    return tlv(TAGS[14], der(entries))


def dg15(spki: bytes) -> bytes:
    """EF.DG15: the public key of Active Authentication (ICAO 9303-10 §4.7.15)."""
    return tlv(TAGS[15], spki)


def dg16(*persons: PersonToNotify) -> bytes:
    """EF.DG16: persons to notify, a template A1, A2 ... each (ICAO 9303-10 §4.7.16)."""
    templates = (
        tlv(
            0xA1 + place,
            tlv(0x5F50, person.date_recorded.strftime("%Y%m%d").encode()),
            tlv(0x5F51, person.name.encode()),
            tlv(0x5F52, person.telephone.encode()),
            tlv(0x5F53, person.address.encode()),
        )
        for place, person in enumerate(persons)
    )
    return tlv(TAGS[16], tlv(0x02, bytes([len(persons)])), *templates)


def listed(tag: int, values: Iterable[tuple[int, bytes]], *, tag_list: Iterable[int] | None = None) -> bytes:
    """A data group that begins with the list of its tags (tag 5C); `tag_list` lists others on purpose."""
    entries = list(values)
    named = [entry for entry, _ in entries] if tag_list is None else list(tag_list)
    listing = b"".join(entry.to_bytes((entry.bit_length() + 7) // 8) for entry in named)
    return tlv(tag, tlv(0x5C, listing), *(tlv(entry, value) for entry, value in entries))

"""Cases of data groups that were changed, or listed otherwise than once (ICAO 9303-11 §5.1, 9303-10 §4.6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import breakage, data_groups, face
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Specimen
from mrtd.specimen.cases.chapter import (
    Chapter,
    absent,
    failed,
    not_applicable,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED
from mrtd.specimen.cases.verdicts import (
    FORGED,
    everywhere,
)
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.encoding import tlv
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import Edits
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from mrtd.specimen.security_object import LdsSecurityObjectTemplate

_CHAPTER: Final = Chapter(__name__)
_Hashes = tuple[tuple[int, bytes], ...]
_FINGERS: Final = tlv(0x63, tlv(0x7F61, tlv(0x02, b"\x00")))


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _changed()
    yield from _numbers()
    yield from _fingers()


def _changed() -> Iterator[Case]:
    yield _CHAPTER.case(
        "dg1-longer-validity",
        "Another date of expiry in DG1 and on the page",
        std.HASHES,
        lambda: bench.specimen(_longer_validity()),
        failed("pa.dg_hash", "EF.DG1", R.MISMATCH),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "dg1-other-holder",
        "Another holder in DG1 and on the page; DG11 still names the true one",
        std.HASHES,
        lambda: bench.specimen(_other_holder()),
        failed("pa.dg_hash", "EF.DG1", R.MISMATCH),
        failed("cross.dg11_dg1", "EF.DG11", R.DIFFERS),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    for number, what, change in (
        (2, "Another portrait in DG2", _other_portrait),
        (11, "Another place of birth in DG11", _other_place_of_birth),
        (12, "Another date of issue in DG12", _other_issue),
        (14, "Another algorithm declared in DG14", _other_declaration),
        (15, "The key of another chip in DG15", _other_key),
    ):
        yield _CHAPTER.case(
            f"dg{number}-changed",
            what,
            std.HASHES,
            _of(change),
            failed("pa.dg_hash", f"EF.DG{number}", R.MISMATCH),
            CHIP_BARRED,
            verdicts=everywhere(FORGED),
            reason=R.MISMATCH,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "dg1-padded",
        "DG1 in its allocated size: zeros behind the data object belong to nothing",
        std.GROUP_HASH,
        lambda: bench.specimen(_padded(ElementaryFile.DG1)),
        importance=Importance.MEDIUM,
    )


def _numbers() -> Iterator[Case]:
    yield _CHAPTER.case(
        "group-listed-twice",
        "EF.SOD lists DG1 twice, both times with the right hash",
        std.GROUP_NUMBERS,
        lambda: _with_hashes(lambda hashes: (*hashes, hashes[0])),
        failed("pa.dg_duplicate", "EF.SOD", R.DUPLICATE),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.DUPLICATE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "group-listed-twice-differently",
        "EF.SOD lists DG1 twice, with a right and a wrong hash: neither is preferred",
        std.GROUP_NUMBERS,
        lambda: _with_hashes(lambda hashes: ((1, bytes(32)), *hashes)),
        failed("pa.dg_hash", "EF.DG1", R.MISMATCH),
        failed("pa.dg_duplicate", "EF.SOD", R.DUPLICATE),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    for number in (0, 17):
        yield _CHAPTER.case(
            f"group-number-{number}",
            f"EF.SOD lists a data group {number}, which no standard knows",
            std.GROUP_NUMBERS,
            _with_number(number),
            failed("pa.dg_duplicate", "EF.SOD", R.OUT_OF_RANGE),
            CHIP_BARRED,
            verdicts=everywhere(FORGED),
            reason=R.OUT_OF_RANGE,
        )


def _fingers() -> Iterator[Case]:
    yield _CHAPTER.case(
        "fingers-not-sent",
        "EF.SOD lists fingerprints, which are never read",
        std.DATA_GROUPS,
        lambda: bench.specimen(_with_fingers().without_file(ElementaryFile.DG3), like=_with_fingers()),
        absent("lds.parse", "EF.DG3"),
        not_applicable("pa.dg_hash", "EF.DG3", R.EAC_PROTECTED),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "fingers-sent",
        "A dump that holds fingerprints: hashed, reported, dropped",
        std.DATA_GROUPS,
        lambda: bench.specimen(_with_fingers()),
        importance=Importance.MEDIUM,
    )


# --- recipes


def _of(change: Callable[[], SpecimenDocument]) -> Callable[[], Specimen]:
    return lambda: bench.specimen(change())


def _with_number(number: int) -> Callable[[], Specimen]:
    return lambda: _with_hashes(lambda hashes: (*hashes, (number, bytes(32))))


def _with_fingers() -> SpecimenDocument:
    return bench.passport(replace(bench.PASSPORT, groups=(*bench.PASSPORT.groups, (3, _FINGERS))))


def _longer_validity() -> SpecimenDocument:
    longer = bench.EXPIRES.replace(year=bench.EXPIRES.year + 4)
    lines = machine_readable_zone(MARTA, document_number=bench.PASSPORT.document_number, date_of_expiry=longer)
    return breakage.tampered_dg1(bench.passport(), lines)


def _other_holder() -> SpecimenDocument:
    other = replace(MARTA, primary_identifier="LARSSON", secondary_identifier="NILS")
    lines = machine_readable_zone(other, document_number=bench.PASSPORT.document_number, date_of_expiry=bench.EXPIRES)
    return breakage.tampered_dg1(bench.passport(), lines)


def _other_portrait() -> SpecimenDocument:
    picture = replace(face.jpeg_2000(grey=True), padding=1)
    return bench.passport().with_file(ElementaryFile.DG2, face.dg2(picture))


def _other_place_of_birth() -> SpecimenDocument:
    other = replace(MARTA, place_of_birth=("Gäseborg", "Utopia"))
    return bench.passport().with_file(ElementaryFile.DG11, data_groups.dg11(other))


def _other_issue() -> SpecimenDocument:
    earlier = bench.ISSUED.replace(year=bench.ISSUED.year - 1)
    return bench.passport().with_file(ElementaryFile.DG12, data_groups.dg12(earlier))


def _other_declaration() -> SpecimenDocument:
    other = bench.passport(algorithms=BRAINPOOL_P256R1).files[ElementaryFile.DG14]
    # ecdsa-plain-SHA512 (arc 5) instead of ecdsa-plain-SHA256 (arc 3), at the end of the only entry
    return bench.passport().with_file(ElementaryFile.DG14, other[:-1] + b"\x05")


def _other_key() -> SpecimenDocument:
    key = breakage.clone(bench.passport(), BRAINPOOL_P256R1).active_authentication_key
    if key is None:
        raise ValueError("the passport has Active Authentication")
    return bench.passport().with_file(ElementaryFile.DG15, data_groups.dg15(key.spki()))


def _padded(file: ElementaryFile) -> SpecimenDocument:
    return bench.passport().with_file(file, bench.passport().files[file] + bytes(16))


def _with_hashes(edit: Callable[[_Hashes], _Hashes]) -> Specimen:
    def lds(template: LdsSecurityObjectTemplate) -> LdsSecurityObjectTemplate:
        return replace(template, hashes=edit(template.hashes))

    return bench.specimen(bench.edited(Edits(lds_security_object=lds)))

"""Cases of what the files hold: portraits and details as real states write them (ICAO 9303-10 §4.5.6, §4.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import data_groups, face
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Specimen, Standard
from mrtd.specimen.cases.chapter import Chapter, failed, not_performed, passed, undecided
from mrtd.specimen.cases.verdicts import ATTENTION, GOOD, by_policy
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.encoding import tlv
from mrtd.specimen.face import Picture

_CHAPTER: Final = Chapter(__name__)
_WATCHED: Final = by_policy(ATTENTION, ATTENTION, GOOD)
_LOOK: Final = "dg2.image_decodes"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _portraits()
    yield from _no_portraits()
    yield from _details()


def _portraits() -> Iterator[Case]:
    grey = face.jpeg_2000(grey=True)
    good: tuple[tuple[str, str, Standard, Callable[[], bytes]], ...] = (
        ("jpeg", "A JPEG portrait", std.DG2, lambda: face.dg2(face.jpeg())),
        ("jpeg-2000", "A JPEG 2000 portrait in colour", std.DG2, lambda: face.dg2(face.jpeg_2000())),
        ("codestream", "A codestream without boxes", std.DG2, lambda: face.dg2(face.codestream(grey))),
        ("padded", "Zeros behind the picture", std.DG2, _grey(padding=64)),
        ("feature-points", "Feature points before the picture", std.DG2, _grey(feature_points=3)),
        ("size-differs", "The record says another size than the picture has", std.DG2, _grey(width=480)),
        ("tag-7f2e", "The older record under the tag of the newer", std.DG2_ISO_39794, _grey(tag=0x7F2E)),
        ("iso-39794", "A portrait in the newer record", std.DG2_ISO_39794, lambda: face.dg2_iso39794(grey)),
    )
    for name, title, standard, group in good:
        yield _CHAPTER.case(f"portrait-{name}", title, standard, _with_group(2, group), importance=Importance.MEDIUM)
    several: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("portrait-two-faces", "Two faces in one record", lambda: face.dg2(grey, grey)),
        ("portrait-two-templates", "Two templates with a face each", lambda: face.dg2_of_templates(grey, grey)),
    )
    for name, title, group in several:
        yield _CHAPTER.case(
            name,
            title,
            std.DG2_COUNT,
            _with_group(2, group),
            passed(_LOOK, "EF.DG2", R.SEVERAL_FACES),
            verdicts=_WATCHED,
            importance=Importance.MEDIUM,
        )


def _no_portraits() -> Iterator[Case]:
    broken: tuple[tuple[str, str, Picture], ...] = (
        ("portrait-no-image", "Octets that are no picture", Picture(b"\x00\x01\x02\x03" * 16, 240, 320)),
        ("portrait-cut-off", "Half a picture", replace(face.jpeg(), data=face.jpeg().data[:600])),
        ("portrait-empty", "A picture of no octets", Picture(b"", 240, 320)),
    )
    for name, title, picture in broken:
        yield _CHAPTER.case(
            name,
            title,
            std.DG2,
            _with_picture(picture),
            failed(_LOOK, "EF.DG2", R.NOT_AN_IMAGE),
            verdicts=_WATCHED,
        )
    yield _CHAPTER.case(
        "portrait-record-version",
        "A facial record of a version that nobody knows",
        std.DG2,
        _with_group(2, lambda: face.dg2(face.jpeg_2000(grey=True)).replace(b"FAC\x00010\x00", b"FAC\x00099\x00")),
        undecided("lds.parse", "EF.DG2", R.UNKNOWN_VERSION),
        undecided(_LOOK, "EF.DG2", R.UNSUPPORTED),
        verdicts=_WATCHED,
    )
    yield _CHAPTER.case(
        "portrait-no-record",
        "A DG2 without a facial record",
        std.DG2,
        _with_group(2, lambda: tlv(0x75, tlv(0x7F61, tlv(0x02, b"\x01")))),
        failed("lds.parse", "EF.DG2", R.MALFORMED),
        not_performed(_LOOK, "EF.DG2", R.EARLIER_STEP),
        verdicts=_WATCHED,
    )


def _details() -> Iterator[Case]:
    name = "Åkerström<<Märta<Linnéa"
    birth, packed = (0x5F2B, b"19840317"), (0x5F2B, bytes.fromhex("19840317"))
    bare = (0x5F0F, "Märta<Ek".encode())
    other = data_groups.other_names("Märta<Ek")
    good: tuple[tuple[str, str, Standard, int, Callable[[], bytes]], ...] = (
        ("dg11-other-names", "Other names in their template", std.DG11, 11, lambda: _dg11(name, other)),
        ("dg11-other-name-bare", "Another name without its template", std.DG11, 11, lambda: _dg11(name, bare)),
        ("dg11-latin-1", "Names in ISO 8859-1", std.DG11, 11, lambda: _dg11(name, encoding="iso-8859-1")),
        ("dg11-packed-date", "The date of birth in packed digits", std.DG11, 11, lambda: _dg11(name, packed)),
        ("dg11-empty-name", "A full name of no octets", std.DG11, 11, lambda: _dg11("", birth)),
        ("dg11-fillers", "A full name of fillers alone", std.DG11, 11, lambda: _dg11("<<", birth)),
        ("dg12-packed-date", "The date of issue in packed digits", std.DG12, 12, _packed_issue),
        ("dg7-signature", "A signature mark", std.DG7, 7, lambda: face.dg7(face.signature_mark())),
        ("dg13-anything", "Details of the state's own", std.DATA_GROUPS, 13, lambda: data_groups.dg13(b"UTOPIA")),
        ("dg16-persons-to-notify", "A person to notify", std.DATA_GROUPS, 16, lambda: data_groups.dg16(_friend())),
    )
    for case, title, standard, number, group in good:
        yield _CHAPTER.case(case, title, standard, _with_group(number, group), importance=Importance.LOW)
    yield _CHAPTER.case(
        "dg11-tag-twice",
        "DG11 gives the full name twice: which one counts is not the verifier's to choose",
        std.DG11,
        _with_group(11, lambda: _dg11(name, (0x5F0E, b"Larsson<<Nils"))),
        failed("lds.parse", "EF.DG11", R.MALFORMED),
        not_performed("cross.dg11_dg1", "EF.DG11", R.EARLIER_STEP),
        verdicts=_WATCHED,
    )
    yield _CHAPTER.case(
        "com-tag-twice",
        "EF.COM lists a data group twice",
        std.COM,
        lambda: bench.specimen(_with_com(_listed_twice)),
        failed("lds.parse", "EF.COM", R.MALFORMED),
        not_performed("lds.com_consistent", "EF.COM", R.EARLIER_STEP),
        verdicts=_WATCHED,
        importance=Importance.LOW,
    )
    yield _CHAPTER.case(
        "com-lists-less",
        "EF.COM does not list DG11, EF.SOD does",
        std.COM,
        lambda: bench.specimen(_with_com(lambda _: data_groups.com((1, 2, 12, 14, 15)))),
        failed("lds.com_consistent", "EF.COM", R.DIFFERS),
        verdicts=by_policy(ATTENTION, GOOD, GOOD),
        importance=Importance.MEDIUM,
    )


# --- recipes


def _with_group(number: int, group: Callable[[], bytes]) -> Callable[[], Specimen]:
    def make() -> Specimen:
        groups = (*(entry for entry in bench.PASSPORT.groups if entry[0] != number), (number, group()))
        return bench.specimen(bench.passport(replace(bench.PASSPORT, groups=groups)))

    return make


def _with_picture(picture: Picture) -> Callable[[], Specimen]:
    return _with_group(2, lambda: face.dg2(picture))


def _grey(tag: int = 0x5F2E, *, padding: int = 0, feature_points: int = 0, width: int = 240) -> Callable[[], bytes]:
    picture = replace(face.jpeg_2000(grey=True), padding=padding, feature_points=feature_points, width=width)
    return lambda: face.dg2(picture, tag=tag)


def _packed_issue() -> bytes:
    return data_groups.dg12(bench.ISSUED, packed=True)


def _listed_twice(com: bytes) -> bytes:
    """One tag more at the end of the list of six, which is the last object of the file."""
    return com[:1] + bytes([com[1] + 1]) + com[2:].replace(b"\x5c\x06", b"\x5c\x07") + b"\x61"


def _with_com(edit: Callable[[bytes], bytes]) -> SpecimenDocument:
    whole = bench.passport()
    return whole.with_file(ElementaryFile.COM, edit(whole.files[ElementaryFile.COM]))


def _dg11(full_name: str, *more: tuple[int, bytes], encoding: str = "utf-8") -> bytes:
    return data_groups.listed(0x6B, ((0x5F0E, full_name.encode(encoding)), *more))


def _friend() -> data_groups.PersonToNotify:
    return data_groups.PersonToNotify(date(2026, 5, 4), "Berg<<Eva", "", "Ankeborg")

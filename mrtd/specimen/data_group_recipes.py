"""Data groups, genuine ones of every kind and broken ones (ICAO 9303-10 §4.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.specimen import breakage, data_groups, face, holders
from mrtd.specimen.data_groups import TAGS, PersonToNotify, listed, other_names
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.encoding import tlv
from mrtd.specimen.face import Picture
from mrtd.specimen.holder import MARTA, Holder, machine_readable_zone
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.recipe import (
    AT,
    Finding,
    Make,
    Presentation,
    Recipe,
    Setting,
    changed,
    failed,
    issued,
    not_applicable,
    not_performed,
    passed,
    undecided,
)

_PERSON: Final = PersonToNotify(date(2026, 5, 1), "ÅKERSTRÖM<<NILS", "+00 000 000", "ANKEBORG<UTOPIA")
_NAME: Final = (0x5F0E, "Åkerström<<Märta<Linnéa".encode())
_BIRTH: Final = (0x5F2B, b"19840317")


def with_groups(*groups: tuple[int, bytes | None], holder: Holder = MARTA) -> Make:
    """The state issues with whole data groups of another form, hashed like the others; None leaves one out."""
    return issued(profile=IssuingProfile(groups=groups), holder=holder)


def with_file(file: ElementaryFile, data: Callable[[bytes], bytes]) -> Make:
    """Somebody changes one file afterwards."""
    return changed(lambda document, _: document.with_file(file, data(document.files[file])))


def without_file(file: ElementaryFile) -> Make:
    """Somebody leaves a file out."""
    return changed(lambda document, _: document.without_file(file))


def _dg2(*pictures: Picture) -> Make:
    return with_groups((2, face.dg2(*pictures)))


def _dg11(*values: tuple[int, bytes]) -> Make:
    return with_groups((11, listed(TAGS[11], values)))


def _com(data: bytes) -> Make:
    """An EF.COM of another content, which nobody signs."""
    return with_file(ElementaryFile.COM, lambda _: data)


def _fingerprints(files: Mapping[ElementaryFile, bytes]) -> Mapping[ElementaryFile, bytes]:
    """DG3 stays in the chip (CHECKS.md rule 4)."""
    return {name: data for name, data in files.items() if name is not ElementaryFile.DG3}


def _of_state(state: str) -> Make:
    """Somebody writes another issuing state into DG1 and print; the specimen state signs for none but its own."""

    def change(document: SpecimenDocument, issuer: SpecimenIssuer) -> SpecimenDocument:
        expiry = issuer.now.date() + timedelta(days=3000)
        lines = machine_readable_zone(MARTA, document_number="UT0000001", date_of_expiry=expiry, issuing_state=state)
        return breakage.tampered_dg1(document, lines)

    return changed(change)


def tampered_mrz(document: SpecimenDocument, issuer: SpecimenIssuer) -> SpecimenDocument:
    """Another number in DG1 and in print."""
    expiry = issuer.now.date() + timedelta(days=900)
    lines = machine_readable_zone(MARTA, document_number="UT9999999", date_of_expiry=expiry)
    return breakage.tampered_dg1(document, lines)


def without_expiry(setting: Setting) -> Presentation:
    """A document that never ends."""
    lines = machine_readable_zone(MARTA, document_number="UT0000001", date_of_expiry=None)
    return issued(profile=IssuingProfile(mrz_lines=lines))(setting)


def _oddity(name: str, title: str, make: Make, *results: Finding) -> Recipe:
    return Recipe(name, title, make, results or (passed("lds.parse", "EF.DG11"),))


_FACES: Final = (
    Recipe("jpeg_2000", "a JPEG 2000 portrait", _dg2(face.jpeg_2000()), (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("jpeg_2000_grey", "JPEG 2000 in grey", _dg2(face.jpeg_2000(grey=True)),
           (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("jpeg_2000_codestream", "a codestream without its file",
           _dg2(face.codestream(face.jpeg_2000())), (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("iso_39794", "ISO/IEC 39794-5", with_groups((2, face.dg2_iso39794(face.jpeg_2000()))),
           (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("iso_39794_jpeg", "ISO/IEC 39794-5 with a JPEG", with_groups((2, face.dg2_iso39794(face.jpeg()))),
           (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("padded_portrait", "zeros behind the picture", _dg2(replace(face.jpeg(), padding=512)),
           (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("feature_points", "a face with feature points", _dg2(replace(face.jpeg(), feature_points=5)),
           (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("constructed_block", "the facial record under tag 7F2E",
           with_groups((2, face.dg2(face.jpeg(), tag=0x7F2E))), (passed("dg2.image_decodes", "EF.DG2"),)),
    Recipe("several_faces", "two faces in one record", _dg2(face.jpeg(), face.jpeg_2000()),
           (passed("dg2.image_decodes", "EF.DG2", "several_faces"),)),
    Recipe("several_templates", "two biometric templates",
           with_groups((2, face.dg2_of_templates(face.jpeg(), face.jpeg_2000()))),
           (passed("dg2.image_decodes", "EF.DG2", "several_faces"),)),
    Recipe("not_an_image", "a text in place of the picture", _dg2(Picture(b"no picture", 240, 320)),
           (failed("dg2.image_decodes", "EF.DG2", "not_an_image"),)),
    Recipe("half_an_image", "half a picture", _dg2(Picture(face.jpeg().data[:4000], 240, 320)),
           (failed("dg2.image_decodes", "EF.DG2", "not_an_image"),)),
    Recipe("record_version_unknown", "a facial record of version 030",
           with_groups((2, face.dg2(face.jpeg()).replace(b"FAC\x00010\x00", b"FAC\x00030\x00"))),
           (undecided("dg2.image_decodes", "EF.DG2", "unsupported"),
            undecided("lds.parse", "EF.DG2", "unknown_version"))),
)  # fmt: skip

_DETAILS: Final = (
    Recipe("every_group", "DG7, DG13 and DG16 as well",
           with_groups((7, face.dg7(face.signature_mark())), (13, data_groups.dg13(b"SPECIMEN")),
                       (16, data_groups.dg16(_PERSON))),
           (passed("pa.dg_hash", "EF.DG7"), passed("pa.dg_hash", "EF.DG13"), passed("pa.dg_hash", "EF.DG16"))),
    Recipe("minimal", "DG1 and DG2 alone",
           issued(profile=IssuingProfile(active_authentication=False, groups=((11, None), (12, None)))),
           (not_applicable("cross.dg11_dg1", "EF.DG11", "no_evidence"),
            not_applicable("aa.signature", "AA", "not_supported"))),
    _oddity("dg11_empty_values", "values of no length", _dg11(_NAME, _BIRTH, (0x5F11, b""), (0x5F42, b""))),
    _oddity("dg11_empty_name", "a name of no length", _dg11((0x5F0E, b""), _BIRTH)),
    _oddity("dg11_other_names", "other names in their template", _dg11(_NAME, other_names("LINDE<<MÄRTA"), _BIRTH)),
    _oddity("dg11_names_without_template", "other names without their template",
            _dg11(_NAME, (0x5F0F, "LINDE<<MÄRTA".encode()), (0x5F0F, b"MARTA"), _BIRTH)),
    _oddity("dg11_packed_date", "a date of birth in packed digits",
            _dg11(_NAME, (0x5F2B, bytes.fromhex("19840317")))),
    _oddity("dg11_fillers", "fillers where there is nothing to say",
            _dg11(_NAME, _BIRTH, (0x5F12, b"<<<<<<<"), (0x5F13, b"-"), (0x5F11, b"   "))),
    _oddity("dg11_wrong_tag_list", "a tag list that names other tags",
            with_groups((11, listed(TAGS[11], (_NAME, _BIRTH), tag_list=(0x5F0E, 0x5F10, 0x5F11))))),
    _oddity("dg11_latin_1", "a name in ISO 8859-1",
            _dg11((0x5F0E, "Åkerström<<Märta<Linnéa".encode("latin-1")), _BIRTH)),
    _oddity("dg11_padding", "zeros between the objects",
            with_groups((11, tlv(TAGS[11], tlv(0x5C, b"\x5f\x0e"), bytes(3), tlv(*_NAME), bytes(2))))),
    _oddity("dg11_unreadable_date", "a date of birth that is none", _dg11(_NAME, (0x5F2B, b"1984-03-17")),
            undecided("cross.dg11_dg1", "EF.DG11", "unmapped")),
    Recipe("dg11_other_name", "another name in DG11", _dg11((0x5F0E, b"Falk<<Nils"), _BIRTH),
           (failed("cross.dg11_dg1", "EF.DG11", "differs"),)),
    Recipe("dg11_other_birth", "another date of birth in DG11", _dg11(_NAME, (0x5F2B, b"19840318")),
           (failed("cross.dg11_dg1", "EF.DG11", "differs"),)),
    Recipe("dg12_packed_date", "a date of issue in packed digits",
           with_groups((12, data_groups.dg12(AT.date(), packed=True))), (passed("lds.parse", "EF.DG12"),)),
    Recipe("fingerprints_listed", "DG3 in EF.SOD, and not sent",
           issued(Edits(files=_fingerprints), profile=IssuingProfile(groups=((3, tlv(TAGS[3], b"\x7f\x61\x00")),))),
           (not_applicable("pa.dg_hash", "EF.DG3", "eac_protected"),)),
)  # fmt: skip

_BROKEN: Final = (
    Recipe("dg1_tampered", "another MRZ in DG1 and in print", changed(tampered_mrz),
           (failed("pa.dg_hash", "EF.DG1", "mismatch"),)),
    Recipe("dg2_replaced", "another portrait",
           with_file(ElementaryFile.DG2, lambda _: face.dg2(face.jpeg_2000())),
           (failed("pa.dg_hash", "EF.DG2", "mismatch"),)),
    Recipe("dg2_not_sent", "no portrait", without_file(ElementaryFile.DG2),
           (not_performed("pa.dg_hash", "EF.DG2", "not_sent"),
            undecided("evidence.complete", "evidence", "incomplete"))),
    Recipe("dg1_not_sent", "no DG1", without_file(ElementaryFile.DG1),
           (not_performed("lds.parse", "EF.DG1", "no_evidence"),
            not_performed("cross.expiry", "EF.DG1", "no_evidence"))),
    Recipe("security_object_not_sent", "no EF.SOD", without_file(ElementaryFile.SOD),
           (not_performed("lds.parse", "EF.SOD", "no_evidence"),
            not_performed("pa.dg_hash", "EF.DG1", "earlier_step"))),
    Recipe("dg12_injected", "a DG12 that EF.SOD does not list",
           changed(lambda document, _: document.with_file(ElementaryFile.DG12, data_groups.dg12(AT.date())),
                   profile=IssuingProfile(groups=((12, None),))),
           (failed("pa.dg_unlisted", "EF.DG12", "not_in_sod"),)),
    Recipe("dg1_malformed", "a DG1 that ends too early, well hashed", with_groups((1, bytes.fromhex("615B5F1F5850"))),
           (failed("lds.parse", "EF.DG1", "malformed"),)),
    Recipe("dg11_malformed", "a DG11 of other objects, well hashed",
           with_groups((11, tlv(TAGS[11], tlv(0x99, b"x")))),
           (failed("lds.parse", "EF.DG11", "malformed"),)),
    Recipe("com_without_group", "EF.COM without DG15", _com(data_groups.com((1, 2, 11, 12, 14))),
           (failed("lds.com_consistent", "EF.COM", "differs"),)),
    Recipe("com_not_sent", "no EF.COM", without_file(ElementaryFile.COM),
           (not_performed("lds.com_consistent", "EF.COM", "absent"),)),
    Recipe("com_malformed", "an EF.COM of an unknown tag",
           _com(data_groups.com((1, 2)).replace(b"\x61\x75", b"\x61\x01")),
           (failed("lds.parse", "EF.COM", "malformed"),)),
    Recipe("expired", "a document that has ended",
           issued(profile=IssuingProfile(
               date_of_issue=AT.date() - timedelta(days=32), date_of_expiry=AT.date() - timedelta(days=2))),
           (failed("cross.expiry", "EF.DG1", "expired"),)),
    Recipe("expires_today", "a document that ends today",
           issued(profile=IssuingProfile(date_of_expiry=AT.date())), (passed("cross.expiry", "EF.DG1"),)),
    Recipe("expiry_unknown", "a document without an end", without_expiry,
           (undecided("cross.expiry", "EF.DG1", "unknown_date"),)),
    Recipe("state_differs", "a DG1 of another state", _of_state("SWE"),
           (failed("cross.country_dsc", "DSC", "differs"), failed("cross.country_csca", "CSCA", "differs"))),
    Recipe("state_unmapped", "a DG1 of a state that nobody knows", _of_state("QZQ"),
           (undecided("cross.country_dsc", "DSC", "unmapped"),)),
)  # fmt: skip

_HOLDERS: Final = tuple(
    Recipe(f"holder_{name.replace('-', '_')}", f"a holder of the kind {name}", issued(holder=holder),
           (undecided("cross.dg11_dg1", "EF.DG11", "unmapped"),) if name in ("arabic-by-sound", "chinese")
           else (passed("cross.dg11_dg1", "EF.DG11"),))
    for name, holder in holders.HOLDERS.items()
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_FACES, *_DETAILS, *_BROKEN, *_HOLDERS)})

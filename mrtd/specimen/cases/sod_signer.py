"""Cases of who signed EF.SOD, and of files that cannot be read (RFC 5652 §5.3; ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd import tlv as reader
from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import certificates
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Finding, Importance
from mrtd.specimen.cases.chapter import (
    Chapter,
    absent,
    failed,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED, MRZ_FIELDS, NO_DSC
from mrtd.specimen.cases.sod_edits import SOD, made_with, signed_with
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    FORGED,
    GOOD,
    OPEN,
    by_policy,
    everywhere,
)
from mrtd.specimen.certificate_profiles import CSCA_NAME
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.encoding import tlv
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from mrtd.specimen.recipe import Make

_CHAPTER: Final = Chapter(__name__)
_NO_CERTIFICATE: Final = (
    failed("pa.sod.signer_certificate", SOD, R.NOT_FOUND),
    not_performed("pa.sod.signature", SOD, R.EARLIER_STEP),
    *NO_DSC,
)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _signer()
    yield from _files()


def _signer() -> Iterator[Case]:
    yield _CHAPTER.case(
        "signature-changed",
        "One bit of the signature changed",
        std.SIGNATURE,
        made_with(Edits(signature=lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]))),
        not_performed("pa.sod.signer_certificate", SOD, R.EARLIER_STEP),
        failed("pa.sod.signature", SOD, R.BAD_SIGNATURE),
        NO_DSC,
        verdicts=everywhere(FORGED),
        reason=R.BAD_SIGNATURE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "without-certificate",
        "No certificate in EF.SOD",
        std.SOD_CERTIFICATE,
        signed_with(edits.without_certificates),
        _NO_CERTIFICATE,
        verdicts=everywhere(FORGED),
        reason=R.NOT_FOUND,
    )
    yield _CHAPTER.case(
        "only-another-certificate",
        "Only the certificate of another document signer in EF.SOD",
        std.SOD_CERTIFICATE,
        signed_with(lambda template: replace(template, certificates=(_colleague().dsc_certificate,))),
        failed("pa.sod.signer_certificate", SOD, R.NOT_FOUND),
        failed("pa.sod.signature", SOD, R.BAD_SIGNATURE),
        NO_DSC,
        verdicts=everywhere(FORGED),
        reason=R.NOT_FOUND,
    )
    yield _CHAPTER.case(
        "without-signer",
        "A SignedData that nobody signed",
        std.SIGNATURE,
        made_with(Edits(content_info=_without_signers)),
        failed("pa.sod.message_digest", SOD, R.ABSENT),
        not_performed("pa.sod.algorithms", SOD, R.NO_EVIDENCE),
        _NO_CERTIFICATE,
        verdicts=everywhere(FORGED),
        reason=R.ABSENT,
        importance=Importance.CRITICAL,
    )
    remarks = by_policy(ATTENTION, GOOD, GOOD)
    yield _CHAPTER.case(
        "signer-other-number",
        "The signer names a serial number that no certificate has; the only one verifies",
        std.SIGNER_IDENTIFIER,
        signed_with(lambda template: replace(template, serial=template.serial + 1)),
        passed("pa.sod.signer_certificate", SOD, R.ONLY_CERTIFICATE),
        verdicts=remarks,
        importance=Importance.MEDIUM,
    )
    attributes = certificates.name_attributes(CSCA_NAME)
    wide = certificates.name_attributes(f" {CSCA_NAME.replace(' ', '  ').upper()} ")
    spelt: tuple[tuple[str, str, Make], ...] = (
        ("reversed", "in reverse order", edits.respelt_issuer(tuple(reversed(attributes)))),
        ("printable", "in another string type", edits.respelt_issuer(attributes, printable=True)),
        ("wide", "in capitals and wide blanks", edits.respelt_issuer(wide)),
    )
    for name, how, make in spelt:
        yield _CHAPTER.case(
            f"signer-name-{name}",
            f"The signer spells the name of the issuer {how}",
            std.SIGNER_IDENTIFIER,
            bench.presented(make),
            passed("pa.sod.signer_certificate", SOD, R.ONLY_CERTIFICATE),
            verdicts=remarks,
            importance=Importance.MEDIUM,
        )
    yield _CHAPTER.case(
        "signer-names-another",
        "The signer names the certificate of another document signer that lies beside its own",
        std.SIGNER_IDENTIFIER,
        signed_with(
            lambda template: replace(
                template,
                serial=_colleague().dsc_template.serial,
                certificates=(*template.certificates, _colleague().dsc_certificate),
            )
        ),
        passed("pa.sod.signer_certificate", SOD, R.SID_MISMATCH),
        verdicts=remarks,
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "signer-by-key-identifier",
        "The signer is named by its key",
        std.SIGNER_IDENTIFIER,
        bench.presented(edits.named_by_key_identifier),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "several-certificates",
        "The CSCA and another document signer lie beside the DSC",
        std.SOD_CERTIFICATE,
        bench.presented(edits.several_certificates),
        importance=Importance.MEDIUM,
    )


def _files() -> Iterator[Case]:
    sent = (1, 2, 11, 12, 14, 15)
    unread = (
        *(
            not_performed(f"pa.sod.{name}", SOD, R.EARLIER_STEP)
            for name in (
                "encoding",
                "content_type",
                "message_digest",
                "algorithms",
                "signer_certificate",
                "signature",
            )
        ),
        *(not_performed("pa.dg_hash", f"EF.DG{number}", R.EARLIER_STEP) for number in sent),
        not_performed("pa.algorithms", "DG hash", R.EARLIER_STEP),
        not_performed("pa.dg_unlisted", SOD, R.EARLIER_STEP),
        not_performed("pa.dg_duplicate", SOD, R.EARLIER_STEP),
        not_performed("lds.com_consistent", "EF.COM", R.EARLIER_STEP),
        not_performed("evidence.complete", "evidence", R.EARLIER_STEP),
        *NO_DSC,
    )
    yield _CHAPTER.case(
        "cut-off",
        "Half of EF.SOD",
        std.SOD_FILE,
        lambda: bench.specimen(_half(ElementaryFile.SOD)),
        failed("lds.parse", SOD, R.MALFORMED),
        unread,
        verdicts=everywhere(FORGED),
        reason=R.MALFORMED,
    )
    yield _CHAPTER.case(
        "not-sent",
        "The dump lacks EF.SOD",
        std.SOD_FILE,
        lambda: bench.specimen(bench.passport().without_file(ElementaryFile.SOD), like=bench.passport()),
        not_performed("lds.parse", SOD, R.NO_EVIDENCE),
        (_because(finding, R.NO_EVIDENCE) for finding in unread),
        verdicts=everywhere(OPEN),
        reason=R.NO_EVIDENCE,
        read_again=True,
    )
    fields = (absent("cross.mrz_dg1", field) for field in MRZ_FIELDS)
    yield _CHAPTER.case(
        "dg1-cut-off",
        "Half of DG1, signed like that",
        std.DG1,
        made_with(Edits(data_groups=lambda groups: {**groups, 1: tlv(0x61, b"\x5f\x1f\x58P<UTO")})),
        failed("lds.parse", "EF.DG1", R.MALFORMED),
        undecided("pa.dsc.authorised", "DSC", R.DOCUMENT_TYPE),
        not_performed("cross.country_dsc", "DSC", R.NO_EVIDENCE),
        not_performed("cross.country_csca", "CSCA", R.NO_EVIDENCE),
        not_performed("cross.dg11_dg1", "EF.DG11", R.EARLIER_STEP),
        not_performed("cross.expiry", "EF.DG1", R.NO_EVIDENCE),
        fields,
        not_performed("cross.mrz_dg1", "MRZ", R.NO_EVIDENCE),
        CHIP_BARRED,
        verdicts=everywhere(replace(FORGED, document_valid="undetermined", mrz_matches_chip="undetermined")),
        reason=R.MALFORMED,
    )


# --- recipes


def _colleague() -> SpecimenIssuer:
    return bench.state(dsc_role="colleague-dsc")


def _without_signers(content_info: bytes) -> bytes:
    """An empty set of signers."""
    content_type, wrapped = reader.read(content_info).children()
    parts = wrapped.children()[0].children()
    signed_data = tlv(0x30, *(part.raw for part in parts[:-1]), tlv(0x31, b""))
    return tlv(0x30, content_type.raw, tlv(0xA0, signed_data))


def _half(file: ElementaryFile) -> SpecimenDocument:
    data = bench.passport().files[file]
    return bench.passport().with_file(file, data[: len(data) // 2])


def _because(finding: Finding, reason: R) -> Finding:
    """The same without an EF.SOD at all: its own checks have no evidence."""
    own = finding.check.startswith("pa.sod.")
    return replace(finding, reason=reason) if own else finding

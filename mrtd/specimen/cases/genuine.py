"""The report of a document with which everything is in order, written down check by check from docs/checks.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.specimen.cases.case import Finding, Report

PASSED: Final = CheckStatus.PASSED
NOT_APPLICABLE: Final = CheckStatus.NOT_APPLICABLE
NOT_PERFORMED: Final = CheckStatus.NOT_PERFORMED
INDETERMINATE: Final = CheckStatus.INDETERMINATE
FAILED: Final = CheckStatus.FAILED

#: What the printed MRZ and DG1 have in common (BSI TR-03135-1 §5.7.2).
MRZ_FIELDS: Final = (
    "document_code",
    "issuing_state",
    "document_number",
    "nationality",
    "date_of_birth",
    "sex",
    "date_of_expiry",
    "optional_data",
    "primary_identifier",
    "secondary_identifier",
)
#: The check digits of a TD3 (ICAO 9303-4 §4.2.2); without optional data `<` may stand for its digit.
TD3_CHECK_DIGITS: Final = ("document_number", "date_of_birth", "date_of_expiry", "optional_data", "composite")

#: The checks of one signer of a signed file.
SIGNED_OBJECT: Final = ("encoding", "content_type", "message_digest", "algorithms", "signer_certificate", "signature")
_DSC: Final = (
    "pa.dsc.authorised",
    "pa.dsc.profile",
    "pa.dsc.validity_now",
    "pa.dsc.validity_at_signing",
    "pa.dsc.usage_period",
    "pa.dsc.revocation",
    "pa.path",
)
_CSCA: Final = (
    "pa.csca.profile",
    "pa.csca.revocation",
    "pa.path.link",
    "pa.csca.trusted",
    "pa.csca.validity_now",
    "pa.csca.validity_at_signing",
)
_CA: Final = ("ca.key", "ca.secure_messaging", "ca.rebind", "ca.claimed")
_CA_SUBJECTS: Final = {"ca.key": "EF.DG14"}
_PACE_CAM: Final = ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session")
_AA: Final = {
    "aa.key": "EF.DG15",
    "aa.algorithm_declared": "EF.DG14",
    "aa.signature": "AA",
    "aa.challenge_bound": "AA",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a genuine report depends on.

    `files` are all that the chip holds; `chip` is `ec` or `rsa` for the key of Active Authentication, None without;
    `answers` says whether it answers the server's challenge; `chip_authentication` whether DG14 holds such a key.
    `source` is who read the printed MRZ, None if it is not given. `key_usage_period`, `named_curve`: what the
    certificates say.
    """

    files: tuple[ElementaryFile, ...]
    chip: str | None = "ec"
    answers: bool = True
    chip_authentication: bool = False
    source: str | None = "confirmed"
    named_curve: bool = False


def genuine(kind: Kind) -> Report:
    """The report by (check, subject)."""
    report: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for part in (
        _printed(kind),
        _access(),
        _files(kind),
        _security_object(),
        _data_groups(kind),
        _certificates(kind),
        _cross_checks(kind),
        _chip(kind),
        _evidence(kind),
    ):
        for finding in part:
            key = (finding.check, finding.subject)
            report[key] = (*report.get(key, ()), finding)
    return report


def _printed(kind: Kind) -> Iterator[Finding]:
    if kind.source is None:
        for check in ("mrz.format", "mrz.check_digits", "mrz.ocr_confidence", "cross.mrz_dg1"):
            yield Finding(check, "MRZ", NOT_APPLICABLE, Reason.NO_EVIDENCE)
        return
    yield Finding("mrz.format", "MRZ", PASSED)
    for digit in TD3_CHECK_DIGITS:
        yield Finding("mrz.check_digits", digit, PASSED, Reason.FILLER if digit == "optional_data" else None)
    if kind.source == "ocr":
        yield Finding("mrz.ocr_confidence", "MRZ", NOT_PERFORMED, Reason.NO_EVIDENCE)
    else:
        yield Finding("mrz.ocr_confidence", "MRZ", NOT_APPLICABLE)
    for field in MRZ_FIELDS:
        yield Finding("cross.mrz_dg1", field, PASSED)


def _access() -> Iterator[Finding]:
    for check in ("access.protocol", "access.pace_downgrade", "access.sm", "live.timing"):
        yield Finding(check, "chip", NOT_APPLICABLE, Reason.NOT_LIVE)
    yield Finding("access.card_access_signed", "EF.CardAccess", NOT_APPLICABLE, Reason.NOT_READ)


def _files(kind: Kind) -> Iterator[Finding]:
    for file in kind.files:
        yield Finding("lds.parse", file, PASSED)
    yield Finding("lds.com_consistent", "EF.COM", PASSED)


def _security_object() -> Iterator[Finding]:
    for name in SIGNED_OBJECT:
        yield Finding(f"pa.sod.{name}", "EF.SOD", PASSED)
    yield Finding("pa.algorithms", "SOD", PASSED)


def _data_groups(kind: Kind) -> Iterator[Finding]:
    for file in kind.files:
        if file.data_group is not None:
            yield Finding("pa.dg_hash", file, PASSED)
    yield Finding("pa.algorithms", "DG hash", PASSED)
    yield Finding("pa.dg_unlisted", "EF.SOD", PASSED)
    yield Finding("pa.dg_duplicate", "EF.SOD", PASSED)


def _certificates(kind: Kind) -> Iterator[Finding]:
    for name, checks in (("DSC", _DSC), ("CSCA", _CSCA)):
        for check in checks:
            named = kind.named_curve and check.endswith(".profile")
            operator = check == "pa.csca.trusted"
            yield Finding(check, name, PASSED, Reason.NAMED_CURVE if named else Reason.OPERATOR if operator else None)
        yield Finding("pa.algorithms", name, PASSED)
    yield Finding("pa.deviation", "document", NOT_APPLICABLE, Reason.NO_EVIDENCE)


def _cross_checks(kind: Kind) -> Iterator[Finding]:
    yield Finding("cross.country_dsc", "DSC", PASSED)
    yield Finding("cross.country_csca", "CSCA", PASSED)
    if ElementaryFile.DG11 in kind.files:
        yield Finding("cross.dg11_dg1", "EF.DG11", PASSED)
    else:
        yield Finding("cross.dg11_dg1", "EF.DG11", NOT_APPLICABLE, Reason.NO_EVIDENCE)
    yield Finding("cross.expiry", "EF.DG1", PASSED)


def _chip(kind: Kind) -> Iterator[Finding]:
    yield from _active_authentication(kind)
    if kind.chip_authentication:
        # the proof needs a live session; a dump shows the key alone
        yield Finding("ca.key", "EF.DG14", PASSED)
        yield Finding("ca.secure_messaging", "CA", NOT_PERFORMED, Reason.NOT_PERFORMED)
        yield Finding("ca.rebind", "CA", NOT_PERFORMED, Reason.NOT_PERFORMED)
        yield Finding("ca.claimed", "CA", NOT_APPLICABLE, Reason.NOT_SENT)
        yield Finding("pa.algorithms", "CA", PASSED)
    else:
        for check in _CA:
            yield Finding(check, _CA_SUBJECTS.get(check, "CA"), NOT_APPLICABLE, Reason.NOT_SUPPORTED)
    for check in _PACE_CAM:
        yield Finding(check, "PACE-CAM", NOT_APPLICABLE, Reason.NOT_LIVE)


def _active_authentication(kind: Kind) -> Iterator[Finding]:
    if kind.chip is None:
        for check, subject in _AA.items():
            yield Finding(check, subject, NOT_APPLICABLE, Reason.NOT_SUPPORTED)
        return
    yield Finding("aa.key", "EF.DG15", PASSED)
    yield Finding("pa.algorithms", "AA", PASSED)
    if kind.chip == "rsa":
        # RSA names its hash in the signature itself (ICAO 9303-11 §6.1.2.2)
        yield Finding("aa.algorithm_declared", "EF.DG14", NOT_APPLICABLE)
    else:
        yield Finding("aa.algorithm_declared", "EF.DG14", PASSED)
    if kind.answers:
        yield Finding("aa.signature", "AA", PASSED)
        yield Finding("aa.challenge_bound", "AA", PASSED)
    else:
        yield Finding("aa.signature", "AA", NOT_PERFORMED, Reason.NOT_SENT)
        yield Finding("aa.challenge_bound", "AA", NOT_PERFORMED, Reason.NOT_SENT)


def _evidence(kind: Kind) -> Iterator[Finding]:
    yield Finding("dg2.image_decodes", "EF.DG2", PASSED)
    yield Finding("evidence.source", "evidence", PASSED)
    yield Finding("evidence.complete", "evidence", PASSED)
    if kind.chip is not None and kind.answers:
        yield Finding("evidence.freshness", "evidence", PASSED)
    else:
        yield Finding("evidence.freshness", "evidence", NOT_APPLICABLE, Reason.NO_EVIDENCE)


# --- what follows when an earlier step fails


def _each(checks: Iterable[str], subject: str, reason: Reason) -> list[Finding]:
    return [Finding(check, subject, NOT_PERFORMED, reason) for check in checks]


#: Without Passive Authentication nothing that a chip proves counts (ICAO 9303-11 §6.1.6, step 2).
CHIP_BARRED: Final[tuple[Finding, ...]] = (
    *(Finding(check, subject, NOT_PERFORMED, Reason.PA_NOT_PASSED) for check, subject in _AA.items()),
    *(Finding(c, _CA_SUBJECTS.get(c, "CA"), NOT_PERFORMED, Reason.PA_NOT_PASSED) for c in _CA),
    *_each(_PACE_CAM, "PACE-CAM", Reason.PA_NOT_PASSED),
    Finding("pa.algorithms", "AA", None),
)
#: No path: nothing can be said of the CSCA, nor of the chip.
NO_CSCA: Final[tuple[Finding, ...]] = (
    *_each(_CSCA, "CSCA", Reason.EARLIER_STEP),
    Finding("pa.algorithms", "CSCA", NOT_PERFORMED, Reason.EARLIER_STEP),
    Finding("cross.country_csca", "CSCA", NOT_PERFORMED, Reason.EARLIER_STEP),
    *CHIP_BARRED,
)
#: No key verified the security object: there is no DSC to judge.
NO_DSC: Final[tuple[Finding, ...]] = (
    *_each(_DSC, "DSC", Reason.EARLIER_STEP),
    Finding("pa.algorithms", "SOD", NOT_PERFORMED, Reason.EARLIER_STEP),
    Finding("pa.algorithms", "DSC", NOT_PERFORMED, Reason.EARLIER_STEP),
    Finding("cross.country_dsc", "DSC", NOT_PERFORMED, Reason.EARLIER_STEP),
    *NO_CSCA,
)

#: Nothing that the state signed says when the document was signed.
UNDATED: Final[tuple[Finding, ...]] = (
    Finding("pa.dsc.validity_at_signing", "DSC", INDETERMINATE, Reason.TIME_NOT_DETERMINED),
    Finding("pa.dsc.usage_period", "DSC", INDETERMINATE, Reason.TIME_NOT_DETERMINED),
    Finding("pa.csca.validity_at_signing", "CSCA", INDETERMINATE, Reason.TIME_NOT_DETERMINED),
)


def _second(check: str, name: str, status: CheckStatus = PASSED, reason: Reason | None = None) -> Finding:
    return Finding(check, f"{name}#2", status, reason)


#: Everything that a second signer of EF.SOD adds to a report if he is good.
SECOND_SIGNER: Final[tuple[Finding, ...]] = (
    *(_second(f"pa.sod.{name}", "EF.SOD") for name in SIGNED_OBJECT),
    *(_second("pa.algorithms", name) for name in ("SOD", "DSC", "CSCA")),
    *(_second(check, "DSC") for check in (*_DSC, "cross.country_dsc")),
    *(_second(c, "CSCA", reason=Reason.OPERATOR if c == "pa.csca.trusted" else None) for c in _CSCA),
    _second("cross.country_csca", "CSCA"),
)
#: No path from the second signer's certificate.
NO_CSCA_2: Final[tuple[Finding, ...]] = tuple(
    _second(check, "CSCA", NOT_PERFORMED, Reason.EARLIER_STEP)
    for check in (*_CSCA, "pa.algorithms", "cross.country_csca")
)

"""The printed MRZ: is it whole, was it read with certainty, is it the chip's (ICAO 9303-3 §4; CHECKS.md rule 1)."""

from __future__ import annotations

from typing import Final

from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.mrz_evidence import MrzEvidence, MrzSource
from mrtd.inspection.reason import Reason
from mrtd.inspection.verdict import MRZ_FIELDS
from mrtd.lds.dg1 import Dg1
from mrz import MrzDocument, MrzFormat

_SUBJECT: Final = "MRZ"
#: Covered by a check digit of their own in every format (ICAO 9303-3 §4.9).
_OWN_CHECK_DIGIT: Final = frozenset({"document_number", "date_of_birth", "date_of_expiry"})
#: Where the optional data are covered too: by their own digit (TD3) or the composite one (TD1, TD2).
_COVERS_OPTIONAL_DATA: Final = frozenset({MrzFormat.TD1, MrzFormat.TD2, MrzFormat.TD3})
_DATES: Final = frozenset({"date_of_birth", "date_of_expiry"})


def check_printed_mrz(mrz: MrzEvidence | None) -> list[CheckResult]:
    """`mrz.format`, `mrz.check_digits` (one a digit) and `mrz.ocr_confidence`; NOT_APPLICABLE without an MRZ."""
    if mrz is None:
        checks = ("mrz.format", "mrz.check_digits", "mrz.ocr_confidence")
        return [CheckResult(check, CheckStatus.NOT_APPLICABLE, _SUBJECT, Reason.NO_EVIDENCE) for check in checks]
    document = mrz.document
    facts: dict[str, Scalar] = {"format": document.format.value, "source": mrz.source.value, "attempt": mrz.attempt}
    results = [CheckResult("mrz.format", CheckStatus.PASSED, _SUBJECT, facts=facts)]
    for digit in document.check_digits:
        status, reason = CheckStatus.PASSED, Reason.FILLER if digit.filler else None
        if not digit.ok:
            status, reason = CheckStatus.FAILED, Reason.MISMATCH
        results.append(CheckResult("mrz.check_digits", status, digit.field, reason))
    return [*results, _ocr_confidence(mrz)]


def _ocr_confidence(mrz: MrzEvidence) -> CheckResult:
    """`mrz.ocr_confidence`: of a photo that was read here; a person, or an app that sends lines, has none."""
    check = "mrz.ocr_confidence"
    if mrz.source.by_person or (mrz.source is MrzSource.APP_OCR and mrz.weak_characters is None):
        return CheckResult(check, CheckStatus.NOT_APPLICABLE, _SUBJECT)
    if mrz.readings_disagree:
        return CheckResult(check, CheckStatus.INDETERMINATE, _SUBJECT, Reason.READINGS_DISAGREE)
    if mrz.weak_characters is None:
        return CheckResult(check, CheckStatus.NOT_PERFORMED, _SUBJECT, Reason.NO_EVIDENCE)
    facts: dict[str, Scalar] = {"weak_characters": mrz.weak_characters}
    if mrz.weak_characters:
        return CheckResult(check, CheckStatus.INDETERMINATE, _SUBJECT, Reason.WEAK_CHARACTERS, facts)
    return CheckResult(check, CheckStatus.PASSED, _SUBJECT, facts=facts)


def check_against_dg1(mrz: MrzEvidence | None, dg1: Dg1 | None) -> list[CheckResult]:
    """`cross.mrz_dg1`, one result a field (BSI TR-03135-1 §5.7.2).

    A misread photo is not a false passport: a difference is FAILED only when a person vouches for the print, or a
    field under a check digit still differs in a second photo; else it is `unconfirmed`.
    """
    check = "cross.mrz_dg1"
    if mrz is None:
        return [CheckResult(check, CheckStatus.NOT_APPLICABLE, _SUBJECT, Reason.NO_EVIDENCE)]
    if dg1 is None:
        return [CheckResult(check, CheckStatus.NOT_PERFORMED, _SUBJECT, Reason.NO_EVIDENCE)]
    results = []
    for field in MRZ_FIELDS:
        status, reason = CheckStatus.PASSED, None
        if _value(mrz.document, field) != _value(dg1.document, field):
            if mrz.source.by_person or (mrz.attempt >= 2 and _covered(mrz.document, field)):
                status, reason = CheckStatus.FAILED, Reason.DIFFERS
            else:
                status, reason = CheckStatus.INDETERMINATE, Reason.UNCONFIRMED
        results.append(CheckResult(check, status, field, reason))
    return results


def _value(document: MrzDocument, field: str) -> object:
    """What is compared: dates as they stand there, since two unknown ones need not be the same."""
    if field in _DATES:
        return document.raw.get(field)
    if field == "optional_data":
        # over empty optional data TD3 allows two check digits, a zero and a filler (ICAO 9303-4 §4.2.2.2)
        printed = [digit.printed for digit in document.check_digits if digit.field == "optional_data"]
        return document.fields.optional_data, document.fields.optional_data_2, printed
    if field == "sex":
        # X is printed on some pages where the zone of the chip holds the filler
        return document.fields.sex.replace("X", "<")
    return getattr(document.fields, field)


def _covered(document: MrzDocument, field: str) -> bool:
    return field in _OWN_CHECK_DIGIT or (field == "optional_data" and document.format in _COVERS_OPTIONAL_DATA)

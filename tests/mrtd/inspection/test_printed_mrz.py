"""The printed MRZ against DG1: a misread photo is not a false passport (CHECKS.md rule 1)."""

from __future__ import annotations

from datetime import date

import pytest

import mrz
from mrtd.inspection import POLICIES, MrzEvidence, MrzSource, inspect, judge
from mrtd.inspection.printed_mrz import check_against_dg1, check_printed_mrz
from mrtd.inspection.verdict import MRZ_FIELDS
from mrtd.lds import dg1
from mrtd.specimen import data_groups
from mrtd.specimen.chip import SpecimenChip
from tests.mrtd.inspection.documents import AT, findings, genuine_document, inspected, trust

TODAY = AT.date()
#: ICAO 9303-4, Appendix B: the passport of Utopia.
TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def read(lines: tuple[str, ...]) -> mrz.MrzDocument:
    return mrz.parse("\n".join(lines), today=TODAY)


CHIP = dg1.parse(data_groups.dg1(TD3), today=TODAY)


def replaced(line: int, first: int, text: str) -> mrz.MrzDocument:
    """TD3 with other characters from a position (from 1) on; check digits are not put right."""
    lines = list(TD3)
    lines[line - 1] = lines[line - 1][: first - 1] + text + lines[line - 1][first - 1 + len(text) :]
    return read(tuple(lines))


#: field -> the printed MRZ with that field changed, and whether a check digit covers it
CHANGED = {
    "document_code": (replaced(1, 2, "A"), False),
    "issuing_state": (replaced(1, 3, "SWE"), False),
    "primary_identifier": (replaced(1, 6, "F"), False),
    "secondary_identifier": (replaced(1, 16, "E"), False),
    "document_number": (replaced(2, 1, "K"), True),
    "nationality": (replaced(2, 11, "SWE"), False),
    "date_of_birth": (replaced(2, 14, "750812"), True),
    "sex": (replaced(2, 21, "M"), False),
    "date_of_expiry": (replaced(2, 22, "120416"), True),
    "optional_data": (replaced(2, 29, "XE"), True),
}


def differing(evidence: MrzEvidence) -> dict[str, tuple[str, str]]:
    return {
        one.subject: (one.status.value, str(one.reason))
        for one in check_against_dg1(evidence, CHIP)
        if one.status != "PASSED"
    }


def test_the_cases_are_all_fields():
    assert set(CHANGED) == set(MRZ_FIELDS)


@pytest.mark.parametrize("source", MrzSource)
def test_equal_fields_pass_whoever_read_them(source):
    results = check_against_dg1(MrzEvidence(read(TD3), source), CHIP)
    assert [(one.subject, one.status) for one in results] == [(field, "PASSED") for field in MRZ_FIELDS]


@pytest.mark.parametrize("field", CHANGED)
@pytest.mark.parametrize(
    ("source", "attempt", "certain"),
    [
        (MrzSource.OCR, 1, "never"),
        (MrzSource.APP_OCR, 1, "never"),
        (MrzSource.OCR, 2, "covered"),
        (MrzSource.APP_OCR, 3, "covered"),
        (MrzSource.TYPED, 1, "always"),
        (MrzSource.CONFIRMED, 1, "always"),
    ],
)
def test_a_difference(field, source, attempt, certain):
    document, covered = CHANGED[field]
    sure = certain == "always" or (certain == "covered" and covered)
    expected = ("FAILED", "differs") if sure else ("INDETERMINATE", "unconfirmed")
    assert differing(MrzEvidence(document, source, attempt)) == {field: expected}


def test_two_unknown_dates_are_compared_as_printed():
    one, other = replaced(2, 14, "<<<<<<"), replaced(2, 14, "74<<<<")
    assert differing(MrzEvidence(one, MrzSource.TYPED)) == {"date_of_birth": ("FAILED", "differs")}
    chip = dg1.parse(data_groups.dg1(other.lines), today=TODAY)
    assert {one.subject for one in check_against_dg1(MrzEvidence(one, MrzSource.TYPED), chip) if one.reason} == {
        "date_of_birth"
    }


def test_a_printed_x_is_the_chips_filler():
    chip = dg1.parse(data_groups.dg1(replaced(2, 21, "<").lines), today=TODAY)
    results = check_against_dg1(MrzEvidence(replaced(2, 21, "X"), MrzSource.TYPED), chip)
    assert {one.status.value for one in results} == {"PASSED"}


def test_the_second_optional_data_of_a_card_count():
    card = (
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    )
    text = "".join(card).encode()
    chip = dg1.parse(bytes([0x61, len(text) + 3, 0x5F, 0x1F, len(text)]) + text, today=TODAY)
    other = read((card[0], card[1][:18] + "A" + card[1][19:], card[2]))
    results = check_against_dg1(MrzEvidence(other, MrzSource.CONFIRMED), chip)
    assert [one.subject for one in results if one.status == "FAILED"] == ["optional_data"]


def test_not_given_and_nothing_to_compare():
    assert [(one.subject, one.status) for one in check_against_dg1(None, CHIP)] == [("MRZ", "NOT_APPLICABLE")]
    evidence = MrzEvidence(read(TD3), MrzSource.TYPED)
    assert [(one.subject, one.status) for one in check_against_dg1(evidence, None)] == [("MRZ", "NOT_PERFORMED")]
    report = inspect(SpecimenChip(genuine_document()).evidence(), None, trust(), AT)
    assert judge(report, POLICIES["default"]).mrz_matches_chip == "not_given"


def test_verdicts_of_a_misread_photo():
    document, _ = CHANGED["document_number"]
    evidence = MrzEvidence(document, MrzSource.OCR, weak_characters=0)
    verdict = judge(inspected(genuine_document(), printed_mrz=evidence), POLICIES["default"])
    assert (verdict.mrz_matches_chip, verdict.authenticity, verdict.outcome) == (
        "undetermined",
        "authentic",
        "review",
    )


# --- the printed MRZ by itself


def by_check(evidence: MrzEvidence | None, check: str) -> list[tuple[str, str, str | None]]:
    return [
        (one.subject, one.status.value, one.reason and one.reason.value)
        for one in check_printed_mrz(evidence)
        if one.id == check
    ]


def test_check_digits():
    good = by_check(MrzEvidence(read(TD3), MrzSource.TYPED), "mrz.check_digits")
    assert {status for _, status, _ in good} == {"PASSED"}
    bad = by_check(MrzEvidence(replaced(2, 10, "5"), MrzSource.TYPED), "mrz.check_digits")
    assert ("document_number", "FAILED", "mismatch") in bad
    assert ("composite", "FAILED", "mismatch") in bad
    assert ("date_of_birth", "PASSED", None) in bad


def test_a_filler_check_digit_is_a_remark():
    empty = "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<8"
    digits = by_check(MrzEvidence(read((TD3[0], empty)), MrzSource.TYPED), "mrz.check_digits")
    assert ("optional_data", "PASSED", "filler") in digits


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({"source": MrzSource.TYPED}, ("NOT_APPLICABLE", None)),
        ({"source": MrzSource.CONFIRMED, "weak_characters": 3}, ("NOT_APPLICABLE", None)),
        ({"source": MrzSource.APP_OCR}, ("NOT_APPLICABLE", None)),
        ({"source": MrzSource.APP_OCR, "weak_characters": 1}, ("INDETERMINATE", "weak_characters")),
        ({"source": MrzSource.OCR}, ("NOT_PERFORMED", "no_evidence")),
        ({"source": MrzSource.OCR, "weak_characters": 0}, ("PASSED", None)),
        ({"source": MrzSource.OCR, "weak_characters": 2}, ("INDETERMINATE", "weak_characters")),
        (
            {"source": MrzSource.OCR, "weak_characters": 0, "readings_disagree": True},
            ("INDETERMINATE", "readings_disagree"),
        ),
    ],
)
def test_ocr_confidence(evidence, expected):
    assert by_check(MrzEvidence(read(TD3), **evidence), "mrz.ocr_confidence") == [("MRZ", *expected)]


def test_without_an_mrz_its_checks_do_not_apply():
    for check in ("mrz.format", "mrz.check_digits", "mrz.ocr_confidence"):
        assert by_check(None, check) == [("MRZ", "NOT_APPLICABLE", "no_evidence")]


def test_repr_shows_no_holder():
    assert repr(MrzEvidence(read(TD3), MrzSource.OCR)) == "MrzEvidence(source=ocr, attempt=1)"


def test_findings_hold_for_a_whole_inspection():
    report = inspected(genuine_document())
    assert [status for _, status, _ in findings(report, "cross.mrz_dg1")] == ["PASSED"] * len(MRZ_FIELDS)
    assert CHIP.document.fields.date_of_expiry == date(2012, 4, 15)


def test_a_report_says_what_is_wrong_with_the_print():
    """Check digits and certainty stand in the report, and people look at them."""
    document = genuine_document()
    digit = document.mrz_lines[1][9]
    other = document.mrz_lines[1][:9] + str((int(digit) + 1) % 10) + document.mrz_lines[1][10:]
    evidence = MrzEvidence(read((document.mrz_lines[0], other)), MrzSource.OCR, weak_characters=1)
    report = inspected(document, printed_mrz=evidence)
    assert ("document_number", "FAILED", "mismatch") in findings(report, "mrz.check_digits")
    assert findings(report, "mrz.ocr_confidence") == [("MRZ", "INDETERMINATE", "weak_characters")]
    assert judge(report, POLICIES["default"]).attention == ("mrz.check_digits", "mrz.ocr_confidence")


def test_a_report_without_a_print_says_so():
    report = inspect(SpecimenChip(genuine_document()).evidence(), None, trust(), AT)
    for check in ("mrz.format", "mrz.check_digits", "mrz.ocr_confidence", "cross.mrz_dg1"):
        assert findings(report, check) == [("MRZ", "NOT_APPLICABLE", "no_evidence")]

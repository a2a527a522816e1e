"""Cases of the printed MRZ against the chip, and of the day of expiry (ICAO 9303-11 §5.1, 9303-3 §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, ServiceEnd, Specimen
from mrtd.specimen.cases.chapter import Chapter, failed, undecided
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    GOOD,
    by_policy,
    everywhere,
)
from mrtd.specimen.cases.zones import zone_of
from mrtd.specimen.holder import MARTA, machine_readable_zone

_CHAPTER: Final = Chapter(__name__)
_NOT_ASKED: Final = replace(GOOD, outcome="review", mrz_matches_chip="not_given")
_UNCONFIRMED: Final = replace(GOOD, outcome="review", mrz_matches_chip="undetermined")
_OTHER_PAGE: Final = replace(GOOD, outcome="refused", mrz_matches_chip="no")
_EXPIRED: Final = replace(GOOD, outcome="refused", document_valid="no")
_UNDATED: Final = replace(GOOD, outcome="review", document_valid="undetermined")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _readings()
    yield from _check_digits()
    yield from _no_zone()
    yield from _expiry()


def _readings() -> Iterator[Case]:
    number = _printed(document_number="UT0000007")
    name = _printed(secondary_identifier="MAERTA LINDA")
    yield _CHAPTER.case(
        "mrz-not-given",
        "Nobody gave the printed MRZ",
        std.VISUAL_MRZ,
        lambda: bench.specimen(bench.passport(), source=None),
        verdicts=everywhere(_NOT_ASKED),
        at_the_counter=False,
    )
    yield _CHAPTER.case(
        "mrz-typed",
        "A person typed the printed MRZ",
        std.VISUAL_MRZ,
        lambda: bench.specimen(bench.passport(), source="typed"),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "mrz-by-app",
        "The app read the printed MRZ from a photo",
        std.VISUAL_MRZ,
        lambda: bench.specimen(bench.passport(), source="app_ocr"),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "mrz-by-machine",
        "A reader gave the lines of a photo and does not say how sure it is",
        std.VISUAL_MRZ,
        lambda: bench.specimen(bench.passport(), source="ocr"),
        verdicts=by_policy(ATTENTION, ATTENTION, GOOD),
        at_the_counter=False,
        importance=Importance.MEDIUM,
    )
    number_at, name_at = "document_number", "secondary_identifier"
    readings: tuple[tuple[str, str, str, int, tuple[str, str], str, bool], ...] = (
        ("other-number-typed", "A person typed another number", "typed", 1, number, number_at, True),
        ("other-number-confirmed", "A person confirmed another number", "confirmed", 1, number, number_at, True),
        ("other-name-confirmed", "A person confirmed another name", "confirmed", 1, name, name_at, True),
        ("other-number-first-photo", "The first photo shows another number", "app_ocr", 1, number, number_at, False),
        ("other-number-second-photo", "A second photo still shows it", "app_ocr", 2, number, number_at, True),
        ("other-name-second-photo", "A second photo shows another name", "app_ocr", 2, name, name_at, False),
    )
    for case, title, source, attempt, lines, field, certain in readings:
        reason = R.DIFFERS if certain else R.UNCONFIRMED
        finding = (failed if certain else undecided)("cross.mrz_dg1", field, reason)
        yield _CHAPTER.case(
            f"mrz-{case}",
            title,
            std.VISUAL_MRZ,
            _read(lines, source, attempt),
            finding,
            verdicts=everywhere(_OTHER_PAGE if certain else _UNCONFIRMED),
            reason=reason,
            importance=Importance.CRITICAL if certain else Importance.HIGH,
        )


def _check_digits() -> Iterator[Case]:
    yield _CHAPTER.case(
        "check-digit-wrong",
        "The check digit of the printed document number is wrong; a person confirmed the print",
        std.CHECK_DIGITS,
        lambda: bench.specimen(bench.passport(), lines=_wrong_check_digit()),
        failed("mrz.check_digits", "document_number", R.MISMATCH),
        failed("mrz.check_digits", "composite", R.MISMATCH),
        verdicts=by_policy(ATTENTION, ATTENTION, GOOD),
        importance=Importance.MEDIUM,
    )


def _no_zone() -> Iterator[Case]:
    first, second = bench.passport().mrz_lines
    for name, title, lines, code in (
        ("mrz-line-too-short", "A printed line lacks a character", (first[:-1], second), "bad_length"),
        ("mrz-bad-character", "A printed line holds a letter of no MRZ", (first, f"Ä{second[1:]}"), "bad_character"),
        ("mrz-one-line", "One printed line alone", (first,), "bad_length"),
        (
            "mrz-no-document-code",
            "Lines that begin with no document code",
            (f"<{first[1:]}", second),
            "unknown_format",
        ),
    ):
        yield _CHAPTER.unreadable(
            name,
            title,
            std.MRZ_STRUCTURE,
            _read(lines, "confirmed", 1),
            code,
            service=ServiceEnd("created", "take_photo"),
            importance=Importance.MEDIUM,
        )


def _expiry() -> Iterator[Case]:
    last_day = date(2026, 6, 1)
    ending = replace(bench.PASSPORT, date_of_expiry=last_day)
    expired = failed("cross.expiry", "EF.DG1", R.EXPIRED)
    yield _CHAPTER.case(
        "last-second",
        "A second before midnight in Stockholm on the day of expiry",
        std.DATES,
        lambda: bench.specimen(bench.passport(ending)),
        at=datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC),
    )
    yield _CHAPTER.case(
        "expired-at-midnight",
        "Midnight in Stockholm after the day of expiry, which in UTC is still the day before",
        std.DATES,
        lambda: bench.specimen(bench.passport(ending)),
        expired,
        verdicts=everywhere(_EXPIRED),
        reason=R.EXPIRED,
        at=datetime(2026, 6, 1, 22, 0, 0, tzinfo=UTC),
    )
    yield _CHAPTER.case(
        "expired",
        "The document expired the day before",
        std.DATES,
        lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, date_of_expiry=date(2026, 5, 31)))),
        expired,
        verdicts=everywhere(_EXPIRED),
        reason=R.EXPIRED,
    )
    no_day = zone_of(MARTA, date_of_expiry=None)
    yield _CHAPTER.case(
        "expiry-unknown",
        "Fillers where the date of expiry belongs, on the page and in DG1",
        std.DATES,
        lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, mrz_lines=no_day))),
        undecided("cross.expiry", "EF.DG1", R.UNKNOWN_DATE),
        verdicts=everywhere(_UNDATED),
        reason=R.UNKNOWN_DATE,
    )


# --- recipes


def _printed(document_number: str = "UT0000001", secondary_identifier: str = "MAERTA LINNEA") -> tuple[str, str]:
    """A page like the passport's, with one thing else; all check digits right."""
    holder = replace(MARTA, secondary_identifier=secondary_identifier)
    return machine_readable_zone(holder, document_number=document_number, date_of_expiry=bench.EXPIRES)


def _wrong_check_digit() -> tuple[str, str]:
    first, second = bench.passport().mrz_lines
    wrong = str((int(second[9]) + 1) % 10)
    return first, second[:9] + wrong + second[10:]


def _read(lines: tuple[str, ...], source: str, attempt: int) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(), lines=lines, source=source, attempt=attempt)

"""One verification as the person whom it is about is shown it: everything that is still kept, and of nobody else.

A verification can hold data of two documents: lines that were misread, or another chip than the page. Then only the
pieces that name the document that was asked for are shown. Those who work here are not named: a data subject learns
when and why data were looked at, and by whom only where that is essential for their rights (CJEU C-579/21, Pankki S).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from mrtd.biometrics.image import JPEG
from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg1, dg2, dg11, dg12
from service.domain.audit import Action
from service.domain.errors import ServiceError
from service.domain.freeze import standing as freeze_of
from service.domain.ports import PortraitConverter
from service.domain.repositories import StoredEvidence, Work
from service.domain.result import result_status
from service.domain.retention import RetentionClass, RetentionRule
from service.domain.review import Review
from service.domain.subjects import Subject, SubjectMark
from service.domain.verification import Verification
from service.usecases.audit_beside import as_json, as_time, finding_json, plain
from service.usecases.judging import read_lines, stockholm_day
from service.usecases.mark_subjects import subject_of, subject_of_chip

_NAMES: Final = {JPEG: "jpg"}


@dataclass(frozen=True, slots=True, repr=False)
class SubjectCase:
    """What is said of one verification, and the files that belong to it, by their names in the archive."""

    said: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ShowSubjectCase:
    """Reads one verification in one transaction."""

    converter: PortraitConverter

    def __call__(
        self, work: Work, verification_id: str, subject: Subject, marks: Collection[SubjectMark]
    ) -> SubjectCase:
        """The case of `subject`, whose verifications have one of `marks`."""
        verification = work.verifications.get(verification_id)
        stored = work.evidence.latest(verification_id)
        whole = set(work.subject_marks.kept(verification_id)) <= set(marks)
        chip = stored if stored is not None and _is_of(stored, subject, whole=whole) else None
        files = {} if chip is None else self._chip_files(verification_id, chip)
        if whole:
            files |= _pictures(work, verification_id)
        said = {
            **_course(verification),
            "whole": whole,
            "person": None if chip is None else _person(chip),
            "printed_lines": _lines(work, verification_id, subject),
            "chip": None if chip is None else _chip(chip),
            "reviews": _reviews(work.reviews.of(verification_id), whole=whole),
            **_found(work, verification_id),
            **_told(work, verification, subject, files),
            "kept": _kept(work, verification),
            "history": _history(work, verification_id),
        }
        judgement = work.judgements.latest(verification_id)
        if judgement is not None and whole:
            files[f"{_folder(verification_id)}/report.json"] = judgement.report
        return SubjectCase({**said, "files": sorted(files)}, files)

    def _chip_files(self, verification_id: str, stored: StoredEvidence) -> dict[str, bytes]:
        folder = f"{_folder(verification_id)}/chip"
        files = {f"{folder}/{name.value.replace('/', '_')}.bin": data for name, data in stored.evidence.files.items()}
        portrait = self._portrait(stored)
        return files if portrait is None else files | {f"{_folder(verification_id)}/portrait.jpg": portrait}

    def _portrait(self, stored: StoredEvidence) -> bytes | None:
        """The first picture of EF.DG2 as people can open it; the file itself lies beside it whatever it holds."""
        try:
            face = dg2.parse(stored.evidence.files[ElementaryFile.DG2]).faces[0]
            picture = face.data[: len(face.data) - face.padding]
            return picture if face.media_type == JPEG else self.converter.to_jpeg(picture)
        except (KeyError, IndexError, MrtdError, ServiceError):
            return None


def _is_of(stored: StoredEvidence, subject: Subject, *, whole: bool) -> bool:
    """Whether a chip is the subject's; when EF.DG1 is erased, the marks of the verification tell."""
    found = subject_of_chip(stored.evidence, stored.received_at)
    return whole if found is None else found == subject


def _course(verification: Verification) -> dict[str, Any]:
    return {
        "id": verification.id,
        "organisation": verification.organisation,
        "kind": verification.kind.value,
        "order_reference": verification.order_reference,
        "state": verification.last_state.value,
        "reason": verification.reason,
        "opened_at": as_time(verification.created_at),
        "changed_at": as_time(verification.changed_at),
    }


def _lines(work: Work, verification_id: str, subject: Subject) -> list[dict[str, Any]]:
    """The printed lines that name the document."""
    return [
        {
            "lines": list(capture.lines),
            "card_access_number": capture.can,
            "source": capture.source.value,
            "at": as_time(capture.at),
        }
        for capture in work.captures.of(verification_id)
        if _names_subject(capture.lines, capture.at, subject)
    ]


def _names_subject(lines: Sequence[str], at: datetime, subject: Subject) -> bool:
    reading = read_lines(lines, at)
    return reading is not None and subject_of(reading) == subject


def _person(stored: StoredEvidence) -> dict[str, Any]:
    """Every field of EF.DG1, EF.DG11 and EF.DG12 that is still there and can be read."""
    files, today = stored.evidence.files, stockholm_day(stored.received_at)
    readers: dict[ElementaryFile, Callable[[bytes], Any]] = {
        ElementaryFile.DG1: lambda data: dg1.parse(data, today=today).document.fields,
        ElementaryFile.DG11: dg11.parse,
        ElementaryFile.DG12: dg12.parse,
    }
    found = {}
    for name, read in readers.items():
        try:
            if name in files:
                parsed = read(files[name])
                found[name.value] = {field.name: _shown(getattr(parsed, field.name)) for field in fields(parsed)}
        except MrtdError:
            found[name.value] = {"unreadable": True}
    return found


def _shown(value: object) -> object:
    """A field as JSON; a picture in it is a file of the chip already."""
    match value:
        case Enum():
            shown: object = value.value
        case date():
            shown = value.isoformat()
        case bytes():
            shown = {"octets": len(value)}
        case frozenset() | set():
            shown = sorted(str(_shown(member)) for member in value)
        case list() | tuple():
            shown = [_shown(member) for member in value]
        case None | str() | int() | bool():
            shown = value
        case _:
            shown = str(value)
    return shown


def _chip(stored: StoredEvidence) -> dict[str, Any]:
    return {
        "read_at": as_time(stored.received_at),
        "files": sorted(name.value for name in stored.evidence.files),
        "claimed_by_the_phone": dict(stored.evidence.claimed),
    }


def _pictures(work: Work, verification_id: str) -> dict[str, bytes]:
    """What the camera saw, as far as it is kept."""
    found = {}
    for number, record in enumerate(work.images.of(verification_id), start=1):
        content = work.images.content(record)
        if content is not None:
            ending = _NAMES.get(record.media_type, "bin")
            found[f"{_folder(verification_id)}/{record.kind.value}-{number}.{ending}"] = content
    return found


def _reviews(reviews: Sequence[Review], *, whole: bool) -> list[dict[str, Any]]:
    """Who reviewed is a number. What people wrote may be of the other document where there are two."""
    return [
        {
            "reviewer": number,
            "decision": review.decision.value,
            "at": as_time(review.at),
            "inspection": asdict(review.inspection),
            "face": asdict(review.face),
            "reason": review.reason if whole else None,
            "printed_name": None if review.printed_name is None or not whole else asdict(review.printed_name),
        }
        for number, review in enumerate(reviews, start=1)
    ]


def _found(work: Work, verification_id: str) -> dict[str, Any]:
    verdict = work.judgements.verdict(verification_id)
    revocation = work.revocations.of(verification_id)
    return {
        "verdict": None if verdict is None else verdict.to_json(),
        "findings": [finding_json(finding) for finding in work.findings.of(verification_id)],
        "status_lookups": [plain(asdict(answer)) for answer in work.status_lookups.history(verification_id)],
        "notices": [plain(asdict(notice)) for notice in work.notices.of(verification_id)],
        "revocation": None
        if revocation is None
        else {
            "reason": revocation.reason.value,
            "note": revocation.note,
            "requested_at": as_time(revocation.requested_at),
            "confirmed_at": None if revocation.confirmed_at is None else as_time(revocation.confirmed_at),
        },
    }


def _told(work: Work, verification: Verification, subject: Subject, files: dict[str, bytes]) -> dict[str, Any]:
    """The result, and to whom it went when. A portal that fetched is the audience that the result names."""
    record = work.results.of(verification.id)
    if record is None:
        return {"result": None, "recipients": []}
    claims, handed = work.issued_claims.of(verification.id), work.handed_results.of(verification.id)
    if claims is not None and not _says(claims, subject):
        claims = handed = None
    if claims is not None:
        files[f"{_folder(verification.id)}/result-claims.json"] = as_json(claims)
    if handed is not None:
        files[f"{_folder(verification.id)}/result.jwt"] = handed.token.encode()
    fetched = [entry.at for entry in work.audit.of(verification.id) if entry.action == Action.RESULT_FETCHED]
    audience = None if claims is None else claims.get("aud")
    return {
        "result": {
            "jti": record.jti,
            "txn": record.txn,
            "issued_at": as_time(record.issued_at),
            "status": result_status(record, verification).value,
            "consumed_by_order": record.consumed_by_order,
            "consumed_at": None if record.consumed_at is None else as_time(record.consumed_at),
        },
        "recipients": [{"recipient": audience, "at": at} for at in fetched],
    }


def _says(claims: Mapping[str, Any], subject: Subject) -> bool:
    """Whether a result is about the document."""
    for evidence in claims["verified_claims"]["verification"]["evidence"]:
        if evidence["type"] == "document":
            details = evidence["document_details"]
            return Subject.of(details["issuer"].get("country_code", ""), details["document_number"]) == subject
    return False


def _kept(work: Work, verification: Verification) -> dict[str, Any]:
    """What is kept how long and by which decision, what keeps it longer, and what was erased already."""
    schedule = work.schedules.of(verification.organisation)
    failed = verification.result_until is None
    rules = {
        RetentionClass.PORTRAIT: RetentionRule.PORTRAIT,
        RetentionClass.HOLDER: RetentionRule.HOLDER,
        RetentionClass.EVIDENCE: RetentionRule.FAILED if failed else RetentionRule.EVIDENCE,
    }
    living = work.purges.keys(verification.id)
    frozen = freeze_of(verification, work.freezes.of(verification.id))
    whole_until = verification.created_at + schedule.terms[rules[RetentionClass.EVIDENCE]].period
    periods = []
    for retention, rule in rules.items():
        term = schedule.terms[rule]
        until = min(verification.created_at + term.period, whole_until)
        periods.append(
            {
                "class": retention.value,
                "kept": retention in living,
                "until": as_time(until) if retention in living else None,
                "rule": rule.value,
                "decision": term.decision,
            }
        )
    return {
        "periods": periods,
        "frozen": None if frozen is None else {"reason": frozen.reason.value, "since": as_time(frozen.at)},
        "erasures": [
            {"at": entry.at, **dict(entry.details)}
            for entry in work.audit.of(verification.id)
            if entry.action in (Action.ERASED, Action.PURGED)
        ],
    }


def _history(work: Work, verification_id: str) -> list[dict[str, Any]]:
    """When what was done with the data: views of the portrait are in it, and earlier extracts."""
    return [{"at": entry.at, "action": entry.action} for entry in work.audit.of(verification_id)]


def _folder(verification_id: str) -> str:
    return f"cases/{verification_id}"

"""Hold the people behind reviews against each other, and against the person of the passport (SECURITY.md 7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg1, dg11
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.judgement import Judgement
from service.domain.names import DocumentName
from service.domain.repositories import StoredEvidence, Work
from service.domain.review import Review
from service.domain.two_people import Subject, require_other, require_two, require_unhandled, require_verified
from service.usecases.judging import stockholm_day

_DIGITS: Final = re.compile("(?<![0-9])(?:[0-9]{2})?[0-9]{6}[-+]?[0-9]{4}(?![0-9])")
#: Of a Swedish number without its century.
_SHORT: Final = 10
_CENTURIES: Final = ("19", "20")


def require_reviewers(
    work: Work,
    verification_id: str,
    judgement: Judgement,
    reviews: Sequence[Review],
    *,
    now: datetime | None = None,
) -> None:
    """Refuse unless everybody who reviewed is known, another one than the others, and not the holder.

    Asked at each approval, and again when the result is made: what is known of people by then counts. `now`: of an
    approval; who had whose account in hand counts before it, and not for what was approved already.

    Raises:
        ServiceError: `identifiers_unverified`, `same_reviewer`, `second_account`, `handled_account`, `own_passport`;
            `not_approvable`: nothing says whose passport it is.
    """
    people = [require_verified(work.people.find(review.reviewer)) for review in reviews]
    for index, person in enumerate(people):
        for earlier in people[:index]:
            require_two(earlier, person)
            if now is not None:
                require_unhandled(earlier, person, now)
    subject = _subject(work, work.evidence.latest(verification_id), judgement)
    for person in people:
        require_other(person, subject)


def _subject(work: Work, stored: StoredEvidence | None, judgement: Judgement) -> Subject:
    """The person of the passport. What EF.DG11 adds is taken whether it agrees or not: it can only deny."""
    try:
        files = {} if stored is None else stored.evidence.files
        document = dg1.parse(files[ElementaryFile.DG1], today=stockholm_day(judgement.at)).document
    except (KeyError, MrtdError):
        raise ServiceError(ProblemCode.NOT_APPROVABLE) from None
    fields = document.fields
    printed = Names(fields.primary_identifier, fields.secondary_identifier)
    more = _details(files.get(ElementaryFile.DG11))
    born = {*dict(document.date_candidates).get("date_of_birth", ())}
    if more is not None and more.date_of_birth is not None:
        born.add(more.date_of_birth)
    native = None if more is None else printed.respelt(more.full_name or "")
    texts = (fields.optional_data, fields.optional_data_2, "" if more is None else more.personal_number or "")
    numbers = {number for text in texts for number in _numbers(text, born)}
    return Subject(
        DocumentName(printed, native, document.names_truncated),
        frozenset(day.isoformat() for day in born),
        frozenset(map(work.people.digest, numbers)),
    )


def _details(octets: bytes | None) -> dg11.Dg11 | None:
    try:
        return None if octets is None else dg11.parse(octets)
    except MrtdError:
        return None


def _numbers(text: str, born: set[date]) -> Iterator[str]:
    """Every number of twelve digits that a text can mean; ten digits leave the century to the date of birth."""
    for found in _DIGITS.findall(text):
        digits = re.sub("[^0-9]", "", found)
        if len(digits) > _SHORT:
            yield digits
            continue
        centuries = {f"{day.year:04}"[:2] for day in born} or set(_CENTURIES)
        yield from (century + digits for century in sorted(centuries))

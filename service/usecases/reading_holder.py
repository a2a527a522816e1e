"""The person and the document, read from the files of a chip that a judgement found authentic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg1, dg11, dg12
from service.domain.holder import Holder, Names, parts, three_letter_state, words
from service.domain.judgement import Judgement
from service.domain.repositories import StoredEvidence
from service.usecases.judging import stockholm_day

_Read = TypeVar("_Read")


def holder_of(stored: StoredEvidence, judgement: Judgement) -> Holder:
    """The holder of DG1, DG11 and DG12, whose hashes the judgement found in the security object.

    DG11 may only spell what DG1 says, and speaks of the same person: without a passed comparison nothing of it counts
    (RULES.md section 4).
    """
    files = stored.evidence.files
    fields = dg1.parse(files[ElementaryFile.DG1], today=stockholm_day(judgement.at)).document.fields
    printed = Names(fields.primary_identifier, fields.secondary_identifier)
    hashes_passed = judgement.passed("pa.dg_hash")
    agrees = hashes_passed and judgement.passed("cross.dg11_dg1")
    person = _optional(files, ElementaryFile.DG11, dg11.parse) if agrees else None
    document = _optional(files, ElementaryFile.DG12, dg12.parse) if hashes_passed else None
    return Holder(
        printed=printed,
        native=None if person is None else printed.respelt(person.full_name or ""),
        date_of_birth=fields.date_of_birth,
        nationality=three_letter_state(fields.nationality),
        document_number=fields.document_number,
        date_of_expiry=fields.date_of_expiry,
        document_code=fields.document_code,
        issuing_state=three_letter_state(fields.issuing_state),
        place_of_birth=None if person is None else parts(person.place_of_birth or ""),
        date_of_issuance=None if document is None else document.date_of_issue,
        issuing_authority=None if document is None else words(document.issuing_authority or "") or None,
    )


def _optional(
    files: Mapping[ElementaryFile, bytes], name: ElementaryFile, parse: Callable[[bytes], _Read]
) -> _Read | None:
    """What an optional data group says; nothing where it cannot be read, as the report says too."""
    try:
        return parse(files[name]) if name in files else None
    except MrtdError:
        return None

"""Whether what a result says is what the case on paper says: its report, its chip, what people read off the page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.lds import dg1, dg11
from service.domain import case_export as paper
from service.domain.holder import Names, three_letter_state
from service.usecases.judging import stockholm_day

#: What no later fetch changes; the rest is the issuer's, and of its time.
_LASTING: Final = (
    ("txn",),
    ("jti",),
    ("sub",),
    ("verified_claims", "claims"),
    ("passkoll", "report_sha256"),
    ("passkoll", "chip_proof"),
    ("passkoll", "proof_origin"),
    ("passkoll", "order_reference"),
)
_FAMILY, _GIVEN = "family_name", "given_name"


def disagreements(
    said: Sequence[Mapping[str, Any]],
    files: Mapping[str, bytes],
    case: Mapping[str, Any],
    report_digests: Sequence[str],
    judged_at: datetime | None,
) -> Iterator[str]:
    """Codes of what does not agree; nothing where all of it does.

    Args:
        said: claims of the same result: as they were kept, and as they were signed.
        files: of the archive; what was erased is not compared.
        case: what `case.json` holds.
        report_digests: the digests of reports that lines of the trail name.
        judged_at: when the chip was judged last.

    Raises:
        MrtdError, KeyError, TypeError, ValueError, IndexError: a part has not the form that this software writes.
    """
    if any(_member(claims, path) != _member(said[0], path) for claims in said[1:] for path in _LASTING):
        yield "results_differ"
    for claims in said:
        yield from _of_one(claims, files, case, report_digests, judged_at)


def _of_one(
    claims: Mapping[str, Any],
    files: Mapping[str, bytes],
    case: Mapping[str, Any],
    report_digests: Sequence[str],
    judged_at: datetime | None,
) -> Iterator[str]:
    record = case["result"]
    if record is None or (claims["jti"], claims["txn"]) != (record["jti"], record["txn"]):
        yield "other_result"
    if claims["sub"] != case["verification"]["id"]:
        yield "other_case"
    if claims["passkoll"]["order_reference"] != case["verification"]["order_reference"]:
        yield "other_order"
    report = files.get(paper.REPORT)
    digest = claims["passkoll"]["report_sha256"]
    if digest not in report_digests or (report is not None and hashlib.sha256(report).hexdigest() != digest):
        yield "other_report"
    data = files.get(paper.file_name(ElementaryFile.DG1))
    if data is not None and judged_at is not None:
        yield from _of_chip(claims, data, files.get(paper.file_name(ElementaryFile.DG11)), case, judged_at)


def _of_chip(
    claims: Mapping[str, Any], data: bytes, native: bytes | None, case: Mapping[str, Any], at: datetime
) -> Iterator[str]:
    """EF.DG1 is what `derived_claims` and the document say; the name is spelled by the chip or by both reviewers."""
    fields = dg1.parse(data, today=stockholm_day(at)).document.fields
    zone = Names(fields.primary_identifier, fields.secondary_identifier)
    verified = claims["verified_claims"]
    document = next(one for one in verified["verification"]["evidence"] if one["type"] == "document")
    derived = document["derived_claims"]
    if _names(derived) != zone:
        yield "other_name_in_the_zone"
    if _names(verified["claims"]) not in _spellings(zone, native, case["reviews"]):
        yield "name_of_nobody"
    details = document["document_details"]
    if details["document_number"] != fields.document_number:
        yield "other_document"
    if details["issuer"].get("country_code", "") not in ("", three_letter_state(fields.issuing_state)):
        yield "other_state"
    born = None if fields.date_of_birth is None else fields.date_of_birth.isoformat()
    if (derived.get("birthdate"), verified["claims"].get("birthdate")) != (born, born):
        yield "other_date_of_birth"


def _spellings(zone: Names, native: bytes | None, reviews: Sequence[Mapping[str, Any]]) -> list[Names | None]:
    """The spellings that a result may have: of the zone, of EF.DG11, and the one that every reviewer typed."""
    spelled = None if native is None else _native(zone, native)
    typed = [review.get("printed_name") for review in reviews]
    same = typed and typed[0] is not None and all(name == typed[0] for name in typed)
    return [zone, spelled, _names(typed[0]) if same and typed[0] is not None else None]


def _native(zone: Names, data: bytes) -> Names | None:
    try:
        return zone.respelt(dg11.parse(data).full_name or "")
    except MrtdError:
        return None


def _names(claims: Mapping[str, Any]) -> Names:
    return Names(claims.get(_FAMILY, ""), claims.get(_GIVEN, ""))


def _member(claims: Mapping[str, Any], path: Sequence[str]) -> object:
    value: Any = claims
    for name in path:
        value = value[name]
    return value

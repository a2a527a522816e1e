"""Verify a case on paper, offline: what it holds, where it stands in the audit trail, and the chip once more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrtd import dump
from mrtd.dump_body import read_json
from mrtd.errors import MrtdError
from mrtd.pki.trust_store import TrustStore
from mrtd.version import VERSION
from service.domain import case_export as paper
from service.domain.audit import Action
from service.domain.audit_chain import content_digest
from service.domain.audit_checkpoint import CHECKPOINT_TYPE, Checkpoint, SignedReader
from service.domain.case_recheck import Finding, Part, Rechecked, Standing
from service.domain.ports import Catalogue
from service.domain.result import TOKEN_TYPES
from service.usecases.audit_claims import disagreements
from service.usecases.audit_page import case_page
from service.usecases.audit_reinspection import Reinspected, reinspect
from service.usecases.audit_segments import followed
from service.usecases.audit_words import LANGUAGES

#: Files of one chip, three times over, and a year of the chain's hashes.
LIMITS: Final = dump.ZipLimits(entries=64, total=256 * 1024 * 1024)


class UnreadableArchiveError(Exception):
    """It is no archive of `audit export`. `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class _RefutedError(Exception):
    """A part is not what it says; `detail` is a code."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


def recheck(
    archive: bytes,
    reader_of: Callable[[Mapping[str, Any]], SignedReader],
    catalogue: Catalogue,
    *,
    keys: Mapping[str, Any] | None = None,
    trust: TrustStore | None = None,
    result: bytes | None = None,
) -> Rechecked:
    """Verify an archive.

    Args:
        archive: the zip, from anybody.
        reader_of: makes a reader of what the keys of a JWK Set signed.
        catalogue: the texts that pages are made of.
        keys: the JWK Set that the reader trusts; None takes that of the archive, and says so.
        trust: the store to inspect the chip by; None takes that of the archive.
        result: the signed identity as a portal got it, which stands beside the one in the archive.

    Raises:
        UnreadableArchiveError: it is no such archive, or beyond the limits.
    """
    try:
        files = dict(dump.zip_entries(archive, wanted=lambda _name: True, limits=LIMITS))
        manifest, case = read_json(files[paper.MANIFEST]), read_json(files[paper.CASE])
        entries, chain = read_json(files[paper.ENTRIES])["entries"], read_json(files[paper.CHAIN])["segments"]
        own_keys = read_json(files[paper.KEYS])
    except MrtdError as error:
        raise UnreadableArchiveError(error.code) from None
    except KeyError:
        raise UnreadableArchiveError("file_missing") from None
    if manifest.get("schema") != paper.SCHEMA or case.get("schema") != paper.SCHEMA:
        raise UnreadableArchiveError("unknown_schema")
    reader = reader_of(own_keys if keys is None else keys)
    paper_case = _PaperCase(files, manifest, case, entries, chain, reader, catalogue)
    try:
        findings = tuple(_findings(paper_case, trust, result, trusted=keys is not None))
        erased = tuple(str(retention) for retention in paper_case.case["erased"])
        return Rechecked(str(manifest["verification"]), findings, erased)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        # without its cause: a traceback would quote the archive
        raise UnreadableArchiveError("malformed") from None


@dataclass(frozen=True, slots=True, repr=False)
class _PaperCase:
    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    case: Mapping[str, Any]
    entries: Any
    segments: Any
    reader: SignedReader
    catalogue: Catalogue

    def details(self, name: str) -> list[Any]:
        """The values that the lines of the case have for one detail, oldest first."""
        return [line["content"]["details"][name] for line in self.entries if name in line["content"]["details"]]


def _findings(
    case: _PaperCase, trust: TrustStore | None, result: bytes | None, *, trusted: bool
) -> Iterator[Finding]:
    yield _finding(Part.MANIFEST, lambda: _manifest(case))
    yield _finding(Part.AUDIT_ENTRIES, lambda: _entries(case))
    yield _finding(Part.CHECKPOINTS, lambda: _checkpoints(case))
    yield (
        Finding(Part.KEYS, Standing.PASSED)
        if trusted
        else Finding(Part.KEYS, Standing.INDETERMINATE, "keys_of_the_archive")
    )
    yield _finding(Part.CONTENTS, lambda: _contents(case))
    yield _pages(case)
    yield _finding(Part.REPORT, lambda: _report(case))
    yield _finding(Part.REVIEWS, lambda: _reviews(case))
    yield _finding(Part.EVIDENCE, lambda: _evidence(case))
    yield _finding(Part.RESULT, lambda: _result(case, result))
    yield _finding(Part.CLAIMS, lambda: _claims(case, result))
    yield _inspection(reinspect(case.files, trust, _judged_at(case)))


def _finding(part: Part, verify: Callable[[], str | None]) -> Finding:
    """Passed with a count, or not performed where there is nothing."""
    try:
        counted = verify()
    except _RefutedError as refuted:
        return Finding(part, Standing.FAILED, refuted.detail)
    return Finding(part, Standing.PASSED if counted is not None else Standing.NOT_PERFORMED, counted)


def _manifest(case: _PaperCase) -> str:
    """Every file is listed and unchanged, and nothing else is there."""
    listed = case.manifest["files"]
    for name in sorted(listed.keys() | case.files.keys() - {paper.MANIFEST}):
        data = case.files.get(name)
        if name not in listed or data is None:
            raise _RefutedError("file_missing" if data is None else "file_not_listed")
        if hashlib.sha256(data).hexdigest() != listed[name]["sha256"]:
            raise _RefutedError("file_changed")
    if case.case["verification"]["id"] != case.manifest["verification"]:
        raise _RefutedError("other_case")
    return str(len(listed))


def _entries(case: _PaperCase) -> str:
    """Every line is what a segment of the chain has at its number, and speaks of this case."""
    numbers = [line["number"] for line in case.entries]
    if not numbers or numbers != sorted(set(numbers)):
        raise _RefutedError("out_of_order")
    for line in case.entries:
        if line["content"]["verification_id"] != case.manifest["verification"]:
            raise _RefutedError("other_case")
        if content_digest(line["content"]) not in _contents_at(case.segments, line["number"]):
            raise _RefutedError("not_in_the_chain")
    return str(len(numbers))


def _contents_at(segments: Sequence[Mapping[str, Any]], number: int) -> Iterator[str]:
    for segment in segments:
        at = number - segment["first"]
        if 0 <= at < len(segment["contents"]):
            yield segment["contents"][at]


def _checkpoints(case: _PaperCase) -> str:
    """Every segment ends with the entry that a signed checkpoint names."""
    for segment in case.segments:
        try:
            signed = Checkpoint.of(case.reader.read(str(segment["checkpoint"]), CHECKPOINT_TYPE))
            ends_with = followed(segment)
        except ValueError:
            raise _RefutedError("checkpoint_invalid") from None
        if signed.head != ends_with:
            raise _RefutedError("checkpoint_differs")
    if not case.segments:
        raise _RefutedError("no_checkpoint")
    return str(len(case.segments))


def _contents(case: _PaperCase) -> str:
    """What the case is now is what it was when it was exported."""
    if paper.contents_digest(case.files) not in case.details("contents")[-1:]:
        raise _RefutedError("contents_changed")
    return "contents"


def _pages(case: _PaperCase) -> Finding:
    """The pages say what the case says; other software may say it otherwise."""
    for language in LANGUAGES:
        page = case_page(language, case.catalogue.texts(language), case.case, case.entries)
        if page.encode() != case.files.get(paper.page_name(language)):
            same_software = case.manifest["software"] == VERSION
            return Finding(Part.PAGES, Standing.FAILED if same_software else Standing.INDETERMINATE, "page_differs")
    return Finding(Part.PAGES, Standing.PASSED, str(len(LANGUAGES)))


def _report(case: _PaperCase) -> str | None:
    """The report is one that a line of the case names."""
    report = case.files.get(paper.REPORT)
    if report is None:
        return None
    if hashlib.sha256(report).hexdigest() not in case.details("report_sha256"):
        raise _RefutedError("not_the_report")
    return "report_sha256"


def _reviews(case: _PaperCase) -> str | None:
    """Each review is bound to what its line says."""
    reviews = case.case["reviews"]
    if [review["decision_hash"] for review in reviews] != case.details("decision_hash"):
        raise _RefutedError("decision_hash")
    return str(len(reviews)) if reviews else None


def _evidence(case: _PaperCase) -> str | None:
    """The files of the chip are those that the report names."""
    kept = [name for name in paper.FILES if name in case.files]
    report = case.files.get(paper.REPORT)
    if report is None or not kept:
        return None
    digests = _read(report)["evidence"]["files"]
    for name in kept:
        if digests.get(paper.FILES[name].value) != hashlib.sha256(case.files[name]).hexdigest():
            raise _RefutedError("file_differs")
    return str(len(kept))


def _result(case: _PaperCase, token: bytes | None) -> str | None:
    """Each signed result is one of this case: the one in the archive, and the one of a portal."""
    record = case.case["result"]
    signed = [_signed(case, one) for one in (case.files.get(paper.RESULT), token) if one is not None]
    if not signed:
        return None
    for claims in signed:
        if record is None or claims.get("txn") != record["txn"] or claims.get("sub") != case.manifest["verification"]:
            raise _RefutedError("other_result")
    return str(signed[0]["txn"])


def _signed(case: _PaperCase, token: bytes) -> Mapping[str, Any]:
    """The claims of a token that a key of the service signed."""
    for token_type in TOKEN_TYPES.values():
        try:
            return case.reader.read(token.decode("ascii", "replace").strip(), token_type)
        except ValueError:
            continue
    raise _RefutedError("not_signed")


def _claims(case: _PaperCase, token: bytes | None) -> str | None:
    """What the result says is what the case says."""
    kept = case.files.get(paper.CLAIMS)
    said: list[Mapping[str, Any]] = [] if kept is None else [_read(kept)]
    said += [_signed(case, one) for one in (case.files.get(paper.RESULT), token) if one is not None]
    if not said:
        return None
    judged = _judged_at(case)
    at = None if judged is None else datetime.fromisoformat(judged)
    try:
        found = next(disagreements(said, case.files, case.case, case.details("report_sha256"), at), None)
    except (MrtdError, StopIteration):
        raise _RefutedError("malformed") from None
    if found is not None:
        raise _RefutedError(found)
    return str(len(said))


def _judged_at(case: _PaperCase) -> str | None:
    """When the chip was judged last, as the trail says."""
    judged = [line["content"]["at"] for line in case.entries if line["content"]["action"] == Action.CHIP_JUDGED]
    return str(judged[-1]) if judged else None


def _inspection(again: Reinspected) -> Finding:
    if again.problem is not None:
        return Finding(Part.INSPECTION, Standing.NOT_PERFORMED, again.problem)
    if again.differing:
        return Finding(Part.INSPECTION, Standing.FAILED, ", ".join(again.differing))
    return Finding(Part.INSPECTION, Standing.PASSED, f"{again.same} of {again.all}")


def _read(data: bytes) -> dict[str, Any]:
    try:
        return read_json(data)
    except MrtdError:
        raise _RefutedError("malformed") from None

"""One case on paper: an archive that somebody who may see the case reads, and that is verified offline."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mrtd.version import VERSION
from service.domain import case_export as paper
from service.domain import live_record
from service.domain.audit import Action, AuditEntry
from service.domain.ports import Catalogue, Clock
from service.domain.repositories import Database, StoredEvidence, Work
from service.domain.result import HandedResult
from service.domain.review import Review
from service.domain.trust import TrustError, TrustProblem
from service.domain.verification import Verification
from service.usecases.audit_beside import as_json as _json
from service.usecases.audit_beside import as_time as _time
from service.usecases.audit_beside import beside
from service.usecases.audit_beside import plain as _plain
from service.usecases.audit_checkpoint import MakeCheckpoint
from service.usecases.audit_page import case_page
from service.usecases.audit_segments import segments
from service.usecases.audit_words import LANGUAGES

#: Archives of the same case and moment are the same octets.
_ZIP_EPOCH: Final = 1980


@dataclass(frozen=True, slots=True)
class ExportCase:
    """`passkoll audit export`. That somebody took the case out is an entry of its own, and stands in the archive."""

    database: Database
    clock: Clock
    make_checkpoint: MakeCheckpoint
    keys: Callable[[], Mapping[str, object]]
    catalogue: Catalogue

    def __call__(self, who: str, verification_id: str) -> bytes:
        """The archive (zip).

        Raises:
            ServiceError: `not_found`; `not_ready`: the audit trail cannot be read.
            AuditBrokenError: the trail is not whole, so nothing is proven by it.
            AnchorError: the checkpoint could not be kept outside.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            verification = work.verifications.get(verification_id)
            stored = work.evidence.latest(verification_id)
            case = _case(work, verification, stored)
            contents = {
                paper.CASE: _json(case),
                **_judged(work, verification_id),
                **_said(work, verification_id),
                **({} if stored is None else _evidence(stored)),
            }
            details = {"contents": paper.contents_digest(contents)}
            action = Action.CASE_EXPORTED
            work.audit.write(AuditEntry(now, who, verification.organisation, action, verification_id, details))
        # Every line of the case lies below a signature then, and so does what the archive holds of it.
        self.make_checkpoint()
        with self.database.reading() as work:
            files = contents | self._trail(work, verification_id, case)
        return _archive(files | {paper.MANIFEST: _manifest(files, verification, case, now)}, now)

    def _trail(self, work: Work, verification_id: str, case: Mapping[str, Any]) -> dict[str, bytes]:
        """The lines of the case, their way to signatures, and the pages for people."""
        entries = work.audit.of(verification_id)
        lines = [
            {"number": entry.number, "person": work.audit.person(entry.actor), "content": entry.content()}
            for entry in entries
        ]
        pages = {
            paper.page_name(language): case_page(language, self.catalogue.texts(language), case, lines).encode()
            for language in LANGUAGES
        }
        return {
            paper.ENTRIES: _json({"entries": lines}),
            paper.CHAIN: _json({"segments": segments(work, [entry.number for entry in entries])}),
            paper.KEYS: _json(self.keys()),
            **pages,
        }


def _case(work: Work, verification: Verification, stored: StoredEvidence | None) -> dict[str, Any]:
    verdict = work.judgements.verdict(verification.id)
    judgement = work.judgements.latest(verification.id)
    record = work.results.of(verification.id)
    handed = work.handed_results.of(verification.id)
    erased = sorted(retention.value for retention in (frozenset() if stored is None else stored.erased))
    return {
        "schema": paper.SCHEMA,
        "verification": _plain(asdict(verification)),
        "verdict": None if verdict is None else verdict.to_json(),
        "trust_store": None if judgement is None else judgement.trust_store,
        "report": "none" if verdict is None else "erased" if judgement is None else "kept",
        "erased": erased,
        "reviews": [_review(review) for review in work.reviews.of(verification.id)],
        "result": None if record is None else _plain(asdict(record)),
        "handed_result": None if handed is None else _plain(_times_of(handed)),
        **beside(work, verification.id),
    }


def _review(review: Review) -> dict[str, Any]:
    """What one person decided; the session that they were signed in by is nobody's outside."""
    return {name: _plain(member) for name, member in asdict(review).items() if name != "session"}


def _times_of(handed: HandedResult) -> dict[str, Any]:
    """The token itself is a file of its own."""
    return {"handed_at": handed.handed_at, "expires_at": handed.expires_at}


def _judged(work: Work, verification_id: str) -> dict[str, bytes]:
    """The report, the printed lines and the trust store that it was made with, as far as they are kept."""
    files: dict[str, bytes] = {}
    judgement = work.judgements.latest(verification_id)
    captures = work.captures.of(verification_id)
    if captures:
        files[paper.PRINTED] = _json(_plain(asdict(captures[-1])))
    if judgement is None:
        return files
    files[paper.REPORT] = judgement.report
    try:
        files[paper.TRUST_STORE] = work.trust.stored(judgement.trust_store).file
    except TrustError as error:
        # The operator may name files of his own instead; `audit recheck --trust` takes them then.
        if error.code is not TrustProblem.UNKNOWN_STORE:
            raise
    return files


def _said(work: Work, verification_id: str) -> dict[str, bytes]:
    """The claims of the result, and the signed result that left last; they are there when the report is erased."""
    claims, handed = work.issued_claims.of(verification_id), work.handed_results.of(verification_id)
    said = {} if claims is None else {paper.CLAIMS: _json(claims)}
    return said if handed is None else said | {paper.RESULT: handed.token.encode()}


def _evidence(stored: StoredEvidence) -> dict[str, bytes]:
    chip, challenge = stored.evidence, stored.challenge
    answer = chip.active_authentication
    described = {
        "received_at": _time(stored.received_at),
        "skipped": chip.skipped,
        "claimed": dict(chip.claimed),
        "left_out": sorted(name.value for name in chip.files.keys() & paper.PICTURES),
        "active_authentication": None
        if answer is None
        else {"challenge": answer.challenge.hex(), "response": answer.response.hex()},
        "issued_challenge": None
        if challenge is None
        else {
            "challenge": challenge.challenge.hex(),
            "issued_at": _time(challenge.issued_at),
            "answered_at": _time(challenge.answered_at),
            "max_age_s": challenge.max_age_s,
        },
        "live": None if stored.live is None else live_record.to_json(stored.live),
    }
    files = {paper.file_name(name): data for name, data in chip.files.items() if name not in paper.PICTURES}
    return {paper.EVIDENCE: _json(described), **files}


def _manifest(
    files: Mapping[str, bytes], verification: Verification, case: Mapping[str, Any], now: datetime
) -> bytes:
    return _json(
        {
            "schema": paper.SCHEMA,
            "verification": verification.id,
            "organisation": verification.organisation,
            "exported_at": _time(now),
            "software": VERSION,
            "erased": case["erased"],
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "octets": len(data)}
                for name, data in sorted(files.items())
            },
        }
    )


def _archive(files: Mapping[str, bytes], now: datetime) -> bytes:
    made_at = now.astimezone(UTC).timetuple()[:6] if now.year >= _ZIP_EPOCH else (_ZIP_EPOCH, 1, 1, 0, 0, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name, made_at)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o100600 << 16
            archive.writestr(member, data)
    return buffer.getvalue()

"""Inspect the chip of a case on paper once more, with what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrtd.dump_body import read_json
from mrtd.errors import MrtdError
from mrtd.evidence import (
    ActiveAuthenticationResponse,
    ChipEvidence,
    ElementaryFile,
    EvidenceSource,
    IssuedChallenge,
    Provenance,
)
from mrtd.inspection import CheckStatus, MrzEvidence, Reason, inspect
from mrtd.pki import store_file
from mrtd.pki.trust_store import TrustStore
from mrz.errors import MrzError
from service.domain import case_export as paper
from service.domain import live_record
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.usecases.judging import mrz_evidence

#: What a check says that had nothing to look at: it was not made again, which is no difference.
_NOTHING_THERE: Final = frozenset({Reason.NO_EVIDENCE, Reason.NOT_SENT, Reason.EARLIER_STEP, Reason.NOT_READ})
#: Which files were there is known from the report; that some are not on paper is no news.
_ABOUT_FILES: Final = frozenset({"evidence.complete"})
#: Without these nothing was shown again: the signature of EF.SOD, and its way to a trusted CSCA.
_CORE: Final = frozenset({"pa.sod.signature", "pa.path", "pa.csca.trusted"})


@dataclass(frozen=True, slots=True)
class Reinspected:
    """How many of `all` results came out the same, and the ids of those that did not.

    `problem` says why the chip was not inspected.
    """

    same: int = 0
    all: int = 0
    differing: tuple[str, ...] = ()
    problem: str | None = None


def reinspect(files: Mapping[str, bytes], trust: TrustStore | None, judged_at: str | None) -> Reinspected:
    """Inspect with the store of the archive, or another; the same time, printed lines and challenge.

    Results that need a file which was erased or left out are not compared. Where the report itself was erased, the
    signature of EF.SOD and its path must pass, at the time that the trail names.
    """
    if paper.file_name(ElementaryFile.SOD) not in files or judged_at is None:
        return Reinspected(problem="no_evidence")
    try:
        report = read_json(files[paper.REPORT]) if paper.REPORT in files else None
        described = read_json(files[paper.EVIDENCE])
        store = trust or _store(files)
        if store is None:
            return Reinspected(problem="no_trust_store")
        if report is not None and store.digest != report["trust_store"]:
            return Reinspected(problem="other_trust_store")
        at = _time(judged_at if report is None else str(report["at"]))
        again = inspect(_chip(files, described), _printed(files, at), store, at, provenance=_provenance(described))
        checks = [check.to_json() for check in again.checks]
        return _core(checks) if report is None else _compared(report, checks)
    except (MrtdError, MrzError, KeyError, TypeError, ValueError, AttributeError):
        # without its cause: a traceback would quote the archive
        return Reinspected(problem="malformed")


def _core(again: list[dict[str, object]]) -> Reinspected:
    passed = {check["id"] for check in again if check["status"] == CheckStatus.PASSED.value}
    return Reinspected(len(_CORE & passed), len(_CORE), tuple(sorted(_CORE - passed)))


def _compared(report: Mapping[str, Any], again: list[dict[str, object]]) -> Reinspected:
    found = {(check["id"], check["subject"]): (check["status"], check["reason"]) for check in again}
    same: list[str] = []
    differing: list[str] = []
    for check in report["checks"]:
        before = check["status"], check["reason"]
        now = found.get((check["id"], check["subject"]))
        if now == before:
            same.append(check["id"])
        elif now is not None and now[1] not in _NOTHING_THERE and check["id"] not in _ABOUT_FILES:
            differing.append(check["id"])
    differing += sorted(_CORE - set(same) - set(differing))
    return Reinspected(len(same), len(report["checks"]), tuple(differing))


def _store(files: Mapping[str, bytes]) -> TrustStore | None:
    data = files.get(paper.TRUST_STORE)
    return None if data is None else store_file.read(data)


def _chip(files: Mapping[str, bytes], described: Mapping[str, Any]) -> ChipEvidence:
    answer = described["active_authentication"]
    return ChipEvidence(
        {name: files[path] for path, name in paper.FILES.items() if path in files},
        None
        if answer is None
        else ActiveAuthenticationResponse(bytes.fromhex(answer["challenge"]), bytes.fromhex(answer["response"])),
        int(described["skipped"]),
        {str(name): str(value) for name, value in described["claimed"].items()},
    )


def _provenance(described: Mapping[str, Any]) -> Provenance:
    # archives of earlier versions have no such member: there was no live reading
    seen = described.get("live")
    live = None if seen is None else live_record.from_json(seen)
    source = EvidenceSource.DUMP if live is None else EvidenceSource.LIVE
    issued = described["issued_challenge"]
    if issued is None:
        return Provenance(source, None, live)
    challenge = IssuedChallenge(
        bytes.fromhex(issued["challenge"]),
        _time(issued["issued_at"]),
        _time(issued["answered_at"]),
        int(issued["max_age_s"]),
    )
    return Provenance(source, challenge, live)


def _printed(files: Mapping[str, bytes], at: datetime) -> MrzEvidence | None:
    """The printed lines; None where they were erased."""
    if paper.PRINTED not in files:
        return None
    printed: Mapping[str, Any] = read_json(files[paper.PRINTED])
    source = CaptureSource(printed["source"])
    capture = MrzCapture(tuple(printed["lines"]), source, int(printed["photo"]), _time(printed["at"]))
    return mrz_evidence(capture, at)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at

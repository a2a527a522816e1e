"""Find out whether a document, a person or an answer of a chip was here before, and remember that it is here now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence, ElementaryFile
from mrtd.lds import dg1
from service.domain.deadlines import missed
from service.domain.duplicates import FailureLimits, Finding, FindingCode, Trace, Traced, TraceKeys, TracePurpose
from service.domain.repositories import Work
from service.domain.verification import Verification
from service.usecases.judging import stockholm_day

#: Octets of r and s on the smallest curve there is, 112 bits. A shorter answer is no signature by any key. A chip
#: that fails sends an empty one, so that it is met again by chance; the check of the signature refuses it.
SHORTEST_SIGNATURE: Final = 28


@dataclass(frozen=True, slots=True)
class MeetAgain:
    """What is done with every chip that is read. `kept`: how long a trace is met again; then it is deleted."""

    keys: TraceKeys
    kept: timedelta
    limits: FailureLimits

    def traced(self, evidence: ChipEvidence, at: datetime) -> Traced:
        """The digests of what was read; outside of a transaction, since keys may live in a slow device."""
        return {trace.purpose: self.keys.digests(trace, at) for trace in traces_of(evidence, at)}

    def __call__(self, work: Work, verification: Verification, traced: Traced, now: datetime) -> Sequence[Finding]:
        """Keep traces and findings, in the transaction that keeps the evidence; every finding that stands.

        Of two verifications that bring the same at the same time, the one that is written later hears of the other.
        """
        work.traces.hold(traced)
        since = now - self.kept
        found = {
            *self._other_cases(work, verification, traced, since, now),
            *_other_person(work, traced, since),
            *_replayed(work, verification, traced, since),
            *self._failures(work, verification, now),
        }
        work.traces.add(verification.id, traced, now)
        work.findings.add(verification.id, found, now)
        return work.findings.of(verification.id)

    def _other_cases(
        self, work: Work, verification: Verification, traced: Traced, since: datetime, now: datetime
    ) -> set[Finding]:
        ids = work.traces.undecided(traced.get(TracePurpose.DOCUMENT, ()), since, besides=verification.id)
        found = set()
        for other in map(work.verifications.get, ids):
            if missed(other, now) is not None:
                # nobody wrote it down yet, and it ended all the same
                continue
            # Named only where whoever sees this case may know of the other one.
            same = (other.organisation, other.area) == (verification.organisation, verification.area)
            if same and not other.protected:
                found.add(Finding(FindingCode.DOCUMENT_IN_OTHER_CASE, other.id))
            else:
                found.add(Finding(FindingCode.DOCUMENT_IN_CASE_ELSEWHERE))
        return found

    def _failures(self, work: Work, verification: Verification, now: datetime) -> set[Finding]:
        """Of the administrator who opened it, or of the phone that captures, whoever works with that."""
        organisation, since, enough = verification.organisation, now - self.limits.window, self.limits.noted
        device = verification.captured_by_device
        many = len(work.traces.failures(organisation, verification.created_by, since, enough)) >= enough or (
            device is not None and len(work.traces.failures_of_device(organisation, device, since, enough)) >= enough
        )
        return {Finding(FindingCode.MANY_FAILED_CASES)} if many else set()


def _other_person(work: Work, traced: Traced, since: datetime) -> set[Finding]:
    """An upload without a readable EF.DG1 names no person, so nothing can be said of it."""
    holder = traced.get(TracePurpose.HOLDER, ())
    if holder and work.traces.with_other_holder(traced.get(TracePurpose.SECURITY_OBJECT, ()), holder, since):
        return {Finding(FindingCode.SECURITY_OBJECT_OF_OTHER_PERSON)}
    return set()


def _replayed(work: Work, verification: Verification, traced: Traced, since: datetime) -> set[Finding]:
    """Within one verification the challenge decides: one that was answered is used, a stranger's proves nothing."""
    if work.traces.answered_elsewhere(traced.get(TracePurpose.CHIP_ANSWER, ()), since, besides=verification.id):
        return {Finding(FindingCode.CHIP_ANSWER_REPLAYED)}
    return set()


def traces_of(evidence: ChipEvidence, at: datetime) -> Sequence[Trace]:
    """What of an upload can be met again; what cannot be read leaves no trace."""
    found = []
    files = evidence.files
    if ElementaryFile.DG1 in files:
        try:
            document = dg1.parse(files[ElementaryFile.DG1], today=stockholm_day(at)).document
        except MrtdError:
            pass
        else:
            fields = document.fields
            found.append(
                Trace(TracePurpose.DOCUMENT, (fields.issuing_state, fields.document_number, fields.document_code))
            )
            names = (fields.primary_identifier, fields.secondary_identifier)
            found.append(Trace(TracePurpose.HOLDER, (*names, document.raw["date_of_birth"])))
    if ElementaryFile.SOD in files:
        found.append(Trace(TracePurpose.SECURITY_OBJECT, (files[ElementaryFile.SOD].hex(),)))
    answer = evidence.active_authentication
    if answer is not None and len(answer.response) >= SHORTEST_SIGNATURE:
        found.append(Trace(TracePurpose.CHIP_ANSWER, (answer.response.hex(),)))
    return found

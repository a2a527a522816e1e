"""What the issuing state itself says of the document (`pa.deviation`; ICAO 9303-12 §10, 9303-3 §7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.data_groups import DataGroups
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.reason import Reason
from mrtd.lds.dg1 import Dg1
from mrtd.pki.certificate import Certificate
from mrtd.pki.deviation import Deviation, DocumentFacts, may_speak, speaks_of
from mrtd.pki.deviation_list import DeviationList
from mrz import codes


def check_deviation(
    lists: Sequence[DeviationList], files: ReadFiles, groups: DataGroups, *dscs: Certificate | None
) -> CheckResult:
    """`pa.deviation`: whether a signed deviation list of the document's own state speaks of it (ICAO 9303-12 §10).

    It only ever raises attention; no other check reads it (SECURITY.md 4.2).

    Args:
        lists: accepted lists: their signers passed `mrtd.pki.deviation_list.judge_signer`.
        files: what was sent.
        groups: which data groups have the hash of EF.SOD.
        dscs: the document signer of each signer of EF.SOD, None for one that was not found. A list that means any of
            them speaks of the document, so that a second signer beside the genuine one hides nothing.
    """

    def result(status: CheckStatus, reason: Reason | None, facts: dict[str, Scalar] | None = None) -> CheckResult:
        return CheckResult("pa.deviation", status, "document", reason, facts or {})

    if not lists:
        return result(CheckStatus.NOT_APPLICABLE, Reason.NO_EVIDENCE)
    dg1 = files.dg1
    if dg1 is None:
        missing = ElementaryFile.DG1 not in files.sent
        return result(CheckStatus.NOT_PERFORMED, Reason.NO_EVIDENCE if missing else Reason.EARLIER_STEP)
    known: list[Certificate | None] = [dsc for dsc in dscs if dsc is not None]
    issued_on = _issued_on(files, groups)
    documents = [_facts(dg1, issued_on, dsc) for dsc in known or [None]]
    own = [one for one in lists if any(may_speak(one.state, document) for document in documents)]
    if not own:
        return result(CheckStatus.NOT_APPLICABLE, Reason.NO_EVIDENCE)
    found = [(one, deviation) for one in own for deviation in one.deviations if _means(one, deviation, documents)]
    if not found:
        return result(CheckStatus.PASSED, None)
    first_list, first = found[0]
    facts: dict[str, Scalar] = {
        "list_sha256": first_list.sha256,
        "deviation": first.descriptions[0].name if first.descriptions else None,
        "deviations": len(found),
    }
    return result(CheckStatus.INDETERMINATE, Reason.KNOWN_DEVIATION, facts)


def _means(deviation_list: DeviationList, deviation: Deviation, documents: Sequence[DocumentFacts]) -> bool:
    return any(may_speak(deviation_list.state, document) and speaks_of(deviation, document) for document in documents)


def _facts(dg1: Dg1, issued_on: date | None, dsc: Certificate | None) -> DocumentFacts:
    fields = dg1.document.fields
    states = frozenset(codes.alpha2(fields.issuing_state))
    return DocumentFacts(states, fields.document_code, fields.document_number, dsc, issued_on)


def _issued_on(files: ReadFiles, groups: DataGroups) -> date | None:
    """The date of issue in DG12, if its hash passed."""
    if files.dg12 is None or ElementaryFile.DG12 not in groups.passed:
        return None
    return files.dg12.date_of_issue

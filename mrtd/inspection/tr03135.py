"""A report as the check tree of BSI TR-03135-1 v2.5, for systems that log document checks in its words.

An export and nothing else: what is rolled up here never feeds a verdict (SECURITY.md 1.7). It holds no personal data:
no MRZ, no hash of a file, and of DG1 the document code and the issuing state alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport
from mrtd.inspection.tr03135_codes import code_of
from mrtd.inspection.tr03135_tree import TREE, CodeClass, Node, Note, Rule, TrResult, home
from mrtd.inspection.verdict import Verdict

SCHEMA: Final = "passkoll/tr03135/1"
GUIDELINE: Final = "03135-1 v2.5"


class DataGroupIntegrity(StrEnum):
    """What is known of one data group (TR-03135-1 Table 5.42), with underscores."""

    IDENTICAL = "identical"
    NOT_IDENTICAL = "not_identical"
    PRESENT = "present"
    NOT_PRESENT = "not_present"
    NON_CONFORMANCE = "non_conformance"
    ABORTED = "aborted"


#: Which result stands for the node if it is among its parts, the first that is found; else not supported.
_PRECEDENCE: Final[Mapping[Rule, tuple[TrResult, ...]]] = MappingProxyType(
    {
        Rule.WORST: (TrResult.FAILED, TrResult.ABORTED, TrResult.UNDETERMINED, TrResult.SUCCESSFUL),
        Rule.ONE_PROOF: (TrResult.FAILED, TrResult.ABORTED, TrResult.SUCCESSFUL, TrResult.UNDETERMINED),
    }
)
#: No passport is without them, whatever was sent or can be read (ICAO 9303-10 §4.7.1, §4.7.2).
_IN_EVERY_DOCUMENT: Final = (ElementaryFile.DG1, ElementaryFile.DG2)


def to_tr03135(report: InspectionReport, verdict: Verdict) -> dict[str, object]:
    """The report in the words of TR-03135-1: a header and the tree of checks, JSON-ready.

    A check that is absent from the report counts as not performed, so as undetermined.

    Args:
        report: from `inspect`.
        verdict: of the same report. It names the policy and our own outcome; no result of the tree depends on it.
    """
    found: dict[str, list[CheckResult]] = {}
    for result in (*report.checks, *_absent(report)):
        found.setdefault(home(result.id, result.subject), []).append(result)
    return {
        "schema": SCHEMA,
        "tr": GUIDELINE,
        "at": report.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
        "software": report.software,
        "trust_store": report.trust_store,
        "evidence": {"source": report.source.value, "proof_origin": report.proof_origin.value},
        "document": {"issuing_state": report.issuing_state, "document_type": report.document_type},
        "policy": verdict.policy,
        "policy_digest": verdict.policy_digest,
        "outcome": verdict.outcome.value,
        "data_groups": data_group_integrity(report),
        "checks": _node(TREE, found, CodeClass.COMBINED)[1],
    }


def roll_up(results: Iterable[TrResult], rule: Rule = Rule.WORST, *, may_succeed: bool = True) -> TrResult:
    """One result out of those of a node's own checks and of its children (TR-03135-1 §5.4, Table 5.44).

    Failed stands before aborted, because Table 5.44 lets an aborted check count only where none failed: a defect that
    was seen is not unseen by a check that broke. Aborted stands before undetermined, because an aborted check is no
    evidence at all (§3.5.1). Not supported gives way to every other result, and alone it stays itself.

    Args:
        results: in any order.
        rule: which result stands before which.
        may_succeed: False where something without which there is no success does not apply.
    """
    there = set(results) if may_succeed else set(results) - {TrResult.SUCCESSFUL}
    return next((result for result in _PRECEDENCE[rule] if result in there), TrResult.NOT_SUPPORTED)


def data_group_integrity(report: InspectionReport) -> list[dict[str, str]]:
    """One entry a data group, EF.DG1 to EF.DG16 (TR-03135-1 §5.6.4.4.2, Table 5.42)."""
    groups = (name for name in ElementaryFile if name.data_group is not None)
    return [{"data_group": name.value, "integrity": _integrity(name, report).value} for name in groups]


def _integrity(name: ElementaryFile, report: InspectionReport) -> DataGroupIntegrity:
    """The worst that the checks of a group say.

    A group that EF.SOD does not list equals no hash in there. One that was sent and of which no check speaks, nobody
    has judged.
    """
    hashes = {result.status for result in report.results("pa.dg_hash") if result.subject == name}
    strange = {result.status for result in report.results("pa.dg_unlisted") if result.subject == name}
    sent = name.value in report.files
    if CheckStatus.FAILED in hashes | strange:
        return DataGroupIntegrity.NOT_IDENTICAL
    if CheckStatus.ABORTED in hashes | strange or (sent and not hashes):
        return DataGroupIntegrity.ABORTED
    if hashes == {CheckStatus.PASSED}:
        return DataGroupIntegrity.IDENTICAL
    if sent:
        return DataGroupIntegrity.NON_CONFORMANCE
    available = bool(hashes) or name in _IN_EVERY_DOCUMENT
    return DataGroupIntegrity.PRESENT if available else DataGroupIntegrity.NOT_PRESENT


def _absent(report: InspectionReport) -> Iterable[CheckResult]:
    """A NOT_PERFORMED for each check of the table that the report lacks."""
    here = {result.id for result in report.checks}
    for definition in CHECKS.values():
        if definition.id not in here:
            subject = definition.subjects[0].replace("EF.*", ElementaryFile.SOD)
            yield CheckResult(definition.id, CheckStatus.NOT_PERFORMED, subject, Reason.NO_EVIDENCE)


def _node(
    node: Node, found: Mapping[str, Sequence[CheckResult]], inherited: CodeClass
) -> tuple[TrResult, dict[str, object]]:
    """The result of a node, and its object with all below it."""
    code_class = node.code_class or inherited
    checks = found.get(node.id, ())
    children = [(child, *_node(child, found, code_class)) for child in node.children]
    counted = [result for child, result, _ in children if child.note is not Note.EVALUATORY]
    applies = not any(check.id in node.needs and check.status is CheckStatus.NOT_APPLICABLE for check in checks)
    result = roll_up([*map(_result, checks), *counted], node.rule, may_succeed=applies)
    value: dict[str, object] = {
        "id": node.id,
        "section": node.section,
        "result": result.value,
        "codes": [_code(check, code_class) for check in checks if not _clean(check)],
        "children": [child for _, _, child in children],
    }
    note = Note.NOT_READ if not (checks or node.children or node.note) else node.note
    return result, value if note is None else {**value, "note": note.value}


def _result(check: CheckResult) -> TrResult:
    return TrResult(check.status.tr03135.replace(" ", "_"))


def _clean(check: CheckResult) -> bool:
    """No code means that a check was performed and passed (TR-03135-1 §5.3); a remark has a code all the same."""
    return check.status is CheckStatus.PASSED and check.reason is None


def _code(check: CheckResult, code_class: CodeClass) -> dict[str, object]:
    return {
        "code": code_of(code_class, check.reason),
        "reason": None if check.reason is None else check.reason.value,
        "check": check.id,
        "subject": check.subject,
        "result": _result(check).value,
    }

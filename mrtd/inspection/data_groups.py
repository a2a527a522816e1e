"""The data groups against the security object: hashes over the raw bytes, and what is missing or in excess.

ICAO 9303-11 §5.1 and 9303-10 §4.6.2. A group counts as listed when EF.SOD holds a hash for its number, whatever
EF.COM or the sender says.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mrtd.crypto.digests import HASHES, digest
from mrtd.evidence import EAC_PROTECTED, ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.reason import Reason
from mrtd.lds.lds_security_object import LdsSecurityObject

#: Data groups are numbered 1 to 16 (ICAO 9303-10 §4.6.2.3).
_NUMBERS: Final = range(1, 17)
#: Judged in every report, sent or not: no passport is without them.
_ALWAYS: Final = (ElementaryFile.DG1, ElementaryFile.DG2)


@dataclass(frozen=True, slots=True, repr=False)
class DataGroups:
    """The end of comparing the data groups: which are listed, and which have the listed hash."""

    listed: frozenset[ElementaryFile]
    passed: frozenset[ElementaryFile]
    results: tuple[CheckResult, ...]


def check_data_groups(files: ReadFiles, lds: LdsSecurityObject | None) -> DataGroups:
    """Every `pa.dg_*` result, `lds.com_consistent` and `evidence.complete` (ICAO 9303-11 §5.1).

    Args:
        files: what was sent.
        lds: the hashes of EF.SOD; None if there is no security object to compare with.
    """
    sent = frozenset(name for name in files.sent if name.data_group is not None)
    if lds is None:
        return DataGroups(frozenset(), frozenset(), tuple(_nothing_to_compare(sent, files)))
    listed: dict[ElementaryFile, list[bytes]] = {}
    for number, value in lds.data_group_hashes:
        if number in _NUMBERS:
            listed.setdefault(ElementaryFile.of_data_group(number), []).append(value)
    hash_name = HASHES.get(lds.digest_algorithm)
    hashes = _hashes(files, listed, hash_name)
    passed = frozenset(ElementaryFile(result.subject) for result in hashes if result.status is CheckStatus.PASSED)
    results = (
        *hashes,
        _hash_strength(lds, hash_name),
        *_unlisted(sent, frozenset(listed)),
        *_numbers(lds),
        _com_consistent(files, frozenset(listed)),
        _complete(sent, frozenset(listed)),
    )
    return DataGroups(frozenset(listed), passed, results)


def _nothing_to_compare(sent: frozenset[ElementaryFile], files: ReadFiles) -> list[CheckResult]:
    earlier, not_performed = Reason.EARLIER_STEP, CheckStatus.NOT_PERFORMED
    groups = sorted(sent | set(_ALWAYS), key=list(ElementaryFile).index)
    com = Reason.ABSENT if ElementaryFile.COM not in files.sent else earlier
    return [
        *(CheckResult("pa.dg_hash", not_performed, name, earlier) for name in groups),
        CheckResult("pa.algorithms", not_performed, "DG hash", earlier),
        CheckResult("pa.dg_unlisted", not_performed, ElementaryFile.SOD, earlier),
        CheckResult("pa.dg_duplicate", not_performed, ElementaryFile.SOD, earlier),
        CheckResult("lds.com_consistent", not_performed, ElementaryFile.COM, com),
        CheckResult("evidence.complete", not_performed, "evidence", earlier),
    ]


def _hashes(
    files: ReadFiles, listed: Mapping[ElementaryFile, list[bytes]], hash_name: str | None
) -> list[CheckResult]:
    """`pa.dg_hash` of every listed group, and of DG1 and DG2 in any case, in the order of their numbers."""
    groups = [name for name in ElementaryFile if name in listed or name in _ALWAYS]
    return [_hash(files, name, listed.get(name, []), hash_name) for name in groups]


def _hash(files: ReadFiles, name: ElementaryFile, expected: list[bytes], hash_name: str | None) -> CheckResult:
    def result(status: CheckStatus, reason: Reason | None = None) -> CheckResult:
        facts: dict[str, Scalar] = {"hash": hash_name} if hash_name is not None else {}
        return CheckResult("pa.dg_hash", status, name, reason, facts)

    if name not in files.stored:
        if name in EAC_PROTECTED:
            return result(CheckStatus.NOT_APPLICABLE, Reason.EAC_PROTECTED)
        return result(CheckStatus.NOT_PERFORMED, Reason.NOT_SENT)
    if not expected:
        # sent, and not in the security object: `pa.dg_unlisted` says so, and nothing vouches for the bytes
        return result(CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    if hash_name is None:
        return result(CheckStatus.INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM)
    computed = digest(hash_name, files.stored[name])
    # a number that is listed twice counts only if both entries agree with the bytes: none is preferred
    if not all(hmac.compare_digest(computed, value) for value in expected):
        return result(CheckStatus.FAILED, Reason.MISMATCH)
    return result(CheckStatus.PASSED)


def _hash_strength(lds: LdsSecurityObject, hash_name: str | None) -> CheckResult:
    """`pa.algorithms` of the data-group hashes (SECURITY.md 3.5)."""
    if hash_name is None:
        facts: dict[str, Scalar] = {"algorithm": lds.digest_algorithm}
        return CheckResult("pa.algorithms", CheckStatus.NOT_PERFORMED, "DG hash", Reason.EARLIER_STEP, facts)
    weak = hash_name == "sha1"
    return CheckResult(
        "pa.algorithms",
        CheckStatus.PASSED,
        "DG hash",
        Reason.WEAK_ALGORITHM if weak else None,
        {"hash": hash_name, "weak_hash": weak},
    )


def _unlisted(sent: frozenset[ElementaryFile], listed: frozenset[ElementaryFile]) -> list[CheckResult]:
    """`pa.dg_unlisted`: a group that was sent without a hash in EF.SOD was put there by somebody else."""
    strangers = [name for name in ElementaryFile if name in sent and name not in listed]
    if not strangers:
        return [CheckResult("pa.dg_unlisted", CheckStatus.PASSED, ElementaryFile.SOD)]
    return [CheckResult("pa.dg_unlisted", CheckStatus.FAILED, name, Reason.NOT_IN_SOD) for name in strangers]


def _numbers(lds: LdsSecurityObject) -> list[CheckResult]:
    """`pa.dg_duplicate`: group numbers are unique and 1 to 16 (ICAO 9303-10 §4.6.2.3)."""
    numbers = [number for number, _ in lds.data_group_hashes]
    found = []
    if len(set(numbers)) != len(numbers):
        found.append(Reason.DUPLICATE)
    if any(number not in _NUMBERS for number in numbers):
        found.append(Reason.OUT_OF_RANGE)
    if not found:
        return [CheckResult("pa.dg_duplicate", CheckStatus.PASSED, ElementaryFile.SOD)]
    return [CheckResult("pa.dg_duplicate", CheckStatus.FAILED, ElementaryFile.SOD, reason) for reason in found]


def _com_consistent(files: ReadFiles, listed: frozenset[ElementaryFile]) -> CheckResult:
    """`lds.com_consistent`: EF.COM is unsigned; a difference shows tampering or an issuer's error."""
    if ElementaryFile.COM not in files.sent:
        return CheckResult("lds.com_consistent", CheckStatus.NOT_PERFORMED, ElementaryFile.COM, Reason.ABSENT)
    if files.com is None:
        return CheckResult("lds.com_consistent", CheckStatus.NOT_PERFORMED, ElementaryFile.COM, Reason.EARLIER_STEP)
    in_com = {ElementaryFile.of_data_group(number) for number in files.com.data_groups if number in _NUMBERS}
    if in_com == listed and len(files.com.data_groups) == len(in_com):
        return CheckResult("lds.com_consistent", CheckStatus.PASSED, ElementaryFile.COM)
    facts: dict[str, Scalar] = {
        "only_in_com": _numbers_of(in_com - listed),
        "only_in_sod": _numbers_of(listed - in_com),
    }
    return CheckResult("lds.com_consistent", CheckStatus.FAILED, ElementaryFile.COM, Reason.DIFFERS, facts)


def _complete(sent: frozenset[ElementaryFile], listed: frozenset[ElementaryFile]) -> CheckResult:
    """`evidence.complete`: which listed groups were not sent; fingers and irises are never asked for."""
    missing = listed - sent - set(EAC_PROTECTED)
    if not missing:
        return CheckResult("evidence.complete", CheckStatus.PASSED, "evidence")
    facts: dict[str, Scalar] = {"not_sent": _numbers_of(missing)}
    return CheckResult("evidence.complete", CheckStatus.INDETERMINATE, "evidence", Reason.INCOMPLETE, facts)


def _numbers_of(groups: frozenset[ElementaryFile] | set[ElementaryFile]) -> str:
    """`1,2,14`: the numbers of the groups, for facts."""
    return ",".join(str(number) for number in sorted(name.data_group or 0 for name in groups))

"""How the chip was reached, and how the evidence came (ICAO 9303-11 §4, §9.2.11).

A dump cannot show how it was read: what its sender says is reported as a claim, and believed only against himself.
Judged after Passive Authentication, because only a signed DG14 says what the chip could do (SECURITY.md 5.8).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence, ElementaryFile, EvidenceSource, LiveSession, Provenance
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.chip_authenticity import ChipSecurity
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.reason import Reason
from mrtd.lds import card_security
from mrtd.lds.dg14 import Dg14
from mrtd.lds.security_infos import SecurityInfos

#: The words that a sender may use for the protocol (API.md §5); every other word is reported as `other`.
_PROTOCOLS: Final = frozenset({"PACE", "PACE-GM", "PACE-IM", "PACE-CAM", "BAC", "NONE"})
#: Where `mrtd.dump` keeps the sender's words.
CLAIMED_PROTOCOL: Final = "access.protocol"
CLAIMED_SOURCE: Final = "source"


def check_access(
    files: ReadFiles,
    evidence: ChipEvidence,
    provenance: Provenance,
    security: ChipSecurity,
    card_security_content: bytes | None,
) -> list[CheckResult]:
    """Every `access.*` result, `evidence.source` and `live.timing`.

    Args:
        files: what was sent.
        evidence: the same with the sender's claims.
        provenance: where the evidence came from.
        security: what Passive Authentication found out about DG14.
        card_security_content: the eContent of EF.CardSecurity if its signature passed and leads to an anchor.
    """
    live, signed_dg14 = provenance.live, security.signed_dg14
    if provenance.source is not EvidenceSource.LIVE:
        claimed = _claimed_protocol(evidence)
        protocol, downgrade = _claimed(claimed), _claimed_downgrade(claimed, signed_dg14)
        messaging, timing = _not_live("access.sm"), _not_live("live.timing")
    elif live is None:
        protocol, downgrade, messaging, timing = (
            CheckResult(check, CheckStatus.NOT_PERFORMED, "chip", Reason.NO_EVIDENCE)
            for check in ("access.protocol", "access.pace_downgrade", "access.sm", "live.timing")
        )
    else:
        protocol, downgrade = _seen(live), _pace_downgrade(live, security)
        messaging, timing = _secure_messaging(live), _timing(live)
    signed = _card_access_signed(files, signed_dg14, card_security_content)
    return [protocol, downgrade, signed, messaging, _source(evidence, provenance), timing]


def _source(evidence: ChipEvidence, provenance: Provenance) -> CheckResult:
    """`evidence.source`: how the evidence came; what its sender says of that stands beside it, as his claim."""
    facts: dict[str, Scalar] = {"source": provenance.source.value}
    claimed = evidence.claimed.get(CLAIMED_SOURCE)
    if claimed is not None:
        facts["claimed_source"] = claimed.lower() if claimed.lower() in set(EvidenceSource) else "other"
    return CheckResult("evidence.source", CheckStatus.PASSED, "evidence", facts=facts)


def _claimed_protocol(evidence: ChipEvidence) -> str | None:
    word = evidence.claimed.get(CLAIMED_PROTOCOL)
    if word is None:
        return None
    return word.upper() if word.upper() in _PROTOCOLS else "other"


def _not_live(check: str) -> CheckResult:
    """A check of a live session's commands; nothing in a dump answers it."""
    return CheckResult(check, CheckStatus.NOT_APPLICABLE, "chip", Reason.NOT_LIVE)


def _claimed(claimed: str | None) -> CheckResult:
    """`access.protocol` of a dump: what the sender says, which proves nothing."""
    if claimed is None:
        return _not_live("access.protocol")
    facts: dict[str, Scalar] = {"claimed_protocol": claimed}
    return CheckResult("access.protocol", CheckStatus.INDETERMINATE, "chip", Reason.CLAIMED, facts)


def _seen(live: LiveSession) -> CheckResult:
    """`access.protocol` of a live session: what this server did."""
    return CheckResult("access.protocol", CheckStatus.PASSED, "chip", facts={"protocol": live.access})


def _claimed_downgrade(claimed: str | None, signed_dg14: Dg14 | None) -> CheckResult:
    """`access.pace_downgrade` of a dump: a sender who admits BAC with a chip that offers PACE is believed."""
    check = "access.pace_downgrade"
    if claimed == "BAC" and signed_dg14 is not None and signed_dg14.security_infos.pace_infos:
        facts: dict[str, Scalar] = {"claimed_protocol": claimed}
        return CheckResult(check, CheckStatus.FAILED, "chip", Reason.BAC_DESPITE_PACE, facts)
    return _not_live(check)


def _pace_downgrade(live: LiveSession, security: ChipSecurity) -> CheckResult:
    """`access.pace_downgrade` of a live session: what the signed DG14 promises was used (SECURITY.md 5.8).

    Whoever hides EF.CardAccess may hide DG14 as well: where the security object lists one that says nothing, BAC may
    have been all there is, and may not.
    """
    check, facts = "access.pace_downgrade", {"protocol": live.access}
    signed_dg14 = security.signed_dg14
    if live.access == "BAC" and signed_dg14 is None and (security.dg14_listed or not security.pa_passed):
        # one that has the right hash is there, and cannot be read
        withheld = security.pa_passed and security.dg14 is None and not security.dg14_hash_passed
        why = Reason.NO_EVIDENCE if withheld else Reason.EARLIER_STEP
        return CheckResult(check, CheckStatus.NOT_PERFORMED, "chip", why, facts)
    if signed_dg14 is None or not signed_dg14.security_infos.pace_infos or live.access != "BAC":
        return CheckResult(check, CheckStatus.PASSED, "chip", facts=facts)
    reason = Reason.BAC_DESPITE_PACE if live.card_access_read else Reason.CARD_ACCESS_ABSENT
    return CheckResult(check, CheckStatus.FAILED, "chip", reason, facts)


def _secure_messaging(live: LiveSession) -> CheckResult:
    """`access.sm`: a session that was not whole to the end brings no evidence, so there is only the quirk to tell."""
    return CheckResult("access.sm", CheckStatus.PASSED, "chip", Reason.LENGTH_QUIRK if live.length_quirk else None)


def _timing(live: LiveSession) -> CheckResult:
    """`live.timing`: an outlier may be a relay, or a busy counter (SECURITY.md 6.2)."""
    if live.slow is None:
        return CheckResult("live.timing", CheckStatus.NOT_PERFORMED, "chip", Reason.NO_EVIDENCE)
    facts: dict[str, Scalar] = {"command_ms": live.command_ms}
    if live.slow:
        return CheckResult("live.timing", CheckStatus.INDETERMINATE, "chip", Reason.OUTLIER, facts)
    return CheckResult("live.timing", CheckStatus.PASSED, "chip", facts=facts)


def _card_access_signed(
    files: ReadFiles, signed_dg14: Dg14 | None, card_security_content: bytes | None
) -> CheckResult:
    """`access.card_access_signed`: every SecurityInfo of EF.CardAccess is signed (ICAO 9303-11 §9.2.11)."""

    def result(status: CheckStatus, reason: Reason | None = None) -> CheckResult:
        return CheckResult("access.card_access_signed", status, ElementaryFile.CARD_ACCESS, reason)

    if ElementaryFile.CARD_ACCESS not in files.sent:
        return result(CheckStatus.NOT_APPLICABLE, Reason.NOT_READ)
    if files.card_access is None:
        return result(CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    signed = [] if signed_dg14 is None else [signed_dg14.security_infos]
    if card_security_content is not None:
        # content that cannot be read signs nothing; DG14 may still hold the infos
        with suppress(MrtdError):
            signed.append(card_security.security_infos(card_security_content))
    if not signed:
        return result(CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    if any(_infos(files.card_access.security_infos) <= _infos(one) for one in signed):
        return result(CheckStatus.PASSED)
    return result(CheckStatus.FAILED, Reason.DIFFERS)


def _infos(security_infos: SecurityInfos) -> frozenset[tuple[str, bytes, bytes | None]]:
    return frozenset((info.oid, info.required_raw, info.optional_raw) for info in security_infos.infos)

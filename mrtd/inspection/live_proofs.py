"""What a live session proves of the chip: Chip Authentication and PACE-CAM, by keys of this server.

A session says what it did and what it read under which keys; whether the keys are the state's, and whether what was
read is what was judged, is found out here (SECURITY.md 5.3, 5.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrtd.crypto.domain_parameters import standardised
from mrtd.crypto.key_agreement import EcGroup
from mrtd.errors import MrtdError
from mrtd.evidence import ChipAuthenticationProof, ElementaryFile, LiveSession, PaceCamProof
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.lds import card_security
from mrtd.lds.security_infos import SecurityInfos
from mrtd.protocols.chip_authentication import chip_keys, public_points
from mrtd.protocols.pace import factor_maps

#: What must be read again under the keys of a proof, so that the proof is about this document.
_BOUND: Final = (ElementaryFile.SOD, ElementaryFile.DG1)
PACE_CAM: Final = ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session")


def _result(check_id: str, status: CheckStatus, reason: Reason | None = None) -> CheckResult:
    return CheckResult(check_id, status, CHECKS[check_id].subjects[0], reason)


def chip_authentication(
    live: LiveSession | None, signed: SecurityInfos, digests: Mapping[ElementaryFile, str]
) -> list[CheckResult]:
    """`ca.secure_messaging`, `ca.rebind` and `ca.claimed` (ICAO 9303-11 §6.2).

    Args:
        live: the session, None for a dump.
        signed: of a DG14 whose hash stands in the passed security object.
        digests: SHA-256 of each file that is judged.
    """
    claimed = _result("ca.claimed", CheckStatus.NOT_APPLICABLE, Reason.NOT_SENT)
    proof = None if live is None else live.chip_authentication
    if live is None or proof is None:
        return [
            _result("ca.secure_messaging", CheckStatus.NOT_PERFORMED, Reason.NOT_PERFORMED),
            _result("ca.rebind", CheckStatus.NOT_PERFORMED, Reason.NOT_PERFORMED),
            claimed,
        ]
    rebound = _bound(live, digests)
    if not proof.proved:
        messaging = _result("ca.secure_messaging", CheckStatus.FAILED, Reason.BAD_MAC)
        return [messaging, _result("ca.rebind", CheckStatus.NOT_PERFORMED, Reason.NOT_PERFORMED), claimed]
    return [
        _secure_messaging(proof, signed),
        _result("ca.rebind", CheckStatus.PASSED)
        if rebound
        else _result("ca.rebind", CheckStatus.FAILED, Reason.DIFFERS),
        claimed,
    ]


def _secure_messaging(proof: ChipAuthenticationProof, signed: SecurityInfos) -> CheckResult:
    """The key that was shown must be one that the state signed; else nothing was shown of this document."""
    try:
        known = any((key.oid, key.public) == (proof.protocol, proof.public_key) for key in chip_keys(signed))
    except MrtdError:
        known = False
    if not known:
        return _result("ca.secure_messaging", CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    return _result("ca.secure_messaging", CheckStatus.PASSED, Reason.INFERRED_3DES if proof.inferred else None)


def pace_cam(
    live: LiveSession | None,
    card_security_content: bytes | None,
    digests: Mapping[ElementaryFile, str],
    *,
    signed_for: bool,
) -> list[CheckResult]:
    """The four `pace_cam.*` results under a passed security object (SECURITY.md 5.4, 5.5).

    What EF.CardAccess leaves out, anybody may have left out: a chip whose signed DG14 offers the mapping, and that
    was read without it, withheld a proof (SECURITY.md 2.3).

    Args:
        live: the session, None for a dump.
        card_security_content: the SecurityInfos of EF.CardSecurity, if its signature leads to an anchor and its
            signer's state is that of the security object.
        digests: SHA-256 of each file that is judged.
        signed_for: the signed DG14 offers the mapping.
    """
    if live is not None and live.failed_cam:
        left = (_result(row, CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP) for row in PACE_CAM[1:])
        return [_result("pace_cam.token", CheckStatus.FAILED, Reason.BAD_TOKEN), *left]
    if live is None or live.pace_cam is None:
        if signed_for:
            return [_result(row, CheckStatus.NOT_PERFORMED, Reason.NOT_PERFORMED) for row in PACE_CAM]
        why = Reason.NOT_LIVE if live is None else Reason.NOT_SUPPORTED
        return [_result(row, CheckStatus.NOT_APPLICABLE, why) for row in PACE_CAM]
    # The channel stands, so the token was the right one; a wrong one ends a session before anything is read.
    results = [_result("pace_cam.token", CheckStatus.PASSED)]
    if card_security_content is None:
        results.append(_result("pace_cam.card_security", CheckStatus.INDETERMINATE, Reason.UNTRUSTED))
        results.append(_result("pace_cam.mapping", CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP))
    else:
        results.append(_result("pace_cam.card_security", CheckStatus.PASSED))
        proved = _mapped(live.pace_cam, card_security_content)
        results.append(
            _result("pace_cam.mapping", CheckStatus.PASSED)
            if proved
            else _result("pace_cam.mapping", CheckStatus.FAILED, Reason.MISMATCH)
        )
    if _bound(live, digests):
        return [*results, _result("pace_cam.same_session", CheckStatus.PASSED)]
    return [*results, _result("pace_cam.same_session", CheckStatus.FAILED, Reason.SOD_NOT_IN_SESSION)]


def _mapped(proof: PaceCamProof, content: bytes) -> bool:
    """Whether the mapping was made with a static key of EF.CardSecurity on the same parameters."""
    try:
        group = standardised(proof.parameter_id, elliptic=True)
        keys = public_points(card_security.security_infos(content))
    except MrtdError:
        return False
    if not isinstance(group, EcGroup):
        return False
    points = [key for curve, key in keys if curve == group.curve]
    return factor_maps(group, proof.factor, proof.mapping_key, points)


def _bound(live: LiveSession, digests: Mapping[ElementaryFile, str]) -> bool:
    """Whether EF.SOD and DG1 were read under the keys of the proof, and are the ones that are judged."""
    return all(name in digests and live.read_under_proof.get(name) == digests[name] for name in _BOUND)

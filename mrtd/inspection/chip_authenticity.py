"""Is the chip the one that the issuing state made? The judgement of Active and Chip Authentication and PACE-CAM.

A clone copies every file with its signature, so Passive Authentication cannot tell it from the original; only a
secret that never leaves the chip can (ICAO 9303-11 §6). Support for a proof is read from the passed EF.SOD alone:
what the sender left out, or says about itself, proves nothing (SECURITY.md section 2).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrtd.crypto.keys import EcPublicKey, PublicKey, RsaPublicKey
from mrtd.errors import UnsupportedError
from mrtd.evidence import ActiveAuthenticationResponse, ElementaryFile, IssuedChallenge, Provenance
from mrtd.inspection import live_proofs
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Scalar
from mrtd.inspection.chip_keys import chip_authentication_key, read_key
from mrtd.inspection.reason import Reason
from mrtd.inspection.strength import of_chip_key
from mrtd.lds.dg14 import Dg14
from mrtd.lds.dg15 import Dg15
from mrtd.protocols import active_authentication
from mrtd.protocols.active_authentication import DECLARED_HASHES, AaRemark
from mrtd.protocols.pace import offers_chip_authentication_mapping

#: An answer that took more than this part of the challenge's life is remarked upon. A chip signs within two seconds;
#: what is slower by far was relayed, or the counter is busy.
SLOW_PART: Final = 0.5

#: What `weak_hash` means where a declaration is missing: everything below SHA-256 (CHECKS.md, aa.algorithm_declared).
_STRONG_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
#: Without digests nothing that a live session read can be bound to what is judged.
NOTHING_JUDGED: Final[Mapping[ElementaryFile, str]] = MappingProxyType({})
_AA: Final = ("aa.key", "aa.algorithm_declared", "aa.signature", "aa.challenge_bound")
_CA: Final = ("ca.key", "ca.secure_messaging", "ca.rebind", "ca.claimed")


@dataclass(frozen=True, slots=True, repr=False)
class ChipSecurity:
    """What the earlier steps found out about the chip's keys.

    `dg14_listed`, `dg15_listed`: EF.SOD holds a hash of the group. `dg14`, `dg15`: the group as read, None if it was
    not sent or cannot be read. `*_hash_passed`: the bytes that were sent have the listed hash. `pa_passed`: Passive
    Authentication passed, in one signer thread. `card_security_content`: the SecurityInfos of EF.CardSecurity, if
    the state that signed the security object signed them.
    """

    pa_passed: bool
    dg14: Dg14 | None
    dg15: Dg15 | None
    dg14_listed: bool
    dg15_listed: bool
    dg14_hash_passed: bool
    dg15_hash_passed: bool
    response: ActiveAuthenticationResponse | None
    card_security_content: bytes | None = None

    @property
    def signed_dg14(self) -> Dg14 | None:
        """DG14 if the issuing state signed what was read."""
        return self.dg14 if self.pa_passed and self.dg14_listed and self.dg14_hash_passed else None

    @property
    def signed_dg15(self) -> Dg15 | None:
        """DG15 if the issuing state signed what was read."""
        return self.dg15 if self.pa_passed and self.dg15_listed and self.dg15_hash_passed else None

    @property
    def offers_pace_cam(self) -> bool:
        """Whether the issuing state signed that the chip proves itself within PACE."""
        group = self.signed_dg14
        return group is not None and offers_chip_authentication_mapping(group.security_infos)


def check(
    security: ChipSecurity, provenance: Provenance, digests: Mapping[ElementaryFile, str] = NOTHING_JUDGED
) -> list[CheckResult]:
    """Every `aa.*`, `ca.*` and `pace_cam.*` result, `evidence.freshness`, and `pa.algorithms` of AA and CA.

    Args:
        security: what Passive Authentication found out.
        provenance: who made the challenge, when it was issued and answered, and what a live session saw.
        digests: SHA-256 of each file that is judged.
    """
    freshness = _freshness(provenance.challenge)
    if not security.pa_passed:
        barred = (*_AA, *_CA, *live_proofs.PACE_CAM)
        return [*(_result(row, CheckStatus.NOT_PERFORMED, Reason.PA_NOT_PASSED) for row in barred), freshness]
    return [
        *_active_authentication(security, provenance),
        *_chip_authentication(security, provenance, digests),
        *live_proofs.pace_cam(
            provenance.live, security.card_security_content, digests, signed_for=security.offers_pace_cam
        ),
        freshness,
    ]


def _result(
    check_id: str, status: CheckStatus, reason: Reason | None = None, facts: dict[str, Scalar] | None = None
) -> CheckResult:
    return CheckResult(check_id, status, CHECKS[check_id].subjects[0], reason, facts or {})


def _freshness(challenge: IssuedChallenge | None) -> CheckResult:
    """From the challenge's issue to its answer, by the server's clock (SECURITY.md 2.6)."""
    if challenge is None:
        return _result("evidence.freshness", CheckStatus.NOT_APPLICABLE, Reason.NO_EVIDENCE)
    facts: dict[str, Scalar] = {"seconds": int(_age(challenge)), "max_age_s": challenge.max_age_s}
    slow = _age(challenge) > challenge.max_age_s * SLOW_PART
    return _result("evidence.freshness", CheckStatus.PASSED, Reason.SLOW if slow else None, facts)


def _age(challenge: IssuedChallenge) -> float:
    return (challenge.answered_at - challenge.issued_at).total_seconds()


# --- Active Authentication


def _active_authentication(security: ChipSecurity, provenance: Provenance) -> list[CheckResult]:
    if not security.dg15_listed:
        return [_result(row, CheckStatus.NOT_APPLICABLE, Reason.NOT_SUPPORTED) for row in _AA]
    key_result, key = _aa_key(security)
    declared = _declared_hash(security)
    signature, found = _aa_signature(security, key, declared)
    results = [
        key_result,
        _aa_algorithm_declared(security, key, declared, found),
        signature,
        _aa_challenge_bound(security.response, provenance.challenge),
    ]
    if key is not None:
        results.append(of_chip_key("AA", key, found))
    return results


def _aa_key(security: ChipSecurity) -> tuple[CheckResult, PublicKey | None]:
    if security.signed_dg15 is None:
        return _result("aa.key", CheckStatus.NOT_PERFORMED, _why_not(security.dg15, security.dg15_hash_passed)), None
    return read_key("aa.key", security.signed_dg15.spki, active_authentication.check_key)


def _why_not(group: Dg14 | Dg15 | None, hash_passed: bool) -> Reason:
    """Why a listed group gives no key: it was not sent, or other checks found its hash or structure wrong."""
    return Reason.NOT_SENT if group is None and not hash_passed else Reason.EARLIER_STEP


@dataclass(frozen=True, slots=True)
class _Declaration:
    """What DG14 says of the hash of ECDSA: `oid` None = nothing, `hash` None = something unknown."""

    oid: str | None = None
    hash: str | None = None


def _declared_hash(security: ChipSecurity) -> _Declaration:
    if security.signed_dg14 is None:
        return _Declaration()
    infos = security.signed_dg14.security_infos.active_authentication_infos
    oids = tuple(dict.fromkeys(info.signature_algorithm for info in infos))
    hashes = {DECLARED_HASHES.get(oid) for oid in oids}
    if not oids:
        return _Declaration()
    return _Declaration(" ".join(oids), hashes.pop() if len(hashes) == 1 else None)


def _aa_algorithm_declared(
    security: ChipSecurity, key: PublicKey | None, declared: _Declaration, found: str | None
) -> CheckResult:
    """DG14 must declare the hash of ECDSA (ICAO 9303-11 §9.2.4); RSA names it in the signature."""
    row = "aa.algorithm_declared"
    if key is None:
        return _result(row, CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    if isinstance(key, RsaPublicKey):
        return _result(row, CheckStatus.NOT_APPLICABLE)
    facts: dict[str, Scalar] = {"hash": declared.hash or found, "oid": declared.oid}
    if declared.hash is not None:
        return _result(row, CheckStatus.PASSED, facts=facts)
    facts["weak_hash"] = found is not None and found not in _STRONG_HASHES
    certain = declared.oid is None and not (security.dg14_listed and security.signed_dg14 is None)
    status = CheckStatus.PASSED if certain and found is not None else CheckStatus.INDETERMINATE
    return _result(row, status, Reason.ALGORITHM_UNDECLARED, facts)


def _aa_signature(
    security: ChipSecurity, key: PublicKey | None, declared: _Declaration
) -> tuple[CheckResult, str | None]:
    """Verify the response over the challenge that came with it; `aa.challenge_bound` says whose challenge that is."""
    row, response = "aa.signature", security.response
    if response is None:
        return _result(row, CheckStatus.NOT_PERFORMED, Reason.NOT_SENT), None
    unknown_hash = isinstance(key, EcPublicKey) and declared.oid is not None and declared.hash is None
    if key is None or unknown_hash:
        return _result(row, CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP), None
    try:
        found = active_authentication.verify(key, response.challenge, response.response, declared_hash=declared.hash)
    except UnsupportedError as error:
        return _result(row, CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP, {"code": error.code}), None
    facts: dict[str, Scalar] = {"scheme": found.scheme.value, "hash": found.hash}
    if not found.verified:
        return _result(row, CheckStatus.FAILED, Reason.BAD_SIGNATURE, facts), None
    remark = Reason.DER_ENCODED if found.remark is AaRemark.DER_ENCODED else None
    return _result(row, CheckStatus.PASSED, remark, facts), found.hash


def _aa_challenge_bound(response: ActiveAuthenticationResponse | None, issued: IssuedChallenge | None) -> CheckResult:
    """Whether the response answers this server's own, fresh challenge (SECURITY.md 2.1, 2.6).

    A late answer proves less than a fresh one, but a slow counter makes no clone: it is INDETERMINATE.
    """
    row = "aa.challenge_bound"
    if response is None:
        return _result(row, CheckStatus.NOT_PERFORMED, Reason.NOT_SENT)
    if issued is None:
        return _result(row, CheckStatus.INDETERMINATE, Reason.CLAIMED)
    if not hmac.compare_digest(response.challenge, issued.challenge):
        return _result(row, CheckStatus.FAILED, Reason.OTHER_CHALLENGE)
    if issued.already_used:
        return _result(row, CheckStatus.FAILED, Reason.CHALLENGE_USED)
    if not 0 <= _age(issued) <= issued.max_age_s:
        return _result(row, CheckStatus.INDETERMINATE, Reason.CHALLENGE_EXPIRED)
    return _result(row, CheckStatus.PASSED)


# --- Chip Authentication


def _chip_authentication(
    security: ChipSecurity, provenance: Provenance, digests: Mapping[ElementaryFile, str]
) -> list[CheckResult]:
    """In a dump only the key can be judged; the proof needs a live session, and a transcript would be a claim."""
    if not security.dg14_listed:
        return [_result(row, CheckStatus.NOT_APPLICABLE, Reason.NOT_SUPPORTED) for row in _CA]
    if security.signed_dg14 is None:
        why = _why_not(security.dg14, security.dg14_hash_passed)
        barred = [_result(row, CheckStatus.NOT_PERFORMED, Reason.NOT_PERFORMED) for row in _CA[1:3]]
        claimed = _result("ca.claimed", CheckStatus.NOT_APPLICABLE, Reason.NOT_SENT)
        return [_result("ca.key", CheckStatus.NOT_PERFORMED, why), *barred, claimed]
    infos = security.signed_dg14.security_infos
    if not infos.chip_authentication_public_keys:
        return [_result(row, CheckStatus.NOT_APPLICABLE, Reason.NOT_SUPPORTED) for row in _CA]
    judged, key = chip_authentication_key(infos)
    results = [judged, *live_proofs.chip_authentication(provenance.live, infos, digests)]
    if key is not None:
        results.append(of_chip_key("CA", key))
    return results

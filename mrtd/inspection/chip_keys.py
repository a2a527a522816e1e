"""The chip's public keys in EF.DG14 and EF.DG15: whether they can be used.

Judged as a certificate's key is (SECURITY.md 5.6): all parameters compared, the point on the curve and uncompressed,
sizes before arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mrtd.crypto.keys import PublicKey, RsaPublicKey, parse_spki
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus, Scalar
from mrtd.inspection.reason import Reason
from mrtd.lds.security_infos import CHIP_AUTHENTICATION, PUBLIC_KEY, ChipAuthenticationPublicKeyInfo, SecurityInfos
from mrtd.protocols.chip_authentication import static_key

#: The last arc of id-CA-DH-* and id-CA-ECDH-* (ICAO 9303-11 §9.2.5).
_CIPHERS: Final = {"1": "3DES", "2": "AES-128", "3": "AES-192", "4": "AES-256"}
PK_DH: Final = f"{PUBLIC_KEY}1"
#: id-PK-DH, id-PK-ECDH (ICAO 9303-11 §9.2.6) and the protocols that such a key serves.
_FAMILIES: Final = {f"{PUBLIC_KEY}{arc}": f"{CHIP_AUTHENTICATION}{arc}." for arc in (1, 2)}


def read_key(check_id: str, spki: bytes, fit: Callable[[PublicKey], None]) -> tuple[CheckResult, PublicKey | None]:
    """`aa.key` or `ca.key`: the key that a SubjectPublicKeyInfo holds (SECURITY.md 5.6).

    Args:
        check_id: the check to report as.
        spki: as stored.
        fit: raises MalformedError or UnsupportedError for a key that its protocol cannot use.
    """
    try:
        key = parse_spki(spki)
        fit(key)
    except UnsupportedError as error:
        reason = Reason.UNKNOWN_CURVE if error.code == Reason.UNKNOWN_CURVE else Reason.UNSUPPORTED_ALGORITHM
        return _result(check_id, CheckStatus.INDETERMINATE, reason, {"code": error.code}), None
    except MalformedError as error:
        if error.code == "changed_parameters":
            # The state signed it: a fault of its own that nobody can use, no sign of a clone.
            return _result(check_id, CheckStatus.INDETERMINATE, Reason.UNKNOWN_CURVE, {"code": error.code}), None
        return _result(check_id, CheckStatus.FAILED, Reason.BAD_KEY, {"code": error.code}), None
    return _result(check_id, CheckStatus.PASSED, None, {"key": key.name}), key


def chip_authentication_key(infos: SecurityInfos) -> tuple[CheckResult, PublicKey | None]:
    """`ca.key`: the first key of DG14 that can be used, else what is wrong with the first of all.

    Args:
        infos: of DG14, with at least one ChipAuthenticationPublicKeyInfo.
    """
    judged = [_judge(infos, info) for info in infos.chip_authentication_public_keys]
    usable = (pair for pair in judged if pair[0].status is CheckStatus.PASSED)
    return next(usable, judged[0])


def _judge(infos: SecurityInfos, info: ChipAuthenticationPublicKeyInfo) -> tuple[CheckResult, PublicKey | None]:
    """A key of DG14 and the protocols that it belongs to (ICAO 9303-11 §9.2.5, §9.2.6)."""
    ciphers = _ciphers(infos, info)
    if ciphers is None:
        facts: dict[str, Scalar] = {"key_id": info.key_id}
        return _result("ca.key", CheckStatus.INDETERMINATE, Reason.NO_MATCHING_INFO, facts), None
    result, key = _read_agreement_key(info)
    inferred = not infos.chip_authentication_infos
    facts = {**result.facts, "ciphers": ciphers, "inferred": inferred, "key_id": info.key_id}
    return _result("ca.key", result.status, result.reason, facts), key


def _read_agreement_key(info: ChipAuthenticationPublicKeyInfo) -> tuple[CheckResult, PublicKey | None]:
    """A key on a curve, or of a prime field; the second kind is no key of certificates."""
    if info.oid != PK_DH:
        return read_key("ca.key", info.spki, _fit_for_agreement)
    try:
        group, _ = static_key(info)
    except UnsupportedError as error:
        facts: dict[str, Scalar] = {"code": error.code}
        return _result("ca.key", CheckStatus.INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM, facts), None
    except MalformedError as error:
        return _result("ca.key", CheckStatus.FAILED, Reason.BAD_KEY, {"code": error.code}), None
    return _result("ca.key", CheckStatus.PASSED, None, {"key": f"dh{group.modulus.bit_length()}"}), None


def _ciphers(infos: SecurityInfos, info: ChipAuthenticationPublicKeyInfo) -> str | None:
    """The ciphers offered with a key, or None if the pair is not unique (SECURITY.md 5.3).

    A chip without any ChipAuthenticationInfo means 3DES (SECURITY.md 5.2).
    """
    family = _FAMILIES.get(info.oid)
    twins = [key for key in infos.chip_authentication_public_keys if (key.oid, key.key_id) == (info.oid, info.key_id)]
    if family is None or len(twins) != 1:
        return None
    if not infos.chip_authentication_infos:
        return _CIPHERS["1"]
    offered = [
        _CIPHERS[other.oid.removeprefix(family)]
        for other in infos.chip_authentication_infos
        if other.key_id == info.key_id and other.oid.removeprefix(family) in _CIPHERS
    ]
    return " ".join(dict.fromkeys(offered)) or None


def _fit_for_agreement(key: PublicKey) -> None:
    if isinstance(key, RsaPublicKey):
        raise MalformedError("bad_key", detail="RSA agrees on no key")


def _result(check_id: str, status: CheckStatus, reason: Reason | None, facts: dict[str, Scalar]) -> CheckResult:
    return CheckResult(check_id, status, CHECKS[check_id].subjects[0], reason, facts)

"""`pa.algorithms`: how strong what was used is (SECURITY.md 3.5; ICAO 9303-12 §4.1.6). A fact; policies weigh it."""

from __future__ import annotations

from typing import Final

from mrtd.crypto.keys import EcPublicKey, PublicKey
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar, threaded
from mrtd.inspection.reason import Reason
from mrtd.inspection.signer import Signer
from mrtd.pki.certificate import Certificate

#: What `weak_key` means, in bits of the modulus or the field.
MIN_RSA_BITS: Final = 2048
MIN_CURVE_BITS: Final = 224


def of_security_object(signer: Signer) -> CheckResult:
    """`pa.algorithms` of the security object: both hashes and the key that signed (SECURITY.md 3.5)."""
    if signer.algorithm is None or signer.key is None:
        return unknown("SOD", signer.thread)
    facts: dict[str, Scalar] = {
        "scheme": signer.algorithm.scheme.value,
        "hash": signer.algorithm.hash,
        "digest_hash": signer.digest_hash,
        "weak_hash": "sha1" in (signer.algorithm.hash, signer.digest_hash),
        **key_facts(signer.key),
    }
    return _result("SOD", signer.thread, facts)


def of_certificate(name: str, certificate: Certificate, thread: int) -> CheckResult:
    """`pa.algorithms` of a certificate: its key, and the hash under its own signature."""
    try:
        key = certificate.public_key()
    except MrtdError:
        return unknown(name, thread)
    # its own signature may be of a kind that we do not know; its key is judged all the same
    try:
        scheme, hash_ = certificate.algorithm.scheme.value, certificate.algorithm.hash
    except MrtdError:
        scheme, hash_ = None, None
    facts: dict[str, Scalar] = {"scheme": scheme, "hash": hash_, "weak_hash": hash_ == "sha1", **key_facts(key)}
    return _result(name, thread, facts)


def of_chain(chain: tuple[Certificate, ...], thread: int) -> CheckResult:
    """`pa.algorithms` of the CSCA: a chain over links is as strong as its weakest key."""
    results = [of_certificate("CSCA", certificate, thread) for certificate in chain]
    return next((result for result in results if result.facts.get("weak_key")), results[0])


def key_facts(key: PublicKey) -> dict[str, Scalar]:
    """Family, length in bits, curve and weakness of a key."""
    if isinstance(key, EcPublicKey):
        return {"key": "EC", "bits": key.bits, "curve": key.curve.name, "weak_key": key.bits < MIN_CURVE_BITS}
    return {"key": "RSA", "bits": key.bits, "curve": None, "weak_key": key.bits < MIN_RSA_BITS}


def _result(name: str, thread: int, facts: dict[str, Scalar]) -> CheckResult:
    weak = bool(facts["weak_hash"]) or bool(facts["weak_key"])
    reason = Reason.WEAK_ALGORITHM if weak else None
    return CheckResult("pa.algorithms", CheckStatus.PASSED, threaded(name, thread), reason, facts)


def unknown(name: str, thread: int) -> CheckResult:
    """`pa.algorithms` of what an earlier step did not find."""
    return CheckResult("pa.algorithms", CheckStatus.NOT_PERFORMED, threaded(name, thread), Reason.EARLIER_STEP)


def of_chip_key(use: str, key: PublicKey, hash_name: str | None = None) -> CheckResult:
    """`pa.algorithms` of `AA` or `CA`: what was used, for policies to weigh."""
    return _result(use, 1, {"hash": hash_name, "weak_hash": hash_name == "sha1", **key_facts(key)})

"""One signer of a security object: its attributes, its algorithms, and whose key made the signature (RFC 5652 §5).

**One thread**: the certificate *whose key verified the signature* is the DSC for path, profile, time, revocation and
country. Which certificate the SignerInfo names, and what else lies in the SOD, decides nothing (SECURITY.md 3.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mrtd import tlv
from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm, parse_signature_algorithm
from mrtd.crypto.digests import HASHES, digest
from mrtd.crypto.keys import PublicKey
from mrtd.crypto.signatures import verify
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.reason import Reason
from mrtd.inspection.security_object import SignedObject, content_type, encoding
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import SignerInfo
from mrtd.pki.supplied_signers import SuppliedSigners

PASSED: Final = CheckStatus.PASSED
FAILED: Final = CheckStatus.FAILED
INDETERMINATE: Final = CheckStatus.INDETERMINATE
NOT_PERFORMED: Final = CheckStatus.NOT_PERFORMED

#: DSCs of one identifier that came apart from the document and are tried. By the standard there is one; others are
#: junk that somebody handed in.
MAX_SUPPLIED: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A signer's thread as far as the security object goes.

    `certificate` and `key` are set only when that key verified the signature. `algorithm` is what it verified with.
    `signing_time` is the signed attribute, None without one or before the signature passed.
    """

    thread: int
    results: tuple[CheckResult, ...]
    certificate: Certificate | None = None
    key: PublicKey | None = None
    algorithm: SignatureAlgorithm | None = None
    digest_hash: str | None = None
    signing_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Verified:
    """The certificate whose key verified, and how."""

    certificate: Certificate
    key: PublicKey
    algorithm: SignatureAlgorithm
    named: bool
    raw_ecdsa: bool
    supplied: bool


@dataclass(frozen=True, slots=True)
class _Search:
    """The end of trying the certificates of the object."""

    verified: _Verified | None
    attempts: int
    candidates: int
    named: bool
    undecided: Reason | None
    bad_key: bool = False


def check_signers(signed: SignedObject, supplied: SuppliedSigners) -> list[Signer]:
    """Every SignerInfo of a security object, in stored order; an object without one still gives a thread.

    `supplied` are the DSCs that came apart from documents; those that the SignerInfo names are tried after its own.
    """
    signers = signed.signed_data.signer_infos
    if not signers:
        return [_without_signer(signed)]
    return [_check_signer(signed, signer, number, supplied) for number, signer in enumerate(signers, start=1)]


def _without_signer(signed: SignedObject) -> Signer:
    subject = signed.subject(1)
    results = [
        *encoding(signed, None, 1, raw_ecdsa=False),
        content_type(signed, 1),
        CheckResult("pa.sod.message_digest", FAILED, subject, Reason.ABSENT),
        CheckResult("pa.sod.algorithms", NOT_PERFORMED, subject, Reason.NO_EVIDENCE),
        CheckResult("pa.sod.signer_certificate", FAILED, subject, Reason.NOT_FOUND),
        CheckResult("pa.sod.signature", NOT_PERFORMED, subject, Reason.EARLIER_STEP),
    ]
    return Signer(1, tuple(results))


def _check_signer(signed: SignedObject, signer: SignerInfo, thread: int, supplied: SuppliedSigners) -> Signer:
    # RFC 5652 §5.3: what the signer says of its algorithms
    algorithm, algorithms = _algorithms(signed, signer, thread)
    # RFC 5652 §5.6: whose key made the signature over the stored attributes (§5.4)
    search = _search(signed, signer, algorithm, supplied)
    verified = search.verified
    results = [
        *encoding(signed, signer, thread, raw_ecdsa=verified is not None and verified.raw_ecdsa),
        content_type(signed, thread),
        _message_digest(signed, signer, thread),
        algorithms,
        _signer_certificate(signed, search, thread),
        _signature(signed, search, thread),
    ]
    if verified is None:
        return Signer(thread, tuple(results))
    return Signer(
        thread,
        tuple(results),
        verified.certificate,
        verified.key,
        verified.algorithm,
        HASHES.get(signer.digest_algorithm),
        signer.signing_time,
    )


def _message_digest(signed: SignedObject, signer: SignerInfo, thread: int) -> CheckResult:
    """`pa.sod.message_digest`: contentType and messageDigest once, with one value, equal (RFC 5652 §5.4, §11)."""
    status, reason, attribute = _judge_attributes(signed, signer)
    facts: dict[str, Scalar] = {} if attribute is None else {"attribute": attribute}
    return CheckResult("pa.sod.message_digest", status, signed.subject(thread), reason, facts)


def _judge_attributes(signed: SignedObject, signer: SignerInfo) -> tuple[CheckStatus, Reason | None, str | None]:
    for oid, attribute in ((oids.CONTENT_TYPE, "content_type"), (oids.MESSAGE_DIGEST, "message_digest")):
        found = signer.values(oid)
        if not any(found):
            return FAILED, Reason.ABSENT, attribute
        if len(found) > 1 or len(found[0]) > 1:
            return FAILED, Reason.DUPLICATE, attribute
    declared_type, declared_digest = _declared(signer)
    if declared_type != signed.signed_data.econtent_type:
        return FAILED, Reason.MISMATCH, "content_type"
    hash_name = HASHES.get(signer.digest_algorithm)
    if hash_name is None:
        return INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM, "message_digest"
    if not hmac.compare_digest(digest(hash_name, signed.econtent), declared_digest):
        return FAILED, Reason.MISMATCH, "message_digest"
    return PASSED, None, None


def _declared(signer: SignerInfo) -> tuple[str | None, bytes]:
    """The single values of contentType and messageDigest; what cannot be read equals nothing."""
    try:
        content_type_value = tlv.oid(tlv.read_only(signer.values(oids.CONTENT_TYPE)[0][0]))
        digest_value = tlv.octets(tlv.read_only(signer.values(oids.MESSAGE_DIGEST)[0][0]))
    except MrtdError:
        return None, b""
    return content_type_value, digest_value


def _algorithms(
    signed: SignedObject, signer: SignerInfo, thread: int
) -> tuple[SignatureAlgorithm | None, CheckResult]:
    """`pa.sod.algorithms`: digestAlgorithm and signatureAlgorithm speak of one hash (RFC 5652 §5.3, RFC 5754 §3)."""

    def result(status: CheckStatus, reason: Reason | None, facts: dict[str, Scalar]) -> CheckResult:
        return CheckResult("pa.sod.algorithms", status, signed.subject(thread), reason, facts)

    digest_hash = HASHES.get(signer.digest_algorithm)
    try:
        algorithm = parse_signature_algorithm(signer.signature_algorithm, digest_algorithm=signer.digest_algorithm)
    except MrtdError as error:
        return None, result(INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM, {"code": error.code})
    facts: dict[str, Scalar] = {
        "digest_hash": digest_hash,
        "signature_hash": algorithm.hash,
        "scheme": algorithm.scheme.value,
    }
    if digest_hash is None:
        return algorithm, result(INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM, facts)
    # RFC 5652 §5.1: the SignedData lists what its signers use, so that it can be digested in one pass
    listed = signer.digest_algorithm in signed.signed_data.digest_algorithms
    if digest_hash != algorithm.hash or not listed:
        return algorithm, result(FAILED, Reason.DISAGREE, {**facts, "listed": listed})
    reason = Reason.FROM_DIGEST_ALGORITHM if algorithm.hash_from_digest_algorithm else None
    return algorithm, result(PASSED, reason, facts)


def _search(
    signed: SignedObject, signer: SignerInfo, algorithm: SignatureAlgorithm | None, supplied: SuppliedSigners
) -> _Search:
    """Try the key of the certificate that the signer names, then those of the others (at most 8 of the object)."""
    carried = _certificates(signed)
    apart = [certificate for certificate in supplied.named_by(signer) if certificate not in carried]
    certificates = [*carried, *apart[:MAX_SUPPLIED]]
    named = [certificate for certificate in carried if _is_named(certificate, signer)] + apart[:MAX_SUPPLIED]
    others = [certificate for certificate in certificates if certificate not in named]
    undecided: Reason | None = None if algorithm is not None else Reason.UNSUPPORTED_ALGORITHM
    decided_named = bad_key = False
    attempts = 0
    for certificate in (*named, *others):
        if algorithm is None:
            break
        try:
            key = certificate.public_key()
            for variant, raw_ecdsa in _readings(algorithm, signer):
                attempts += 1
                if verify(key, variant, signer.to_be_signed(signed.econtent), signer.signature, raw_ecdsa=raw_ecdsa):
                    found = _Verified(
                        certificate, key, variant, certificate in named, raw_ecdsa, certificate not in carried
                    )
                    return _Search(found, attempts, len(certificates), bool(named), None)
        except MrtdError as error:
            # the named certificate decides; a stranger's odd key cannot turn a bad signature into an open question
            if certificate in named or not named:
                # a standard curve over another generator is a forger's key, not one that we do not know
                bad_key |= error.code == "changed_parameters"
                undecided = undecided or _undecided(error)
            continue
        decided_named |= certificate in named
    if decided_named:
        bad_key = False
    if decided_named or bad_key:
        undecided = None
    return _Search(None, attempts, len(certificates), bool(named), undecided, bad_key)


def _certificates(signed: SignedObject) -> list[Certificate]:
    """The certificates that can be read, each once, in stored order."""
    found: dict[bytes, Certificate] = {}
    for raw in signed.signed_data.certificates:
        try:
            found.setdefault(raw, Certificate.parse(raw))
        except MrtdError:
            continue
    return list(found.values())


def _is_named(certificate: Certificate, signer: SignerInfo) -> bool:
    """Whether the SignerIdentifier names the certificate, byte for byte (RFC 5652 §5.3)."""
    if signer.sid_ski is not None:
        try:
            return certificate.subject_key_identifier == signer.sid_ski
        except MrtdError:
            return False
    return certificate.issuer.raw == signer.sid_issuer and certificate.serial == signer.sid_serial


def _readings(algorithm: SignatureAlgorithm, signer: SignerInfo) -> Iterator[tuple[SignatureAlgorithm, bool]]:
    """The signature as declared; then, each a finding of its own, the other hash that is declared, and plain r||s."""
    variants = [algorithm]
    digest_hash = HASHES.get(signer.digest_algorithm)
    if digest_hash is not None and digest_hash != algorithm.hash and algorithm.scheme is not Scheme.RSA_PSS:
        variants.append(replace(algorithm, hash=digest_hash))
    for variant in variants:
        yield variant, False
    if algorithm.scheme is Scheme.ECDSA:
        for variant in variants:
            yield variant, True


def _undecided(error: MrtdError) -> Reason:
    return Reason.UNKNOWN_CURVE if error.code == "unknown_curve" else Reason.UNSUPPORTED_ALGORITHM


def _signer_certificate(signed: SignedObject, search: _Search, thread: int) -> CheckResult:
    """`pa.sod.signer_certificate`: the certificate whose key verified, and whether the signer named it."""

    def result(status: CheckStatus, reason: Reason | None = None) -> CheckResult:
        facts: dict[str, Scalar] = {"certificates": search.candidates}
        if search.verified is not None:
            facts["dsc_sha256"] = search.verified.certificate.sha256
            if search.verified.supplied:
                facts["certificate_from"] = "trust_store"
        return CheckResult("pa.sod.signer_certificate", status, signed.subject(thread), reason, facts)

    if search.verified is None:
        # named, but its key did not verify: `pa.sod.signature` says which
        return result(NOT_PERFORMED, Reason.EARLIER_STEP) if search.named else result(FAILED, Reason.NOT_FOUND)
    if search.verified.named:
        return result(PASSED)
    return result(PASSED, Reason.ONLY_CERTIFICATE if search.candidates == 1 else Reason.SID_MISMATCH)


def _signature(signed: SignedObject, search: _Search, thread: int) -> CheckResult:
    """`pa.sod.signature`: the signature over the stored signed attributes (RFC 5652 §5.6)."""

    def result(status: CheckStatus, reason: Reason | None, **facts: Scalar) -> CheckResult:
        facts["attempts"] = search.attempts
        return CheckResult("pa.sod.signature", status, signed.subject(thread), reason, facts)

    if search.verified is not None:
        algorithm = search.verified.algorithm
        return result(PASSED, None, scheme=algorithm.scheme.value, hash=algorithm.hash)
    if search.undecided is not None:
        return result(INDETERMINATE, search.undecided)
    if search.candidates == 0:
        return result(NOT_PERFORMED, Reason.EARLIER_STEP)
    return result(FAILED, Reason.BAD_KEY if search.bad_key else Reason.BAD_SIGNATURE)

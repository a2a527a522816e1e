"""The DSC and its CSCA: may they, were they, are they still (ICAO 9303-12 §5, §7; RFC 5280 §4, §6).

All checks of one signer's thread. Which certificate is the DSC was decided by `signer`: the one whose key verified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mrtd.errors import MrtdError
from mrtd.inspection import strength
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar, threaded
from mrtd.inspection.reason import Reason
from mrtd.inspection.signer import Signer
from mrtd.inspection.signing_time import SigningTime
from mrtd.pki import crl, path, profile
from mrtd.pki.certificate import Certificate
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.realm import Realm, Refusal, production_refusal
from mrtd.pki.search import search_issuers
from mrtd.pki.trust_store import AnchorKind, TrustStore

_DSC_CHECKS: Final = (
    "pa.dsc.authorised",
    "pa.dsc.profile",
    "pa.dsc.validity_now",
    "pa.dsc.validity_at_signing",
    "pa.dsc.usage_period",
    "pa.dsc.revocation",
    "pa.path",
)
_CSCA_CHECKS: Final = (
    "pa.csca.profile",
    "pa.csca.revocation",
    "pa.path.link",
    "pa.csca.trusted",
    "pa.csca.validity_now",
    "pa.csca.validity_at_signing",
)
#: What can never be a state's; a name that sounds like a test may have been accepted by two people.
_OTHER_REALM: Final = frozenset({Refusal.SPECIMEN_MARK, Refusal.TEST_STATE, Refusal.TEST_KEY})
_STANDING: Final = {AnchorKind.OPERATOR: Reason.OPERATOR}


@dataclass(frozen=True, slots=True, repr=False)
class CertificateChecks:
    """The results of a thread, and the certificate that issued the DSC if the path passed."""

    results: tuple[CheckResult, ...]
    csca: Certificate | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Circumstances:
    """What the certificates are judged against.

    `document_code` is DG1's (`P`, `PD`), None if DG1 cannot be read. `at` is aware. `cache` changes no result.
    """

    trust: TrustStore
    at: datetime
    document_code: str | None
    cache: FactCache | None = None


def check_certificates(signer: Signer, signed_at: SigningTime | None, given: Circumstances) -> CertificateChecks:
    """Every `pa.dsc.*`, `pa.csca.*` and `pa.path*` result of one signer, and `pa.algorithms` of SOD, DSC, CSCA."""
    thread = signer.thread
    dsc = signer.certificate
    if dsc is None:
        return CertificateChecks(
            (
                *_skipped(_DSC_CHECKS, "DSC", thread),
                *_skipped(_CSCA_CHECKS, "CSCA", thread),
                *(strength.unknown(name, thread) for name in ("SOD", "DSC", "CSCA")),
            )
        )
    found = _path(dsc, given)
    chain = found.certificates[1:] if found.status is CheckStatus.PASSED else ()
    subject = threaded("DSC", thread)
    revoked = crl.revocation(dsc, given.trust, given.at, issuer=chain[0] if chain else None)
    results = [
        *_authorised(dsc, given, subject),
        *_profile("pa.dsc.profile", dsc, profile.Role.DSC, subject),
        _validity_now("pa.dsc.validity_now", dsc, given.at, subject),
        _validity_at_signing("pa.dsc.validity_at_signing", dsc, signed_at, subject),
        _usage_period(dsc, signed_at, subject),
        CheckResult("pa.dsc.revocation", revoked.status, subject, revoked.reason, revoked.facts),
        CheckResult("pa.path", found.status, subject, found.reason, _path_facts(found)),
        strength.of_security_object(signer),
        strength.of_certificate("DSC", dsc, thread),
    ]
    if not chain:
        results += [*_skipped(_CSCA_CHECKS, "CSCA", thread), strength.unknown("CSCA", thread)]
        return CertificateChecks(tuple(results))
    csca = chain[0]
    results += [*_csca(found, chain, signed_at, given, threaded("CSCA", thread)), strength.of_chain(chain, thread)]
    return CertificateChecks(tuple(results), csca)


def _csca(
    found: path.PathResult,
    chain: tuple[Certificate, ...],
    signed_at: SigningTime | None,
    given: Circumstances,
    subject: str,
) -> list[CheckResult]:
    """The issuer of the DSC; revocation of every certificate up to the anchor (SECURITY.md 4.3)."""
    csca = chain[0]
    return [
        *_profile("pa.csca.profile", csca, profile.Role.CSCA, subject),
        _worst_revocation(chain, given, subject),
        CheckResult(
            "pa.path.link",
            CheckStatus.PASSED,
            subject,
            Reason.LINK_USED if found.links_used else None,
            {"links": found.links_used},
        ),
        _trusted(found, given.trust.realm, subject),
        _validity_now("pa.csca.validity_now", csca, given.at, subject),
        _validity_at_signing("pa.csca.validity_at_signing", csca, signed_at, subject),
    ]


def _skipped(checks: tuple[str, ...], name: str, thread: int) -> list[CheckResult]:
    subject = threaded(name, thread)
    return [CheckResult(check, CheckStatus.NOT_PERFORMED, subject, Reason.EARLIER_STEP) for check in checks]


def _authorised(dsc: Certificate, given: Circumstances, subject: str) -> list[CheckResult]:
    """`pa.dsc.authorised`: may sign a security object (ICAO 9303-12 §7.1; SECURITY.md 3.4); one result a ground."""
    check = "pa.dsc.authorised"
    found = profile.dsc_authorisation(dsc, given.trust.realm, given.document_code)
    results = []
    for reason in found.reasons:
        # an extension that cannot be read may forbid anything, and does not say so
        unreadable = reason is Reason.EXTENSION_MALFORMED
        status = CheckStatus.INDETERMINATE if unreadable else CheckStatus.FAILED
        results.append(CheckResult(check, status, subject, reason, found.facts))
    if given.document_code is None and "document_types" in found.facts:
        # the list may or may not hold the type of a DG1 that nobody has seen
        results.append(CheckResult(check, CheckStatus.INDETERMINATE, subject, Reason.DOCUMENT_TYPE, found.facts))
    return results or [CheckResult(check, CheckStatus.PASSED, subject, facts=found.facts)]


def _profile(check: str, certificate: Certificate, role: profile.Role, subject: str) -> list[CheckResult]:
    """One PASSED result a deviation from ICAO 9303-12 §7.1, or one without a reason; real states deviate a lot."""
    deviations = profile.profile_deviations(certificate, role)
    if not deviations:
        return [CheckResult(check, CheckStatus.PASSED, subject)]
    return [CheckResult(check, CheckStatus.PASSED, subject, reason) for reason in deviations]


def _validity_now(check: str, certificate: Certificate, at: datetime, subject: str) -> CheckResult:
    facts = _validity_facts(certificate)
    if at < certificate.not_before:
        return CheckResult(check, CheckStatus.FAILED, subject, Reason.NOT_YET_VALID, facts)
    if at > certificate.not_after:
        return CheckResult(check, CheckStatus.FAILED, subject, Reason.EXPIRED, facts)
    return CheckResult(check, CheckStatus.PASSED, subject, facts=facts)


def _validity_facts(certificate: Certificate) -> dict[str, Scalar]:
    return {
        "not_before": certificate.not_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _validity_at_signing(
    check: str, certificate: Certificate, signed_at: SigningTime | None, subject: str
) -> CheckResult:
    if signed_at is None:
        return CheckResult(check, CheckStatus.INDETERMINATE, subject, Reason.TIME_NOT_DETERMINED)
    facts: dict[str, Scalar] = {"time_from": signed_at.source}
    if signed_at.within(certificate.not_before, certificate.not_after):
        return CheckResult(check, CheckStatus.PASSED, subject, facts=facts)
    return CheckResult(check, CheckStatus.FAILED, subject, Reason.OUTSIDE, facts)


def _usage_period(dsc: Certificate, signed_at: SigningTime | None, subject: str) -> CheckResult:
    """`pa.dsc.usage_period`: signed within the private key's usage (ICAO 9303-12 §7.1.1; RFC 3280 §4.2.1.4)."""
    check = "pa.dsc.usage_period"
    try:
        period = dsc.private_key_usage_period
    except MrtdError as error:
        return CheckResult(check, CheckStatus.ABORTED, subject, Reason.CHECK_ERROR, {"code": error.code})
    if period is None:
        return CheckResult(check, CheckStatus.NOT_APPLICABLE, subject, Reason.NOT_STATED)
    if signed_at is None:
        return CheckResult(check, CheckStatus.INDETERMINATE, subject, Reason.TIME_NOT_DETERMINED)
    facts: dict[str, Scalar] = {"time_from": signed_at.source}
    if signed_at.within(period.not_before, period.not_after):
        return CheckResult(check, CheckStatus.PASSED, subject, facts=facts)
    return CheckResult(check, CheckStatus.FAILED, subject, Reason.OUTSIDE, facts)


def _worst_revocation(chain: tuple[Certificate, ...], given: Circumstances, subject: str) -> CheckResult:
    """`pa.csca.revocation`: the worst of all certificates from the DSC's issuer to the anchor."""
    order = (CheckStatus.FAILED, CheckStatus.ABORTED, CheckStatus.INDETERMINATE, CheckStatus.NOT_PERFORMED)
    found = [crl.revocation(certificate, given.trust, given.at) for certificate in chain]
    # what is revoked is the key: a re-issued root or a link that holds it too does not wash it clean
    twins = [
        entry.certificate
        for certificate in chain
        for entry in given.trust.holders(certificate)
        if entry.sha256 != certificate.sha256
    ]
    found += [
        one
        for twin in twins
        if (one := crl.revocation(twin, given.trust, given.at)).status is CheckStatus.FAILED
        # the serial number of a certificate that no state made says nothing: any list can hold a key in any words
        and (twin.self_signed or search_issuers(twin, given.trust.settled_index).key is not None)
    ]
    worst = min(found, key=lambda one: order.index(one.status) if one.status in order else len(order))
    return CheckResult("pa.csca.revocation", worst.status, subject, worst.reason, worst.facts)


def _path(dsc: Certificate, given: Circumstances) -> path.PathResult:
    """The path of a DSC whose two algorithm identifiers agree, as they must (RFC 5280 §4.1.1.2); one is unsigned."""
    found = path.build_path(dsc, given.trust, given.at, given.cache)
    if dsc.signature_algorithm.raw == dsc.inner_signature_algorithm.raw or found.status is not CheckStatus.PASSED:
        return found
    facts: dict[str, Scalar] = {**found.facts, "algorithms_agree": False}
    return replace(found, status=CheckStatus.FAILED, reason=Reason.BAD_ISSUER_SIGNATURE, facts=facts)


def _path_facts(found: path.PathResult) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {**found.facts, "attempts": found.attempts}
    if found.status is CheckStatus.PASSED:
        facts["length"] = len(found.certificates)
        facts["csca_sha256"] = found.certificates[1].sha256 if len(found.certificates) > 1 else None
    return facts


def _trusted(found: path.PathResult, realm: Realm, subject: str) -> CheckResult:
    """`pa.csca.trusted`: the end of the path is an anchor, and by whose decision (SECURITY.md 4.1, 4.4, 4.5)."""
    check = "pa.csca.trusted"
    anchor = found.anchor
    if anchor is None:
        return CheckResult(check, CheckStatus.NOT_PERFORMED, subject, Reason.EARLIER_STEP)
    provenance = anchor.provenance
    facts: dict[str, Scalar] = {
        "provenance": provenance.kind.value,
        "anchor_sha256": anchor.sha256,
    }
    if provenance.list_sha256 is not None:
        facts["list_sha256"] = provenance.list_sha256
    # whoever made the store has refused it already; a store that was changed since must not be believed
    if realm is Realm.PRODUCTION and production_refusal(anchor.certificate) in _OTHER_REALM:
        return CheckResult(check, CheckStatus.FAILED, subject, Reason.OTHER_REALM, facts)
    reason = Reason.PROBATION if provenance.probation else _STANDING.get(provenance.kind)
    return CheckResult(check, CheckStatus.PASSED, subject, reason, facts)

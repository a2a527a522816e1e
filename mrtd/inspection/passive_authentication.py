"""Passive Authentication (ICAO 9303-11 §5.1), in the steps of the standard.

    1. Read EF.SOD.
    2. Build and validate a path from a trust anchor to the DSC that signed it (9303-12; RFC 5280 §6).
    3. Verify the signature of EF.SOD with the DSC's key (RFC 5652 §5.4 to §5.6).
    4. Read the data groups.
    5. Hash each data group and compare with EF.SOD.

Step 3 runs before step 2 here, and all steps always run: the DSC *is* the certificate whose key verified, so there is
no path to build before that is known. A step that needs what an earlier one did not give ends NOT_PERFORMED.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection import crosscheck
from mrtd.inspection.authenticity import certificates_passed, passive_authentication_passed
from mrtd.inspection.certificates import Circumstances, check_certificates
from mrtd.inspection.check import CheckResult, CheckStatus
from mrtd.inspection.data_groups import DataGroups, check_data_groups
from mrtd.inspection.deviation import check_deviation
from mrtd.inspection.elementary_files import ReadFiles, unreadable
from mrtd.inspection.reason import Reason
from mrtd.inspection.security_object import (
    SignedObject,
    read_card_security,
    read_security_object,
    version_known,
)
from mrtd.inspection.signer import Signer, check_signers
from mrtd.inspection.signing_time import signing_time
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.trust_store import TrustStore

_SIGNATURE_CHECKS = (
    "pa.sod.encoding",
    "pa.sod.content_type",
    "pa.sod.message_digest",
    "pa.sod.algorithms",
    "pa.sod.signer_certificate",
    "pa.sod.signature",
)


@dataclass(frozen=True, slots=True, repr=False)
class PassiveAuthentication:
    """The results, and what later steps may build on.

    `passed`: one signer's thread passed as a whole, by facts alone. `card_security_content` is the eContent of
    EF.CardSecurity if its signatures passed and one of its signers leads to an anchor, nothing on the way revoked;
    `card_security_agrees`: every signer of it, and of the security object, is of one and the same state
    (SECURITY.md 5.5).
    """

    results: tuple[CheckResult, ...]
    groups: DataGroups
    passed: bool
    card_security_content: bytes | None
    card_security_agrees: bool


def passive_authentication(
    files: ReadFiles, trust: TrustStore, at: datetime, cache: FactCache | None
) -> PassiveAuthentication:
    """Passive Authentication (ICAO 9303-11 §5.1); every `pa.*` result, `cross.country_*` and `lds.com_consistent`."""
    # Step 1
    signed, read_results = _read(files, ElementaryFile.SOD, read_security_object)
    # Steps 4 and 5
    groups = check_data_groups(files, None if signed is None else signed.lds)
    # Step 3
    signers = [Signer(1, _not_signed(files))] if signed is None else check_signers(signed, trust.signers)
    # Step 2
    results = [*read_results, *groups.results]
    given = Circumstances(trust, at, _document_code(files), cache)
    for signer in signers:
        results += [*signer.results, *_certificates(signer, files, groups, given)]
    dscs = (signer.certificate for signer in signers)
    results.append(check_deviation(trust.deviation_lists, files, groups, *dscs))
    card_security, card_signers, card_results = _card_security(files, groups, given)
    results += card_results
    passed = passive_authentication_passed(results)
    agrees = _one_state([*signers, *card_signers])
    return PassiveAuthentication(tuple(results), groups, passed, card_security, agrees)


def _one_state(signers: Sequence[Signer]) -> bool:
    """Whether every signer has a certificate, and all of them name one country."""
    states = {None if signer.certificate is None else signer.certificate.country for signer in signers}
    return len(states) == 1 and None not in states


def _read(
    files: ReadFiles, name: ElementaryFile, read: Callable[[ReadFiles], SignedObject | None]
) -> tuple[SignedObject | None, list[CheckResult]]:
    """Read a signed file; what cannot be read is one more `lds.parse` of it."""
    try:
        signed = read(files)
    except MrtdError as error:
        return None, [unreadable(name, error)]
    if signed is not None and signed.lds is not None and not version_known(signed.lds):
        facts = {"version": signed.lds.version}
        return signed, [CheckResult("lds.parse", CheckStatus.INDETERMINATE, name, Reason.UNKNOWN_VERSION, facts)]
    return signed, []


def _not_signed(files: ReadFiles) -> tuple[CheckResult, ...]:
    reason = Reason.EARLIER_STEP if ElementaryFile.SOD in files.sent else Reason.NO_EVIDENCE
    return tuple(
        CheckResult(check, CheckStatus.NOT_PERFORMED, ElementaryFile.SOD, reason) for check in _SIGNATURE_CHECKS
    )


def _document_code(files: ReadFiles) -> str | None:
    return None if files.dg1 is None else files.dg1.document.fields.document_code


def _certificates(signer: Signer, files: ReadFiles, groups: DataGroups, given: Circumstances) -> list[CheckResult]:
    """Step 2 for one signer, and the states of its certificates against DG1 (SECURITY.md 3.7)."""
    found = check_certificates(signer, signing_time(signer, files, groups), given)
    return [
        *found.results,
        crosscheck.country("cross.country_dsc", "DSC", signer.thread, signer.certificate, files.dg1),
        crosscheck.country("cross.country_csca", "CSCA", signer.thread, found.csca, files.dg1),
    ]


def _card_security(
    files: ReadFiles, groups: DataGroups, given: Circumstances
) -> tuple[bytes | None, Sequence[Signer], list[CheckResult]]:
    """EF.CardSecurity's own signatures (ICAO 9303-10 §3.11.4), and whether one of its signers may vouch for it.

    What there is to say of that signer's certificates stands in no result of its own: `pace_cam.card_security` tells.
    """
    signed, results = _read(files, ElementaryFile.CARD_SECURITY, read_card_security)
    if signed is None:
        return None, (), results
    signers = check_signers(signed, given.trust.signers)
    signature_results = [result for signer in signers for result in signer.results]
    whole = all(result.status is CheckStatus.PASSED for result in signature_results)
    known = any(
        certificates_passed(check_certificates(signer, signing_time(signer, files, groups), given).results)
        for signer in signers
    )
    return signed.econtent if whole and known else None, signers, [*results, *signature_results]

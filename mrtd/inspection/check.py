"""The check table: every check, its subjects, reasons and clause, and what each shipped policy makes of it.

This is the one table. `passkoll checks` prints it, docs/checks.md is generated from it, the shipped policies are its
columns, and `CheckResult` refuses whatever does not stand in it. Ids and reasons are stable: outsiders program
against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from mrtd.inspection.check_definition import (
    MAX_INTEGER,
    Cell,
    CheckDefinition,
    CheckStatus,
    Effect,
    Override,
    Scalar,
    split_thread,
    threaded,
)
from mrtd.inspection.reason import Reason

__all__ = [
    "CHECKS",
    "COMMON_REASONS",
    "MAX_INTEGER",
    "ORDER",
    "Cell",
    "CheckDefinition",
    "CheckResult",
    "CheckStatus",
    "Effect",
    "Override",
    "Scalar",
    "split_thread",
    "threaded",
]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The end of one check: what was looked at, how it went, why, and by which clause.

    `facts` hold non-personal strings, integers, booleans and null under ASCII keys.
    """

    id: str
    status: CheckStatus
    subject: str
    reason: Reason | None = None
    facts: Mapping[str, Scalar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        definition = CHECKS[self.id]
        if not definition.admits_subject(self.subject):
            raise ValueError(f"{self.id} does not speak of {self.subject}")
        if self.reason is not None and self.reason not in definition.reasons and self.reason not in COMMON_REASONS:
            raise ValueError(f"{self.id} has no reason {self.reason}")
        if self.status in (CheckStatus.FAILED, CheckStatus.INDETERMINATE) and self.reason is None:
            raise ValueError(f"{self.id} is {self.status} without a reason")
        if not all(key.isascii() for key in self.facts):
            raise ValueError("keys of facts are ASCII")
        if any(isinstance(value, int) and abs(value) > MAX_INTEGER for value in self.facts.values()):
            raise ValueError("integers of facts are exact in JSON")
        object.__setattr__(self, "facts", MappingProxyType(dict(sorted(self.facts.items()))))

    @property
    def standard(self) -> str:
        """The document and section that the check implements."""
        return CHECKS[self.id].standard

    def to_json(self) -> dict[str, object]:
        """The object of API.md §4, with `status`, `reason` and `facts` as printed there."""
        return {
            "id": self.id,
            "status": self.status.value,
            "reason": None if self.reason is None else self.reason.value,
            "subject": str(self.subject),
            "standard": self.standard,
            "facts": dict(self.facts),
        }


R = Reason
_SOD: Final = ("EF.SOD",)
_SIGNED: Final = ("EF.SOD", "EF.CardSecurity")

#: Reasons that any check may give: an earlier step or the evidence is missing, or the check itself broke.
COMMON_REASONS: Final = (R.NO_EVIDENCE, R.EARLIER_STEP, R.CHECK_ERROR, R.NOT_LIVE)


def _cell(letters: str) -> Cell:
    strict, default, forensic = (Effect(letter) for letter in letters)
    return Cell(strict, default, forensic)


def _row(
    check_id: str,
    subjects: tuple[str, ...],
    states: str,
    reasons: tuple[Reason, ...],
    standard: str,
    tr03135: str,
    cell: str,
    *overrides: Override,
    may_not_apply: bool = False,
    threaded: bool = False,
) -> CheckDefinition:
    return CheckDefinition(
        check_id, subjects, states, reasons, standard, tr03135, _cell(cell), overrides, may_not_apply, threaded
    )


def _by_reason(letters: str, reason: Reason) -> Override:
    return Override(_cell(letters), reason=reason)


def _by_subject(letters: str, subject: str) -> Override:
    return Override(_cell(letters), subject=subject)


def _tolerated(letters: str, reason: Reason) -> Override:
    """The reason names a tolerance or a remark: it counts on a PASSED only."""
    return Override(_cell(letters), reason=reason, status=CheckStatus.PASSED)


_ROWS: Final = (
    # --- the printed MRZ
    _row("mrz.format", ("MRZ",), "the lines fit a format of ICAO 9303",
         (R.UNKNOWN_FORMAT, R.BAD_CHARACTER, R.BAD_LENGTH), "ICAO 9303-3 §4.3", "5.5.4.1.1", "AA-", may_not_apply=True),
    _row("mrz.check_digits", ("*",), "the printed check digit equals the computed one",
         (R.MISMATCH, R.FILLER), "ICAO 9303-3 §4.9", "5.5.4.1.1", "AA-", _by_reason("---", R.FILLER), may_not_apply=True),
    _row("mrz.ocr_confidence", ("MRZ",), "every character was read with certainty (photo only)",
         (R.WEAK_CHARACTERS, R.READINGS_DISAGREE), "ICAO 9303-3 §4.4", "5.5.4.1.1", "AA-", may_not_apply=True),
    # --- access to the chip
    _row("access.protocol", ("chip",), "how access to the chip was gained",
         (R.CLAIMED,), "ICAO 9303-11 §4", "5.6.3", "---", may_not_apply=True),
    _row("access.pace_downgrade", ("chip",), "the access that the signed DG14 promises was used",
         (R.BAC_DESPITE_PACE, R.CARD_ACCESS_ABSENT), "ICAO 9303-11 §4.2", "5.6.3.1.2", "RA-", may_not_apply=True),
    _row("access.card_access_signed", ("EF.CardAccess",), "contained in DG14 or EF.CardSecurity",
         (R.DIFFERS, R.NOT_READ), "ICAO 9303-11 §9.2.11", "5.6.3.1.2", "AA-", may_not_apply=True),
    _row("access.sm", ("chip",), "secure messaging stayed whole to the end (live)",
         (R.UNPROTECTED_RESPONSE, R.BAD_MAC, R.LENGTH_QUIRK), "ICAO 9303-11 §9.8", "5.6.3", "MMM",
         _tolerated("AAA", R.LENGTH_QUIRK), may_not_apply=True),
    # --- the logical data structure
    _row("lds.parse", ("EF.*",), "the file can be read by its standard",
         (R.MALFORMED, R.UNKNOWN_VERSION), "ICAO 9303-10 §4", "5.6.4.4.2", "AA-",
         _by_subject("MMM", "EF.SOD"), _by_subject("MMM", "EF.DG1")),
    _row("lds.com_consistent", ("EF.COM",), "EF.COM lists the same data groups as EF.SOD",
         (R.DIFFERS, R.ABSENT), "ICAO 9303-10 §4.6.1", "5.6.4.4.1", "A--"),
    # --- Passive Authentication: the security object
    _row("pa.sod.encoding", _SIGNED, "DER as the standard asks",
         (R.BER_LENGTH, R.UNORDERED_ATTRIBUTES, R.SIGNED_DATA_VERSION, R.TRAILING_BYTES, R.MISSING_TAG_77, R.RAW_ECDSA),
         "ICAO 9303-10 §4.6.2.2", "5.6.4.2.1", "AA-",
         _by_reason("---", R.BER_LENGTH), _by_reason("---", R.UNORDERED_ATTRIBUTES),
         _by_reason("RR-", R.MISSING_TAG_77), _by_reason("RR-", R.RAW_ECDSA), threaded=True),
    _row("pa.sod.content_type", _SIGNED, "eContentType is the standard's",
         (R.LEGACY_OID, R.CONTENT_TYPE_NOT_LDS, R.UNEXPECTED), "ICAO 9303-10 §4.6.2.2", "5.6.4.2.1", "MMM",
         _tolerated("---", R.LEGACY_OID), _tolerated("AAA", R.CONTENT_TYPE_NOT_LDS), threaded=True),
    _row("pa.sod.message_digest", _SIGNED, "contentType and messageDigest present once, equal to the content",
         (R.ABSENT, R.DUPLICATE, R.MISMATCH, R.UNSUPPORTED_ALGORITHM), "RFC 5652 §5.4, §11", "5.6.4.2.1", "MMM", threaded=True),
    _row("pa.sod.algorithms", _SIGNED, "digest and signature algorithms agree",
         (R.DISAGREE, R.FROM_DIGEST_ALGORITHM, R.UNSUPPORTED_ALGORITHM), "RFC 5652 §5.3", "5.6.4.2.2", "MMM",
         _tolerated("---", R.FROM_DIGEST_ALGORITHM), threaded=True),
    _row("pa.sod.signer_certificate", _SIGNED, "the certificate whose key verified the signature",
         (R.NOT_FOUND, R.SID_MISMATCH, R.ONLY_CERTIFICATE), "RFC 5652 §5.3", "5.6.4.2.2", "MMM",
         _tolerated("A--", R.SID_MISMATCH), _tolerated("A--", R.ONLY_CERTIFICATE), threaded=True),
    _row("pa.sod.signature", _SIGNED, "the signature over the stored signed attributes",
         (R.BAD_SIGNATURE, R.BAD_KEY, R.UNSUPPORTED_ALGORITHM, R.UNKNOWN_CURVE), "ICAO 9303-11 §5.1; RFC 5652 §5.6",
         "5.6.4.2.2", "MMM", threaded=True),
    _row("pa.algorithms", ("SOD", "DSC", "CSCA", "DG hash", "AA", "CA"), "strength of what was used",
         (R.WEAK_ALGORITHM,), "ICAO 9303-12 §4.1.6", "5.6.4.2.2", "---", threaded=True),
    # --- Passive Authentication: the data groups
    _row("pa.dg_hash", ("EF.*",), "hash over the raw bytes equals the one in EF.SOD",
         (R.MISMATCH, R.NOT_SENT, R.EAC_PROTECTED, R.UNSUPPORTED_ALGORITHM), "ICAO 9303-11 §5.1", "5.6.4.4.2", "---",
         _by_subject("MMM", "EF.DG1"), _by_subject("MMM", "EF.DG2")),
    _row("pa.dg_unlisted", ("EF.*",), "every data group that was sent is listed in EF.SOD",
         (R.NOT_IN_SOD,), "ICAO 9303-11 §5.1", "5.6.4.4.2", "MM-"),
    _row("pa.dg_duplicate", _SOD, "data group numbers are unique, 1 to 16",
         (R.DUPLICATE, R.OUT_OF_RANGE), "ICAO 9303-10 §4.6.2.3", "5.6.4.2.1", "MMM"),
    # --- Passive Authentication: the certificates
    _row("pa.dsc.authorised", ("DSC",), "the DSC may sign a security object",
         (R.IS_CA, R.KEY_USAGE, R.EXTENDED_KEY_USAGE, R.UNKNOWN_CRITICAL_EXTENSION, R.DOCUMENT_TYPE,
          R.EXTENSION_MALFORMED),
         "ICAO 9303-12 §7.1", "5.6.4.3.3", "MMM", _by_reason("MA-", R.DOCUMENT_TYPE), threaded=True),
    _row("pa.dsc.profile", ("DSC",), "certificate profile", R.profile(), "ICAO 9303-12 §7.1", "5.6.4.3", "---", threaded=True),
    _row("pa.csca.profile", ("CSCA",), "certificate profile", R.profile(), "ICAO 9303-12 §7.1", "5.6.4.3", "---", threaded=True),
    _row("pa.dsc.validity_now", ("DSC",), "valid at the time of inspection",
         (R.EXPIRED, R.NOT_YET_VALID), "ICAO 9303-12 §4.1", "5.6.4.3.4", "RA-", threaded=True),
    _row("pa.dsc.validity_at_signing", ("DSC",), "valid when the document was signed",
         (R.TIME_NOT_DETERMINED, R.OUTSIDE), "ICAO 9303-12 §4.1", "5.6.4.3.4", "RA-", threaded=True),
    _row("pa.dsc.usage_period", ("DSC",), "signed within the private key usage period",
         (R.NOT_STATED, R.TIME_NOT_DETERMINED, R.OUTSIDE), "ICAO 9303-12 §7.1.1", "5.6.4.3.4", "AA-", threaded=True),
    _row("pa.dsc.revocation", ("DSC",), "not on a fresh CRL",
         (R.REVOKED, R.NO_CRL, R.CRL_STALE, R.CRL_UNUSABLE), "ICAO 9303-12 §7.1.4", "5.6.4.3.5", "AA-", threaded=True),
    _row("pa.csca.revocation", ("CSCA",), "not on a fresh CRL",
         (R.REVOKED, R.NO_CRL, R.CRL_STALE, R.CRL_UNUSABLE), "ICAO 9303-12 §7.1.4", "5.6.4.3.5", "AA-", threaded=True),
    _row("pa.path", ("DSC",), "signatures and issuer links from the DSC to an anchor",
         (R.NO_CSCA, R.NO_TRUST_ANCHOR, R.BAD_ISSUER_SIGNATURE, R.LINK_NOT_TRUSTED, R.TOO_LONG,
          R.UNSUPPORTED_ALGORITHM, R.UNKNOWN_CURVE),
         "ICAO 9303-11 §5.1; RFC 5280 §6", "5.6.4.3.3", "MMM", threaded=True),
    _row("pa.path.link", ("CSCA",), "link certificates used on the path",
         (R.LINK_USED,), "ICAO 9303-12 §3", "5.6.4.3.3", "---", threaded=True),
    _row("pa.csca.trusted", ("CSCA",), "the end of the path is an anchor",
         (R.PROBATION, R.OPERATOR, R.OTHER_REALM), "ICAO 9303-12 §3", "5.6.4.3.6", "MMM",
         _tolerated("AAA", R.PROBATION), _tolerated("---", R.OPERATOR), threaded=True),
    _row("pa.csca.validity_now", ("CSCA",), "valid at the time of inspection",
         (R.EXPIRED, R.NOT_YET_VALID), "ICAO 9303-12 §4.1", "5.6.4.3.4", "AA-", threaded=True),
    _row("pa.csca.validity_at_signing", ("CSCA",), "valid when the document was signed",
         (R.TIME_NOT_DETERMINED, R.OUTSIDE), "ICAO 9303-12 §4.1", "5.6.4.3.4", "AA-", _by_reason("---", R.TIME_NOT_DETERMINED), threaded=True),
    _row("pa.deviation", ("document",), "a signed deviation list speaks of the document",
         (R.KNOWN_DEVIATION,), "ICAO 9303-12 §10", "5.8", "AA-"),
    # --- the evidence against itself
    _row("cross.country_dsc", ("DSC",), "the issuing state of DG1 agrees with the DSC",
         (R.DIFFERS, R.UNMAPPED), "BSI TR-03135-1 §5.6.4.5", "5.6.4.5", "MMA", threaded=True),
    _row("cross.country_csca", ("CSCA",), "the issuing state of DG1 agrees with the CSCA",
         (R.DIFFERS, R.UNMAPPED), "BSI TR-03135-1 §5.6.4.5", "5.6.4.5", "MMA", threaded=True),
    _row("cross.dg11_dg1", ("EF.DG11",), "name and date of birth agree with DG1",
         (R.DIFFERS, R.UNMAPPED), "ICAO 9303-10 §4.7.11; 9303-3 §6", "5.7.5", "AA-", may_not_apply=True),
    _row("cross.mrz_dg1", ("*",), "the printed MRZ equals DG1",
         (R.DIFFERS, R.UNCONFIRMED), "BSI TR-03135-1 §5.7.2", "5.7.2", "---", may_not_apply=True),
    _row("cross.expiry", ("EF.DG1",), "not expired (Europe/Stockholm, through the day)",
         (R.EXPIRED, R.UNKNOWN_DATE), "BSI TR-03135-1 §5.7.1", "5.7.1", "---"),
    # --- the chip is no clone
    _row("aa.key", ("EF.DG15",), "the Active Authentication key is usable",
         (R.BAD_KEY, R.UNSUPPORTED_ALGORITHM, R.UNKNOWN_CURVE, R.NO_MATCHING_INFO, R.PA_NOT_PASSED, R.NOT_SENT, R.NOT_SUPPORTED),
         "ICAO 9303-11 §6.1", "5.6.4.1.1", "---"),
    _row("ca.key", ("EF.DG14",), "the Chip Authentication key is usable",
         (R.BAD_KEY, R.UNSUPPORTED_ALGORITHM, R.UNKNOWN_CURVE, R.NO_MATCHING_INFO, R.PA_NOT_PASSED, R.NOT_SENT, R.NOT_SUPPORTED),
         "ICAO 9303-11 §6.2", "5.6.4.1.2", "---"),
    _row("aa.algorithm_declared", ("EF.DG14",), "the hash of ECDSA is declared",
         (R.ALGORITHM_UNDECLARED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §9.2.4", "5.6.4.1.1", "---"),
    _row("aa.signature", ("AA",), "the response was made by the key in DG15",
         (R.BAD_SIGNATURE, R.NOT_SENT, R.NOT_SUPPORTED, R.DER_ENCODED, R.PA_NOT_PASSED), "ICAO 9303-11 §6.1",
         "5.6.4.1.1", "---"),
    _row("aa.challenge_bound", ("AA",), "over the server's own challenge",
         (R.CLAIMED, R.OTHER_CHALLENGE, R.CHALLENGE_EXPIRED, R.CHALLENGE_USED, R.NOT_SENT, R.NOT_SUPPORTED, R.PA_NOT_PASSED),
         "ICAO 9303-11 §6.1", "5.6.4.1.1", "---"),
    _row("ca.secure_messaging", ("CA",), "MAC under the new keys",
         (R.BAD_MAC, R.NOT_PERFORMED, R.INFERRED_3DES, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §6.2",
         "5.6.4.1.2", "---"),
    _row("ca.rebind", ("CA",), "EF.SOD and DG1 read again equal those judged",
         (R.DIFFERS, R.NOT_PERFORMED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §6.2", "5.6.4.1.2", "---"),
    _row("ca.claimed", ("CA",), "a transcript that the sender made",
         (R.CLAIMED, R.NOT_SENT, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §6.2", "5.6.4.1.2", "---",
         may_not_apply=True),
    _row("pace_cam.token", ("PACE-CAM",), "the chip's token",
         (R.BAD_TOKEN, R.NOT_PERFORMED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §4.4", "5.6.4.1.3", "---",
         may_not_apply=True),
    _row("pace_cam.card_security", ("PACE-CAM",), "EF.CardSecurity is trusted",
         (R.UNTRUSTED, R.NOT_PERFORMED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §4.4.3.5", "5.6.4.1.3", "---",
         may_not_apply=True),
    _row("pace_cam.mapping", ("PACE-CAM",), "the mapping was made with the chip's static key",
         (R.MISMATCH, R.NOT_PERFORMED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §4.4.3.5", "5.6.4.1.3", "---",
         may_not_apply=True),
    _row("pace_cam.same_session", ("PACE-CAM",), "EF.SOD and DG1 were read under that session's keys",
         (R.SOD_NOT_IN_SESSION, R.NOT_PERFORMED, R.PA_NOT_PASSED, R.NOT_SUPPORTED), "ICAO 9303-11 §4.4", "5.6.4.1.3",
         "---", may_not_apply=True),
    # --- what people look at, and how the evidence came
    _row("dg2.image_decodes", ("EF.DG2",), "a picture that a person can see",
         (R.NOT_AN_IMAGE, R.UNSUPPORTED, R.SEVERAL_FACES), "ICAO 9303-10 §4.7.2", "5.7.6", "AA-"),
    _row("evidence.source", ("evidence",), "dump, live or replay", (), "BSI TR-03135-1 §5.6", "5.6", "---"),
    _row("evidence.complete", ("evidence",), "every listed data group was sent",
         (R.INCOMPLETE,), "ICAO 9303-10 §4.6.2", "5.6.4.4.2", "---"),
    _row("evidence.freshness", ("evidence",), "time from the challenge's issue to its answer",
         (R.SLOW,), "ICAO 9303-11 §6.1", "5.6.4.1.1", "A--", may_not_apply=True),
    _row("live.timing", ("chip",), "command times look like a chip on the counter",
         (R.OUTLIER,), "ISO/IEC 14443-4 §7", "5.6.3", "AA-", may_not_apply=True),
)  # fmt: skip

#: The table by id, in the fixed order of reports.
CHECKS: Final[Mapping[str, CheckDefinition]] = MappingProxyType({row.id: row for row in _ROWS})

#: The place of each id in a report.
ORDER: Final[Mapping[str, int]] = MappingProxyType({row.id: place for place, row in enumerate(_ROWS)})

"""The evidence against itself: states, names, dates (BSI TR-03135-1 §5.6.4.5, §5.7).

These checks compare what was sent. Whether the sent bytes are the issuing state's is said by `pa.dg_hash` alone; a
comparison with a forged DG1 may pass, and the verdict falls all the same.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar, threaded
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.policy import STOCKHOLM
from mrtd.inspection.reason import Reason
from mrtd.lds.dg1 import Dg1
from mrtd.lds.dg11 import Dg11
from mrtd.pki.certificate import Certificate
from mrtd.pki.issuing_states import state_of
from mrz import codes
from mrz.names import NameMatch, full_name_matches

_FULL_DATE: Final = 8


def country(check: str, name: str, thread: int, certificate: Certificate | None, dg1: Dg1 | None) -> CheckResult:
    """`cross.country_dsc`, `cross.country_csca`: the issuing state of DG1 is the certificate's (SECURITY.md 3.7).

    Codes of documents and codes of certificates are many to many (`GBD` is signed by GB). What no table knows is
    INDETERMINATE, never a guess.
    """

    def result(status: CheckStatus, reason: Reason | None, facts: dict[str, Scalar] | None = None) -> CheckResult:
        return CheckResult(check, status, threaded(name, thread), reason, facts or {})

    if certificate is None:
        return result(CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    if dg1 is None:
        return result(CheckStatus.NOT_PERFORMED, Reason.NO_EVIDENCE)
    state = dg1.document.fields.issuing_state
    signs = set(codes.alpha2(state))
    stated = _countries(certificate)
    facts: dict[str, Scalar] = {"document": state, "certificate": ",".join(sorted(set(stated)))}
    # the state by which an anchor stands in the store (SECURITY.md 4.1, 4.4): an alternative name is no substitute
    if not signs or not stated or (name == "CSCA" and certificate.country is None):
        return result(CheckStatus.INDETERMINATE, Reason.UNMAPPED, facts)
    mapped = [_as_alpha2(value) for value in stated]
    if name == "CSCA":
        mapped[0] = {state_of(certificate) or ""} - {""}
    if any(known and not known & signs for known in mapped):
        return result(CheckStatus.FAILED, Reason.DIFFERS, facts)
    if not all(mapped):
        return result(CheckStatus.INDETERMINATE, Reason.UNMAPPED, facts)
    return result(CheckStatus.PASSED, None, facts)


def _countries(certificate: Certificate) -> list[str]:
    """The countries that a certificate states: of its subject, else issuer, and of the alternative name."""
    stated = [] if certificate.country is None else [certificate.country]
    try:
        alternative = certificate.subject_alternative_countries
    except MrtdError:
        # the profile names the broken extension; the subject still speaks
        alternative = ()
    return [*stated, *(value for value in alternative if value.isascii() and value.isalpha() and len(value) <= 3)]


def _as_alpha2(value: str) -> set[str]:
    """A country of a certificate, two letters by the standard and three in some real ones, as two letters."""
    return {value} if len(value) == 2 else set(codes.alpha2(value))


def expiry(dg1: Dg1 | None, at: datetime) -> CheckResult:
    """`cross.expiry`: valid through the day of expiry in Europe/Stockholm (BSI TR-03135-1 §5.7.1)."""
    if dg1 is None:
        return CheckResult("cross.expiry", CheckStatus.NOT_PERFORMED, ElementaryFile.DG1, Reason.NO_EVIDENCE)
    last_day = dg1.document.fields.date_of_expiry
    if last_day is None:
        return CheckResult("cross.expiry", CheckStatus.INDETERMINATE, ElementaryFile.DG1, Reason.UNKNOWN_DATE)
    if today(at) > last_day:
        return CheckResult("cross.expiry", CheckStatus.FAILED, ElementaryFile.DG1, Reason.EXPIRED)
    return CheckResult("cross.expiry", CheckStatus.PASSED, ElementaryFile.DG1)


def today(at: datetime) -> date:
    """The day in Europe/Stockholm at a moment."""
    return at.astimezone(STOCKHOLM).date()


def dg11_dg1(files: ReadFiles) -> CheckResult:
    """`cross.dg11_dg1`: the full name and date of birth of DG11 agree with DG1 (ICAO 9303-10 §4.7.11; 9303-3 §6)."""

    def result(status: CheckStatus, reason: Reason | None, facts: dict[str, Scalar] | None = None) -> CheckResult:
        return CheckResult("cross.dg11_dg1", status, ElementaryFile.DG11, reason, facts or {})

    if ElementaryFile.DG11 not in files.sent:
        return result(CheckStatus.NOT_APPLICABLE, Reason.NO_EVIDENCE)
    dg11, dg1 = files.dg11, files.dg1
    if dg11 is None or dg1 is None:
        return result(CheckStatus.NOT_PERFORMED, Reason.EARLIER_STEP)
    name, birth = _name(dg11, dg1), _birth(dg11, dg1)
    facts: dict[str, Scalar] = {"name": name, "date_of_birth": birth}
    found = {name, birth} - {None}
    if NameMatch.DIFFERS in found:
        return result(CheckStatus.FAILED, Reason.DIFFERS, facts)
    if NameMatch.UNDETERMINED in found:
        return result(CheckStatus.INDETERMINATE, Reason.UNMAPPED, facts)
    if not found:
        # a DG11 with neither a name nor a date of birth has nothing to compare
        return result(CheckStatus.NOT_APPLICABLE, None, facts)
    return result(CheckStatus.PASSED, None, facts)


def _name(dg11: Dg11, dg1: Dg1) -> NameMatch | None:
    if not dg11.full_name:
        return None
    document = dg1.document
    fields = document.fields
    return full_name_matches(
        dg11.full_name, fields.primary_identifier, fields.secondary_identifier, document.names_truncated
    )


def _birth(dg11: Dg11, dg1: Dg1) -> NameMatch | None:
    """YYYYMMDD against the two-digit year of the MRZ; unknown parts (fillers) of either are not a difference."""
    full = dg11.full_date_of_birth
    if not full:
        return None
    printed = dg1.document.raw.get("date_of_birth", "")
    if len(full) != _FULL_DATE or not full.isascii() or not full.isdigit() or len(printed) != _FULL_DATE - 2:
        return NameMatch.UNDETERMINED
    year, *month_and_day = [(full[place + 2 : place + 4], printed[place : place + 2]) for place in (0, 2, 4)]
    # 00 and fillers stand for an unknown month or day; in the year, 00 is 1900 or 2000
    known = [pair for pair in month_and_day if "00" not in pair and "<<" not in pair]
    if "<<" not in year:
        known.append(year)
    if not known:
        return NameMatch.UNDETERMINED
    return NameMatch.MATCH if all(ours == theirs for ours, theirs in known) else NameMatch.DIFFERS

"""Cases of when certificates were valid and their keys in use (ICAO 9303-12 §4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen import certificates
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import AT, Case, Importance
from mrtd.specimen.cases.certificate_edits import adding, by_csca, by_dsc
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
)
from mrtd.specimen.cases.genuine import UNDATED
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    GOOD,
    REFUSED_BY_POLICY,
    by_policy,
)

_CHAPTER: Final = Chapter(__name__)
_DAY: Final = timedelta(days=1)
#: A deviation from the profile is information: states deviate a lot, and no policy asks for more.
_WITHOUT_TIMES: Final = replace(bench.PASSPORT, signing_time=False, groups=(*bench.PASSPORT.groups, (12, None)))


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _dsc_times()
    yield from _csca_times()


def _dsc_times() -> Iterator[Case]:
    refused = by_policy(REFUSED_BY_POLICY, ATTENTION, GOOD)
    watched = by_policy(ATTENTION, ATTENTION, GOOD)
    yield _CHAPTER.case(
        "dsc-expired",
        "The DSC expired the day before the inspection, the document did not",
        std.DSC_VALIDITY,
        by_dsc(lambda template: replace(template, not_after=AT - _DAY)),
        failed("pa.dsc.validity_now", "DSC", R.EXPIRED),
        verdicts=refused,
        reason=R.EXPIRED,
    )
    yield _CHAPTER.case(
        "dsc-not-yet-valid",
        "The DSC becomes valid the day after the inspection",
        std.VALIDITY,
        by_dsc(lambda template: replace(template, not_before=AT + _DAY)),
        failed("pa.dsc.validity_now", "DSC", R.NOT_YET_VALID),
        failed("pa.dsc.validity_at_signing", "DSC", R.OUTSIDE),
        verdicts=refused,
        reason=R.NOT_YET_VALID,
    )
    yield _CHAPTER.case(
        "dsc-signed-before-valid",
        "The document was signed a week before the DSC became valid",
        std.DSC_VALIDITY,
        by_dsc(lambda template: replace(template, not_before=_issued() + 7 * _DAY)),
        failed("pa.dsc.validity_at_signing", "DSC", R.OUTSIDE),
        verdicts=refused,
        reason=R.OUTSIDE,
    )
    yield _CHAPTER.case(
        "dsc-key-no-longer-used",
        "The document was signed a week after the key of the DSC was to be retired",
        std.USAGE_PERIOD,
        by_dsc(adding(certificates.private_key_usage_period(_issued() - 90 * _DAY, _issued() - 7 * _DAY))),
        failed("pa.dsc.usage_period", "DSC", R.OUTSIDE),
        verdicts=watched,
    )
    yield _CHAPTER.case(
        "undated",
        "Neither a signing time nor DG12 says when the document was signed",
        std.USAGE_PERIOD,
        by_dsc(profile=_WITHOUT_TIMES),
        UNDATED,
        verdicts=watched,
    )
    yield _CHAPTER.case(
        "undated-dsc-expired",
        "The same with a DSC that has expired: it may have been signed at any time",
        std.USAGE_PERIOD,
        by_dsc(lambda template: replace(template, not_after=AT - _DAY), profile=_WITHOUT_TIMES),
        failed("pa.dsc.validity_now", "DSC", R.EXPIRED),
        UNDATED,
        verdicts=by_policy(REFUSED_BY_POLICY, ATTENTION, ATTENTION),
        reason=R.EXPIRED,
    )
    yield _CHAPTER.case(
        "dated-by-dg12",
        "No signing time; the date of issue in DG12 says when the document was signed",
        std.USAGE_PERIOD,
        by_dsc(profile=replace(bench.PASSPORT, signing_time=False)),
        importance=Importance.MEDIUM,
    )


def _csca_times() -> Iterator[Case]:
    watched = by_policy(ATTENTION, ATTENTION, GOOD)
    yield _CHAPTER.case(
        "csca-expired",
        "The CSCA expired the day before the inspection",
        std.VALIDITY,
        by_csca("csca-expired", lambda template: replace(template, not_after=AT - _DAY)),
        failed("pa.csca.validity_now", "CSCA", R.EXPIRED),
        verdicts=watched,
    )
    yield _CHAPTER.case(
        "csca-not-yet-valid",
        "The CSCA becomes valid the day after the inspection",
        std.VALIDITY,
        by_csca("csca-not-yet-valid", lambda template: replace(template, not_before=AT + _DAY)),
        failed("pa.csca.validity_now", "CSCA", R.NOT_YET_VALID),
        failed("pa.csca.validity_at_signing", "CSCA", R.OUTSIDE),
        verdicts=watched,
    )
    yield _CHAPTER.case(
        "csca-signed-before-valid",
        "The document was signed a week before the CSCA became valid",
        std.VALIDITY,
        by_csca("csca-signed-before-valid", lambda template: replace(template, not_before=_issued() + 7 * _DAY)),
        failed("pa.csca.validity_at_signing", "CSCA", R.OUTSIDE),
        verdicts=watched,
    )


# --- recipes


def _issued() -> datetime:
    return bench.midnight(bench.ISSUED)

"""Cases of states, details and names against each other (ICAO 9303-11 §5.1, 9303-3 §4.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen import breakage, certificates, data_groups
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Specimen
from mrtd.specimen.cases.chapter import Chapter, failed, not_applicable, passed, undecided
from mrtd.specimen.cases.genuine import CHIP_BARRED
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    FORGED,
    GOOD,
    OPEN_BY_POLICY,
    REFUSED_BY_POLICY,
    by_policy,
    everywhere,
)
from mrtd.specimen.cases.zones import zone_of
from mrtd.specimen.certificate_profiles import CSCA_NAME, DSC_NAME
from mrtd.specimen.holder import MARTA, Holder, machine_readable_zone
from mrtd.specimen.holders import HOLDERS
from mrtd.specimen.issuer import Edits

_CHAPTER: Final = Chapter(__name__)
#: The state whose certificates are issued in another country's name: no state has this code.
_NO_STATE: Final = "XX"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _countries()
    yield from _details()
    yield from _holders()


def _countries() -> Iterator[Case]:
    swede = machine_readable_zone(
        MARTA,
        document_number=bench.PASSPORT.document_number,
        date_of_expiry=bench.EXPIRES,
        issuing_state="SWE",
    )
    yield _CHAPTER.case(
        "dg1-of-another-state",
        "A DG1 of Sweden before the signature of Utopia",
        std.COUNTRIES,
        lambda: bench.specimen(breakage.tampered_dg1(bench.passport(), swede)),
        failed("pa.dg_hash", "EF.DG1", R.MISMATCH),
        failed("cross.country_dsc", "DSC", R.DIFFERS),
        failed("cross.country_csca", "CSCA", R.DIFFERS),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    nobody = zone_of(MARTA, issuing_state="XOM")
    yield _CHAPTER.case(
        "dg1-of-an-unmapped-issuer",
        "An issuer that no table maps to a country",
        std.COUNTRIES,
        lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, mrz_lines=nobody))),
        undecided("cross.country_dsc", "DSC", R.UNMAPPED),
        undecided("cross.country_csca", "CSCA", R.UNMAPPED),
        verdicts=by_policy(OPEN_BY_POLICY, OPEN_BY_POLICY, ATTENTION),
        reason=R.UNMAPPED,
    )
    refused = by_policy(REFUSED_BY_POLICY, REFUSED_BY_POLICY, ATTENTION)
    other_dsc = certificates.name(DSC_NAME, country=_NO_STATE)
    yield _CHAPTER.case(
        "dsc-of-another-country",
        "The DSC names another country than the CSCA and DG1",
        std.COUNTRIES,
        lambda: bench.specimen(bench.edited(Edits(dsc=lambda template: replace(template, subject=other_dsc)))),
        passed("pa.dsc.profile", "DSC", R.COUNTRY_SUBJECT_ISSUER),
        failed("cross.country_dsc", "DSC", R.DIFFERS),
        verdicts=refused,
        reason=R.DIFFERS,
        importance=Importance.CRITICAL,
    )
    other_csca = certificates.name(CSCA_NAME, country=_NO_STATE)
    yield _CHAPTER.case(
        "csca-of-another-country",
        "The CSCA names another country than the DSC and DG1",
        std.COUNTRIES,
        lambda: _of_state(
            "utopia-csca-of-another-country",
            Edits(csca=lambda template: replace(template, subject=other_csca, issuer=other_csca)),
        ),
        passed("pa.dsc.profile", "DSC", R.COUNTRY_SUBJECT_ISSUER),
        failed("cross.country_csca", "CSCA", R.DIFFERS),
        verdicts=refused,
        reason=R.DIFFERS,
        importance=Importance.CRITICAL,
    )


def _details() -> Iterator[Case]:
    watched = by_policy(ATTENTION, ATTENTION, GOOD)
    others: tuple[tuple[str, str, Holder], ...] = (
        ("dg11-other-name", "DG11 names somebody else than DG1", replace(MARTA, full_name=("Larsson", "Nils"))),
        (
            "dg11-other-birth",
            "DG11 gives another date of birth than DG1",
            replace(MARTA, date_of_birth=date(1985, 3, 17)),
        ),
    )
    for name, title, holder in others:
        yield _CHAPTER.case(
            name,
            f"{title}; the state signed both",
            std.DG11,
            _with_dg11(holder),
            failed("cross.dg11_dg1", "EF.DG11", R.DIFFERS),
            verdicts=watched,
        )
    silent = replace(MARTA, full_name=("", ""), full_date_of_birth_text="", place_of_birth=("Ankeborg",))
    yield _CHAPTER.case(
        "dg11-says-little",
        "DG11 holds neither a name nor a date of birth",
        std.DG11,
        _with_dg11(silent),
        not_applicable("cross.dg11_dg1", "EF.DG11"),
        importance=Importance.LOW,
    )


def _holders() -> Iterator[Case]:
    standards = {
        "truncated": std.TRUNCATION,
        "long": std.TRUNCATION,
        "single": std.SINGLE_NAME,
        "apostrophed": std.APOSTROPHE,
        "hyphened": std.HYPHEN,
        "unknown-day": std.UNKNOWN_BIRTH,
        "unknown-birth": std.UNKNOWN_BIRTH,
    }
    # pinyin cannot be computed from characters, nor a spelling by sound from Arabic ones
    unmapped = (undecided("cross.dg11_dg1", "EF.DG11", R.UNMAPPED),)
    differs = {
        "chinese": unmapped,
        "arabic-by-sound": unmapped,
        "swedish": (passed("mrz.check_digits", "optional_data"),),
    }
    for name, holder in HOLDERS.items():
        open_name = differs.get(name) is unmapped
        yield _CHAPTER.case(
            f"holder-{name}",
            f"A holder whose name or birth is hard to write: {name.replace('-', ' ')}",
            standards.get(name, std.NAMES),
            _made_out_to(holder),
            differs.get(name, ()),
            verdicts=by_policy(ATTENTION, ATTENTION, GOOD) if open_name else None,
            importance=Importance.MEDIUM,
            features=("names",),
        )


# --- recipes


def _with_dg11(holder: Holder) -> Callable[[], Specimen]:
    groups = (*bench.PASSPORT.groups, (11, data_groups.dg11(holder)))
    return lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, groups=groups)))


def _made_out_to(holder: Holder) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.passport(holder=holder))


def _of_state(store: str, made: Edits) -> Specimen:
    state = bench.state_with(made)
    return bench.specimen(state.issue(MARTA, bench.PASSPORT), trust={store: state.trust()})

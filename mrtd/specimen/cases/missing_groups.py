"""Cases of data groups that were left out or injected (ICAO 9303-11 §5.1, §6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import breakage, data_groups, face
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, ChipAnswers, Importance, Verdicts
from mrtd.specimen.cases.chapter import (
    Chapter,
    absent,
    failed,
    not_applicable,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED, MRZ_FIELDS
from mrtd.specimen.cases.verdicts import (
    FORGED,
    GOOD,
    OPEN,
    OPEN_BY_POLICY,
    UNPROVEN,
    by_policy,
    everywhere,
)
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.scheme import BRAINPOOL_P256R1

_CHAPTER: Final = Chapter(__name__)
_INCOMPLETE: Final = undecided("evidence.complete", "evidence", R.INCOMPLETE)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _not_sent()
    yield from _injected()


def _not_sent() -> Iterator[Case]:
    yield _CHAPTER.case(
        "dg1-not-sent",
        "The dump lacks DG1",
        std.HASHES,
        lambda: bench.specimen(_without(ElementaryFile.DG1), like=bench.passport()),
        not_performed("lds.parse", "EF.DG1", R.NO_EVIDENCE),
        not_performed("pa.dg_hash", "EF.DG1", R.NOT_SENT),
        # whether the DSC may sign this type of document cannot be said of a type that nobody has seen
        undecided("pa.dsc.authorised", "DSC", R.DOCUMENT_TYPE),
        not_performed("cross.country_dsc", "DSC", R.NO_EVIDENCE),
        not_performed("cross.country_csca", "CSCA", R.NO_EVIDENCE),
        not_performed("cross.dg11_dg1", "EF.DG11", R.EARLIER_STEP),
        not_performed("cross.expiry", "EF.DG1", R.NO_EVIDENCE),
        (absent("cross.mrz_dg1", field) for field in MRZ_FIELDS),
        not_performed("cross.mrz_dg1", "MRZ", R.NO_EVIDENCE),
        _INCOMPLETE,
        CHIP_BARRED,
        verdicts=everywhere(replace(OPEN, document_valid="undetermined", mrz_matches_chip="undetermined")),
        reason=R.NO_EVIDENCE,
        read_again=True,
    )
    yield _CHAPTER.case(
        "dg2-not-sent",
        "The dump lacks DG2: nobody can compare a face",
        std.HASHES,
        lambda: bench.specimen(_without(ElementaryFile.DG2), like=bench.passport()),
        absent("lds.parse", "EF.DG2"),
        not_performed("pa.dg_hash", "EF.DG2", R.NOT_SENT),
        not_performed("dg2.image_decodes", "EF.DG2", R.NO_EVIDENCE),
        _INCOMPLETE,
        verdicts=everywhere(OPEN_BY_POLICY),
        reason=R.NOT_SENT,
        read_again=True,
    )
    yield _CHAPTER.case(
        "dg11-not-sent",
        "The dump lacks DG11, which nothing rests on",
        std.DATA_GROUPS,
        lambda: bench.specimen(_without(ElementaryFile.DG11), like=bench.passport()),
        absent("lds.parse", "EF.DG11"),
        not_performed("pa.dg_hash", "EF.DG11", R.NOT_SENT),
        not_applicable("cross.dg11_dg1", "EF.DG11", R.NO_EVIDENCE),
        _INCOMPLETE,
        importance=Importance.LOW,
    )
    yield _CHAPTER.case(
        "com-not-sent",
        "The dump lacks EF.COM, which is not signed",
        std.COM,
        lambda: bench.specimen(_without(ElementaryFile.COM), like=bench.passport()),
        absent("lds.parse", "EF.COM"),
        not_performed("lds.com_consistent", "EF.COM", R.ABSENT),
        verdicts=by_policy(replace(GOOD, outcome="review"), GOOD, GOOD),
        importance=Importance.LOW,
    )
    yield _CHAPTER.case(
        "dg15-stripped",
        "A clone that hides its key: DG15 is listed in EF.SOD and not sent",
        std.AA_KEY,
        lambda: bench.specimen(breakage.stripped_dg15(bench.passport()), like=bench.passport(), chip=None),
        absent("lds.parse", "EF.DG15"),
        not_performed("pa.dg_hash", "EF.DG15", R.NOT_SENT),
        not_performed("aa.key", "EF.DG15", R.NOT_SENT),
        not_performed("aa.algorithm_declared", "EF.DG14", R.EARLIER_STEP),
        absent("pa.algorithms", "AA"),
        _INCOMPLETE,
        verdicts=everywhere(UNPROVEN),
        reason=R.NOT_SENT,
        importance=Importance.CRITICAL,
        features=("clone",),
    )
    yield _CHAPTER.case(
        "dg15-stripped-com-edited",
        "The same with an EF.COM that hides DG15 as well",
        std.AA_KEY,
        lambda: bench.specimen(_stripped_with_com(), like=bench.passport(), chip=None),
        absent("lds.parse", "EF.DG15"),
        failed("lds.com_consistent", "EF.COM", R.DIFFERS),
        not_performed("pa.dg_hash", "EF.DG15", R.NOT_SENT),
        not_performed("aa.key", "EF.DG15", R.NOT_SENT),
        not_performed("aa.algorithm_declared", "EF.DG14", R.EARLIER_STEP),
        absent("pa.algorithms", "AA"),
        _INCOMPLETE,
        verdicts=everywhere(UNPROVEN),
        reason=R.NOT_SENT,
        importance=Importance.CRITICAL,
        features=("clone",),
    )
    yield _CHAPTER.case(
        "dg14-stripped",
        "A clone that hides Chip Authentication: DG14 is listed in EF.SOD and not sent",
        std.CHIP_AUTHENTICATION,
        lambda: bench.specimen(
            _chip_authentication_only().without_file(ElementaryFile.DG14),
            like=_chip_authentication_only(),
            chip_authentication=True,
        ),
        absent("lds.parse", "EF.DG14"),
        not_performed("pa.dg_hash", "EF.DG14", R.NOT_SENT),
        not_performed("ca.key", "EF.DG14", R.NOT_SENT),
        absent("pa.algorithms", "CA"),
        _INCOMPLETE,
        verdicts=everywhere(UNPROVEN),
        reason=R.NOT_SENT,
        importance=Importance.CRITICAL,
        features=("clone", "chip_authentication"),
    )
    yield _CHAPTER.case(
        "dg14-not-sent",
        "DG14 is not sent; the key of DG15 answers all the same, by a hash that nobody declared",
        std.AA_ECDSA,
        lambda: bench.specimen(_without(ElementaryFile.DG14), like=bench.passport()),
        absent("lds.parse", "EF.DG14"),
        not_performed("pa.dg_hash", "EF.DG14", R.NOT_SENT),
        undecided("aa.algorithm_declared", "EF.DG14", R.ALGORITHM_UNDECLARED),
        not_performed("ca.key", "EF.DG14", R.NOT_SENT),
        not_performed("ca.secure_messaging", "CA", R.NOT_PERFORMED),
        not_performed("ca.rebind", "CA", R.NOT_PERFORMED),
        not_applicable("ca.claimed", "CA", R.NOT_SENT),
        _INCOMPLETE,
        importance=Importance.MEDIUM,
    )


def _injected() -> Iterator[Case]:
    answered = passed("evidence.freshness", "evidence")
    unlisted = (absent("pa.dg_unlisted", "EF.SOD"), failed("pa.dg_unlisted", "EF.DG15", R.NOT_IN_SOD))
    strange = ChipAnswers("clone-chip", BRAINPOOL_P256R1.name)
    yield _CHAPTER.case(
        "dg15-injected",
        "A key of the forger in a DG15 that EF.SOD does not list; its chip answers correctly",
        std.AA_KEY,
        lambda: bench.specimen(breakage.injected_dg15(_plain(), BRAINPOOL_P256R1), like=_plain(), chip=strange),
        passed("lds.parse", "EF.DG15"),
        unlisted,
        answered,
        CHIP_BARRED,
        verdicts=_unlisted_verdicts(),
        reason=R.NOT_IN_SOD,
        importance=Importance.CRITICAL,
        features=("clone",),
    )
    yield _CHAPTER.case(
        "dg15-injected-com-edited",
        "The same with an EF.COM that lists DG15",
        std.AA_KEY,
        lambda: bench.specimen(_injected_with_com(), like=_plain(), chip=strange),
        passed("lds.parse", "EF.DG15"),
        failed("lds.com_consistent", "EF.COM", R.DIFFERS),
        unlisted,
        answered,
        CHIP_BARRED,
        verdicts=_unlisted_verdicts(),
        reason=R.NOT_IN_SOD,
        importance=Importance.CRITICAL,
        features=("clone",),
    )
    yield _CHAPTER.case(
        "dg7-injected",
        "A signature mark that EF.SOD does not list",
        std.HASHES,
        lambda: bench.specimen(
            bench.passport().with_file(ElementaryFile.DG7, face.dg7(face.signature_mark())), like=bench.passport()
        ),
        passed("lds.parse", "EF.DG7"),
        absent("pa.dg_unlisted", "EF.SOD"),
        failed("pa.dg_unlisted", "EF.DG7", R.NOT_IN_SOD),
        CHIP_BARRED,
        verdicts=_unlisted_verdicts(),
        reason=R.NOT_IN_SOD,
    )


# --- recipes


def _unlisted_verdicts() -> Verdicts:
    """Not authentic under every policy, whatever the cell of forensic says (docs/checks.md)."""
    return everywhere(FORGED)


def _plain() -> SpecimenDocument:
    return bench.passport(bench.WITHOUT_CHIP_PROOF)


def _without(file: ElementaryFile) -> SpecimenDocument:
    return bench.passport().without_file(file)


def _stripped_with_com() -> SpecimenDocument:
    stripped = breakage.stripped_dg15(bench.passport())
    return stripped.with_file(ElementaryFile.COM, data_groups.com(_numbers_of(stripped)))


def _injected_with_com() -> SpecimenDocument:
    injected = breakage.injected_dg15(_plain(), BRAINPOOL_P256R1)
    return injected.with_file(ElementaryFile.COM, data_groups.com(_numbers_of(injected)))


def _numbers_of(document: SpecimenDocument) -> list[int]:
    return [file.data_group for file in document.files if file.data_group is not None]


def _chip_authentication_only() -> SpecimenDocument:
    return bench.passport(replace(bench.WITHOUT_CHIP_PROOF, chip_authentication=True))

"""Cases of how the chip was reached (ICAO 9303-11 §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import chip_protocols
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
    passed,
    undecided,
)
from mrtd.specimen.cases.chip_dumps import as_json
from mrtd.specimen.cases.genuine import SIGNED_OBJECT
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    GOOD,
    REFUSED_BY_POLICY,
    by_policy,
)

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    pace = replace(bench.PASSPORT, pace=True)
    contained = passed("access.card_access_signed", "EF.CardAccess")
    yield _CHAPTER.case(
        "card-access",
        "EF.CardAccess offers what the signed DG14 offers",
        std.CARD_ACCESS,
        lambda: bench.specimen(bench.passport(pace)),
        contained,
        importance=Importance.MEDIUM,
        features=("pace",),
    )
    yield _CHAPTER.case(
        "card-access-offers-more",
        "EF.CardAccess offers a mapping that nobody signed",
        std.CARD_ACCESS,
        lambda: bench.specimen(
            bench.passport(pace).with_file(
                ElementaryFile.CARD_ACCESS,
                chip_protocols.card_access((chip_protocols.pace_info(chip_protocols.PACE_ECDH_IM_AES_128),)),
            )
        ),
        failed("access.card_access_signed", "EF.CardAccess", R.DIFFERS),
        verdicts=by_policy(ATTENTION, ATTENTION, GOOD),
        features=("pace",),
    )
    claimed = undecided("access.protocol", "chip", R.CLAIMED)
    yield _CHAPTER.case(
        "access-claimed",
        "The sender says that PACE was used, which proves nothing",
        std.PACE_FIRST,
        lambda: as_json(bench.passport(pace), {"access": {"protocol": "PACE"}}),
        contained,
        claimed,
        importance=Importance.LOW,
        features=("json", "pace"),
    )
    yield _CHAPTER.case(
        "bac-despite-pace",
        "The sender admits that BAC was used with a chip that offers PACE",
        std.PACE_FIRST,
        lambda: as_json(bench.passport(pace), {"access": {"protocol": "BAC"}}),
        contained,
        claimed,
        failed("access.pace_downgrade", "chip", R.BAC_DESPITE_PACE),
        verdicts=by_policy(REFUSED_BY_POLICY, ATTENTION, GOOD),
        reason=R.BAC_DESPITE_PACE,
        features=("json", "pace"),
    )
    card_security = replace(pace, card_security=True)
    signed = tuple(passed(f"pa.sod.{name}", "EF.CardSecurity") for name in SIGNED_OBJECT)
    yield _CHAPTER.case(
        "card-security",
        "EF.CardSecurity, signed by the DSC",
        std.CARD_ACCESS,
        lambda: bench.specimen(bench.passport(card_security)),
        contained,
        signed,
        importance=Importance.MEDIUM,
        features=("pace",),
    )

"""Stores that an administration activated, for the chapters of trust."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.pki.holdings import Holdings
from mrtd.specimen import stores
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Specimen
from mrtd.specimen.cases.chapter import failed, passed, undecided
from mrtd.specimen.cases.genuine import NO_CSCA
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.recipe import Make, Setting
from mrtd.specimen.scheme import BRAINPOOL_P256R1

#: The keys and the time of all these chapters.
SETTING: Final = Setting(BRAINPOOL_P256R1)

#: The anchor is there by a decision on itself or on a list, which is no remark, as the word of an operator is.
ANCHORED: Final = passed("pa.csca.trusted", "CSCA")
PROBATION: Final = passed("pa.csca.trusted", "CSCA", R.PROBATION)
#: No anchor of the state, so that nobody's CRL counts for it either.
NO_ANCHOR: Final = (
    undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
    undecided("pa.path", "DSC", R.NO_CSCA),
    *NO_CSCA,
)
#: No anchor at all.
EMPTY: Final = (
    undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
    undecided("pa.path", "DSC", R.NO_TRUST_ANCHOR),
    *NO_CSCA,
)
LINK_REFUSED: Final = (failed("pa.path", "DSC", R.LINK_NOT_TRUSTED), *NO_CSCA)


def before(
    store: str, held: Callable[[], Holdings], document: Callable[[], SpecimenDocument] = bench.passport
) -> Callable[[], Specimen]:
    """A document before the store that follows from holdings; by default the genuine passport of the state."""
    return lambda: bench.specimen(document(), trust={f"administered-{store}": stores.files(held())})


def presented(store: str, make: Make) -> Callable[[], Specimen]:
    """A recipe before an administration that pinned what an operator would trust."""

    def made() -> Specimen:
        presentation = make(SETTING)
        trust = {f"administered-{store}": stores.files(stores.pinned(presentation))}
        return bench.specimen(presentation.chip.document, trust=trust)

    return made

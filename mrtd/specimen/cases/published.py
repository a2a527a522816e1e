"""Cases of signed lists: who may sign one, and what it may say (ICAO 9303-12 §5.3, 9303-3 §7; SECURITY.md 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.inspection.reason import Reason as R
from mrtd.pki.holdings import Holdings
from mrtd.specimen import authorities, data_groups, list_recipes, stores
from mrtd.specimen.cases import trust_standards as trust_std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.administration import ANCHORED, EMPTY, NO_ANCHOR, SETTING, before
from mrtd.specimen.cases.case import Case, Importance, Standard
from mrtd.specimen.cases.chapter import Chapter, failed, passed, undecided
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_CSCA
from mrtd.specimen.cases.verdicts import ATTENTION, FORGED, GOOD, OPEN, by_policy, everywhere
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.list_offers import OFFERS
from mrtd.specimen.namesake_recipes import rogue
from mrtd.specimen.trust_breakage import neighbour

_CHAPTER: Final = Chapter(__name__)
_KNOWN: Final = undecided("pa.deviation", "document", R.KNOWN_DEVIATION)
_WATCHED: Final = by_policy(ATTENTION, ATTENTION, GOOD)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _master_lists()
    yield from _own_deviations()
    yield from _other_deviations()


def _master_lists() -> Iterator[Case]:
    """Lists that no import takes; a store into which one was written all the same takes no anchor from it."""
    for offer, title in (
        ("signed_by_its_own_anchor", "The only list is signed under a CSCA that stands in this list alone"),
        ("signed_by_dsc", "The only list is signed by a document signer of the publisher"),
        ("signed_by_another_state", "The only list is signed by a list signer of another state than the publisher's"),
        ("signer_expired", "The only list is signed by a signer whose certificate had ended"),
        ("content_changed", "The only list was changed after it was signed"),
    ):
        name = f"list-{offer.replace('_', '-')}"
        yield _CHAPTER.case(
            name,
            title,
            trust_std.LIST_SIGNER,
            before(name, partial(OFFERS[offer].written_past, SETTING)),
            EMPTY,
            verdicts=everywhere(OPEN),
            reason=R.NO_TRUST_ANCHOR,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "list-older",
        "The active list has the CSCA no more; an older one that has it is not taken",
        trust_std.RENEWED_LIST,
        before("list-older", lambda: OFFERS["older"].active(SETTING)),
        NO_ANCHOR,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )


def _own_deviations() -> Iterator[Case]:
    yield _CHAPTER.case(
        "own-deviation-list",
        "The state's deviation list speaks of the documents of this DSC",
        trust_std.DEVIATION_POLICY,
        before("own-deviation-list", lambda: _deviating(list_recipes.own_deviation_list(SETTING))),
        ANCHORED,
        _KNOWN,
        verdicts=_WATCHED,
    )
    yield _CHAPTER.case(
        "deviating-hash",
        "The list says that hashes of these documents are wrong, and one is: the document is refused all the same",
        trust_std.DEVIATION_POLICY,
        before("deviating-hash", lambda: _deviating(_of_hashes()), _other_issue),
        ANCHORED,
        _KNOWN,
        failed("pa.dg_hash", "EF.DG12", R.MISMATCH),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "deviating-chain",
        "The list says that the signatures of these certificates are wrong; the chain is a forger's, and refused",
        trust_std.DEVIATION_POLICY,
        before("deviating-chain", lambda: _deviating(_of_the_rogue()), _of_the_rogue_itself),
        _KNOWN,
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "own-deviation-list-of-other-documents",
        "The state's deviation list speaks of the documents of another DSC",
        trust_std.DEVIANT_DOCUMENTS,
        before("own-deviation-list-of-other-documents", lambda: _deviating(_of_a_colleague())),
        ANCHORED,
        passed("pa.deviation", "document"),
        importance=Importance.MEDIUM,
    )


def _other_deviations() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Standard, Callable[[], Holdings]], ...] = (
        ("foreign-deviation-list", "Another state's deviation list speaks of the documents of this state",
         trust_std.DEVIATION_STATE,
         lambda: _deviating(list_recipes.foreign_deviation_list(SETTING), neighbour(SETTING))),
        ("deviation-list-of-a-list-signer", "The state's deviation list is signed by its signer of master lists",
         trust_std.DEVIATION_SIGNER,
         lambda: _deviating(list_recipes.deviation_list_of_a_master_list_signer(SETTING))),
        ("deviation-list-under-a-namesake", "The deviation list is signed under a CSCA of the state's name",
         trust_std.DEVIATION_STATE, lambda: _deviating(_of_a_namesake())),
    )  # fmt: skip
    for name, title, standard, held in stories:
        yield _CHAPTER.case(name, title, standard, before(name, held), ANCHORED)


# --- what is held


def _deviating(deviation_list: bytes, publisher: SpecimenIssuer | None = None) -> Holdings:
    """The state is pinned; a publisher, by default the state itself, has a deviation list."""
    state = bench.state()
    lists = stores.with_lists(publisher or state, deviation_list=deviation_list)
    return stores.holdings(lists, pins=(state.csca_certificate,), crls=(state.crl,))


def _of_hashes() -> bytes:
    """Deviations of the kind LDS-DGHashWrong."""
    return _signed_by(bench.state(), f"{list_recipes.LDS_DEVIATION}.2", bench.state())


def _of_a_colleague() -> bytes:
    """Of the documents of another DSC of the state."""
    return _signed_by(bench.state(), list_recipes.LDS_DEVIATION, bench.state(dsc_role="colleague-dsc"))


def _of_a_namesake() -> bytes:
    return _signed_by(bench.state(csca_role="impostor-csca"), list_recipes.LDS_DEVIATION, bench.state())


def _of_the_rogue() -> bytes:
    """Of documents of a forger's DSC, of the kind CertOrKey-DSSignature: a deceived signer lets nobody in."""
    return _signed_by(bench.state(), f"{list_recipes.CERTIFICATE_DEVIATION}.1", rogue(SETTING))


def _of_the_rogue_itself() -> SpecimenDocument:
    return rogue(SETTING).issue(MARTA, bench.PASSPORT)


def _signed_by(state: SpecimenIssuer, deviation: str, documents_of: SpecimenIssuer) -> bytes:
    signer = authorities.list_signer(state, oids.DEVIATION_LIST_SIGNING_KEY, role="deviation-signer")
    content = authorities.deviations((deviation, documents_of, "as stated"))
    return authorities.deviation_list(content, signer, state.now)


def _other_issue() -> SpecimenDocument:
    """DG12 names another day than the one that was signed."""
    changed = data_groups.dg12(bench.ISSUED - timedelta(days=400))
    return bench.passport().with_file(ElementaryFile.DG12, changed)

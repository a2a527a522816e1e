"""Cases of whose decision made an anchor, and of what needs another one (ICAO 9303-12 §5.3, §6.1; SECURITY.md 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.pki.holdings import Holdings, Publisher
from mrtd.specimen import authorities, stores
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import trust_standards as trust_std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.administration import ANCHORED, NO_ANCHOR, PROBATION, SETTING, before
from mrtd.specimen.cases.case import Case, Finding, Importance, Standard
from mrtd.specimen.cases.chapter import Chapter, failed
from mrtd.specimen.cases.genuine import NO_CSCA
from mrtd.specimen.cases.verdicts import ATTENTION, FORGED, OPEN, everywhere
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.namesake_recipes import respelt_link, rogue
from mrtd.specimen.trust_breakage import generation, neighbour, second_neighbour

_CHAPTER: Final = Chapter(__name__)
#: Utopia as the verifier's own state.
_HOME: Final = "UT"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _settled()
    yield from _on_probation()
    yield from _no_anchor()
    yield from _rogue_in_a_list()


def _settled() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Standard, Callable[[], Holdings], Callable[[], SpecimenDocument]], ...] = (
        ("anchor-pinned", "The CSCA was named by its fingerprint", trust_std.INITIAL_KEY,
         lambda: stores.holdings(pins=(_csca(),), crls=(bench.state().crl,)), bench.passport),
        ("anchor-accepted", "The CSCA stands in the list of one publisher, and two people accepted it",
         trust_std.LIST_TRUST, lambda: replace(_listed(), accepted=frozenset({_sha256(_csca())})), bench.passport),
        ("anchor-of-before", "The CSCA stands in one list, as it did when an earlier store was activated",
         trust_std.LIST_TRUST, lambda: replace(_listed(), settled=frozenset({_sha256(_csca())})), bench.passport),
        ("anchor-of-two-publishers", "The CSCA stands in the lists of two states",
         trust_std.LIST_TRUST, lambda: _listed(_publisher("qq", second_neighbour(SETTING))), bench.passport),
        ("anchor-by-a-link", "The CSCA stands in one list; a link from the one before, which is settled, leads to it",
         std.LINK, lambda: replace(_both_listed(), settled=frozenset({_sha256(_old().csca_certificate)})), _of_new),
        ("home-state-by-a-link", "The CSCA of the home state stands in one list, and a link from its pin leads to it",
         std.LINK, lambda: replace(_both_listed(), pins=(_old().csca_certificate,), home_state=_HOME), _of_new),
    )  # fmt: skip
    for name, title, standard, held, document in stories:
        yield _CHAPTER.case(name, title, standard, before(name, held, document), ANCHORED)


def _on_probation() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Callable[[], Holdings], Callable[[], SpecimenDocument]], ...] = (
        ("anchor-on-probation", "The CSCA is new, and stands in the list of one publisher alone", _listed,
         bench.passport),
        ("anchor-of-one-publisher-twice", "The CSCA stands in two lists, and the same state signs both",
         lambda: _listed(_publisher("xx-mirror", neighbour(SETTING))), bench.passport),
        ("anchor-by-a-link-on-probation", "A link leads to the CSCA from the one before, which is as new",
         _both_listed, _of_new),
    )  # fmt: skip
    for name, title, held, document in stories:
        yield _CHAPTER.case(
            name,
            title,
            trust_std.LIST_TRUST,
            before(name, held, document),
            PROBATION,
            verdicts=everywhere(ATTENTION),
            importance=Importance.CRITICAL,
        )


def _no_anchor() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Standard, Callable[[], Holdings], tuple[Finding, ...]], ...] = (
        ("home-state-in-a-list", "The CSCA of the home state stands in two lists, and nobody pinned it",
         trust_std.INITIAL_KEY,
         lambda: replace(_listed(_publisher("qq", second_neighbour(SETTING))), home_state=_HOME), NO_ANCHOR),
        ("home-state-without-a-link", "A list holds another CSCA of the home state than the pinned one, and no link",
         std.LINK, lambda: replace(_listed(), pins=(_old().csca_certificate,), home_state=_HOME), NO_ANCHOR),
        ("pinned-state-without-a-link", "A list holds another CSCA of a pinned state, and no link leads to it",
         std.LINK, lambda: replace(_listed(), pins=(_old().csca_certificate,)), NO_ANCHOR),
        ("anchor-distrusted", "The CSCA stands in two lists, and two people distrust it",
         trust_std.LIST_TRUST,
         lambda: replace(_listed(_publisher("qq", second_neighbour(SETTING))), distrusted=_distrusting(_csca())),
         NO_ANCHOR),
        ("pin-distrusted", "The CSCA was pinned, and two people distrust it since", trust_std.INITIAL_KEY,
         lambda: replace(_listed(), pins=(_csca(),), distrusted=_distrusting(_csca())), NO_ANCHOR),
        ("distrusted-key-by-a-link", "Two people distrust the CSCA; a link from a pin to its key changes nothing",
         std.LINK, _distrusted_key, NO_ANCHOR),
    )  # fmt: skip
    for name, title, standard, held, differs in stories:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            before(name, held),
            differs,
            verdicts=everywhere(OPEN),
            reason=R.NO_CSCA,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "link-from-a-distrusted-anchor",
        "The link leads to a CSCA that two people distrust since: what rested on it alone falls with it",
        std.LINK,
        before("link-from-a-distrusted-anchor", _link_from_distrusted, _of_new),
        NO_ANCHOR,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )


def _rogue_in_a_list() -> Iterator[Case]:
    def listing() -> Holdings:
        return stores.holdings(
            _publisher("xx", neighbour(SETTING), rogue(SETTING).csca_certificate), crls=(bench.state().crl,)
        )

    yield _CHAPTER.case(
        "rogue-in-a-list",
        "A publisher's list holds a rogue CSCA of the state's name and key identifier: new, so on probation",
        trust_std.LIST_TRUST,
        before("rogue-in-a-list", listing, lambda: rogue(SETTING).issue(MARTA, bench.PASSPORT)),
        # the state's CRL is good: the state stands in the same list
        PROBATION,
        verdicts=everywhere(ATTENTION),
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "rogue-in-a-list-of-a-pinned-state",
        "The same before a verifier that pinned the true CSCA: no list adds a key to that state",
        trust_std.INITIAL_KEY,
        before(
            "rogue-in-a-list-of-a-pinned-state",
            lambda: replace(listing(), pins=(_csca(),)),
            lambda: rogue(SETTING).issue(MARTA, bench.PASSPORT),
        ),
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.CRITICAL,
    )


# --- what is held


def _csca() -> bytes:
    return bench.state().csca_certificate


def _sha256(certificate: bytes) -> str:
    return hashlib.sha256(certificate).hexdigest()


def _distrusting(certificate: bytes) -> dict[str, str]:
    return {_sha256(certificate): "the key was stolen"}


def _publisher(name: str, state: SpecimenIssuer, *also: bytes) -> Publisher:
    """A list of Utopia, of both neighbours, and of whom else."""
    return stores.publisher(
        name,
        state,
        _csca(),
        neighbour(SETTING).csca_certificate,
        second_neighbour(SETTING).csca_certificate,
        *also,
    )


def _listed(*more: Publisher) -> Holdings:
    """One publisher, or several, who list Utopia."""
    return stores.holdings(_publisher("xx", neighbour(SETTING)), *more, crls=(bench.state().crl,))


def _old() -> SpecimenIssuer:
    return generation(SETTING, 1)


def _new() -> SpecimenIssuer:
    return generation(SETTING, 0)


def _of_new() -> SpecimenDocument:
    return _new().issue(MARTA, bench.PASSPORT)


def _both_listed() -> Holdings:
    """One publisher lists two generations and the link between them."""
    old, new = _old(), _new()
    listed = (old.csca_certificate, authorities.link(old, new), new.csca_certificate)
    return stores.holdings(stores.publisher("xx", neighbour(SETTING), *listed), crls=(new.crl,))


def _link_from_distrusted() -> Holdings:
    """The old CSCA is pinned and distrusted; the link lies beside, and the neighbour is an anchor."""
    old, new = _old(), _new()
    held = stores.holdings(
        pins=(old.csca_certificate, neighbour(SETTING).csca_certificate),
        others=(authorities.link(old, new),),
        crls=(new.crl,),
    )
    return replace(held, distrusted=_distrusting(old.csca_certificate))


def _distrusted_key() -> Holdings:
    """A list holds the distrusted CSCA; the pinned one before it signed a link to its key, in another spelling."""
    held = replace(_listed(), pins=(_old().csca_certificate,), others=(respelt_link(SETTING),))
    return replace(held, distrusted=_distrusting(_csca()))

"""Cases of links between the keys of a CSCA, and of strangers of its name (ICAO 9303-12 §4.1.4, §6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen import namesake_recipes, trust_breakage
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import trust_standards as trust_std
from mrtd.specimen.cases.administration import ANCHORED, EMPTY, LINK_REFUSED, presented
from mrtd.specimen.cases.case import Case, Finding, Importance, Standard, Verdicts
from mrtd.specimen.cases.chapter import Chapter, failed, passed, undecided
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_CSCA
from mrtd.specimen.cases.verdicts import FORGED, GOOD, OPEN, everywhere
from mrtd.specimen.recipe import Presentation, Setting

_CHAPTER: Final = Chapter(__name__)
_RECIPES: Final = {**trust_breakage.RECIPES, **namesake_recipes.RECIPES}
_LINKED: Final = (passed("pa.path.link", "CSCA", R.LINK_USED), ANCHORED)
_UNKNOWN: Final = (undecided("pa.path", "DSC", R.NO_CSCA), *NO_CSCA)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _followed()
    yield from _refused()
    yield from _revoked_by_the_next_key()
    yield from _namesakes()


def _followed() -> Iterator[Case]:
    for name, title, recipe in (
        ("link-used", "The verifier pinned the CSCA before, which signed a link to the one that issued", "link_used"),
        ("two-links-used", "Two links, one after the other", "two_links_used"),
        ("five-links-used", "Five links, as many as are followed", "five_links_used"),
    ):  # fmt: skip
        yield _CHAPTER.case(name, title, std.LINK, presented(name, _RECIPES[recipe].make), *_LINKED)
    yield _CHAPTER.case(
        "six-links",
        "Six links, one more than are followed",
        std.LINK,
        presented("six-links", _RECIPES["too_many_links"].make),
        failed("pa.path", "DSC", R.TOO_LONG),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.TOO_LONG,
    )


def _refused() -> Iterator[Case]:
    no_crl = undecided("pa.dsc.revocation", "DSC", R.NO_CRL)
    refused: tuple[tuple[str, str, Standard, str, tuple[Finding, ...]], ...] = (
        ("link-by-a-posing-stranger", "A stranger signs a link to his own key and names the pinned key as its signer",
         std.ISSUER_SIGNATURE, "link_of_a_posing_stranger", ()),
        ("link-signature-changed", "One bit of the old key's signature on the link changed",
         std.ISSUER_SIGNATURE, "link_signature_changed", ()),
        # the neighbour's anchor vouches for no CRL of Utopia
        ("link-by-another-state", "The key of another state, which is pinned, signs a link to the state's key",
         std.LINK, "link_of_the_neighbour", (no_crl,)),
        ("link-by-a-revoked-key", "The old CSCA is revoked, and its link with it",
         std.CSCA_REVOKED, "link_by_a_revoked_csca", ()),
        ("link-revoked", "The CRL lists the link certificate itself", std.CRL_CHECK, "link_revoked", ()),
        ("link-after-the-old-key", "The link begins after the certificate of the old key has ended",
         std.KEY_ROLLOVER, "link_after_the_old_csca", ()),
    )  # fmt: skip
    for name, title, standard, recipe, also in refused:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            presented(name, _RECIPES[recipe].make),
            also,
            LINK_REFUSED,
            verdicts=everywhere(FORGED),
            reason=R.LINK_NOT_TRUSTED,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "link-by-a-namesake",
        "A stranger of the same name signs a link to his own key, and names a key that nobody knows",
        trust_std.INITIAL_KEY,
        presented("link-by-a-namesake", _RECIPES["link_of_a_stranger"].make),
        _UNKNOWN,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "link-without-anchor",
        "The verifier keeps a genuine link, and trusts nobody",
        std.TRUST_ANCHOR,
        presented("link-without-anchor", _unanchored),
        EMPTY,
        verdicts=everywhere(OPEN),
        reason=R.NO_TRUST_ANCHOR,
        importance=Importance.CRITICAL,
    )


def _revoked_by_the_next_key() -> Iterator[Case]:
    yield _CHAPTER.case(
        "old-key-and-new-key",
        "A document of the old key before a verifier that pinned both, with the CRL of the new one",
        std.CRL_SCOPE,
        presented("old-key-and-new-key", trust_breakage.document_of_the_old_key),
        ANCHORED,
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "old-dsc-revoked-by-new-key",
        "The same, and the CRL of the new key lists the DSC of the old one",
        std.CRL_SCOPE,
        presented("old-dsc-revoked-by-new-key", _RECIPES["old_dsc_revoked_by_new_key"].make),
        failed("pa.dsc.revocation", "DSC", R.REVOKED),
        ANCHORED,
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.REVOKED,
        importance=Importance.CRITICAL,
    )

    yield _CHAPTER.case(
        "old-dsc-revoked-by-a-linked-key",
        "The CRL that lists the DSC is signed by the new key, to which a kept link from the pinned one leads",
        std.CRL_SCOPE,
        presented("old-dsc-revoked-by-a-linked-key", _revoked_by_a_linked_key),
        failed("pa.dsc.revocation", "DSC", R.REVOKED),
        ANCHORED,
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.REVOKED,
        importance=Importance.CRITICAL,
    )


def _namesakes() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Standard, str, tuple[Finding, ...], Verdicts, R | None], ...] = (
        ("strangers-of-the-name", "Among the kept links lie as many strangers of the CSCA's name as keys are tried",
         trust_std.ANCHOR_EACH_KEY, "strangers_of_the_name", (ANCHORED,), everywhere(GOOD), None),
        ("rogue-beside-the-anchor", "Among the kept links lies a rogue of the anchor's name and key identifier",
         trust_std.ANCHOR_EACH_KEY, "rogue_beside_the_anchor", (ANCHORED,), everywhere(GOOD), None),
        ("respelt-link-beside-the-anchor", "A kept link holds the anchor's own key, and spells its curve by name",
         std.EXPLICIT_PARAMETERS, "respelt_link_beside_the_anchor", (ANCHORED,), everywhere(GOOD), None),
        ("rogue-for-a-missing-generation", "The verifier lacks the CSCA, and keeps a rogue of its name and key"
         " identifier: a genuine document stays open and is not called forged",
         std.KEY_ROLLOVER, "rogue_beside_another_generation", _UNKNOWN, everywhere(OPEN), R.NO_CSCA),
        ("rogue-csca", "A forger's CSCA has the name and the key identifier of the anchor, and signs the DSC",
         std.PATH, "document_of_the_rogue", (failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE), *NO_CSCA),
         everywhere(FORGED), R.BAD_ISSUER_SIGNATURE),
        ("rogue-csca-kept", "The same, and the rogue lies among the kept links: it is nobody's link",
         std.PATH, "document_of_a_kept_rogue", _UNKNOWN, everywhere(OPEN), R.NO_CSCA),
    )  # fmt: skip
    for name, title, standard, recipe, differs, verdicts, reason in stories:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            presented(name, _RECIPES[recipe].make),
            differs,
            verdicts=verdicts,
            reason=reason,
            importance=Importance.CRITICAL,
        )


# --- recipes


def _unanchored(setting: Setting) -> Presentation:
    linked = _RECIPES["link_used"].make(setting)
    return Presentation(linked.chip, {}, linked.untrusted)


def _revoked_by_a_linked_key(setting: Setting) -> Presentation:
    revoked = _RECIPES["old_dsc_revoked_by_new_key"].make(setting)
    kept = {"UTO_link.cer": revoked.trust["UTO_link.cer"]}
    trust = {name: data for name, data in revoked.trust.items() if name in ("UTO_CSCA_old.cer", "UTO.crl")}
    return Presentation(revoked.chip, trust, kept)

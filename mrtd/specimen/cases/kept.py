"""Cases of what lies in a store beside its anchors: DSCs, CRLs, and what somebody wrote into it (SECURITY.md 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.pki.administration import take_crls
from mrtd.pki.holdings import Holdings
from mrtd.pki.realm import Realm
from mrtd.pki.sources import read_source
from mrtd.specimen import authorities, stores
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import trust_standards as trust_std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.administration import ANCHORED, before
from mrtd.specimen.cases.case import AT, Case, Importance, Specimen
from mrtd.specimen.cases.chapter import Chapter, failed, undecided
from mrtd.specimen.cases.generations import forger
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_CSCA
from mrtd.specimen.cases.verdicts import FORGED, OPEN, everywhere
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _apart()
    yield from _crls()
    yield _doctored()


def _apart() -> Iterator[Case]:
    def held() -> Holdings:
        return stores.holdings(pins=(_csca(),), crls=(bench.state().crl,), signers=(bench.state().dsc_certificate,))

    yield _CHAPTER.case(
        "dsc-apart",
        "EF.SOD holds no certificate, and the DSC that its signer names came apart from it",
        std.SOD_CERTIFICATE,
        before("dsc-apart", held, lambda: bench.edited(Edits(signed_data=edits.without_certificates))),
        ANCHORED,
    )
    yield _CHAPTER.case(
        "forged-dsc-apart",
        "The DSC that came apart is a forger's: it is trusted for nothing",
        std.PATH,
        before("forged-dsc-apart", _forged_apart, _without_certificates_by_the_forger),
        undecided("pa.path", "DSC", R.NO_CSCA),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )


def _crls() -> Iterator[Case]:
    stories: tuple[tuple[str, str, Callable[[], Holdings]], ...] = (
        ("crl-of-tomorrow-beside-todays", "The state published a CRL that begins tomorrow: the import takes today's",
         _two_crls),
        ("crl-of-a-kept-namesake", "A stranger of the CSCA's name, kept for links, signs a CRL that lists the DSC",
         _crl_of_a_namesake),
    )  # fmt: skip
    for name, title, held in stories:
        yield _CHAPTER.case(name, title, trust_std.CRL_VALIDATED, before(name, held), ANCHORED)


def _doctored() -> Case:
    def made() -> Specimen:
        # nobody may act as the service outside the specimen realm, so the chip is asked nothing
        trust = {"administered-specimen-in-production": stores.doctored(_csca())}
        return bench.specimen(bench.passport(), trust=trust, chip=None)

    return _CHAPTER.case(
        "specimen-in-a-production-store",
        "Somebody wrote the specimen CSCA into a production store, past every rule",
        std.TRUST_ANCHOR,
        made,
        failed("pa.dsc.authorised", "DSC", R.UNKNOWN_CRITICAL_EXTENSION),
        undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
        undecided("pa.csca.revocation", "CSCA", R.NO_CRL),
        failed("pa.csca.trusted", "CSCA", R.OTHER_REALM),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        realm=Realm.PRODUCTION,
        at_the_counter=False,
        importance=Importance.CRITICAL,
    )


# --- what is held


def _csca() -> bytes:
    return bench.state().csca_certificate


def _two_crls() -> Holdings:
    """A CRL of today and one of tomorrow, with the higher number, are offered to an administration that has none."""
    today = authorities.crl(bench.state(), number=7)
    tomorrow = authorities.crl(bench.state(), number=8, this_update=AT + timedelta(days=1))
    offered = [read_source(crl, "UTO.crl") for crl in (today, tomorrow)]
    held = stores.holdings(pins=(_csca(),))
    return take_crls(held, [source for source in offered if source is not None], AT).holdings


def _crl_of_a_namesake() -> Holdings:
    crl = authorities.crl(forger(), bench.state().dsc_template.serial, number=9)
    return stores.holdings(pins=(_csca(),), others=(forger().csca_certificate,), crls=(bench.state().crl, crl))


def _without_certificates_by_the_forger() -> SpecimenDocument:
    return replace(forger(), edits=Edits(signed_data=edits.without_certificates)).issue(MARTA, bench.PASSPORT)


def _forged_apart() -> Holdings:
    return stores.holdings(pins=(_csca(),), crls=(bench.state().crl,), signers=(forger().dsc_certificate,))

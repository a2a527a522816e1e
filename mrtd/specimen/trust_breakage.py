"""Paths, links and CRLs: whom a verifier may believe, and whom not (ICAO 9303-12 §3, §7.1.4; SECURITY.md 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import authorities, certificates
from mrtd.specimen.certificate_profiles import CSCA_NAME, DSC_NAME
from mrtd.specimen.certificates import CertificateTemplate
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.encoding import serial_number
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import NO_EDITS, Edits, SpecimenIssuer
from mrtd.specimen.recipe import (
    Make,
    Presentation,
    Recipe,
    Setting,
    failed,
    passed,
    undecided,
)

#: The two-letter codes of two neighbours of Utopia, of those that ISO 3166 leaves to its users.
NEIGHBOUR: Final = "XX"
SECOND_NEIGHBOUR: Final = "QQ"
#: A CSCA key signs for five years (`certificate_profiles`), so generations follow within that.
_GENERATION: Final = timedelta(days=1500)


def generation(setting: Setting, number: int, edits: Edits = NO_EDITS) -> SpecimenIssuer:
    """A generation of the CSCA under the one name: 0 is today's, 1 the one before, and so on."""
    return SpecimenIssuer.create(
        setting.algorithms,
        now=setting.now - number * _GENERATION,
        csca_role=f"csca-generation-{number}",
        dsc_role=f"dsc-generation-{number}",
        edits=edits,
    )


def neighbour(setting: Setting) -> SpecimenIssuer:
    """The neighbour state, well made in itself."""
    return _foreign(setting, NEIGHBOUR, "neighbour")


def second_neighbour(setting: Setting) -> SpecimenIssuer:
    """Another neighbour state, as well made."""
    return _foreign(setting, SECOND_NEIGHBOUR, "second-neighbour")


def neighbour_namesake(setting: Setting) -> SpecimenIssuer:
    """A forger under all names of the neighbour."""
    return _foreign(setting, NEIGHBOUR, "impostor-neighbour")


def _foreign(setting: Setting, country: str, role: str) -> SpecimenIssuer:
    """A state of that country, whose three-letter code is the same with an A."""

    def renamed(common_name: str) -> Callable[[CertificateTemplate], CertificateTemplate]:
        def edit(template: CertificateTemplate) -> CertificateTemplate:
            for extension in certificates.alternative_names(f"{country}A"):
                template = template.with_extension(extension)
            subject = certificates.name(common_name, country=country)
            issuer = certificates.name(CSCA_NAME, country=country)
            return replace(template, subject=subject, issuer=issuer)

        return edit

    edits = Edits(
        csca=renamed(CSCA_NAME),
        dsc=renamed(DSC_NAME),
        crl=lambda crl: replace(crl, issuer=certificates.name(CSCA_NAME, country=country)),
    )
    return setting.issuer(edits, csca_role=f"{role}-csca", dsc_role=f"{role}-dsc")


def _linked(
    *,
    edit: Callable[[CertificateTemplate], CertificateTemplate] = authorities.unchanged_certificate,
    finish: Callable[[bytes], bytes] = lambda link: link,
    old_edits: Edits = NO_EDITS,
    revoking: Callable[[SpecimenIssuer, bytes], tuple[int, ...]] = lambda _old, _link: (),
) -> Make:
    """The verifier knows the old CSCA alone, and a link to the new one lies beside the document."""

    def make(setting: Setting) -> Presentation:
        old, new = generation(setting, 1, old_edits), generation(setting, 0)
        link = finish(authorities.link(old, new, edit=edit))
        crl = fresh_crl(old, setting, *revoking(old, link))
        trust = {"UTO_CSCA_old.cer": old.csca_certificate, "UTO.crl": crl}
        return Presentation(SpecimenChip(new.issue(MARTA)), trust, {"UTO_link.cer": link})

    return make


def fresh_crl(old: SpecimenIssuer, setting: Setting, *revoked: int) -> bytes:
    """An old key's CRL of today."""
    return authorities.crl(old, *revoked, this_update=setting.now - timedelta(hours=12))


def _chain_of_links(count: int) -> Make:
    """So many links between the verifier's anchor and the issuer of the DSC."""

    def make(setting: Setting) -> Presentation:
        generations = [generation(setting, number) for number in range(count + 1)]
        links = {
            f"UTO_link_{number}.cer": authorities.link(generations[number + 1], generations[number])
            for number in range(count)
        }
        oldest = generations[-1]
        trust = {"UTO_CSCA_oldest.cer": oldest.csca_certificate, "UTO.crl": fresh_crl(oldest, setting)}
        return Presentation(SpecimenChip(generations[0].issue(MARTA)), trust, links)

    return make


def link_of_the_neighbour(setting: Setting) -> Presentation:
    """The neighbour's key signs a link for Utopia's new CSCA: no state hands over another one's key."""
    foreign, new = neighbour(setting), generation(setting, 0)
    link = authorities.link(foreign, new)
    trust = {**foreign.trust(), "UTO.crl": new.crl}
    return Presentation(SpecimenChip(new.issue(MARTA)), trust, {"UTO_link.cer": link})


def signed_by_the_neighbour(setting: Setting) -> Presentation:
    """The neighbour, whom the verifier trusts for its own documents, signs one of Utopia."""
    foreign = neighbour(setting)
    return Presentation(SpecimenChip(foreign.issue(MARTA)), {**setting.issuer().trust(), **_renamed(foreign.trust())})


def _renamed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"neighbour_{name}": data for name, data in files.items()}


def document_of_the_old_key(setting: Setting) -> Presentation:
    """A document of the old generation; the verifier knows both and the CRL of the new one."""
    old, new = generation(setting, 1), generation(setting, 0)
    trust = {
        "UTO_CSCA_old.cer": old.csca_certificate,
        "UTO_CSCA_new.cer": new.csca_certificate,
        "UTO_link.cer": authorities.link(old, new),
        "UTO.crl": new.crl,
    }
    return Presentation(SpecimenChip(old.issue(MARTA)), trust)


def _old_dsc_revoked_by_new_key(setting: Setting) -> Presentation:
    """SECURITY.md 4.3: a CRL covers every DSC of its name, whichever key of that name signed it."""
    presented = document_of_the_old_key(setting)
    old, new = generation(setting, 1), generation(setting, 0)
    crl = authorities.crl(new, old.dsc_template.serial)
    return replace(presented, trust={**presented.trust, "UTO.crl": crl})


def missing_generation(setting: Setting) -> Presentation:
    """The verifier has today's CSCA, the document is of the one before."""
    old, new = generation(setting, 1), generation(setting, 0)
    return Presentation(SpecimenChip(old.issue(MARTA)), new.trust())


def _trusting(trust: Callable[[Setting, SpecimenIssuer], Mapping[str, bytes]]) -> Make:
    """A genuine document before a verifier that has other trust material."""

    def make(setting: Setting) -> Presentation:
        issuer = setting.issuer()
        return Presentation(SpecimenChip(issuer.issue(MARTA)), trust(setting, issuer))

    return make


def with_crl(*crls: Callable[[SpecimenIssuer], bytes]) -> Make:
    """A genuine document before a verifier with other CRLs."""
    return _trusting(
        lambda _, issuer: {
            "UTO_CSCA.cer": issuer.csca_certificate,
            **{f"UTO_{number}.crl": crl(issuer) for number, crl in enumerate(crls)},
        }
    )


def _crl_of_a_namesake(setting: Setting, issuer: SpecimenIssuer) -> Mapping[str, bytes]:
    """A stranger with a CSCA of the same name revokes the DSC (SECURITY.md 4.3: ignored and reported)."""
    stranger = setting.issuer(csca_role="impostor-csca")
    return {
        "UTO_CSCA.cer": issuer.csca_certificate,
        "UTO.crl": authorities.crl(stranger, issuer.dsc_template.serial),
    }


def _shortened(old_now: timedelta) -> Edits:
    """The old CSCA ended so long before the recipes' time."""

    def edit(template: CertificateTemplate) -> CertificateTemplate:
        # the issuer's own time is one generation back
        return replace(template, not_after=template.not_before + timedelta(days=730) + _GENERATION - old_now)

    return Edits(csca=edit)


_PATHS: Final = (
    Recipe("no_trust_anchor", "a verifier that trusts nobody", _trusting(lambda _, issuer: {"UTO.crl": issuer.crl}),
           (undecided("pa.path", "DSC", "no_trust_anchor"),)),
    Recipe("no_csca", "a verifier that knows the neighbour alone",
           _trusting(lambda setting, _: neighbour(setting).trust()),
           (undecided("pa.path", "DSC", "no_csca"),)),
    Recipe("missing_generation", "a document older than the verifier's CSCA", missing_generation,
           (undecided("pa.path", "DSC", "no_csca"),)),
    Recipe("document_of_the_old_key", "a document of the generation before", document_of_the_old_key,
           (passed("pa.path", "DSC"), passed("pa.dsc.revocation", "DSC"))),
    Recipe("signed_by_the_neighbour", "a document of Utopia under the neighbour's signature", signed_by_the_neighbour,
           (failed("cross.country_dsc", "DSC", "differs"), failed("cross.country_csca", "CSCA", "differs"),
            passed("pa.path", "DSC"))),
    Recipe("link_used", "a link from the old CSCA to the new one", _linked(),
           (passed("pa.path", "DSC"), passed("pa.path.link", "CSCA", "link_used"))),
    Recipe("link_without_authority_key", "a link that does not name the old key",
           _linked(edit=lambda link: link.without(oids.AUTHORITY_KEY_IDENTIFIER)),
           (passed("pa.csca.profile", "CSCA", "authority_key_identifier"),)),
    Recipe("two_links_used", "two links, one after the other", _chain_of_links(2),
           (passed("pa.path.link", "CSCA", "link_used"),)),
    Recipe("five_links_used", "five links, as many as are followed", _chain_of_links(5),
           (passed("pa.path.link", "CSCA", "link_used"),)),
    Recipe("too_many_links", "six links", _chain_of_links(6), (failed("pa.path", "DSC", "too_long"),)),
    Recipe("link_of_the_neighbour", "a link by another state's key", link_of_the_neighbour,
           (failed("pa.path", "DSC", "link_not_trusted"),)),
    Recipe("link_after_the_old_csca", "a link that begins after the old CSCA has ended",
           _linked(old_edits=_shortened(timedelta(days=800))),
           (failed("pa.path", "DSC", "link_not_trusted"),)),
    Recipe("link_by_a_revoked_csca", "a link by an old CSCA that is revoked",
           _linked(revoking=lambda old, _: (old.csca_template.serial,)),
           (failed("pa.path", "DSC", "link_not_trusted"),)),
    Recipe("link_revoked", "a link that is revoked", _linked(revoking=lambda _, link: (serial_number(link),)),
           (failed("pa.path", "DSC", "link_not_trusted"),)),
    Recipe("link_signature_changed", "a link whose signature does not fit",
           _linked(finish=lambda link: link[:-1] + bytes([link[-1] ^ 1])),
           (failed("pa.path", "DSC", "link_not_trusted"),)),
)  # fmt: skip

_CRLS: Final = (
    Recipe("no_crl", "no CRL at all", with_crl(),
           (undecided("pa.dsc.revocation", "DSC", "no_crl"), undecided("pa.csca.revocation", "CSCA", "no_crl"))),
    Recipe("crl_stale", "a CRL of half a year ago",
           with_crl(lambda issuer: authorities.crl(issuer, this_update=issuer.now - timedelta(days=180))),
           (undecided("pa.dsc.revocation", "DSC", "crl_stale"),
            undecided("pa.csca.revocation", "CSCA", "crl_stale"))),
    Recipe("crl_not_yet_valid", "a CRL of tomorrow",
           with_crl(lambda issuer: authorities.crl(issuer, this_update=issuer.now + timedelta(days=1))),
           (undecided("pa.dsc.revocation", "DSC", "crl_unusable"),)),
    Recipe("crl_without_next_update", "a CRL that names no next one",
           with_crl(lambda issuer: authorities.crl(issuer, edit=lambda crl: replace(crl, next_update=None))),
           (passed("pa.dsc.revocation", "DSC"),)),
    Recipe("dsc_revoked", "the DSC is revoked",
           with_crl(lambda issuer: authorities.crl(issuer, issuer.dsc_template.serial)),
           (failed("pa.dsc.revocation", "DSC", "revoked"),)),
    Recipe("dsc_revoked_by_stale_crl", "the DSC was revoked half a year ago",
           with_crl(lambda issuer: authorities.crl(
               issuer, issuer.dsc_template.serial, this_update=issuer.now - timedelta(days=180))),
           (failed("pa.dsc.revocation", "DSC", "revoked"),)),
    Recipe("csca_revoked", "the CSCA revokes itself",
           with_crl(lambda issuer: authorities.crl(issuer, issuer.csca_template.serial)),
           (failed("pa.csca.revocation", "CSCA", "revoked"),)),
    Recipe("old_dsc_revoked_by_new_key", "the CRL of the new key revokes a DSC of the old one",
           _old_dsc_revoked_by_new_key, (failed("pa.dsc.revocation", "DSC", "revoked"),)),
    Recipe("crl_of_a_namesake", "a stranger of the same name revokes the DSC", _trusting(_crl_of_a_namesake),
           (undecided("pa.dsc.revocation", "DSC", "no_crl"),)),
    Recipe("lower_crl_number", "a later list of a lower number that has forgotten the DSC",
           with_crl(
               lambda issuer: authorities.crl(
                   issuer, issuer.dsc_template.serial, number=5, this_update=issuer.now - timedelta(days=20)),
               lambda issuer: authorities.crl(issuer, number=4)),
           (failed("pa.dsc.revocation", "DSC", "revoked"),)),
)  # fmt: skip

#: By name; those of `crl_breakage` stand there.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_PATHS, *_CRLS)})

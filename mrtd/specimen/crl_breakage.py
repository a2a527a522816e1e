"""CRLs that cannot answer, because they are of another kind or say what nobody understands (RFC 5280 §5.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.specimen import authorities, certificates
from mrtd.specimen import certificate_extensions as rare
from mrtd.specimen.certificates import CertificateExtension, CrlTemplate
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.recipe import Recipe, failed, undecided
from mrtd.specimen.trust_breakage import with_crl


def _crl(edit: Callable[[CrlTemplate], CrlTemplate]) -> Callable[[SpecimenIssuer], bytes]:
    return lambda issuer: authorities.crl(issuer, issuer.csca_template.serial + 2, edit=edit)


def _unusable(name: str, title: str, edit: Callable[[CrlTemplate], CrlTemplate]) -> Recipe:
    found = (
        undecided("pa.dsc.revocation", "DSC", "crl_unusable"),
        undecided("pa.csca.revocation", "CSCA", "crl_unusable"),
    )
    return Recipe(name, title, with_crl(_crl(edit)), found)


def _extended(extension: CertificateExtension) -> Callable[[CrlTemplate], CrlTemplate]:
    return lambda template: template.with_extension(extension)


def _entry_of_the_neighbour(template: CrlTemplate) -> CrlTemplate:
    issuer = certificates.name("CSCA Neighbour SPECIMEN", country="XX")
    return replace(template, entry_extensions=(rare.entry_issuer(issuer),))


RECIPES: Final = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            _unusable("crl_delta", "a list of what is new only", _extended(rare.delta_crl(1))),
            _unusable("crl_indirect", "a list for other issuers as well", _extended(rare.indirect_crl())),
            _unusable("crl_entry_of_another", "an entry of another issuer", _entry_of_the_neighbour),
            _unusable("crl_unknown_critical", "a critical extension that nobody knows", _extended(rare.unknown())),
            Recipe(
                "crl_with_reasons",
                "the DSC is revoked because its key was stolen",
                with_crl(
                    lambda issuer: authorities.crl(
                        issuer,
                        issuer.dsc_template.serial,
                        edit=lambda crl: replace(crl, entry_extensions=(rare.crl_reason(1),)),
                    )
                ),
                (failed("pa.dsc.revocation", "DSC", "revoked"),),
            ),
        )
    }
)

"""Master lists and deviation lists, and signers who may not vouch for them (ICAO 9303-12 §9, §10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import authorities, certificates
from mrtd.specimen import certificate_extensions as rare
from mrtd.specimen.authorities import ListSigner
from mrtd.specimen.certificates import CertificateTemplate
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.ldif import PkdAttribute, ldif
from mrtd.specimen.recipe import AT, Setting
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.trust_breakage import neighbour


@dataclass(frozen=True, slots=True)
class ListRecipe:
    """A master list, who is pinned to judge its signer, and how that ends (`mrtd.pki.trust_store.list_signers`)."""

    name: str
    title: str
    make: Callable[[Setting], Mapping[str, bytes]]
    status: str
    reason: str | None = None

    def sources(self, setting: Setting | None = None) -> Mapping[str, bytes]:
        """The files: the list under `UTO.ml`, the pinned CSCA beside it."""
        return self.make(setting or Setting())


def _list(
    signer: Callable[[Setting, SpecimenIssuer], ListSigner],
    *,
    edit: Callable[[SignedDataTemplate], SignedDataTemplate] = lambda template: template,
) -> Callable[[Setting], Mapping[str, bytes]]:
    def make(setting: Setting) -> Mapping[str, bytes]:
        issuer = setting.issuer()
        listed = (issuer.csca_certificate, neighbour(setting).csca_certificate)
        signed = authorities.master_list(listed, signer(setting, issuer), setting.now, edit=edit)
        return {"UTO_CSCA.cer": issuer.csca_certificate, "UTO.ml": signed}

    return make


def _edited(edit: Callable[[CertificateTemplate], CertificateTemplate]) -> Callable[[Setting], Mapping[str, bytes]]:
    return _list(lambda _, issuer: authorities.list_signer(issuer, edit=edit))


def _bare(setting: Setting) -> Mapping[str, bytes]:
    issuer = setting.issuer()
    content = authorities.master_list_content((issuer.csca_certificate, neighbour(setting).csca_certificate))
    return {"UTO_CSCA.cer": issuer.csca_certificate, "UTO.ml": content}


def _ldif(setting: Setting) -> Mapping[str, bytes]:
    issuer = setting.issuer()
    signed = authorities.master_list((issuer.csca_certificate,), authorities.list_signer(issuer), setting.now)
    entries = (
        (PkdAttribute.MASTER_LIST, signed),
        (PkdAttribute.CERTIFICATE, issuer.dsc_certificate),
        (PkdAttribute.CRL, issuer.crl),
    )
    return {"UTO_CSCA.cer": issuer.csca_certificate, "UTO.ml": ldif(entries)}


def _content_changed(template: SignedDataTemplate) -> SignedDataTemplate:
    return replace(template, content=authorities.master_list_content(()))


_EKU: Final = oids.CSCA_MASTER_LIST_SIGNING_KEY

#: By name.
MASTER_LISTS: Final = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            ListRecipe("good", "a master list of the state's own signer",
                       _list(lambda _, issuer: authorities.list_signer(issuer)), "PASSED"),
            ListRecipe("bare_content", "the content alone, unsigned", _bare, "NOT_APPLICABLE"),
            ListRecipe("ldif", "a good list among other entries of an LDIF", _ldif, "PASSED"),
            ListRecipe("signed_by_dsc", "a master list signed by a document signer",
                       _list(lambda _, issuer: authorities.dsc_as_list_signer(issuer)),
                       "FAILED", "extended_key_usage"),
            ListRecipe("signed_by_neighbour", "a list of the neighbour's signer, whom nobody has pinned",
                       _list(lambda setting, _: authorities.list_signer(neighbour(setting))),
                       "INDETERMINATE", "no_csca"),
            ListRecipe("signed_by_impostor", "a list of a namesake of the state",
                       _list(lambda setting, _: authorities.list_signer(setting.issuer(csca_role="impostor-csca"))),
                       "INDETERMINATE", "no_csca"),
            ListRecipe("purpose_not_critical", "extended key usage that is not critical",
                       _edited(lambda template: template.with_extension(
                           rare.extended_key_usage(_EKU, critical=False))),
                       "FAILED", "extended_key_usage"),
            ListRecipe("other_purpose", "a signer of deviation lists",
                       _list(lambda _, issuer: authorities.list_signer(issuer, oids.DEVIATION_LIST_SIGNING_KEY)),
                       "FAILED", "extended_key_usage"),
            ListRecipe("signer_is_ca", "a list signer that is a CA",
                       _edited(lambda template: template.with_extension(certificates.basic_constraints())),
                       "FAILED", "is_ca"),
            ListRecipe("signer_may_not_sign", "a list signer for key agreement",
                       _edited(lambda template: template.with_extension(certificates.key_usage("keyAgreement"))),
                       "FAILED", "key_usage"),
            ListRecipe("signer_expired", "a list signer that ended yesterday",
                       _edited(lambda template: replace(template, not_after=AT - timedelta(days=1))),
                       "FAILED", "expired"),
            ListRecipe("content_changed", "a list emptied after it was signed",
                       _list(lambda _, issuer: authorities.list_signer(issuer), edit=_content_changed),
                       "FAILED", "mismatch"),
            ListRecipe("no_signer_certificate", "a list without its signer's certificate",
                       _list(lambda _, issuer: authorities.list_signer(issuer),
                             edit=lambda template: replace(template, certificates=template.certificates[1:])),
                       "FAILED", "not_found"),
        )
    }
)  # fmt: skip

# --- deviation lists

#: A deviation of the certificate or key, and one of the LDS (ICAO 9303-12 §10.2).
CERTIFICATE_DEVIATION: Final = f"{oids.DEVIATION_LIST}.1"
LDS_DEVIATION: Final = f"{oids.DEVIATION_LIST}.2"


def own_deviation_list(setting: Setting | None = None, *, age: timedelta = timedelta(0)) -> bytes:
    """Utopia speaks of documents of its own DSC; `age` dates the list back."""
    given = setting or Setting()
    issuer = given.issuer()
    content = authorities.deviations((LDS_DEVIATION, issuer, "DG11 holds fillers"))
    return authorities.deviation_list(content, _deviation_signer(issuer), given.now - age)


def foreign_deviation_list(setting: Setting | None = None) -> bytes:
    """The neighbour speaks of Utopia's documents, which is not for it to do (SECURITY.md 4.2)."""
    given = setting or Setting()
    content = authorities.deviations((CERTIFICATE_DEVIATION, given.issuer(), "DSC of unusual form"))
    return authorities.deviation_list(content, _deviation_signer(neighbour(given)), given.now)


def deviation_list_of_a_master_list_signer(setting: Setting | None = None) -> bytes:
    """A deviation list whose signer may sign master lists only."""
    given = setting or Setting()
    issuer = given.issuer()
    content = authorities.deviations((LDS_DEVIATION, issuer, "DG11 holds fillers"))
    return authorities.deviation_list(content, authorities.list_signer(issuer), given.now)


def _deviation_signer(issuer: SpecimenIssuer) -> ListSigner:
    return authorities.list_signer(issuer, oids.DEVIATION_LIST_SIGNING_KEY, role="deviation-signer")

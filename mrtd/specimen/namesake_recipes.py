"""Namesakes of the state's CSCA among the verifier's certificates: strangers of its name, its key's other spellings.

What is kept for its links only is not chosen as carefully as anchors are. It must neither hide an anchor, nor use up
the attempts that finding one takes, nor make a genuine document look forged (SECURITY.md 3.10, 4.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.pki.search import MAX_ATTEMPTS
from mrtd.specimen import authorities, certificates
from mrtd.specimen.certificates import CertificateTemplate
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.elliptic_curves import named_parameters
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from mrtd.specimen.recipe import Make, Presentation, Recipe, Setting, failed, passed, undecided
from mrtd.specimen.trust_breakage import fresh_crl, generation

#: Of the CSCA key of the usual algorithms.
_CURVE: Final = "brainpoolp384r1"


def rogue(setting: Setting) -> SpecimenIssuer:
    """A forger whose CSCA has the name and the key identifier of the state's, and a key of his own."""
    identifier = setting.issuer().csca_key.key_identifier()

    def posing(template: CertificateTemplate) -> CertificateTemplate:
        return template.with_extension(certificates.authority_key_identifier(identifier))

    def posing_csca(template: CertificateTemplate) -> CertificateTemplate:
        return posing(template).with_extension(certificates.subject_key_identifier(identifier))

    return setting.issuer(Edits(csca=posing_csca, dsc=posing), csca_role="impostor-csca", dsc_role="impostor-dsc")


def strangers(setting: Setting, count: int = MAX_ATTEMPTS) -> tuple[bytes, ...]:
    """So many CSCA certificates of the state's name, each with a key of its own; by default as many as are tried."""
    return tuple(setting.issuer(csca_role=f"stranger-csca-{number}").csca_certificate for number in range(count))


def respelt_link(setting: Setting) -> bytes:
    """A link to the state's key that names its curve, where the CSCA's own certificate spells it out."""
    old, new = generation(setting, 1), setting.issuer()
    spki = new.csca_key.spki(parameters=named_parameters(_CURVE))
    return authorities.link(old, new, edit=lambda template: replace(template, spki=spki))


def link_of_a_stranger(*, posing: bool) -> Make:
    """A stranger of the old CSCA's name signs a link to a key of his own.

    Args:
        posing: whether the link names the old CSCA's key as the one that signed it.
    """

    def make(setting: Setting) -> Presentation:
        old = generation(setting, 1)
        stranger = setting.issuer(csca_role="impostor-csca", dsc_role="impostor-dsc")
        key = old if posing else stranger
        identifier = certificates.authority_key_identifier(key.csca_key.key_identifier())
        other = setting.issuer(csca_role="second-impostor-csca")
        link = authorities.link(other, stranger, edit=lambda template: template.with_extension(identifier))
        trust = {"UTO_CSCA_old.cer": old.csca_certificate, "UTO.crl": fresh_crl(old, setting)}
        return Presentation(SpecimenChip(stranger.issue(MARTA)), trust, {"UTO_link.cer": link})

    return make


def _beside(others: Callable[[Setting], Mapping[str, bytes]]) -> Make:
    """A genuine document; the verifier has the state's anchor, and these for their links."""

    def make(setting: Setting) -> Presentation:
        issuer = setting.issuer()
        return Presentation(SpecimenChip(issuer.issue(MARTA)), issuer.trust(), others(setting))

    return make


def _crowd(setting: Setting) -> dict[str, bytes]:
    return {f"UTO_stranger_{number}.cer": der for number, der in enumerate(strangers(setting))}


def _rogue_alone(setting: Setting) -> dict[str, bytes]:
    return {"UTO_rogue.cer": rogue(setting).csca_certificate}


def rogue_beside_another_generation(setting: Setting) -> Presentation:
    """The verifier lacks the generation that issued the DSC, and holds a rogue of that one's name and identifier."""
    issuer, new = setting.issuer(), generation(setting, 0)
    return Presentation(SpecimenChip(issuer.issue(MARTA)), new.trust(), _rogue_alone(setting))


def document_of_the_rogue(setting: Setting) -> Presentation:
    """The rogue's own document; the verifier trusts the state."""
    return Presentation(SpecimenChip(rogue(setting).issue(MARTA)), setting.issuer().trust())


def document_of_a_kept_rogue(setting: Setting) -> Presentation:
    """The same, and the rogue's certificate lies among those that are kept for their links."""
    return replace(document_of_the_rogue(setting), untrusted=_rogue_alone(setting))


_CLEAN: Final = (passed("pa.path", "DSC"), passed("pa.path.link", "CSCA"))

#: By name.
RECIPES: Final = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            Recipe("strangers_of_the_name", "as many strangers of the name as keys are tried",
                   _beside(_crowd), _CLEAN),
            Recipe("rogue_beside_the_anchor", "a rogue of the anchor's name and key identifier",
                   _beside(_rogue_alone), _CLEAN),
            Recipe("respelt_link_beside_the_anchor", "a link whose key is the anchor's in another spelling",
                   _beside(lambda setting: {"UTO_link.cer": respelt_link(setting)}), _CLEAN),
            Recipe("rogue_beside_another_generation", "a rogue where the true generation is missing",
                   rogue_beside_another_generation, (undecided("pa.path", "DSC", "no_csca"),)),
            Recipe("link_of_a_posing_stranger", "a link by a stranger who names the old key",
                   link_of_a_stranger(posing=True), (failed("pa.path", "DSC", "link_not_trusted"),)),
            Recipe("link_of_a_stranger", "a link by a stranger who names his own key",
                   link_of_a_stranger(posing=False), (undecided("pa.path", "DSC", "no_csca"),)),
            Recipe("document_of_the_rogue", "a document of a rogue", document_of_the_rogue,
                   (failed("pa.path", "DSC", "bad_issuer_signature"),)),
            Recipe("document_of_a_kept_rogue", "a document of a rogue whose certificate is kept for its links",
                   document_of_a_kept_rogue, (undecided("pa.path", "DSC", "no_csca"),)),
        )
    }
)  # fmt: skip

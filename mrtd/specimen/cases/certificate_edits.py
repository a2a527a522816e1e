"""States whose certificates are edited at one place, and the documents that they issue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from mrtd.inspection.reason import Reason as R
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Finding, Specimen
from mrtd.specimen.cases.chapter import passed
from mrtd.specimen.certificates import CertificateExtension, CertificateTemplate
from mrtd.specimen.encoding import der, signature_algorithm
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.scheme import SchemeKind, SignatureScheme

Template = CertificateTemplate
Edit = Callable[[Template], Template]
OTHER_ALGORITHM: Final = der(signature_algorithm(SignatureScheme(SchemeKind.ECDSA, "sha512")))


def adding(extension: CertificateExtension) -> Edit:
    return lambda template: template.with_extension(extension)


def adding_another(extension: CertificateExtension) -> Edit:
    """A second extension of an identifier that the template has already."""
    return lambda template: replace(template, extensions=(*template.extensions, extension))


def unchanged(template: Template) -> Template:
    return template


def by_dsc(edit: Edit = unchanged, profile: IssuingProfile = bench.PASSPORT) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.edited(Edits(dsc=edit), profile))


def by_csca(store: str, edit: Edit) -> Callable[[], Specimen]:
    """A state whose CSCA is another, which everybody trusts; in a store of its own."""
    return of_state(store, Edits(csca=edit))


def of_state(store: str, made: Edits) -> Callable[[], Specimen]:
    def make() -> Specimen:
        state = bench.state_with(made)
        trust: Mapping[str, Mapping[str, bytes]] = {f"utopia-{store}": state.trust()}
        return bench.specimen(state.issue(MARTA, bench.PASSPORT), trust=trust)

    return make


def deviations_of(check: str, subject: str, *reasons: R | None) -> Iterable[Finding]:
    return [passed(check, subject, reason) for reason in reasons if reason is not None]


def long_length(certificate: bytes) -> bytes:
    """The outermost length with one octet more than needed (ITU-T X.690 §8.1.3.5)."""
    size = certificate[1] & 0x7F
    return certificate[:1] + bytes([0x80 | size + 1, 0]) + certificate[2:]

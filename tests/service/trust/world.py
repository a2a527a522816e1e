"""What Utopia publishes, and the people who administer trust in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mrtd.pki.sources import Source, read_source
from mrtd.specimen import authorities
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.domain.trust import Activation, Actor
from service.usecases.trust_import import Imported, ImportRequest, Use
from service.wiring import TrustAdministration
from tests.service.conftest import NOW

ANNA, BERTIL = Actor.named("anna"), Actor.named("bertil")


def another_generation() -> SpecimenIssuer:
    """The same state with other keys under the same names."""
    return SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW, csca_role="csca-other", dsc_role="dsc-other")


def list_of(issuer: SpecimenIssuer, *listed: bytes, signed_at: datetime = NOW - timedelta(days=10)) -> bytes:
    """A master list that the issuer's list signer signed; by default it holds the issuer's own CSCA."""
    return authorities.master_list(listed or (issuer.csca_certificate,), authorities.list_signer(issuer), signed_at)


def material(data: bytes, name: str = "file") -> Source:
    """One file, read."""
    source = read_source(data, name)
    assert source is not None
    return source


@dataclass(frozen=True)
class Office:
    """Anna, who changes drafts, and Bertil, who looks at them with her."""

    trust: TrustAdministration

    def imports(self, *files: bytes, **request: object) -> Imported:
        """Anna imports files."""
        return self.trust.take(ANNA, ImportRequest(tuple(map(material, files)), **request))  # type: ignore[arg-type]

    def lists(self, issuer: SpecimenIssuer, *files: bytes) -> Imported:
        """Anna imports lists of the publisher `uto`, and CRLs."""
        return self.imports(*files, publisher="uto", signer_cscas=(issuer.csca_certificate,))

    def pins(self, *files: bytes) -> Imported:
        """Anna pins anchors; CRLs come along."""
        return self.imports(*files, use=Use.PIN)

    def activate(self, reason: str | None = None) -> Activation:
        """Both activate what waits."""
        draft = self.trust.show().draft
        assert draft is not None
        return self.trust.activate(draft.digest, ANNA, BERTIL, reason)

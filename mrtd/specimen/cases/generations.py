"""The generations of the CSCA, and a forger of their names."""

from __future__ import annotations

from mrtd.specimen import authorities
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.issuer import SpecimenIssuer


def forger() -> SpecimenIssuer:
    return bench.state(csca_role="impostor-csca", dsc_role="impostor-dsc")


def next_generation() -> SpecimenIssuer:
    return bench.state(csca_role="next-csca", dsc_role="next-dsc")


def both_generations() -> dict[str, bytes]:
    return {
        "UTO_CSCA.cer": bench.state().csca_certificate,
        "UTO_CSCA_link.cer": authorities.link(bench.state(), next_generation()),
        "UTO.crl": next_generation().crl,
    }

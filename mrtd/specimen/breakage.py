"""Documents that must not be verified, each broken at one place."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, timedelta

from mrtd.evidence import ElementaryFile
from mrtd.specimen import certificates, data_groups
from mrtd.specimen.certificates import CertificateTemplate
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import Holder
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import AlgorithmProfile
from mrtd.specimen.signing_key import load


def tampered_dg1(document: SpecimenDocument, lines: tuple[str, str]) -> SpecimenDocument:
    """Another MRZ in DG1 and on the page, made after the state had signed (`pa.dg_hash` mismatch)."""
    return replace(
        document.with_file(ElementaryFile.DG1, data_groups.dg1(lines)),
        mrz_lines=lines,
    )


def clone(
    document: SpecimenDocument, algorithms: AlgorithmProfile, *, chip_role: str = "clone-chip"
) -> SpecimenDocument:
    """The genuine files on another chip: the key of DG15 cannot be copied (`aa.signature` bad_signature)."""
    return replace(document, active_authentication_key=load(chip_role, algorithms.active_authentication_key))


def stripped_dg15(document: SpecimenDocument) -> SpecimenDocument:
    """A clone that hides DG15 and answers no challenge (`aa.key` not_sent: EF.SOD still lists the group)."""
    return replace(document.without_file(ElementaryFile.DG15), active_authentication_key=None)


def injected_dg15(
    document: SpecimenDocument, algorithms: AlgorithmProfile, *, chip_role: str = "clone-chip"
) -> SpecimenDocument:
    """A key of the forger in a DG15 that EF.SOD does not list (`pa.dg_unlisted` not_in_sod).

    Args:
        document: one that was issued without Active Authentication.
        algorithms: the kind of the key.
        chip_role: the name of the key.
    """
    key = load(chip_role, algorithms.active_authentication_key)
    return replace(
        document.with_file(ElementaryFile.DG15, data_groups.dg15(key.spki())), active_authentication_key=key
    )


def expired(issuer: SpecimenIssuer, holder: Holder) -> SpecimenDocument:
    """A genuine document of one month that ended the day before yesterday (`cross.expiry` expired)."""
    today = issuer.now.astimezone(UTC).date()
    return issuer.issue(
        holder,
        IssuingProfile(date_of_issue=today - timedelta(days=32), date_of_expiry=today - timedelta(days=2)),
    )


def impostor(issuer: SpecimenIssuer) -> SpecimenIssuer:
    """A forger's state: keys of his own, the names of the genuine one and the identifier of its CSCA's key."""
    genuine = certificates.authority_key_identifier(issuer.csca_key.key_identifier())

    def posing(template: CertificateTemplate) -> CertificateTemplate:
        return template.with_extension(genuine)

    return SpecimenIssuer.create(
        issuer.algorithms,
        now=issuer.now,
        csca_role="impostor-csca",
        dsc_role="impostor-dsc",
        edits=Edits(dsc=posing),
    )


def wrong_csca(issuer: SpecimenIssuer, holder: Holder) -> SpecimenDocument:
    """A whole chain of a forger who copies the names and the key identifier of the state (`pa.path`)."""
    return impostor(issuer).issue(holder)


def resealed_dg1(document: SpecimenDocument, lines: tuple[str, str]) -> SpecimenDocument:
    """Another MRZ whose hash stands in EF.SOD in place of the true one (`pa.sod.message_digest` mismatch).

    Raises:
        ValueError: EF.SOD does not hold the SHA-256 of DG1.
    """
    sod = document.files[ElementaryFile.SOD]
    true_hash = hashlib.sha256(document.files[ElementaryFile.DG1]).digest()
    if true_hash not in sod:
        raise ValueError("EF.SOD does not hold the hash of DG1")
    tampered = tampered_dg1(document, lines)
    forged_hash = hashlib.sha256(tampered.files[ElementaryFile.DG1]).digest()
    return tampered.with_file(ElementaryFile.SOD, sod.replace(true_hash, forged_hash))

"""The rest of the state's PKI: CSCA generations, links, CRLs, list signers and their lists (ICAO 9303-12 §3 to §9).

A generation of the CSCA is a `SpecimenIssuer` of an earlier time and another key. Each step takes an edit, so that it
can be broken at one place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mrtd.asn1 import oids
from mrtd.asn1.deviation_list import DeviationList
from mrtd.asn1.master_list import CscaMasterList
from mrtd.specimen import certificates, security_object
from mrtd.specimen.certificate_extensions import extended_key_usage
from mrtd.specimen.certificates import CertificateTemplate, CrlTemplate
from mrtd.specimen.encoding import der, digest_algorithm
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import EcKeySpec, SchemeKind, SignatureScheme
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.signing_key import SigningKey, load

#: A CRL at least every 90 days (ICAO 9303-12 §4.1.5).
_CRL_DAYS: Final = 90
#: How long a list signer may sign (ICAO 9303-12 §4.1.3).
_LIST_SIGNER_DAYS: Final = 400
_LIST_SIGNER_KEY: Final = EcKeySpec("brainpoolp256r1")
_LIST_SCHEME: Final = SignatureScheme(SchemeKind.ECDSA, "sha256")


def unchanged_certificate(template: CertificateTemplate) -> CertificateTemplate:
    """The edit that edits nothing."""
    return template


def _unchanged_crl(template: CrlTemplate) -> CrlTemplate:
    return template


def _unchanged_signed_data(template: SignedDataTemplate) -> SignedDataTemplate:
    return template


@dataclass(frozen=True, slots=True, repr=False)
class ListSigner:
    """Who signs lists: a key and its certificate, and the CSCA certificate that it carries along."""

    key: SigningKey
    template: CertificateTemplate
    certificate: bytes
    csca_certificate: bytes
    scheme: SignatureScheme = _LIST_SCHEME

    def __repr__(self) -> str:
        return f"ListSigner(key={self.key.name})"


def link(
    old: SpecimenIssuer,
    new: SpecimenIssuer,
    *,
    edit: Callable[[CertificateTemplate], CertificateTemplate] = unchanged_certificate,
) -> bytes:
    """A link certificate: the new key in the words of its own certificate, signed by the old key (ICAO 9303-12 §3.2).

    Args:
        old: the generation that hands over.
        new: the generation that takes over.
        edit: what to change before the old key signs.
    """
    template = replace(
        new.csca_template,
        serial=_serial(f"link {old.csca_key.name} {new.csca_key.name} {new.csca_template.serial}"),
        scheme=old.algorithms.csca_scheme,
        issuer=old.csca_template.subject,
    ).with_extension(certificates.authority_key_identifier(old.csca_key.key_identifier()))
    return certificates.issue_certificate(edit(template), old.csca_key)


def crl(
    issuer: SpecimenIssuer,
    *revoked: int,
    this_update: datetime | None = None,
    number: int = 2,
    edit: Callable[[CrlTemplate], CrlTemplate] = _unchanged_crl,
) -> bytes:
    """A CRL of the state that lists these serial numbers (ICAO 9303-12 §7.1.4).

    Args:
        issuer: whose key signs.
        revoked: serial numbers, revoked at the time of the list.
        this_update: aware; by default midnight of the issuer's day.
        number: of the list; that of the issuer itself has 1.
        edit: what to change before the key signs.
    """
    start = this_update or _midnight(issuer.now)
    template = CrlTemplate(
        scheme=issuer.algorithms.csca_scheme,
        issuer=issuer.csca_template.subject,
        this_update=start,
        next_update=start + timedelta(days=_CRL_DAYS),
        revoked=tuple((serial, start) for serial in revoked),
        extensions=(
            certificates.authority_key_identifier(issuer.csca_key.key_identifier()),
            certificates.crl_number(number),
        ),
    )
    return certificates.issue_crl(edit(template), issuer.csca_key)


def list_signer(
    issuer: SpecimenIssuer,
    purpose: str = oids.CSCA_MASTER_LIST_SIGNING_KEY,
    *,
    role: str = "list-signer",
    edit: Callable[[CertificateTemplate], CertificateTemplate] = unchanged_certificate,
) -> ListSigner:
    """A signer of master lists or deviation lists (ICAO 9303-12 §7.1, tables 5 and 6).

    Args:
        issuer: whose CSCA certifies it.
        purpose: extended key usage; `oids.DEVIATION_LIST_SIGNING_KEY` for deviation lists.
        role: the name of the key.
        edit: what to change before the CSCA signs.
    """
    key = load(role, _LIST_SIGNER_KEY)
    start = _midnight(issuer.now) - timedelta(days=30)
    end = start + timedelta(days=_LIST_SIGNER_DAYS)
    name = certificates.name("List Signer Utopia SPECIMEN")
    template = CertificateTemplate(
        serial=_serial(f"{role} {purpose} {start.isoformat()}"),
        scheme=issuer.algorithms.csca_scheme,
        issuer=issuer.csca_template.subject,
        subject=name,
        not_before=start,
        not_after=end,
        spki=key.spki(),
        extensions=(
            certificates.authority_key_identifier(issuer.csca_key.key_identifier()),
            certificates.subject_key_identifier(key.key_identifier()),
            certificates.key_usage("digitalSignature"),
            extended_key_usage(purpose),
            certificates.private_key_usage_period(start, end),
            *certificates.alternative_names(),
            certificates.crl_distribution_points(),
            certificates.specimen_mark(),
        ),
    )
    edited = edit(template)
    return ListSigner(key, edited, certificates.issue_certificate(edited, issuer.csca_key), issuer.csca_certificate)


def dsc_as_list_signer(issuer: SpecimenIssuer) -> ListSigner:
    """The document signer posing as a list signer: it has no such extended key usage."""
    return ListSigner(
        issuer.dsc_key,
        issuer.dsc_template,
        issuer.dsc_certificate,
        issuer.csca_certificate,
        issuer.algorithms.sod_scheme,
    )


def master_list_content(listed: Iterable[bytes], *, version: int = 0) -> bytes:
    """CscaMasterList in DER (ICAO 9303-12 §9.2), as some states publish it without a signature."""
    content = CscaMasterList()
    content["version"] = version
    content["certList"].extend(listed)
    return der(content)


def master_list(
    listed: Iterable[bytes],
    signer: ListSigner,
    signing_time: datetime,
    *,
    edit: Callable[[SignedDataTemplate], SignedDataTemplate] = _unchanged_signed_data,
) -> bytes:
    """A signed master list (ICAO 9303-12 §9.1): CSCA certificates, links among them."""
    return signed_list(oids.CSCA_MASTER_LIST, master_list_content(listed), signer, signing_time, edit=edit)


def deviation_list(
    content: DeviationList,
    signer: ListSigner,
    signing_time: datetime,
    *,
    edit: Callable[[SignedDataTemplate], SignedDataTemplate] = _unchanged_signed_data,
) -> bytes:
    """A signed deviation list (ICAO 9303-12 §10.1)."""
    return signed_list(oids.DEVIATION_LIST, der(content), signer, signing_time, edit=edit)


def signed_list(
    content_type: str,
    content: bytes,
    signer: ListSigner,
    signing_time: datetime,
    *,
    edit: Callable[[SignedDataTemplate], SignedDataTemplate] = _unchanged_signed_data,
) -> bytes:
    """A ContentInfo around the content of a list, its signer's chain enclosed (RFC 5652 §5)."""
    digest = signer.scheme.hash
    template = edit(
        SignedDataTemplate(
            content_type=content_type,
            content=content,
            digest=digest,
            scheme=signer.scheme,
            certificates=(signer.certificate, signer.csca_certificate),
            issuer=signer.template.issuer,
            serial=signer.template.serial,
            attributes=security_object.signed_attributes(content_type, content, digest, signing_time),
        )
    )
    return security_object.wrap(template, security_object.sign(template, signer.key))


def deviations(*entries: tuple[str, SpecimenIssuer, str]) -> DeviationList:
    """A DeviationList (ICAO 9303-12 §10.2): for each signer of documents what deviates, and in which words.

    Args:
        entries: identifier of the deviation, the issuer whose DSC signed the documents, and a description.
    """
    content = DeviationList()
    content["version"] = 0
    content["digestAlgorithm"] = digest_algorithm("sha256")
    for place, (deviation, issuer, description) in enumerate(entries):
        entry = content["deviations"][place]
        entry["documents"]["documentType"] = "P"
        digest = hashlib.sha256(issuer.dsc_certificate).digest()
        entry["documents"]["dscIdentifier"]["certificateDigest"] = digest
        entry["descriptions"][0]["description"] = description
        entry["descriptions"][0]["deviationType"] = deviation
    return content


def _serial(words: str) -> int:
    """A positive serial number of 16 octets (ICAO 9303-12 §7.1 allows 20)."""
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:16]) >> 1 | 1


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), datetime.min.time(), UTC)

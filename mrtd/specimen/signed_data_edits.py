"""How EF.SOD is written otherwise than the standard asks, each way an edit of its template (RFC 5652 §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pyasn1.type import univ

from mrtd.asn1 import oids
from mrtd.specimen import security_object
from mrtd.specimen.elliptic_curves import named_parameters
from mrtd.specimen.encoding import (
    algorithm,
    der,
    distinguished_name,
    object_identifier,
    signature_algorithm,
)
from mrtd.specimen.issuer import Edits
from mrtd.specimen.recipe import Make, Presentation, Setting, issued
from mrtd.specimen.scheme import EcKeySpec, SignatureScheme
from mrtd.specimen.security_object import SIGNER_INFO_V3, LdsSecurityObjectTemplate, SignedDataTemplate
from mrtd.specimen.signing_key import coordinate_size

#: eContentType of Belgian and French, and of Dutch documents before the standard had one.
LEGACY_CONTENT_TYPES: Final = ("1.3.27.1.1.1", "1.2.528.1.1006.1.20.1")


def signed(edit: Callable[[SignedDataTemplate], SignedDataTemplate]) -> Make:
    """The state issues with an edit of what the DSC is about to sign."""
    return issued(Edits(signed_data=edit))


def lds(edit: Callable[[LdsSecurityObjectTemplate], LdsSecurityObjectTemplate]) -> Make:
    """The state issues with an edit of the LDSSecurityObject."""
    return issued(Edits(lds_security_object=edit))


def with_content_type(content_type: str) -> Callable[[SignedDataTemplate], SignedDataTemplate]:
    """Another eContentType, in the signed attribute as well."""

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        attributes = security_object.signed_attributes(content_type, template.content, template.digest, None)
        return replace(template, content_type=content_type, attributes=attributes)

    return edit


def with_content(content: bytes, content_type: str) -> Callable[[SignedDataTemplate], SignedDataTemplate]:
    """Another content, well signed."""

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        return with_content_type(content_type)(replace(template, content=content))

    return edit


def unordered_attributes(template: SignedDataTemplate) -> SignedDataTemplate:
    """Signed attributes against the order of DER, and signed as they are stored."""
    ordered = tuple(sorted(template.attributes or (), reverse=True))
    return replace(template, attributes=ordered, sorted_sets=False)


def named_by_key_identifier(setting: Setting) -> Presentation:
    """The signer is named by its key identifier (RFC 5652 §5.3), SignerInfo version 3."""
    identifier = setting.issuer().dsc_key.key_identifier()

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        return replace(template, key_identifier=identifier, signer_version=SIGNER_INFO_V3)

    return signed(edit)(setting)


def respelt_issuer(attributes: tuple[tuple[str, str], ...], *, printable: bool = False) -> Make:
    """The signer identifier spells the issuer's name otherwise than the DSC does."""
    name = distinguished_name(attributes, printable=printable)
    return signed(lambda template: replace(template, issuer=name))


def raw_ecdsa(setting: Setting) -> Presentation:
    """r || s in place of the DER sequence (BSI TR-03111 §5.2.1, which EF.SOD may not use)."""
    spec = setting.algorithms.dsc_key
    size = coordinate_size(spec) if isinstance(spec, EcKeySpec) else 0

    def plain(signature: bytes) -> bytes:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size) + s.to_bytes(size)

    return issued(Edits(signature=plain))(setting)


def declared(scheme_or_oid: SignatureScheme | str, parameters: bytes | None = None) -> Make:
    """signatureAlgorithm states something else than what signs."""
    identifier = (
        algorithm(scheme_or_oid, parameters) if isinstance(scheme_or_oid, str) else signature_algorithm(scheme_or_oid)
    )
    encoded = der(identifier)
    return signed(lambda template: replace(template, declared_algorithm=encoded))


def wrong_curve(setting: Setting) -> Presentation:
    """The DSC names a curve of the same size on which its point does not lie."""
    key = setting.issuer().dsc_key
    spki = key.spki(parameters=named_parameters("secp256r1"))
    return issued(Edits(dsc=lambda dsc: replace(dsc, spki=spki)))(setting)


def unknown_curve(setting: Setting) -> Presentation:
    """The DSC names a curve that no travel document uses (secp256k1)."""
    spki = setting.issuer().dsc_key.spki(parameters=object_identifier("1.3.132.0.10"))
    return issued(Edits(dsc=lambda dsc: replace(dsc, spki=spki)))(setting)


def without_certificates(template: SignedDataTemplate) -> SignedDataTemplate:
    """No DSC in EF.SOD, which ICAO 9303-10 §4.6.2 forbids and old documents do."""
    return replace(template, certificates=())


def several_certificates(setting: Setting) -> Presentation:
    """The CSCA and a colleague's DSC beside the own one."""
    issuer = setting.issuer()
    colleague = setting.issuer(dsc_role="colleague-dsc")
    extra = (issuer.csca_certificate, colleague.dsc_certificate)
    return signed(lambda template: replace(template, certificates=(*extra, *template.certificates)))(setting)


def several_signers(setting: Setting) -> Presentation:
    """Two signers of the state, both good."""
    colleague = setting.issuer(dsc_role="colleague-dsc")

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        theirs = replace(template, issuer=colleague.dsc_template.issuer, serial=colleague.dsc_template.serial)
        second = security_object.signer_info(theirs, security_object.sign(theirs, colleague.dsc_key))
        return replace(
            template,
            certificates=(*template.certificates, colleague.dsc_certificate),
            other_signers=(second,),
            sorted_sets=False,
        )

    return signed(edit)(setting)


def attributes(edit: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Make:
    """The signed attributes are edited before they are signed; the first is contentType, the second messageDigest."""
    return signed(lambda template: replace(template, attributes=edit(template.attributes or ())))


def hashed_by(digest: str) -> Callable[[SignedDataTemplate], SignedDataTemplate]:
    """digestAlgorithm and messageDigest of another hash; the signature stays as it was."""

    def edit(template: SignedDataTemplate) -> SignedDataTemplate:
        attributes = security_object.signed_attributes(template.content_type, template.content, digest, None)
        return replace(template, digest=digest, attributes=attributes)

    return edit


def sha3_hashes(template: LdsSecurityObjectTemplate) -> LdsSecurityObjectTemplate:
    """Data groups under an algorithm that ICAO 9303-12 §4.1.6 does not list; the values keep their length."""
    return replace(template, digest="sha3_256")


def doubled_digest(template: SignedDataTemplate) -> SignedDataTemplate:
    """messageDigest with two values, one of them right."""
    value = der(univ.OctetString(hashlib.new(template.digest, template.content).digest()))
    other = der(univ.OctetString(bytes(len(value) - 2)))
    doubled = security_object.attribute(oids.MESSAGE_DIGEST, value, other)
    content_type = security_object.attribute(oids.CONTENT_TYPE, object_identifier(template.content_type))
    return replace(template, attributes=(content_type, doubled))


def attribute_of_another_type(template: SignedDataTemplate) -> SignedDataTemplate:
    """The contentType attribute says id-data (RFC 5652 §11.1)."""
    attributes = security_object.signed_attributes(oids.ID_DATA, template.content, template.digest, None)
    return replace(template, attributes=attributes)

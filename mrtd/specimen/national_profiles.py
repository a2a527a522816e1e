"""EF.SOD as real states write it: each departs from the standard, or uses it to the full.

The verifier names each departure; policy decides whether it is a tolerance.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mrtd.asn1 import oids
from mrtd.specimen import ber, certificates
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.algorithm_profiles import ALL_PROFILES, hash_for, mixed
from mrtd.specimen.certificate_profiles import CSCA_NAME
from mrtd.specimen.encoding import NULL, pss_parameters
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.recipe import Recipe, issued, passed
from mrtd.specimen.scheme import RSA_2048, EcKeySpec, SchemeKind, SignatureScheme

_SOD: Final = "EF.SOD"
_PSS_SHA1: Final = ALL_PROFILES["rsa-pss-sha1"]
_SWAPPED: Final = tuple(reversed(certificates.name_attributes(CSCA_NAME)))
_SPACED: Final = certificates.name_attributes(f" {CSCA_NAME.replace(' ', '  ').upper()} ")
_MIXED_HASHES: Final = mixed(
    "sha512-in-p256",
    (EcKeySpec("brainpoolp384r1"), SignatureScheme(SchemeKind.ECDSA, "sha384")),
    (EcKeySpec("brainpoolp256r1"), SignatureScheme(SchemeKind.ECDSA, hash_for("brainpoolp512r1"))),
    digest="sha1",
)
_RECIPES: Final = (
    Recipe(
        "ber_indefinite", "EF.SOD with indefinite lengths and a segmented content",
        issued(Edits(content_info=ber.indefinite_lengths)),
        (passed("pa.sod.encoding", _SOD, "ber_length"),),
    ),
    Recipe(
        "ber_long_length", "EF.SOD with a length of one octet more than needed",
        issued(Edits(content_info=ber.long_length)),
        (passed("pa.sod.encoding", _SOD, "ber_length"),),
    ),
    Recipe(
        "unordered_attributes", "signed attributes against the order of DER",
        edits.signed(edits.unordered_attributes),
        (passed("pa.sod.encoding", _SOD, "unordered_attributes"),),
    ),
    Recipe(
        "signed_data_version_1", "SignedData of version 1",
        edits.signed(lambda template: replace(template, version=1)),
        (passed("pa.sod.encoding", _SOD, "signed_data_version"),),
    ),
    Recipe(
        "trailing_bytes", "octets behind EF.SOD",
        issued(Edits(security_object=lambda sod: sod + bytes(16))),
        (passed("pa.sod.encoding", _SOD, "trailing_bytes"),),
    ),
    Recipe(
        "missing_tag_77", "a ContentInfo without tag 77",
        issued(Edits(security_object=lambda sod: sod[sod.index(b"\x30") :])),
        (passed("pa.sod.encoding", _SOD, "missing_tag_77"),),
    ),
    Recipe(
        "raw_ecdsa", "r || s in EF.SOD", edits.raw_ecdsa, (passed("pa.sod.encoding", _SOD, "raw_ecdsa"),),
    ),
    *(
        Recipe(
            f"legacy_content_type_{place}", f"eContentType {content_type}",
            edits.signed(edits.with_content_type(content_type)),
            (passed("pa.sod.content_type", _SOD, "legacy_oid"),),
        )
        for place, content_type in enumerate(edits.LEGACY_CONTENT_TYPES, start=1)
    ),
    Recipe(
        "content_type_not_lds", "an LDSSecurityObject under id-data",
        edits.signed(edits.with_content_type(oids.ID_DATA)),
        (passed("pa.sod.content_type", _SOD, "content_type_not_lds"),),
    ),
    Recipe(
        "plain_rsa_encryption", "signatureAlgorithm rsaEncryption",
        edits.declared(oids.RSA_ENCRYPTION, NULL),
        (passed("pa.sod.algorithms", _SOD, "from_digest_algorithm"),), RSA_2048,
    ),
    Recipe(
        "digest_parameters_null", "digestAlgorithm with its NULL",
        edits.signed(lambda template: replace(template, digest_null=True)),
        (passed("pa.sod.algorithms", _SOD),),
    ),
    Recipe(
        "ecdsa_parameters_null", "an ECDSA identifier with the NULL of RSA",
        edits.declared(oids.ECDSA_WITH_SHA256, NULL), (passed("pa.sod.algorithms", _SOD),),
    ),
    Recipe(
        "pss_defaults_written", "RSASSA-PSS parameters that state their defaults",
        edits.declared(oids.RSASSA_PSS, pss_parameters(_PSS_SHA1.sod_scheme, with_defaults=True)),
        (passed("pa.sod.algorithms", _SOD), passed("pa.sod.signature", _SOD)), _PSS_SHA1,
    ),
    Recipe(
        "digest_info_without_null", "PKCS #1 v1.5 without NULL in DigestInfo",
        issued(), (passed("pa.sod.signature", _SOD),),
        mixed(
            "rsa-no-null",
            (RSA_2048.csca_key, replace(RSA_2048.csca_scheme, digest_info_null=False)),
            (RSA_2048.dsc_key, replace(RSA_2048.sod_scheme, digest_info_null=False)),
        ),
    ),
    Recipe(
        "signer_by_key_identifier", "the signer named by its key identifier", edits.named_by_key_identifier,
        (passed("pa.sod.signer_certificate", _SOD),),
    ),
    Recipe(
        "signer_reversed_name", "the issuer's name in reverse order", edits.respelt_issuer(_SWAPPED),
        (passed("pa.sod.signer_certificate", _SOD, "only_certificate"),),
    ),
    Recipe(
        "signer_other_string_type", "the issuer's name as PrintableString",
        edits.respelt_issuer(certificates.name_attributes(CSCA_NAME), printable=True),
        (passed("pa.sod.signer_certificate", _SOD, "only_certificate"),),
    ),
    Recipe(
        "signer_other_whitespace", "the issuer's name in capitals and wide blanks",
        edits.respelt_issuer(_SPACED),
        (passed("pa.sod.signer_certificate", _SOD, "only_certificate"),),
    ),
    Recipe(
        "several_certificates", "the CSCA and a colleague's DSC enclosed", edits.several_certificates,
        (passed("pa.sod.signer_certificate", _SOD),),
    ),
    Recipe(
        "several_signers", "two good signers", edits.several_signers,
        (passed("pa.sod.signature", _SOD), passed("pa.sod.signature", f"{_SOD}#2")),
    ),
    Recipe(
        "no_signing_time", "no signingTime: the time comes from DG12",
        issued(profile=IssuingProfile(signing_time=False)),
        (passed("pa.dsc.validity_at_signing", "DSC"),),
    ),
    Recipe(
        "lds_version_0", "LDSSecurityObject version 0",
        issued(profile=IssuingProfile(lds_version=0, signing_time=False)),
        (passed("lds.parse", _SOD),),
    ),
    Recipe(
        "hashes_differ_by_use", "SHA-512 in the signature on a 256-bit curve, SHA-1 for the data groups",
        issued(), (passed("pa.algorithms", "DG hash", "weak_algorithm"),), _MIXED_HASHES,
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in _RECIPES})

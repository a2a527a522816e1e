"""EF.SOD as nobody may write it: content, attributes, algorithms, certificates (RFC 5652 §5; ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pyasn1.type import univ

from mrtd.asn1 import oids
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.encoding import der
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.recipe import Recipe, failed, issued, not_applicable, not_performed, undecided
from mrtd.specimen.scheme import RSA_2048_PSS, SchemeKind, SignatureScheme

_SOD: Final = "EF.SOD"
_SHA1_SIGNATURE: Final = SignatureScheme(SchemeKind.ECDSA, "sha1")

_RECIPES: Final = (
    Recipe(
        "foreign_content_type", "a foreign content under a foreign type, well signed by the state (SECURITY.md 3.2)",
        edits.signed(edits.with_content(der(univ.OctetString(b"no hashes at all")), oids.CSCA_MASTER_LIST)),
        (failed("pa.sod.content_type", _SOD, "unexpected"),),
    ),
    Recipe(
        "no_signed_attributes", "the content signed without attributes",
        edits.signed(lambda template: replace(template, attributes=None)),
        (failed("pa.sod.message_digest", _SOD, "absent"),),
    ),
    Recipe(
        "message_digest_absent", "no messageDigest", edits.attributes(lambda attributes: attributes[:1]),
        (failed("pa.sod.message_digest", _SOD, "absent"),),
    ),
    Recipe(
        "content_type_absent", "no contentType attribute", edits.attributes(lambda attributes: attributes[1:]),
        (failed("pa.sod.message_digest", _SOD, "absent"),),
    ),
    Recipe(
        "message_digest_twice", "messageDigest as two attributes",
        edits.attributes(lambda attributes: (*attributes, attributes[1])),
        (failed("pa.sod.message_digest", _SOD, "duplicate"),),
    ),
    Recipe(
        "message_digest_two_values", "messageDigest with two values", edits.signed(edits.doubled_digest),
        (failed("pa.sod.message_digest", _SOD, "duplicate"),),
    ),
    Recipe(
        "content_type_differs", "contentType attribute of another type",
        edits.signed(edits.attribute_of_another_type),
        (failed("pa.sod.message_digest", _SOD, "mismatch"),),
    ),
    Recipe(
        "content_changed", "the content changed after it was signed",
        edits.signed(lambda template: replace(template, content=template.content.replace(b"0108", b"0107"))),
        (failed("pa.sod.message_digest", _SOD, "mismatch"),),
    ),
    Recipe(
        "algorithms_disagree", "signatureAlgorithm names SHA-1 over a SHA-256 signature",
        edits.declared(_SHA1_SIGNATURE), (failed("pa.sod.algorithms", _SOD, "disagree"),),
    ),
    Recipe(
        "unknown_signature_algorithm", "signatureAlgorithm that nobody knows", edits.declared("1.2.840.10045.4.3.99"),
        (
            undecided("pa.sod.algorithms", _SOD, "unsupported_algorithm"),
            undecided("pa.sod.signature", _SOD, "unsupported_algorithm"),
        ),
    ),
    Recipe(
        "md5_attributes", "the content hashed by MD5", edits.signed(edits.hashed_by("md5")),
        (
            undecided("pa.sod.message_digest", _SOD, "unsupported_algorithm"),
            undecided("pa.sod.algorithms", _SOD, "unsupported_algorithm"),
        ),
    ),
    Recipe(
        "sha3_data_groups", "data groups hashed by SHA-3", issued(Edits(lds_security_object=edits.sha3_hashes)),
        (undecided("pa.dg_hash", "EF.DG1", "unsupported_algorithm"),),
    ),
    Recipe(
        "pss_without_parameters", "RSASSA-PSS without parameters", edits.declared(oids.RSASSA_PSS),
        (undecided("pa.sod.algorithms", _SOD, "unsupported_algorithm"),), RSA_2048_PSS,
    ),
    Recipe(
        "pss_other_salt", "RSASSA-PSS whose salt is longer than declared",
        edits.declared(SignatureScheme(SchemeKind.RSA_PSS, "sha256", 20)),
        (failed("pa.sod.signature", _SOD, "bad_signature"),), RSA_2048_PSS,
    ),
    Recipe(
        "signature_changed", "one bit of the signature changed",
        issued(Edits(signature=lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]))),
        (failed("pa.sod.signature", _SOD, "bad_signature"),),
    ),
    Recipe(
        "unknown_curve", "the DSC names a curve that no travel document uses", edits.unknown_curve,
        (undecided("pa.sod.signature", _SOD, "unknown_curve"),),
    ),
    Recipe(
        "wrong_curve", "the DSC names another curve than its key's", edits.wrong_curve,
        (undecided("pa.sod.signature", _SOD, "unsupported_algorithm"),),
    ),
    Recipe(
        "no_certificate", "no DSC in EF.SOD", edits.signed(edits.without_certificates),
        (
            failed("pa.sod.signer_certificate", _SOD, "not_found"),
            not_performed("pa.sod.signature", _SOD, "earlier_step"),
        ),
    ),
    Recipe(
        "time_not_determined", "neither signingTime nor DG12",
        issued(profile=IssuingProfile(signing_time=False, groups=((12, None),))),
        (
            undecided("pa.dsc.validity_at_signing", "DSC", "time_not_determined"),
            undecided("pa.dsc.usage_period", "DSC", "time_not_determined"),
            undecided("pa.csca.validity_at_signing", "CSCA", "time_not_determined"),
        ),
    ),
    Recipe(
        "group_listed_twice", "a data group listed twice",
        edits.lds(lambda lds: replace(lds, hashes=(*lds.hashes, lds.hashes[0]))),
        (failed("pa.dg_duplicate", _SOD, "duplicate"),),
    ),
    Recipe(
        "group_out_of_range", "a data group 17",
        edits.lds(lambda lds: replace(lds, hashes=(*lds.hashes, (17, bytes(32))))),
        (failed("pa.dg_duplicate", _SOD, "out_of_range"),),
    ),
    Recipe(
        "lds_version_unknown", "LDSSecurityObject version 7", edits.lds(lambda lds: replace(lds, version=7)),
        (undecided("lds.parse", _SOD, "unknown_version"),),
    ),
    Recipe(
        "malformed_security_object", "half of EF.SOD",
        issued(Edits(security_object=lambda sod: sod[: len(sod) // 2])),
        (failed("lds.parse", _SOD, "malformed"),),
    ),
    Recipe(
        "no_key_usage_period", "a DSC that states no usage period of its key",
        issued(Edits(dsc=lambda dsc: dsc.without(oids.PRIVATE_KEY_USAGE_PERIOD))),
        (not_applicable("pa.dsc.usage_period", "DSC", "not_stated"),),
    ),
)  # fmt: skip

#: By name.
RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in _RECIPES})

"""Documents broken at one place each: how they are made, the finding that says so, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pyasn1.type import univ

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.inspection import InspectionReport
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import breakage, certificates, data_groups, security_object
from mrtd.specimen.certificates import CertificateExtension
from mrtd.specimen.encoding import der
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import Edits, IssuingProfile
from mrtd.specimen.scheme import (
    RSA_2048,
)
from tests.mrtd.inspection.documents import (
    AT,
    changed,
    edited,
    genuine_document,
    genuine_issuer,
    inspected,
    trust_in,
)

F = ElementaryFile
DOCUMENT = genuine_document()


def made(profile: IssuingProfile | None = None, **edits: Callable[[Any], Any]) -> InspectionReport:
    """The inspection of a document that the state made with these edits."""
    document, store = edited(Edits(**edits), profile)
    return inspected(document, store)


def with_files(**files: bytes | None) -> InspectionReport:
    """The genuine document with files replaced, or left out."""
    document = DOCUMENT
    for name, data in files.items():
        file = F(f"EF.{name}")
        document = document.without_file(file) if data is None else document.with_file(file, data)
    return inspected(document)


def signed_content(oid: str, content: bytes | None = None) -> Callable[[Any], Any]:
    """Another eContentType (and content), signed properly."""

    def edit(template: Any) -> Any:
        value = template.content if content is None else content
        attributes = security_object.signed_attributes(oid, value, template.digest, AT)
        return replace(template, content_type=oid, content=value, attributes=attributes)

    return edit


def with_group(number: int, data: bytes) -> Callable[[Any], Any]:
    return lambda groups: {**groups, number: data}


def without_group(number: int) -> Callable[[Any], Any]:
    return lambda groups: {key: data for key, data in groups.items() if key != number}


def with_hash(number: int, value: bytes | None = None) -> Callable[[Any], Any]:
    """One more entry in the LDSSecurityObject; by default the same hash again."""

    def edit(template: Any) -> Any:
        known = dict(template.hashes)
        return replace(
            template, hashes=(*template.hashes, (number, known.get(number, b"?" * 32) if value is None else value))
        )

    return edit


def with_extension(extension: CertificateExtension) -> Callable[[Any], Any]:
    return lambda template: template.with_extension(extension)


def without_extension(oid: str) -> Callable[[Any], Any]:
    return lambda template: template.without(oid)


def dg1_of(issuing_state: str) -> bytes:
    lines = machine_readable_zone(
        MARTA, document_number="UT0000001", date_of_expiry=date(2036, 11, 23), issuing_state=issuing_state
    )
    return data_groups.dg1(lines)


def dg11_of(**details: Any) -> bytes:
    return data_groups.dg11(replace(MARTA, **details))


def revoke_dsc(template: Any) -> Any:
    return replace(template, revoked=((genuine_issuer().dsc_template.serial, AT - timedelta(days=3)),))


def revoke_csca(template: Any) -> Any:
    return replace(template, revoked=((genuine_issuer().csca_template.serial, AT - timedelta(days=3)),))


EKU = CertificateExtension(
    "2.5.29.37", der(univ.SequenceOf().setComponents(univ.ObjectIdentifier("1.3.6.1.5.5.7.3.1")))
)
UNKNOWN = CertificateExtension("1.2.3.4", b"\x05\x00", critical=True)
BROKEN_USAGE = CertificateExtension(oids.KEY_USAGE, b"\x03\x02", critical=True)
LEGACY = "1.3.27.1.1.1"
ID_DATA = "1.2.840.113549.1.7.1"
NOT_AN_IMAGE = data_groups.dg2(b"no picture at all", 1, 1)

#: id: how to make the report, check, subject, status, reason, and authenticity in strict-level3, default, forensic
#: (a authentic, n not authentic, i inconclusive).
CASES: dict[str, tuple[Callable[[], InspectionReport], str, str, str, str | None, str]] = {
    "sod_malformed": (
        lambda: with_files(SOD=b"\x77\x03\x30\x01\x00"),
        "lds.parse",
        "EF.SOD",
        "FAILED",
        "malformed",
        "nnn",
    ),
    "sod_not_sent": (lambda: with_files(SOD=None), "lds.parse", "EF.SOD", "NOT_PERFORMED", "no_evidence", "iii"),
    "sod_empty": (lambda: with_files(SOD=b""), "lds.parse", "EF.SOD", "FAILED", "malformed", "nnn"),
    "sod_version": (
        lambda: made(lds_security_object=changed(version=2)),
        "lds.parse",
        "EF.SOD",
        "INDETERMINATE",
        "unknown_version",
        "iii",
    ),
    "dg1_malformed": (lambda: with_files(DG1=b"\x61\x00"), "lds.parse", "EF.DG1", "FAILED", "malformed", "nnn"),
    "dg1_not_sent": (lambda: with_files(DG1=None), "lds.parse", "EF.DG1", "NOT_PERFORMED", "no_evidence", "iii"),
    "dg2_malformed": (
        lambda: made(data_groups=with_group(2, b"\x75\x00")),
        "lds.parse",
        "EF.DG2",
        "FAILED",
        "malformed",
        "aaa",
    ),
    "com_differs": (
        lambda: with_files(COM=data_groups.com([1, 2])),
        "lds.com_consistent",
        "EF.COM",
        "FAILED",
        "differs",
        "aaa",
    ),
    "com_absent": (lambda: with_files(COM=None), "lds.com_consistent", "EF.COM", "NOT_PERFORMED", "absent", "aaa"),
    "com_malformed": (
        lambda: with_files(COM=b"\x60\x00"),
        "lds.com_consistent",
        "EF.COM",
        "NOT_PERFORMED",
        "earlier_step",
        "aaa",
    ),
    "trailing_bytes": (
        lambda: with_files(SOD=DOCUMENT.files[F.SOD] + b"\0"),
        "pa.sod.encoding",
        "EF.SOD",
        "PASSED",
        "trailing_bytes",
        "aaa",
    ),
    "signed_data_version": (
        lambda: made(signed_data=changed(version=1)),
        "pa.sod.encoding",
        "EF.SOD",
        "PASSED",
        "signed_data_version",
        "aaa",
    ),
    "legacy_oid": (
        lambda: made(signed_data=signed_content(LEGACY)),
        "pa.sod.content_type",
        "EF.SOD",
        "PASSED",
        "legacy_oid",
        "aaa",
    ),
    "content_type_not_lds": (
        lambda: made(signed_data=signed_content(ID_DATA)),
        "pa.sod.content_type",
        "EF.SOD",
        "PASSED",
        "content_type_not_lds",
        "aaa",
    ),
    "content_type_unexpected": (
        lambda: made(signed_data=signed_content(ID_DATA, b"anything")),
        "pa.sod.content_type",
        "EF.SOD",
        "FAILED",
        "unexpected",
        "nnn",
    ),
    "message_digest": (
        lambda: made(signed_data=lambda one: replace(one, content=one.content.replace(b"0108", b"0107"))),
        "pa.sod.message_digest",
        "EF.SOD",
        "FAILED",
        "mismatch",
        "nnn",
    ),
    "only_certificate": (
        lambda: made(signed_data=changed(serial=1)),
        "pa.sod.signer_certificate",
        "EF.SOD",
        "PASSED",
        "only_certificate",
        "aaa",
    ),
    "dg1_tampered": (lambda: with_files(DG1=dg1_of("SWE")), "pa.dg_hash", "EF.DG1", "FAILED", "mismatch", "nnn"),
    "dg15_tampered": (
        lambda: with_files(DG15=data_groups.dg15(genuine_issuer().csca_key.spki())),
        "pa.dg_hash",
        "EF.DG15",
        "FAILED",
        "mismatch",
        "nnn",
    ),
    "dg2_not_sent": (lambda: with_files(DG2=None), "pa.dg_hash", "EF.DG2", "NOT_PERFORMED", "not_sent", "iii"),
    "dg11_not_sent": (lambda: with_files(DG11=None), "pa.dg_hash", "EF.DG11", "NOT_PERFORMED", "not_sent", "aaa"),
    "dg3_listed": (
        lambda: made(lds_security_object=with_hash(3)),
        "pa.dg_hash",
        "EF.DG3",
        "NOT_APPLICABLE",
        "eac_protected",
        "aaa",
    ),
    "dg3_sent": (lambda: made(data_groups=with_group(3, b"\x63\x00")), "pa.dg_hash", "EF.DG3", "PASSED", None, "aaa"),
    "dg5_unlisted": (lambda: with_files(DG5=b"\x65\x00"), "pa.dg_unlisted", "EF.DG5", "FAILED", "not_in_sod", "nnn"),
    "dg15_injected": (
        lambda: made(lds_security_object=lambda one: replace(one, hashes=tuple(h for h in one.hashes if h[0] != 15))),
        "pa.dg_unlisted",
        "EF.DG15",
        "FAILED",
        "not_in_sod",
        "nnn",
    ),
    "dg1_twice": (
        lambda: made(lds_security_object=with_hash(1)),
        "pa.dg_duplicate",
        "EF.SOD",
        "FAILED",
        "duplicate",
        "nnn",
    ),
    "dg1_twice_different": (
        lambda: made(lds_security_object=with_hash(1, b"!" * 32)),
        "pa.dg_hash",
        "EF.DG1",
        "FAILED",
        "mismatch",
        "nnn",
    ),
    "dg17": (
        lambda: made(lds_security_object=with_hash(17)),
        "pa.dg_duplicate",
        "EF.SOD",
        "FAILED",
        "out_of_range",
        "nnn",
    ),
    "dg0": (
        lambda: made(lds_security_object=with_hash(0)),
        "pa.dg_duplicate",
        "EF.SOD",
        "FAILED",
        "out_of_range",
        "nnn",
    ),
    "dsc_is_ca": (
        lambda: made(dsc=with_extension(certificates.basic_constraints())),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "is_ca",
        "nnn",
    ),
    "dsc_key_usage": (
        lambda: made(dsc=with_extension(certificates.key_usage("keyEncipherment"))),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "key_usage",
        "nnn",
    ),
    "dsc_no_key_usage": (
        lambda: made(dsc=without_extension(oids.KEY_USAGE)),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "key_usage",
        "nnn",
    ),
    "dsc_extended_key_usage": (
        lambda: made(dsc=with_extension(EKU)),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "extended_key_usage",
        "nnn",
    ),
    "dsc_unknown_critical": (
        lambda: made(dsc=with_extension(UNKNOWN)),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "unknown_critical_extension",
        "nnn",
    ),
    "dsc_document_type": (
        lambda: made(dsc=with_extension(certificates.document_types("ID"))),
        "pa.dsc.authorised",
        "DSC",
        "FAILED",
        "document_type",
        "naa",
    ),
    "dsc_extension_malformed": (
        lambda: made(dsc=with_extension(BROKEN_USAGE)),
        "pa.dsc.authorised",
        "DSC",
        "INDETERMINATE",
        "extension_malformed",
        "iii",
    ),
    "dsc_no_document_types": (
        lambda: made(dsc=without_extension(oids.DOCUMENT_TYPE_LIST)),
        "pa.dsc.profile",
        "DSC",
        "PASSED",
        "document_type_list",
        "aaa",
    ),
    "dsc_expired": (
        lambda: made(
            dsc=changed(not_after=AT - timedelta(days=1)), profile=IssuingProfile(date_of_issue=date(2026, 11, 20))
        ),
        "pa.dsc.validity_now",
        "DSC",
        "FAILED",
        "expired",
        "naa",
    ),
    "dsc_not_yet_valid": (
        lambda: made(dsc=changed(not_before=AT + timedelta(days=1))),
        "pa.dsc.validity_now",
        "DSC",
        "FAILED",
        "not_yet_valid",
        "naa",
    ),
    "dsc_outside": (
        lambda: made(dsc=changed(not_before=AT - timedelta(hours=1))),
        "pa.dsc.validity_at_signing",
        "DSC",
        "FAILED",
        "outside",
        "naa",
    ),
    "signed_by_dg12": (
        lambda: made(IssuingProfile(signing_time=False)),
        "pa.dsc.validity_at_signing",
        "DSC",
        "PASSED",
        None,
        "aaa",
    ),
    "time_not_determined": (
        lambda: made(IssuingProfile(signing_time=False), data_groups=without_group(12)),
        "pa.dsc.validity_at_signing",
        "DSC",
        "INDETERMINATE",
        "time_not_determined",
        "aaa",
    ),
    "usage_outside": (
        lambda: made(dsc=with_extension(certificates.private_key_usage_period(AT, AT + timedelta(days=9)))),
        "pa.dsc.usage_period",
        "DSC",
        "FAILED",
        "outside",
        "aaa",
    ),
    "usage_not_stated": (
        lambda: made(dsc=without_extension(oids.PRIVATE_KEY_USAGE_PERIOD)),
        "pa.dsc.usage_period",
        "DSC",
        "NOT_APPLICABLE",
        "not_stated",
        "aaa",
    ),
    "usage_malformed": (
        lambda: made(dsc=with_extension(CertificateExtension(oids.PRIVATE_KEY_USAGE_PERIOD, b"\x30\x05"))),
        "pa.dsc.usage_period",
        "DSC",
        "ABORTED",
        "check_error",
        "aaa",
    ),
    "dsc_revoked": (lambda: made(crl=revoke_dsc), "pa.dsc.revocation", "DSC", "FAILED", "revoked", "nnn"),
    "csca_revoked": (lambda: made(crl=revoke_csca), "pa.csca.revocation", "CSCA", "FAILED", "revoked", "nnn"),
    "no_crl": (
        lambda: inspected(DOCUMENT, trust_in(genuine_issuer(), crl=False)),
        "pa.dsc.revocation",
        "DSC",
        "INDETERMINATE",
        "no_crl",
        "aaa",
    ),
    "crl_stale": (
        lambda: inspected(DOCUMENT, at=AT + timedelta(days=400)),
        "pa.dsc.revocation",
        "DSC",
        "INDETERMINATE",
        "crl_stale",
        "aaa",
    ),
    "no_trust": (
        lambda: inspected(DOCUMENT, TrustStore.empty(Realm.SPECIMEN)),
        "pa.path",
        "DSC",
        "INDETERMINATE",
        "no_trust_anchor",
        "iii",
    ),
    "other_state": (
        lambda: inspected(DOCUMENT, trust_in(genuine_issuer(RSA_2048))),
        "pa.path",
        "DSC",
        "INDETERMINATE",
        "no_csca",
        "iii",
    ),
    "impostor": (
        lambda: inspected(breakage.wrong_csca(genuine_issuer(), MARTA)),
        "pa.path",
        "DSC",
        "FAILED",
        "bad_issuer_signature",
        "nnn",
    ),
    "csca_profile": (
        lambda: made(csca=without_extension(oids.PRIVATE_KEY_USAGE_PERIOD)),
        "pa.csca.profile",
        "CSCA",
        "PASSED",
        "private_key_usage_period",
        "aaa",
    ),
    "csca_expired": (
        lambda: made(csca=changed(not_after=AT - timedelta(days=1))),
        "pa.csca.validity_now",
        "CSCA",
        "FAILED",
        "expired",
        "aaa",
    ),
    "csca_outside": (
        lambda: made(csca=changed(not_after=AT - timedelta(days=2))),
        "pa.csca.validity_at_signing",
        "CSCA",
        "FAILED",
        "outside",
        "aaa",
    ),
    "country_differs": (
        lambda: made(data_groups=with_group(1, dg1_of("SWE"))),
        "cross.country_dsc",
        "DSC",
        "FAILED",
        "differs",
        "nna",
    ),
    "country_csca_differs": (
        lambda: made(data_groups=with_group(1, dg1_of("SWE"))),
        "cross.country_csca",
        "CSCA",
        "FAILED",
        "differs",
        "nna",
    ),
    "country_unmapped": (
        lambda: made(data_groups=with_group(1, dg1_of("XXA"))),
        "cross.country_dsc",
        "DSC",
        "INDETERMINATE",
        "unmapped",
        "iia",
    ),
    "dg11_name": (
        lambda: made(data_groups=with_group(11, dg11_of(full_name=("Andersson", "Märta")))),
        "cross.dg11_dg1",
        "EF.DG11",
        "FAILED",
        "differs",
        "aaa",
    ),
    "dg11_birth": (
        lambda: made(data_groups=with_group(11, dg11_of(date_of_birth=date(1984, 3, 18)))),
        "cross.dg11_dg1",
        "EF.DG11",
        "FAILED",
        "differs",
        "aaa",
    ),
    "dg11_script": (
        lambda: made(data_groups=with_group(11, dg11_of(full_name=("東京", "花子")))),
        "cross.dg11_dg1",
        "EF.DG11",
        "INDETERMINATE",
        "unmapped",
        "aaa",
    ),
    "no_dg11": (
        lambda: made(data_groups=without_group(11)),
        "cross.dg11_dg1",
        "EF.DG11",
        "NOT_APPLICABLE",
        "no_evidence",
        "aaa",
    ),
    "expired": (
        lambda: inspected(breakage.expired(genuine_issuer(), MARTA)),
        "cross.expiry",
        "EF.DG1",
        "FAILED",
        "expired",
        "aaa",
    ),
    "not_an_image": (
        lambda: made(data_groups=with_group(2, NOT_AN_IMAGE)),
        "dg2.image_decodes",
        "EF.DG2",
        "FAILED",
        "not_an_image",
        "aaa",
    ),
    "incomplete": (
        lambda: with_files(DG15=None),
        "evidence.complete",
        "evidence",
        "INDETERMINATE",
        "incomplete",
        "aaa",
    ),
    "dg15_stripped": (
        lambda: inspected(breakage.stripped_dg15(DOCUMENT)),
        "pa.dg_hash",
        "EF.DG15",
        "NOT_PERFORMED",
        "not_sent",
        "aaa",
    ),
}

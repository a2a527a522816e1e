"""Cases of how EF.SOD is encoded and what it contains (ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import ber
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Standard, Verdicts
from mrtd.specimen.cases.chapter import (
    Chapter,
    absent,
    failed,
    not_applicable,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED, UNDATED
from mrtd.specimen.cases.sod_edits import SHA3_256, SHA256, SOD, made_with, signed_with
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    FORGED,
    GOOD,
    OPEN,
    REFUSED_BY_POLICY,
    by_policy,
    everywhere,
)
from mrtd.specimen.encoding import tlv
from mrtd.specimen.issuer import Edits
from mrtd.specimen.security_object import SignedDataTemplate

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _encoding()
    yield from _content()


def _encoding() -> Iterator[Case]:
    information = everywhere(GOOD)
    watched = by_policy(ATTENTION, ATTENTION, GOOD)
    forensic_only = by_policy(REFUSED_BY_POLICY, REFUSED_BY_POLICY, GOOD)
    ways: tuple[tuple[str, str, Standard, Edits, R, Verdicts], ...] = (
        (
            "indefinite-lengths",
            "Indefinite lengths and a content in segments, as one state writes them",
            std.SOD_DER,
            Edits(content_info=ber.indefinite_lengths),
            R.BER_LENGTH,
            information,
        ),
        (
            "long-length",
            "A length of more octets than it needs",
            std.SOD_DER,
            Edits(content_info=ber.long_length),
            R.BER_LENGTH,
            information,
        ),
        (
            "unordered-attributes",
            "The signed attributes against the order of DER, and signed as they are stored",
            std.SIGNED_AS_STORED,
            Edits(signed_data=edits.unordered_attributes),
            R.UNORDERED_ATTRIBUTES,
            information,
        ),
        (
            "signed-data-version-1",
            "A SignedData of version 1",
            std.SOD_DER,
            Edits(signed_data=lambda template: replace(template, version=1)),
            R.SIGNED_DATA_VERSION,
            watched,
        ),
        (
            "signer-version-3",
            "A signer named by issuer and number, in the version of one named by its key",
            std.SIGNER_VERSION,
            Edits(signed_data=lambda template: replace(template, signer_version=3)),
            R.SIGNED_DATA_VERSION,
            watched,
        ),
        (
            "trailing-bytes",
            "Octets behind EF.SOD",
            std.SOD_FILE,
            Edits(security_object=lambda sod: sod + bytes(16)),
            R.TRAILING_BYTES,
            watched,
        ),
        (
            "missing-tag-77",
            "A ContentInfo without the tag of EF.SOD",
            std.SOD_FILE,
            Edits(security_object=_content_info),
            R.MISSING_TAG_77,
            forensic_only,
        ),
    )
    for name, title, standard, edit, reason, verdicts in ways:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            made_with(edit),
            passed("pa.sod.encoding", SOD, reason),
            verdicts=verdicts,
            reason=reason if verdicts is forensic_only else None,
            importance=Importance.MEDIUM,
        )
    yield _CHAPTER.case(
        "plain-signature",
        "The numbers r and s side by side instead of the DER sequence of CMS",
        std.SOD_DER,
        bench.presented(edits.raw_ecdsa),
        passed("pa.sod.encoding", SOD, R.RAW_ECDSA),
        verdicts=forensic_only,
        reason=R.RAW_ECDSA,
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "digest-parameters-null",
        "The digest algorithm with its NULL",
        std.SOD_NULL,
        signed_with(lambda template: replace(template, digest_null=True)),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "lds-version-0",
        "The older LDSSecurityObject, without the version of the LDS",
        std.SOD_VERSIONS,
        lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, lds_version=0))),
        importance=Importance.MEDIUM,
    )


def _content() -> Iterator[Case]:
    for place, content_type in enumerate(edits.LEGACY_CONTENT_TYPES, start=1):
        yield _CHAPTER.case(
            f"legacy-content-type-{place}",
            f"The content under {content_type}, from before ICAO gave it an identifier",
            std.SOD_CONTENT_TYPE,
            signed_with(edits.with_content_type(content_type)),
            passed("pa.sod.content_type", SOD, R.LEGACY_OID),
            importance=Importance.MEDIUM,
        )
    yield _CHAPTER.case(
        "content-type-data",
        "The hashes under id-data",
        std.SOD_CONTENT_TYPE,
        signed_with(edits.with_content_type(oids.ID_DATA)),
        passed("pa.sod.content_type", SOD, R.CONTENT_TYPE_NOT_LDS),
        verdicts=everywhere(ATTENTION),
        importance=Importance.MEDIUM,
    )
    nothing_to_compare = (
        *(not_performed("pa.dg_hash", f"EF.DG{number}", R.EARLIER_STEP) for number in (1, 2, 11, 12, 14, 15)),
        not_performed("pa.algorithms", "DG hash", R.EARLIER_STEP),
        not_performed("pa.dg_unlisted", SOD, R.EARLIER_STEP),
        not_performed("pa.dg_duplicate", SOD, R.EARLIER_STEP),
        not_performed("lds.com_consistent", "EF.COM", R.EARLIER_STEP),
        not_performed("evidence.complete", "evidence", R.EARLIER_STEP),
    )
    foreign = (
        ("card-security", "What the state signed for EF.CardSecurity, as EF.SOD", oids.SECURITY_OBJECT),
        ("master-list", "What looks like a master list, as EF.SOD", oids.CSCA_MASTER_LIST),
        ("data", "Data of any kind, as EF.SOD", oids.ID_DATA),
    )
    for name, title, content_type in foreign:
        yield _CHAPTER.case(
            f"foreign-content-{name}",
            f"{title}: well signed by the DSC, and no hash of anything",
            std.SOD_CONTENT_TYPE,
            signed_with(edits.with_content(tlv(0x31, b""), content_type)),
            failed("pa.sod.content_type", SOD, R.UNEXPECTED),
            nothing_to_compare,
            # no signingTime, and nothing vouches for the date in DG12
            UNDATED,
            CHIP_BARRED,
            verdicts=everywhere(FORGED),
            reason=R.UNEXPECTED,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "content-changed",
        "The list of hashes changed after it was signed",
        std.DIGEST,
        signed_with(lambda template: replace(template, content=template.content.replace(b"0108", b"0107"))),
        failed("pa.sod.message_digest", SOD, R.MISMATCH),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.MISMATCH,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "lds-version-7",
        "A version of the LDSSecurityObject that no standard knows",
        std.SOD_VERSIONS,
        made_with(Edits(lds_security_object=lambda template: replace(template, version=7))),
        undecided("lds.parse", SOD, R.UNKNOWN_VERSION),
        verdicts=everywhere(replace(GOOD, outcome="review", authenticity="inconclusive")),
        reason=R.UNKNOWN_VERSION,
    )
    unsupported = (
        *(undecided("pa.dg_hash", f"EF.DG{number}", R.UNSUPPORTED_ALGORITHM) for number in (1, 2, 11, 12, 14, 15)),
        not_performed("pa.algorithms", "DG hash", R.EARLIER_STEP),
        not_performed("aa.key", "EF.DG15", R.EARLIER_STEP),
        not_performed("aa.algorithm_declared", "EF.DG14", R.EARLIER_STEP),
        not_performed("aa.signature", "AA", R.EARLIER_STEP),
        absent("pa.algorithms", "AA"),
        not_performed("ca.key", "EF.DG14", R.EARLIER_STEP),
        not_performed("ca.secure_messaging", "CA", R.NOT_PERFORMED),
        not_performed("ca.rebind", "CA", R.NOT_PERFORMED),
        not_applicable("ca.claimed", "CA", R.NOT_SENT),
    )
    yield _CHAPTER.case(
        "hashes-by-sha3",
        "The hashes are said to be SHA3-256, which no travel document uses",
        std.PERMITTED_HASHES,
        signed_with(_content_by_sha3),
        unsupported,
        UNDATED,
        verdicts=everywhere(OPEN),
        reason=R.UNSUPPORTED_ALGORITHM,
        importance=Importance.MEDIUM,
    )


# --- recipes


def _content_info(sod: bytes) -> bytes:
    """What lies under tag 77, whose length has three octets."""
    return sod[4:]


def _content_by_sha3(template: SignedDataTemplate) -> SignedDataTemplate:
    return edits.with_content(template.content.replace(SHA256, SHA3_256), template.content_type)(template)

"""Cases of signed attributes and algorithms (RFC 5652 §5.3, §5.4, §11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import security_object
from mrtd.specimen import signed_data_edits as edits
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance, Standard
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
    not_performed,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_DSC
from mrtd.specimen.cases.sod_edits import SHA3_256, SHA256, SOD, Edit, made_with, signed_with
from mrtd.specimen.cases.verdicts import (
    FORGED,
    OPEN,
    everywhere,
)
from mrtd.specimen.encoding import NULL
from mrtd.specimen.issuer import Edits
from mrtd.specimen.scheme import RSA_2048, SchemeKind, SignatureScheme
from mrtd.specimen.security_object import SignedDataTemplate

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _attributes()
    yield from _algorithms()


def _attributes() -> Iterator[Case]:
    ways: tuple[tuple[str, str, Standard, Edit, R], ...] = (
        (
            "no-attributes",
            "The content signed by itself, without attributes",
            std.ATTRIBUTES,
            lambda template: replace(template, attributes=None),
            R.ABSENT,
        ),
        ("no-message-digest", "No messageDigest", std.ATTRIBUTES, _attributes_by(lambda all_: all_[:1]), R.ABSENT),
        ("no-content-type", "No contentType", std.ATTRIBUTES, _attributes_by(lambda all_: all_[1:]), R.ABSENT),
        (
            "two-message-digests",
            "The attribute messageDigest twice",
            std.ONE_DIGEST,
            _attributes_by(lambda all_: (*all_, all_[1])),
            R.DUPLICATE,
        ),
        (
            "two-digest-values",
            "The attribute messageDigest with two values",
            std.ONE_DIGEST,
            edits.doubled_digest,
            R.DUPLICATE,
        ),
        (
            "two-content-types",
            "The attribute contentType twice",
            std.ONE_CONTENT_TYPE,
            _attributes_by(lambda all_: (all_[0], *all_)),
            R.DUPLICATE,
        ),
        (
            "content-type-differs",
            "The attribute contentType names another type than the content has",
            std.DIGEST,
            edits.attribute_of_another_type,
            R.MISMATCH,
        ),
    )
    for name, title, standard, edit, reason in ways:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            signed_with(edit),
            failed("pa.sod.message_digest", SOD, reason),
            CHIP_BARRED,
            verdicts=everywhere(FORGED),
            reason=reason,
            importance=Importance.CRITICAL,
        )


def _algorithms() -> Iterator[Case]:
    yield _CHAPTER.case(
        "digest-by-another-hash",
        "The digest is by SHA-512, the signature by SHA-256",
        std.SIGNED_AS_STORED,
        signed_with(_digest_by_sha512),
        failed("pa.sod.algorithms", SOD, R.DISAGREE),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.DISAGREE,
    )
    yield _CHAPTER.case(
        "declared-sha1",
        "The signature is said to be by SHA-1, and is by SHA-256",
        std.SIGNED_AS_STORED,
        bench.presented(edits.declared(SignatureScheme(SchemeKind.ECDSA, "sha1"))),
        failed("pa.sod.algorithms", SOD, R.DISAGREE),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.DISAGREE,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "rsa-encryption",
        "The algorithm is named rsaEncryption; its hash is that of the digest",
        std.RSA,
        bench.presented(edits.declared(oids.RSA_ENCRYPTION, NULL), RSA_2048),
        passed("pa.sod.algorithms", SOD, R.FROM_DIGEST_ALGORITHM),
        importance=Importance.MEDIUM,
        features=("rsa",),
    )
    yield _CHAPTER.case(
        "unknown-signature-algorithm",
        "A signature algorithm that nobody knows",
        std.ALGORITHMS,
        bench.presented(edits.declared("1.2.840.10045.4.3.99")),
        undecided("pa.sod.algorithms", SOD, R.UNSUPPORTED_ALGORITHM),
        not_performed("pa.sod.signer_certificate", SOD, R.EARLIER_STEP),
        undecided("pa.sod.signature", SOD, R.UNSUPPORTED_ALGORITHM),
        NO_DSC,
        verdicts=everywhere(OPEN),
        reason=R.UNSUPPORTED_ALGORITHM,
    )
    yield _CHAPTER.case(
        "unknown-digest-algorithm",
        "A digest algorithm that no travel document uses",
        std.PERMITTED_HASHES,
        made_with(Edits(content_info=_declared_sha3)),
        undecided("pa.sod.message_digest", SOD, R.UNSUPPORTED_ALGORITHM),
        undecided("pa.sod.algorithms", SOD, R.UNSUPPORTED_ALGORITHM),
        CHIP_BARRED,
        verdicts=everywhere(OPEN),
        reason=R.UNSUPPORTED_ALGORITHM,
    )


# --- recipes


def _attributes_by(edit: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Edit:
    return lambda template: replace(template, attributes=edit(template.attributes or ()))


def _declared_sha3(content_info: bytes) -> bytes:
    """SHA3-256 in digestAlgorithms and in the digestAlgorithm of the signer; the content between them stays."""
    first = content_info.index(SHA256)
    last = content_info.rindex(SHA256)
    size = len(SHA256)
    middle = content_info[first + size : last]
    return content_info[:first] + SHA3_256 + middle + SHA3_256 + content_info[last + size :]


def _digest_by_sha512(template: SignedDataTemplate) -> SignedDataTemplate:
    attributes = security_object.signed_attributes(template.content_type, template.content, "sha512", None)
    return replace(template, digest="sha512", attributes=attributes)

"""CSCA master lists: content and signer (ICAO 9303-12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mrtd import tlv
from mrtd.crypto.algorithms import parse_signature_algorithm
from mrtd.crypto.digests import digest, hash_name
from mrtd.crypto.signatures import verify
from mrtd.errors import LimitExceededError, MalformedError, MrtdError, UnsupportedError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import SignedData, SignerInfo, parse_signed_data
from mrtd.pki.extensions import KeyUsage
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.search import search_issuers, unsupported_reason
from mrtd.tlv import SEQUENCE, SET

#: The largest real list has 1 MiB and 588 certificates.
MAX_MASTER_LIST: Final = 32 * 1024 * 1024
MAX_LISTED_CERTIFICATES: Final = 10_000
#: A list carries its signer and that one's CSCA beside the content.
MAX_LIST_CMS_CERTIFICATES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class MasterList:
    """A CscaMasterList (ICAO 9303-12) as it came. `cms` is None where the content came without a signature."""

    certificates: tuple[bytes, ...]
    version: int
    cms: SignedData | None
    raw: bytes = field(default=b"", compare=False)

    def __repr__(self) -> str:
        return f"MasterList(certificates={len(self.certificates)}, signed={self.cms is not None})"


@dataclass(frozen=True, slots=True)
class SignerJudgement:
    """How the signature of a list ended: PASSED, FAILED, INDETERMINATE, or NOT_APPLICABLE without a signature."""

    status: CheckStatus
    reason: Reason | None = None
    signer_sha256: str | None = None


def parse(data: bytes) -> MasterList:
    """Read a master list, signed (CMS) or bare content (ICAO 9303-12).

    Raises:
        MalformedError: `not_master_list`, or as `parse_signed_data`, or over a limit.
    """
    if len(data) > MAX_MASTER_LIST:
        raise LimitExceededError("master_list_too_long")
    items = tlv.read(data).expect(SEQUENCE).children()
    if items and items[0].tag == tlv.INTEGER:
        return parse_content(data)
    signed = parse_signed_data(data, max_certificates=MAX_LIST_CMS_CERTIFICATES)
    if signed.econtent_type != oids.CSCA_MASTER_LIST or signed.econtent is None:
        raise MalformedError("not_master_list")
    content = parse_content(signed.econtent)
    return MasterList(content.certificates, content.version, signed, data)


def parse_content(econtent: bytes) -> MasterList:
    """Read the content of a master list (ICAO 9303-12): a version and a SET OF Certificate.

    Raises:
        MalformedError: `not_master_list`, or over a limit.
    """
    items = tlv.read_only(econtent, SEQUENCE).children()
    if len(items) != 2 or items[0].tag != tlv.INTEGER or items[1].tag != SET:
        raise MalformedError("not_master_list")
    listed = items[1].children()
    if len(listed) > MAX_LISTED_CERTIFICATES:
        raise LimitExceededError("too_many_certificates")
    if any(item.tag != SEQUENCE for item in listed):
        raise MalformedError("not_master_list")
    return MasterList(tuple(item.raw for item in listed), tlv.integer(items[0], max_octets=4), None, econtent)


def judge_signer(
    master_list: MasterList,
    index: CertificateIndex,
    at: datetime | None,
    *,
    usable: Callable[[CertificateEntry], bool] | None = None,
) -> SignerJudgement:
    """Judge who signed a list (ICAO 9303-12; SECURITY.md 4.2).

    The signature must verify over content and attributes; the signer must be a master list signer, valid at `at`, no
    CA, and its certificate signed by a CSCA of `index`. The list cannot vouch for itself: `index` and `usable` must
    leave out what stands only in it.

    Args:
        master_list: the list.
        index: CSCAs of other sources.
        at: time of the judgement; None leaves the validity open.
        usable: a filter on the CSCAs.
    """
    if master_list.cms is None:
        return SignerJudgement(CheckStatus.NOT_APPLICABLE)
    return judge_list_signature(master_list.cms, oids.MASTER_LIST_SIGNER, index, at, usable=usable)


def judge_list_signature(
    cms: SignedData,
    purpose: str,
    index: CertificateIndex,
    at: datetime | None,
    *,
    usable: Callable[[CertificateEntry], bool] | None = None,
) -> SignerJudgement:
    """Judge the signature of a signed list; `purpose` is the extended key usage of its signers."""
    if len(cms.signer_infos) != 1:
        return _failed(Reason.NOT_FOUND)
    info = cms.signer_infos[0]
    try:
        problem = _attributes_problem(cms, info)
    except UnsupportedError as error:
        return SignerJudgement(CheckStatus.INDETERMINATE, unsupported_reason(error))
    except MrtdError:
        problem = Reason.MALFORMED
    signer = signer_certificate(cms, info)
    if problem is not None or signer is None:
        return _failed(problem or Reason.NOT_FOUND, signer)
    try:
        algorithm = parse_signature_algorithm(info.signature_algorithm, digest_algorithm=info.digest_algorithm)
        good = verify(signer.public_key(), algorithm, info.to_be_signed(cms.econtent or b""), info.signature)
    except UnsupportedError as error:
        return SignerJudgement(CheckStatus.INDETERMINATE, unsupported_reason(error), signer.sha256)
    except MrtdError:
        good = False
    unauthorised = _authorisation_problem(signer, purpose) if good else Reason.BAD_SIGNATURE
    return _failed(unauthorised, signer) if unauthorised is not None else _chain(signer, index, at, usable)


def _attributes_problem(cms: SignedData, info: SignerInfo) -> Reason | None:
    """contentType and messageDigest, each once and right (RFC 5652 §5.4, §11); errors as the readers'."""
    content_types = info.values(oids.CONTENT_TYPE)
    digests = info.values(oids.MESSAGE_DIGEST)
    if cms.econtent is None or not content_types or not digests:
        return Reason.ABSENT
    if any(len(found) != 1 or len(found[0]) != 1 for found in (content_types, digests)):
        return Reason.DUPLICATE
    hashed = digest(hash_name(info.digest_algorithm), cms.econtent)
    content_type = tlv.oid(tlv.read_only(content_types[0][0]))
    stored = tlv.octets(tlv.read_only(digests[0][0]))
    return Reason.MISMATCH if content_type != cms.econtent_type or stored != hashed else None


def signer_certificate(cms: SignedData, info: SignerInfo) -> Certificate | None:
    """The certificate that the signer identifier names (RFC 5652 §5.3)."""
    for der in cms.certificates:
        try:
            certificate = Certificate.parse(der)
        except MrtdError:
            continue
        if info.sid_ski is not None:
            if certificate.key_identifier == info.sid_ski:
                return certificate
        elif certificate.issuer.raw == info.sid_issuer and certificate.serial == info.sid_serial:
            return certificate
    return None


def _authorisation_problem(signer: Certificate, purpose: str) -> Reason | None:
    """The profile of a list signer (ICAO 9303-12 §7.1; SECURITY.md 4.2)."""
    try:
        constraints, usage = signer.basic_constraints, signer.key_usage
        purposes = signer.extension(oids.EXTENDED_KEY_USAGE)
        named = signer.extended_key_usage or ()
        unknown = [oid for oid in signer.unknown_critical if oid != oids.SPECIMEN_MARK]
    except MrtdError:
        return Reason.EXTENSION_MALFORMED
    if constraints is not None and constraints.ca:
        return Reason.IS_CA
    if usage is None or KeyUsage.DIGITAL_SIGNATURE not in usage:
        return Reason.KEY_USAGE
    # the one real deviation list has a signer (EE 2018) whose extension is not critical; it restricts all the same
    must_be_critical = purpose == oids.MASTER_LIST_SIGNER
    if purposes is None or (must_be_critical and not purposes.critical) or purpose not in named:
        return Reason.EXTENDED_KEY_USAGE
    return Reason.UNKNOWN_CRITICAL_EXTENSION if unknown else None


def _chain(
    signer: Certificate,
    index: CertificateIndex,
    at: datetime | None,
    usable: Callable[[CertificateEntry], bool] | None,
) -> SignerJudgement:
    search = search_issuers(signer, index, usable=usable)
    if search.key is None:
        if search.identified and search.undecided is None:
            return _failed(Reason.BAD_ISSUER_SIGNATURE, signer)
        reason = search.undecided or (Reason.NO_CSCA if len(index) else Reason.NO_TRUST_ANCHOR)
        return SignerJudgement(CheckStatus.INDETERMINATE, reason, signer.sha256)
    if at is None:
        return SignerJudgement(CheckStatus.INDETERMINATE, Reason.TIME_NOT_DETERMINED, signer.sha256)
    if not signer.valid_at(at):
        return _failed(Reason.NOT_YET_VALID if at < signer.not_before else Reason.EXPIRED, signer)
    return SignerJudgement(CheckStatus.PASSED, None, signer.sha256)


def _failed(reason: Reason, signer: Certificate | None = None) -> SignerJudgement:
    return SignerJudgement(CheckStatus.FAILED, reason, None if signer is None else signer.sha256)

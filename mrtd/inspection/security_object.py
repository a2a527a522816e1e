"""EF.SOD and EF.CardSecurity as signed objects: what is signed, and how it is encoded (ICAO 9303-10 §4.6.2).

The signature itself is judged in `signer`, one thread a SignerInfo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar, threaded
from mrtd.inspection.elementary_files import ReadFiles
from mrtd.inspection.reason import Reason
from mrtd.lds import lds_security_object
from mrtd.lds.lds_security_object import LdsSecurityObject
from mrtd.pki import cms
from mrtd.pki.cms import SignedData, SignerInfo

#: id-icao-mrtd-security-ldsSecurityObject (ICAO 9303-10 §4.6.2.3).
LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
#: id-SecurityObject (BSI TR-03110-3 §A.1.2.5), the content of EF.CardSecurity.
SECURITY_OBJECT: Final = "0.4.0.127.0.7.3.2.1"
ID_DATA: Final = "1.2.840.113549.1.7.1"
#: Identifiers of the same structure from before ICAO assigned one: Belgium and France, Sdu (Netherlands).
LEGACY_LDS_SECURITY_OBJECTS: Final = frozenset({"1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"})
#: Versions of the LDSSecurityObject that ICAO 9303-10 §4.6.2.3 defines.
_KNOWN_VERSIONS: Final = (0, 1)


@dataclass(frozen=True, slots=True, repr=False)
class SignedObject:
    """A signed elementary file, read.

    `lds` is the LDSSecurityObject inside EF.SOD, None for EF.CardSecurity and where the content is none.
    """

    name: ElementaryFile
    signed_data: SignedData
    econtent: bytes
    tag_77: bool
    trailing: int
    lds: LdsSecurityObject | None = None

    def subject(self, thread: int) -> str:
        """The subject of a signer's results; EF.CardSecurity has no threads of its own."""
        return threaded(self.name, thread) if self.name is ElementaryFile.SOD else self.name


def read_security_object(files: ReadFiles) -> SignedObject | None:
    """EF.SOD down to the LDSSecurityObject (ICAO 9303-10 §4.6.2); None if it was not sent or cannot be unwrapped.

    Raises:
        MalformedError: no SignedData with content, or the content of the standard's type is no LDSSecurityObject.
        UnsupportedError: `unknown_version`.
    """
    sod = files.sod
    if sod is None:
        return None
    signed_data = cms.parse_signed_data(sod.cms)
    if signed_data.econtent is None:
        raise MalformedError("no_content", ElementaryFile.SOD)
    return SignedObject(
        name=ElementaryFile.SOD,
        signed_data=signed_data,
        econtent=signed_data.econtent,
        tag_77=sod.tag_77,
        trailing=sod.trailing + signed_data.trailing,
        lds=_lds(signed_data.econtent_type, signed_data.econtent),
    )


def read_card_security(files: ReadFiles) -> SignedObject | None:
    """EF.CardSecurity (ICAO 9303-10 §3.11.4); errors as `read_security_object`."""
    card_security = files.card_security
    if card_security is None:
        return None
    signed_data = cms.parse_signed_data(card_security.cms)
    if signed_data.econtent is None:
        raise MalformedError("no_content", ElementaryFile.CARD_SECURITY)
    return SignedObject(
        name=ElementaryFile.CARD_SECURITY,
        signed_data=signed_data,
        econtent=signed_data.econtent,
        tag_77=True,
        trailing=card_security.trailing + signed_data.trailing,
    )


def _lds(econtent_type: str, econtent: bytes) -> LdsSecurityObject | None:
    """The LDSSecurityObject; None where the type is another one and so is the content."""
    try:
        lds = lds_security_object.parse(econtent)
    except MalformedError:
        if econtent_type == LDS_SECURITY_OBJECT or econtent_type in LEGACY_LDS_SECURITY_OBJECTS:
            raise
        return None
    return lds


def version_known(lds: LdsSecurityObject) -> bool:
    """Whether the version of the LDSSecurityObject is one that the standard defines."""
    return lds.version in _KNOWN_VERSIONS


def content_type(signed: SignedObject, thread: int) -> CheckResult:
    """`pa.sod.content_type`: eContentType is the standard's (ICAO 9303-10 §4.6.2.2)."""
    found = signed.signed_data.econtent_type
    expected = SECURITY_OBJECT if signed.name is ElementaryFile.CARD_SECURITY else LDS_SECURITY_OBJECT
    status, reason = CheckStatus.PASSED, None
    if found == expected:
        pass
    elif signed.lds is None:
        status, reason = CheckStatus.FAILED, Reason.UNEXPECTED
    elif found in LEGACY_LDS_SECURITY_OBJECTS:
        reason = Reason.LEGACY_OID
    else:
        reason = Reason.CONTENT_TYPE_NOT_LDS
    return CheckResult("pa.sod.content_type", status, signed.subject(thread), reason, {"econtent_type": found})


def encoding(signed: SignedObject, signer: SignerInfo | None, thread: int, *, raw_ecdsa: bool) -> list[CheckResult]:
    """`pa.sod.encoding`: one PASSED result a tolerated deviation, or one without a reason (RFC 5652 §5)."""
    data = signed.signed_data
    found: list[tuple[Reason, dict[str, Scalar]]] = []
    if data.leniencies:
        found.append((Reason.BER_LENGTH, {"how": ",".join(sorted(data.leniencies))}))
    if signer is not None and not signer.attributes_ordered:
        found.append((Reason.UNORDERED_ATTRIBUTES, {}))
    version = _version_problem(data, signer)
    if version is not None:
        found.append((Reason.SIGNED_DATA_VERSION, version))
    if signed.trailing:
        found.append((Reason.TRAILING_BYTES, {"trailing_bytes": signed.trailing}))
    if not signed.tag_77:
        found.append((Reason.MISSING_TAG_77, {}))
    if raw_ecdsa:
        found.append((Reason.RAW_ECDSA, {}))
    subject = signed.subject(thread)
    if not found:
        return [CheckResult("pa.sod.encoding", CheckStatus.PASSED, subject)]
    return [CheckResult("pa.sod.encoding", CheckStatus.PASSED, subject, reason, facts) for reason, facts in found]


def _version_problem(data: SignedData, signer: SignerInfo | None) -> dict[str, Scalar] | None:
    """Versions that RFC 5652 does not allow: §5.1, 3 unless the content is id-data; §5.3, 1 by issuer, 3 by key."""
    if data.version != 3 and data.econtent_type != ID_DATA:
        return {"version": data.version}
    if signer is not None and signer.version != (1 if signer.sid_ski is None else 3):
        return {"version": data.version, "signer_version": signer.version}
    return None

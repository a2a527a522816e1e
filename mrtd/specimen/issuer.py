"""The specimen issuing state UTO, country code UT: a CSCA, a DSC, a CRL, and documents (ICAO 9303-12 §3, 9303-10 §4).

Everything is an argument, and each step can be edited on its way by `Edits`, so that a document can be broken at
exactly one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.specimen import certificates, chip_protocols, data_groups, face, security_object
from mrtd.specimen.certificate_profiles import DOCUMENT_DAYS, crl_template, csca_template, dsc_template
from mrtd.specimen.certificates import CertificateTemplate, CrlTemplate
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import Holder, machine_readable_zone
from mrtd.specimen.scheme import PLAIN_ECDSA_OIDS, AlgorithmProfile, EcKeySpec
from mrtd.specimen.security_object import LdsSecurityObjectTemplate, SignedDataTemplate
from mrtd.specimen.signing_key import SigningKey, load

_Template = TypeVar("_Template")


def _unchanged(template: _Template) -> _Template:
    return template


@dataclass(frozen=True, slots=True)
class Edits:
    """What is changed before each step signs or encodes, and what is changed in its result; by default nothing.

    The first six edit what is going to be signed. The others edit finished octets: certificates, the signature of
    EF.SOD, the ContentInfo under tag 77, the file, and at last all files.
    """

    csca: Callable[[CertificateTemplate], CertificateTemplate] = _unchanged
    dsc: Callable[[CertificateTemplate], CertificateTemplate] = _unchanged
    crl: Callable[[CrlTemplate], CrlTemplate] = _unchanged
    data_groups: Callable[[Mapping[int, bytes]], Mapping[int, bytes]] = _unchanged
    lds_security_object: Callable[[LdsSecurityObjectTemplate], LdsSecurityObjectTemplate] = _unchanged
    signed_data: Callable[[SignedDataTemplate], SignedDataTemplate] = _unchanged
    csca_certificate: Callable[[bytes], bytes] = _unchanged
    dsc_certificate: Callable[[bytes], bytes] = _unchanged
    signature: Callable[[bytes], bytes] = _unchanged
    content_info: Callable[[bytes], bytes] = _unchanged
    security_object: Callable[[bytes], bytes] = _unchanged
    files: Callable[[Mapping[ElementaryFile, bytes]], Mapping[ElementaryFile, bytes]] = _unchanged


NO_EDITS: Final = Edits()


@dataclass(frozen=True, slots=True, repr=False)
class IssuingProfile:
    """How one document is made.

    `date_of_issue` None is the day of the issuer's time; `date_of_expiry` None is ten years less a day later, and
    `mrz_lines` replaces the whole zone. Without `active_authentication` there is no DG15; without
    `active_authentication_info` DG14 keeps silent on its hash. `security_infos` stand in DG14 beside those that the
    protocols ask for; `pace` puts a PACEInfo there and into EF.CardAccess; `card_security` adds that file, signed.
    `groups` are whole data groups by number that replace or add to the usual ones; None leaves one out.
    """

    document_number: str = "UT0000001"
    document_code: str = "P"
    date_of_issue: date | None = None
    date_of_expiry: date | None = None
    mrz_lines: tuple[str, str] | None = None
    active_authentication: bool = True
    active_authentication_info: bool = True
    chip_authentication: bool = False
    pace: bool = False
    card_security: bool = False
    security_infos: tuple[bytes, ...] = ()
    signing_time: bool = True
    lds_version: int = 1
    groups: tuple[tuple[int, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenIssuer:
    """A state at one moment: its keys and what it has published."""

    algorithms: AlgorithmProfile
    now: datetime
    csca_key: SigningKey
    csca_template: CertificateTemplate
    csca_certificate: bytes
    dsc_key: SigningKey
    dsc_template: CertificateTemplate
    dsc_certificate: bytes
    crl: bytes
    edits: Edits = field(default=NO_EDITS)

    @classmethod
    def create(
        cls,
        algorithms: AlgorithmProfile,
        *,
        now: datetime,
        csca_role: str = "csca",
        dsc_role: str = "dsc",
        edits: Edits = NO_EDITS,
    ) -> SpecimenIssuer:
        """Set up the state: a CSCA two years old, a DSC two months old, a CRL of today.

        Args:
            algorithms: keys and schemes.
            now: aware; what is signed is dated back from it.
            csca_role: the name of the CSCA key; another name is another key under the same distinguished name.
            dsc_role: the same for the DSC.
            edits: what to change on the way.

        Raises:
            ValueError: `now` is naive, so that its day would depend on the machine.
        """
        if now.tzinfo is None:
            raise ValueError("now must be aware")
        today = datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC)
        csca_key, dsc_key = load(csca_role, algorithms.csca_key), load(dsc_role, algorithms.dsc_key)
        csca = edits.csca(csca_template(algorithms, csca_key, today))
        dsc = edits.dsc(dsc_template(algorithms, csca, csca_key, dsc_key, today))
        crl = edits.crl(crl_template(algorithms, csca, csca_key, today))
        return cls(
            algorithms=algorithms,
            now=now,
            csca_key=csca_key,
            csca_template=csca,
            csca_certificate=edits.csca_certificate(certificates.issue_certificate(csca, csca_key)),
            dsc_key=dsc_key,
            dsc_template=dsc,
            dsc_certificate=edits.dsc_certificate(certificates.issue_certificate(dsc, csca_key)),
            crl=certificates.issue_crl(crl, csca_key),
            edits=edits,
        )

    def trust(self) -> dict[str, bytes]:
        """What a verifier needs of this state, by file name: the CSCA certificate and the CRL."""
        return {"UTO_CSCA.cer": self.csca_certificate, "UTO.crl": self.crl}

    def issue(
        self, holder: Holder, profile: IssuingProfile | None = None, *, chip_role: str = "chip"
    ) -> SpecimenDocument:
        """Make out a document (ICAO 9303-10 §4).

        Args:
            holder: to whom.
            profile: how; by default a passport for ten years with Active Authentication.
            chip_role: the name of the chip's key.
        """
        profile = profile or IssuingProfile()
        issued = profile.date_of_issue or self.now.astimezone(UTC).date()
        lines = profile.mrz_lines or self._lines(holder, profile, issued)
        chip_key = load(chip_role, self.algorithms.active_authentication_key)
        groups = self.edits.data_groups(self._data_groups(holder, profile, lines, issued, chip_key))
        files = {ElementaryFile.of_data_group(number): data for number, data in groups.items()}
        files[ElementaryFile.COM] = data_groups.com(groups)
        files[ElementaryFile.SOD] = self.sign_security_object(groups, profile, issued)
        if profile.pace:
            files[ElementaryFile.CARD_ACCESS] = chip_protocols.card_access((chip_protocols.pace_info(),))
        if profile.card_security:
            files[ElementaryFile.CARD_SECURITY] = self.sign_card_security(self._security_infos(profile), issued)
        return SpecimenDocument(
            files=self.edits.files(files),
            mrz_lines=lines,
            active_authentication_key=chip_key if profile.active_authentication else None,
            active_authentication_hash=self.algorithms.active_authentication_hash,
        )

    def sign_security_object(self, groups: Mapping[int, bytes], profile: IssuingProfile, issued: date) -> bytes:
        """EF.SOD over these data groups (ICAO 9303-10 §4.6.2): build, sign, wrap."""
        digest = self.algorithms.digest
        lds = self.edits.lds_security_object(
            LdsSecurityObjectTemplate(
                digest=digest,
                hashes=security_object.hash_data_groups(groups, digest),
                version=profile.lds_version,
                versions=("0108", "040000") if profile.lds_version else None,
            )
        )
        content = security_object.build_lds_security_object(lds)
        moment = _midnight(issued) if profile.signing_time else None
        template = self.edits.signed_data(self.signed_data(oids.LDS_SECURITY_OBJECT, content, moment))
        signature = self.edits.signature(security_object.sign(template, self.dsc_key))
        content_info = self.edits.content_info(security_object.wrap(template, signature))
        return self.edits.security_object(security_object.elementary_file(content_info))

    def sign_card_security(self, infos: Iterable[bytes], issued: date) -> bytes:
        """EF.CardSecurity over these SecurityInfos, signed as EF.SOD is (ICAO 9303-10 §3.11.4)."""
        content = chip_protocols.card_access(infos)
        template = self.signed_data(oids.SECURITY_OBJECT, content, _midnight(issued))
        return security_object.wrap(template, security_object.sign(template, self.dsc_key))

    def signed_data(self, content_type: str, content: bytes, signing_time: datetime | None) -> SignedDataTemplate:
        """What the DSC is about to sign around a content (RFC 5652 §5)."""
        digest = self.algorithms.sod_scheme.hash
        return SignedDataTemplate(
            content_type=content_type,
            content=content,
            digest=digest,
            scheme=self.algorithms.sod_scheme,
            certificates=(self.dsc_certificate,),
            issuer=self.dsc_template.issuer,
            serial=self.dsc_template.serial,
            attributes=security_object.signed_attributes(content_type, content, digest, signing_time),
        )

    def _lines(self, holder: Holder, profile: IssuingProfile, issued: date) -> tuple[str, str]:
        return machine_readable_zone(
            holder,
            document_number=profile.document_number,
            date_of_expiry=profile.date_of_expiry or issued + timedelta(days=DOCUMENT_DAYS - 1),
            document_code=profile.document_code,
        )

    def _data_groups(
        self,
        holder: Holder,
        profile: IssuingProfile,
        lines: tuple[str, str],
        issued: date,
        chip_key: SigningKey,
    ) -> dict[int, bytes]:
        groups: dict[int, bytes | None] = {
            1: data_groups.dg1(lines),
            2: face.dg2(face.jpeg()),
            11: data_groups.dg11(holder),
            12: data_groups.dg12(issued),
        }
        infos = self._security_infos(profile)
        if infos:
            groups[14] = data_groups.dg14(infos)
        if profile.active_authentication:
            groups[15] = data_groups.dg15(chip_key.spki())
        chosen = groups | dict(profile.groups)
        return {number: data for number, data in sorted(chosen.items()) if data is not None}

    def _security_infos(self, profile: IssuingProfile) -> tuple[bytes, ...]:
        """What DG14 declares: the hash of Active Authentication by ECDSA, Chip Authentication, PACE."""
        infos = profile.security_infos
        key = self.algorithms.active_authentication_key
        if profile.active_authentication and profile.active_authentication_info and isinstance(key, EcKeySpec):
            oid = PLAIN_ECDSA_OIDS[self.algorithms.active_authentication_hash]
            infos = (*infos, chip_protocols.active_authentication_info(oid))
        if profile.chip_authentication:
            static = load("chip-authentication", EcKeySpec("brainpoolp256r1"))
            infos = (*infos, *chip_protocols.chip_authentication_infos(static.spki()))
        if profile.pace:
            infos = (*infos, chip_protocols.pace_info())
        return infos

    def __repr__(self) -> str:
        return f"SpecimenIssuer(algorithms={self.algorithms.name}, now={self.now.isoformat()})"


def portrait() -> bytes:
    """The JPEG portrait of nobody that the package carries."""
    return face.jpeg().data


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

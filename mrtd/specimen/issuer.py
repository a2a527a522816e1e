"""The specimen issuing state UTO, country code UT: a CSCA, a DSC, a CRL, and documents (ICAO 9303-12 §3, 9303-10 §4).

Everything is an argument, and each step can be edited on its way by `Edits`, so that a document can be broken at
exactly one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Final, TypeVar

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.specimen import certificates, data_groups, security_object
from mrtd.specimen.certificate_profiles import DOCUMENT_DAYS, crl_template, csca_template, dsc_template
from mrtd.specimen.certificates import CertificateTemplate, CrlTemplate
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import Holder, machine_readable_zone
from mrtd.specimen.scheme import PLAIN_ECDSA_OIDS, AlgorithmProfile, EcKeySpec
from mrtd.specimen.security_object import LdsSecurityObjectTemplate, SignedDataTemplate
from mrtd.specimen.signing_key import SigningKey, load

#: The size of the portrait that the package carries.
_PORTRAIT_SIZE: Final = (240, 320)

_Template = TypeVar("_Template")


def _unchanged(template: _Template) -> _Template:
    return template


@dataclass(frozen=True, slots=True)
class Edits:
    """What is changed before each step signs or encodes; by default nothing."""

    csca: Callable[[CertificateTemplate], CertificateTemplate] = _unchanged
    dsc: Callable[[CertificateTemplate], CertificateTemplate] = _unchanged
    crl: Callable[[CrlTemplate], CrlTemplate] = _unchanged
    data_groups: Callable[[Mapping[int, bytes]], Mapping[int, bytes]] = _unchanged
    lds_security_object: Callable[[LdsSecurityObjectTemplate], LdsSecurityObjectTemplate] = _unchanged
    signed_data: Callable[[SignedDataTemplate], SignedDataTemplate] = _unchanged


NO_EDITS: Final = Edits()


@dataclass(frozen=True, slots=True)
class IssuingProfile:
    """How one document is made.

    `date_of_issue` None is the day of the issuer's time; `date_of_expiry` None is ten years less a day later.
    Without `active_authentication` there is no DG15.
    """

    document_number: str = "UT0000001"
    date_of_issue: date | None = None
    date_of_expiry: date | None = None
    active_authentication: bool = True
    chip_authentication: bool = False
    signing_time: bool = True
    lds_version: int = 1


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
            csca_certificate=certificates.issue_certificate(csca, csca_key),
            dsc_key=dsc_key,
            dsc_template=dsc,
            dsc_certificate=certificates.issue_certificate(dsc, csca_key),
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
        expires = profile.date_of_expiry or issued + timedelta(days=DOCUMENT_DAYS - 1)
        lines = machine_readable_zone(holder, document_number=profile.document_number, date_of_expiry=expires)
        chip_key = load(chip_role, self.algorithms.active_authentication_key)
        groups = self.edits.data_groups(self._data_groups(holder, profile, lines, issued, chip_key))
        files = {ElementaryFile.of_data_group(number): data for number, data in groups.items()}
        files[ElementaryFile.COM] = data_groups.com(groups)
        files[ElementaryFile.SOD] = self.sign_security_object(groups, profile, issued)
        return SpecimenDocument(
            files=files,
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
        template = self.edits.signed_data(self._signed_data(lds, profile, issued))
        signature = security_object.sign(template, self.dsc_key)
        return security_object.elementary_file(security_object.wrap(template, signature))

    def _signed_data(
        self, lds: LdsSecurityObjectTemplate, profile: IssuingProfile, issued: date
    ) -> SignedDataTemplate:
        content = security_object.build_lds_security_object(lds)
        moment = datetime(issued.year, issued.month, issued.day, tzinfo=UTC) if profile.signing_time else None
        digest, content_type = self.algorithms.digest, oids.LDS_SECURITY_OBJECT
        return SignedDataTemplate(
            content_type=content_type,
            content=content,
            digest=digest,
            scheme=self.algorithms.sod_scheme,
            certificates=(self.dsc_certificate,),
            issuer=self.dsc_template.issuer,
            serial=self.dsc_template.serial,
            attributes=security_object.signed_attributes(content_type, content, digest, moment),
        )

    def _data_groups(
        self,
        holder: Holder,
        profile: IssuingProfile,
        lines: tuple[str, str],
        issued: date,
        chip_key: SigningKey,
    ) -> dict[int, bytes]:
        groups = {
            1: data_groups.dg1(lines),
            2: data_groups.dg2(portrait(), *_PORTRAIT_SIZE),
            11: data_groups.dg11(holder),
            12: data_groups.dg12(issued),
        }
        infos = self._security_infos(profile)
        if infos:
            groups[14] = data_groups.dg14(infos)
        if profile.active_authentication:
            groups[15] = data_groups.dg15(chip_key.spki())
        return groups

    def _security_infos(self, profile: IssuingProfile) -> tuple[bytes, ...]:
        """What DG14 declares: the hash of Active Authentication by ECDSA, the key of Chip Authentication."""
        infos: tuple[bytes, ...] = ()
        key = self.algorithms.active_authentication_key
        if profile.active_authentication and isinstance(key, EcKeySpec):
            oid = PLAIN_ECDSA_OIDS[self.algorithms.active_authentication_hash]
            infos = (data_groups.active_authentication_info(oid),)
        if profile.chip_authentication:
            static = load("chip-authentication", EcKeySpec("brainpoolp256r1"))
            infos = (*infos, *data_groups.chip_authentication_infos(static.spki()))
        return infos

    def __repr__(self) -> str:
        return f"SpecimenIssuer(algorithms={self.algorithms.name}, now={self.now.isoformat()})"


def portrait() -> bytes:
    """The JPEG portrait of nobody that the package carries."""
    return (resources.files("mrtd.specimen") / "portrait" / "specimen.jpg").read_bytes()

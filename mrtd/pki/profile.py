"""What a certificate may do and where it departs from the profile (ICAO 9303-12 §7.1; SECURITY.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mrtd import tlv
from mrtd.crypto.keys import EcPublicKey
from mrtd.errors import DuplicateError, MrtdError
from mrtd.inspection.reason import Reason
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.extensions import KeyUsage, is_standard_document_type_list
from mrtd.pki.realm import Realm

#: RFC 5280 §4.1.2.2.
MAX_SERIAL_OCTETS: Final = 20
_CA_USAGE: Final = frozenset({KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN})
_DSC_USAGE: Final = frozenset({KeyUsage.DIGITAL_SIGNATURE})


class Role(StrEnum):
    """The columns of the profile table (ICAO 9303-12 §7.1) that documents meet."""

    CSCA = "csca"
    DSC = "dsc"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Whether a certificate may sign an EF.SOD: `reasons` is empty if it may, else every reason against."""

    reasons: tuple[Reason, ...]
    facts: Mapping[str, str | int | bool | None] = field(default_factory=dict)

    @property
    def authorised(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def dsc_authorisation(dsc: Certificate, realm: Realm, document_code: str | None = None) -> Authorisation:
    """Whether `dsc` may sign security objects (ICAO 9303-12 §7.1; SECURITY.md 3.4).

    Args:
        dsc: the signer's certificate.
        realm: in the specimen realm the specimen mark counts as known.
        document_code: the document code of DG1 (`P`, `PP`, `ID`; fillers are ignored); None leaves the document types
            out. A single letter in the list stands for its whole class: lists of `P` sign `PP` documents.
    """
    reasons: list[Reason] = []
    facts: dict[str, str | int | bool | None] = {}
    try:
        constraints, usage = dsc.basic_constraints, dsc.key_usage
        unknown = [o for o in dsc.unknown_critical if realm is not Realm.SPECIMEN or o != oids.SPECIMEN_MARK]
        purposes = dsc.extension(oids.EXTENDED_KEY_USAGE)
        types = dsc.document_types
    except MrtdError as error:
        return Authorisation((Reason.EXTENSION_MALFORMED,), {"error": error.code})
    if constraints is not None and constraints.ca:
        reasons.append(Reason.IS_CA)
    if usage is None or KeyUsage.DIGITAL_SIGNATURE not in usage:
        reasons.append(Reason.KEY_USAGE)
    if purposes is not None:
        reasons.append(Reason.EXTENDED_KEY_USAGE)
    if unknown:
        reasons.append(Reason.UNKNOWN_CRITICAL_EXTENSION)
        facts["unknown_critical"] = " ".join(unknown)
    if types is not None:
        facts["document_types"] = " ".join(types)
        if document_code is not None and not allows_document(types, document_code):
            reasons.append(Reason.DOCUMENT_TYPE)
    return Authorisation(tuple(reasons), facts)


def allows_document(types: tuple[str, ...], document_code: str) -> bool:
    """Whether a DocumentTypeList covers a document code of the MRZ (ICAO 9303-12 §7.1.1)."""
    code = document_code.replace("<", "").strip().upper()
    return bool(code) and (code in types or code[0] in types)


def profile_deviations(certificate: Certificate, role: Role) -> tuple[Reason, ...]:
    """Where a certificate departs from its column of the profile (ICAO 9303-12 §7.1), in the order of `Reason`."""
    found: set[Reason] = set()
    for rule in (_form, _names, _common_extensions, _RULES[role]):
        found |= rule(certificate)
    return tuple(reason for reason in Reason.profile() if reason in found)


def _form(certificate: Certificate) -> set[Reason]:
    """Version, serial number, encoding, algorithm, key."""
    found: set[Reason] = set()
    if certificate.version != 3:
        found.add(Reason.VERSION_NOT_3)
    if certificate.serial <= 0:
        found.add(Reason.SERIAL_NOT_POSITIVE)
    if certificate.serial.bit_length() > 8 * MAX_SERIAL_OCTETS - 1:
        found.add(Reason.SERIAL_TOO_LONG)
    if certificate.signature_algorithm.raw != certificate.inner_signature_algorithm.raw:
        found.add(Reason.ALGORITHM_INNER_OUTER)
    try:
        if tlv.leniencies(tlv.read_only(certificate.raw)):
            found.add(Reason.NOT_DER)
    except MrtdError:
        found.add(Reason.NOT_DER)
    try:
        key = certificate.public_key()
    except MrtdError:
        return found
    if isinstance(key, EcPublicKey) and not key.explicit:
        # ICAO 9303-12 wants the parameters spelled out
        found.add(Reason.NAMED_CURVE)
    return found


def _names(certificate: Certificate) -> set[Reason]:
    """countryName in subject and issuer: there, two upper-case letters, the same (ICAO 9303-12 §7.1)."""
    found: set[Reason] = set()
    for name in (certificate.subject, certificate.issuer):
        values = name.countries
        if not values:
            found.add(Reason.COUNTRY_MISSING)
        for value in values:
            if value != value.upper():
                found.add(Reason.COUNTRY_NOT_UPPER_CASE)
            if len(value) != 2 or not value.isascii() or not value.isalpha():
                found.add(Reason.COUNTRY_MALFORMED)
        if len(values) > 1:
            found.add(Reason.COUNTRY_MALFORMED)
    subject, issuer = certificate.subject.country, certificate.issuer.country
    if subject is not None and issuer is not None and subject != issuer:
        found.add(Reason.COUNTRY_SUBJECT_ISSUER)
    return found


def _common_extensions(certificate: Certificate) -> set[Reason]:
    """What holds for every column: extensions readable and unique, the private key's period stated."""
    found: set[Reason] = set()
    errors = certificate.extension_errors()
    if errors:
        found.add(Reason.EXTENSION_MALFORMED)
    try:
        stored = [extension.oid for extension in certificate.extensions]
    except MrtdError:
        return found
    if len(stored) != len(set(stored)):
        found.add(Reason.EXTENSION_DUPLICATE)
    if oids.PRIVATE_KEY_USAGE_PERIOD not in stored:
        found.add(Reason.PRIVATE_KEY_USAGE_PERIOD)
    return found


def _quietly(read: Callable[[], bool]) -> bool:
    """Whether a rule is broken; an extension that cannot be read is reported by `_common_extensions`."""
    try:
        return read()
    except DuplicateError:
        return False
    except MrtdError:
        return True


def _csca(certificate: Certificate) -> set[Reason]:
    found: set[Reason] = set()
    if _quietly(lambda: not _is_proper_ca(certificate)):
        found.add(Reason.BASIC_CONSTRAINTS)
    if _quietly(lambda: certificate.basic_constraints is not None and certificate.basic_constraints.path_length != 0):
        found.add(Reason.PATH_LENGTH)
    if _quietly(lambda: certificate.key_usage != _CA_USAGE or not _critical(certificate, oids.KEY_USAGE)):
        found.add(Reason.KEY_USAGE)
    if not certificate.key_identifier:
        found.add(Reason.SUBJECT_KEY_IDENTIFIER)
    # optional in a self-signed root, mandatory in a link certificate
    if not certificate.self_signed and not certificate.issuer_key_identifier:
        found.add(Reason.AUTHORITY_KEY_IDENTIFIER)
    return found


def _is_proper_ca(certificate: Certificate) -> bool:
    constraints = certificate.basic_constraints
    return constraints is not None and constraints.ca and _critical(certificate, oids.BASIC_CONSTRAINTS)


def _dsc(certificate: Certificate) -> set[Reason]:
    found: set[Reason] = set()
    if _quietly(lambda: certificate.basic_constraints is not None):
        found.add(Reason.BASIC_CONSTRAINTS)
    if _quietly(lambda: certificate.key_usage != _DSC_USAGE or not _critical(certificate, oids.KEY_USAGE)):
        found.add(Reason.KEY_USAGE)
    if not certificate.issuer_key_identifier:
        found.add(Reason.AUTHORITY_KEY_IDENTIFIER)
    if _quietly(lambda: not _has_proper_document_types(certificate)):
        found.add(Reason.DOCUMENT_TYPE_LIST)
    return found


def _has_proper_document_types(certificate: Certificate) -> bool:
    extension = certificate.extension(oids.DOCUMENT_TYPE_LIST)
    return (
        extension is not None and is_standard_document_type_list(extension.value) and bool(certificate.document_types)
    )


def _critical(certificate: Certificate, oid: str) -> bool:
    extension = certificate.extension(oid)
    return extension is not None and extension.critical


_RULES: Final[Mapping[Role, Callable[[Certificate], set[Reason]]]] = {Role.CSCA: _csca, Role.DSC: _dsc}

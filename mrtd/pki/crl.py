"""Certificate revocation lists and what they say of a certificate (RFC 5280 §5; ICAO 9303-12)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mrtd import tlv
from mrtd.crypto.algorithms import parse_signature_algorithm
from mrtd.crypto.keys import PublicKey
from mrtd.crypto.signatures import verify
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki import oids
from mrtd.pki.certificate import MAX_SERIAL, Certificate
from mrtd.pki.extensions import Extension, parse_authority_key_identifier, parse_extensions
from mrtd.pki.names import Name, parse_name
from mrtd.pki.times import GENERALIZED_TIME, UTC_TIME, parse_time
from mrtd.tlv import BIT_STRING, INTEGER, SEQUENCE, Tlv

if TYPE_CHECKING:
    from mrtd.pki.crl_acceptance import StoredCrl
    from mrtd.pki.trust_store import TrustStore

#: States revoke a handful of signers; the largest CRL in the ICAO PKD has below 1 MiB.
MAX_CRL: Final = 16 * 1024 * 1024
#: A state must issue a CRL at least every 90 days (ICAO 9303-12).
REVOCATION_MAX_AGE: Final = timedelta(days=90)
#: Lists travel by hand in many places; a fresh one may come some days late.
CRL_GRACE: Final = timedelta(days=7)

_TIMES: Final = (UTC_TIME, GENERALIZED_TIME)
_KNOWN_CRL_EXTENSIONS: Final = frozenset(
    {oids.CRL_NUMBER, oids.AUTHORITY_KEY_IDENTIFIER, oids.ISSUER_ALTERNATIVE_NAME}
)
_KNOWN_ENTRY_EXTENSIONS: Final = frozenset({oids.REASON_CODE})


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """An entry (RFC 5280 §5.3). `reason_code` as encoded there, None if it is not stated."""

    serial: int
    revoked_at: datetime
    reason_code: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Crl:
    """A CRL as stored (RFC 5280 §5.1). `unusable` says why it cannot answer: an error code, or None."""

    raw: bytes
    tbs: bytes = field(compare=False)
    issuer: Name = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    revoked: Mapping[int, RevokedCertificate] = field(compare=False)
    number: int | None = field(compare=False)
    authority_key_identifier: bytes | None = field(compare=False)
    signature_algorithm: Tlv = field(compare=False)
    signature: bytes = field(compare=False)
    unusable: str | None = field(compare=False)

    @classmethod
    def parse(cls, der: bytes) -> Crl:
        """Read a CRL that fills `der` (RFC 5280 §5.1).

        Raises:
            MalformedError: not a CRL, or over a limit.
        """
        if len(der) > MAX_CRL:
            raise LimitExceededError("crl_too_long")
        parts = tlv.read_only(der, SEQUENCE).children()
        if len(parts) != 3:
            raise MalformedError("bad_crl")
        tbs, _, signature = parts
        fields = tbs.expect(SEQUENCE).children()
        if fields and fields[0].tag == INTEGER:
            fields.pop(0)
        if len(fields) < 3:
            raise MalformedError("bad_crl")
        algorithm, issuer, this_update, *rest = fields
        next_update = parse_time(rest.pop(0)) if rest and rest[0].tag in _TIMES else None
        entries = rest.pop(0).children() if rest and rest[0].tag == SEQUENCE else []
        extensions = _crl_extensions(rest)
        revoked, entry_problem = _entries(entries)
        bits = signature.expect(BIT_STRING).value
        if not bits or bits[0] != 0:
            raise MalformedError("bad_signature_bits")
        return cls(
            raw=der,
            tbs=tbs.raw,
            issuer=parse_name(issuer),
            this_update=parse_time(this_update),
            next_update=next_update,
            revoked=MappingProxyType(revoked),
            number=_number(extensions),
            authority_key_identifier=_issuer_key(extensions),
            signature_algorithm=algorithm.expect(SEQUENCE),
            signature=bits[1:],
            unusable=_problem(extensions) or entry_problem,
        )

    @property
    def sha256(self) -> str:
        """SHA-256 over the stored bytes, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the private half of `key` signed this CRL (RFC 5280 §5.1.1.3).

        Raises:
            MalformedError, UnsupportedError: it cannot be decided.
        """
        return verify(key, parse_signature_algorithm(self.signature_algorithm), self.tbs, self.signature)

    def fresh_at(
        self, at: datetime, *, max_age: timedelta = REVOCATION_MAX_AGE, grace: timedelta = CRL_GRACE
    ) -> bool:
        """Whether `at` lies within nextUpdate and the largest age, each with grace (SECURITY.md 4.3)."""
        # subtracted from `at`, since a CRL may name the last second of the calendar (RFC 5280 §4.1.2.5)
        if self.next_update is not None and at - grace > self.next_update:
            return False
        return at - max_age - grace <= self.this_update

    def __repr__(self) -> str:
        return f"Crl(issuer={self.issuer.country}, number={self.number}, revoked={len(self.revoked)})"


@dataclass(frozen=True, slots=True)
class RevocationResult:
    """PASSED, FAILED `revoked`, or INDETERMINATE `no_crl`, `crl_stale`, `crl_unusable`."""

    status: CheckStatus
    reason: Reason | None
    facts: Mapping[str, str | int | bool | None] = field(default_factory=dict)


def revocation(
    certificate: Certificate,
    store: TrustStore,
    at: datetime,
    *,
    issuer: Certificate | None = None,
    max_age: timedelta = REVOCATION_MAX_AGE,
    grace: timedelta = CRL_GRACE,
) -> RevocationResult:
    """Whether a trusted CRL of the certificate's issuer lists it (RFC 5280 §6.3; SECURITY.md 4.3).

    A CRL speaks for every certificate of its folded issuer name, whichever CSCA key of that name signed either. A
    listed certificate is revoked even if the CRL has become stale. Where the certificate spells its issuer
    differently than `issuer`, whose key signed it, the CRLs of both names are asked.
    """
    covering = store.crls_of(certificate.issuer)
    if issuer is not None and issuer.subject.folded != certificate.issuer.folded:
        covering = (*covering, *store.crls_of(issuer.subject))
    if not covering:
        ignored = store.untrusted_crls_of(certificate.issuer)
        return RevocationResult(CheckStatus.INDETERMINATE, Reason.NO_CRL, {"crls_ignored": ignored})
    usable = [stored for stored in covering if stored.crl.unusable is None]
    for stored in usable:
        entry = stored.crl.revoked.get(certificate.serial)
        if entry is not None:
            facts = {**_facts(stored), "revoked_at": _iso(entry.revoked_at), "reason_code": entry.reason_code}
            return RevocationResult(CheckStatus.FAILED, Reason.REVOKED, facts)
    begun = [stored for stored in usable if stored.crl.this_update <= at]
    if not begun:
        problem = covering[0].crl.unusable or "not_yet_valid"
        return RevocationResult(
            CheckStatus.INDETERMINATE, Reason.CRL_UNUSABLE, {**_facts(covering[0]), "problem": problem}
        )
    newest = max(begun, key=lambda stored: stored.crl.this_update)
    if not newest.crl.fresh_at(at, max_age=max_age, grace=grace):
        return RevocationResult(CheckStatus.INDETERMINATE, Reason.CRL_STALE, _facts(newest))
    return RevocationResult(CheckStatus.PASSED, None, _facts(newest))


def _facts(stored: StoredCrl) -> dict[str, str | int | bool | None]:
    crl = stored.crl
    return {
        "crl_sha256": crl.sha256,
        "crl_number": None if crl.number is None else str(crl.number),
        "this_update": _iso(crl.this_update),
        "next_update": None if crl.next_update is None else _iso(crl.next_update),
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _crl_extensions(rest: list[Tlv]) -> tuple[Extension, ...]:
    if not rest:
        return ()
    if len(rest) != 1 or rest[0].tag != 0xA0:
        raise MalformedError("bad_crl")
    inner = rest[0].children()
    if len(inner) != 1:
        raise MalformedError("bad_crl")
    return parse_extensions(inner[0])


def _entries(items: list[Tlv]) -> tuple[dict[int, RevokedCertificate], str | None]:
    revoked: dict[int, RevokedCertificate] = {}
    problem: str | None = None
    for item in items:
        parts = item.expect(SEQUENCE).children()
        if not 2 <= len(parts) <= 3:
            raise MalformedError("bad_crl_entry")
        extensions = parse_extensions(parts[2]) if len(parts) == 3 else ()
        reason_code: int | None = None
        for extension in extensions:
            if extension.oid == oids.REASON_CODE:
                reason = tlv.read_only(extension.value, 0x0A).value
                if len(reason) != 1:
                    raise MalformedError("bad_crl_entry")
                reason_code = reason[0]
            elif extension.oid == oids.CERTIFICATE_ISSUER:
                problem = "indirect"
            elif extension.critical and extension.oid not in _KNOWN_ENTRY_EXTENSIONS:
                problem = problem or "unknown_critical_extension"
        serial = tlv.integer(parts[0], max_octets=MAX_SERIAL)
        revoked[serial] = RevokedCertificate(serial, parse_time(parts[1]), reason_code)
    return revoked, problem


def _problem(extensions: tuple[Extension, ...]) -> str | None:
    """Why a CRL with these extensions cannot answer (SECURITY.md 4.3): delta, partial, indirect, not understood."""
    for extension in extensions:
        if extension.oid == oids.DELTA_CRL_INDICATOR:
            return "delta"
        if extension.oid == oids.ISSUING_DISTRIBUTION_POINT:
            return "indirect"
        if extension.critical and extension.oid not in _KNOWN_CRL_EXTENSIONS:
            return "unknown_critical_extension"
    return None


def _value(extensions: tuple[Extension, ...], oid: str) -> bytes | None:
    return next((extension.value for extension in extensions if extension.oid == oid), None)


def _number(extensions: tuple[Extension, ...]) -> int | None:
    value = _value(extensions, oids.CRL_NUMBER)
    return None if value is None else tlv.integer(tlv.read_only(value), max_octets=MAX_SERIAL)


def _issuer_key(extensions: tuple[Extension, ...]) -> bytes | None:
    value = _value(extensions, oids.AUTHORITY_KEY_IDENTIFIER)
    return None if value is None else parse_authority_key_identifier(value).key_identifier

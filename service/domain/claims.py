"""What a result says: OpenID Identity Assurance `verified_claims` and one claim of our own (RULES.md section 3).

Pure: the same basis makes the same claims, but for `iat` and `exp`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from service.domain.holder import Holder, Names
from service.domain.issuing import (
    TRUST_FRAMEWORKS,
    Label,
    Population,
    label,
    labels,
    obligations,
    population,
    require_no_swedish_number,
)
from service.domain.judgement import ChipProof, Judgement
from service.domain.names import NameMatch
from service.domain.result import LIFETIME, Issuer, ResultRecord
from service.domain.review import Review
from service.domain.status_lookup import DocumentStatus, StatusAnswer
from service.domain.verification import Verification

CHECK_METHODS: Final = ("vcrypt", "vpip", "pvp")
#: The method of a look-up in a register (OpenID identifiers of the eKYC and IDA group).
RECORD_CHECK_METHOD: Final = "data"
POLICE_RECORD: Final = "se_police_document_status"
DOCUMENTS: Final = ("passport", "idcard")
CLAIMS: Final = ("family_name", "given_name", "birthdate", "nationalities", "place_of_birth")
_POLICE: Final = {"name": "Polismyndigheten", "country_code": "SWE"}

_STATE: Final = re.compile("[A-Z]{3}")

Json = dict[str, object]


@dataclass(frozen=True, slots=True, repr=False)
class Basis:
    """Everything that a result rests on.

    `status`: the answer of the issuing state's register, if it was asked. `name_match`: how the name agrees with the
    order's, None where this service was not given that.
    """

    verification: Verification
    record: ResultRecord
    judgement: Judgement
    reviews: Sequence[Review]
    holder: Holder
    status: StatusAnswer | None = None
    name_match: NameMatch | None = None

    @property
    def population(self) -> Population:
        """Whom the result is about."""
        return population(self.verification.kind, self.holder.issuing_state)


def claims(issuer: Issuer, basis: Basis, now: datetime) -> Json:
    """The payload of the JWS. `now` makes `iat` and `exp`; all else is the same at each fetch.

    Raises:
        ServiceError: `not_approvable`: a Swedish number would stand where none may.
    """
    level = label(issuer.realm, basis.population, issuer.policy)
    person = _person(basis.holder)
    derived = _names(basis.holder.printed) | _birthdate(basis.holder.date_of_birth)
    order = basis.verification.order_reference
    require_no_swedish_number(basis.population, [person, derived], [order])
    return {
        "iss": issuer.iss,
        "aud": issuer.aud,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": basis.record.jti,
        "txn": basis.record.txn,
        "sub": basis.verification.id,
        "verified_claims": {
            "verification": _verification(issuer, basis, level, derived),
            "claims": person,
        },
        "passkoll": {
            "order_reference": order,
            "kind": basis.verification.kind.value,
            "population": basis.population.value,
            "decision": {
                "policy": issuer.policy.version,
                "obligations": obligations(level, basis.population, issuer.policy, basis.name_match),
            },
            "name_match": None if basis.name_match is None else basis.name_match.value,
            "report_sha256": basis.judgement.report_sha256,
            "chip_proof": basis.judgement.chip_proof.value,
            "proof_origin": basis.judgement.proof_origin.value,
        },
    }


def metadata(issuer: Issuer) -> Json:
    """What the claims of an issuer can hold (OpenID Connect for Identity Assurance 1.0, OP metadata).

    `assurance_levels_supported` is our own member: the closed list of levels that can stand in a result here.
    """
    return {
        "issuer": issuer.iss,
        "jwks_uri": f"{issuer.iss.rstrip('/')}/.well-known/jwks.json",
        "verified_claims_supported": True,
        "trust_frameworks_supported": [TRUST_FRAMEWORKS[issuer.realm]],
        "assurance_levels_supported": [level.value for level in labels(issuer.realm, issuer.policy)],
        "evidence_supported": ["document", "electronic_record"],
        "documents_supported": list(DOCUMENTS),
        "documents_check_methods_supported": list(CHECK_METHODS),
        "electronic_records_supported": [POLICE_RECORD],
        "claims_in_verified_claims_supported": list(CLAIMS),
        "attachments_supported": [],
    }


def _verification(issuer: Issuer, basis: Basis, level: Label, derived: Json) -> Json:
    chip = _chip_checks(basis)
    inspections = _person_checks("vpip", "insp", issuer, basis)
    if basis.holder.names_are_confirmed:
        inspections += _person_checks("vpip", "print", issuer, basis)
    faces = _person_checks("pvp", "face", issuer, basis)
    records = _record_checks(issuer, basis)
    document: Json = {
        "type": "document",
        "check_details": [*chip, *inspections, *faces],
        "document_details": _document_details(basis.holder),
        "derived_claims": derived,
    }
    record: Json = {
        "type": "electronic_record",
        "check_details": records,
        "record": {"type": POLICE_RECORD, "source": dict(_POLICE)},
    }
    return {
        "trust_framework": TRUST_FRAMEWORKS[issuer.realm],
        "assurance_level": level.value,
        "assurance_process": {
            "policy": "ETSI TS 119 461 V2.1.1",
            "procedure": "9.2.1",
            "assurance_details": [
                {
                    "assurance_type": "evidence_validation",
                    "evidence_ref": _references([*chip, *inspections, *records]),
                },
                {"assurance_type": "verification", "evidence_ref": _references(faces)},
            ],
        },
        "time": _time(basis.reviews[-1].at),
        "verification_process": basis.record.txn,
        # a look-up that was not made is left out
        "evidence": [document, record] if records else [document],
    }


def _chip_checks(basis: Basis) -> list[Json]:
    """Passive Authentication and the proof that the chip is no clone: two `vcrypt` with an id each."""
    proof = basis.judgement.chip_proof
    names = ["pa"] if proof is ChipProof.NONE else ["pa", proof.value]
    return [
        {"check_method": "vcrypt", "check_id": _check_id(name, basis), "time": _time(basis.judgement.at)}
        for name in names
    ]


def _person_checks(method: str, name: str, issuer: Issuer, basis: Basis) -> list[Json]:
    return [
        _check(method, f"{name}{number}", issuer, basis, review.at)
        for number, review in enumerate(basis.reviews, start=1)
    ]


def _record_checks(issuer: Issuer, basis: Basis) -> list[Json]:
    """The look-up of the Swedish police, if the register answered that the document is valid."""
    status = basis.status
    if status is None or status.status is not DocumentStatus.VALID:
        return []
    return [_check(RECORD_CHECK_METHOD, "status", issuer, basis, status.at)]


def _check(method: str, name: str, issuer: Issuer, basis: Basis, at: datetime) -> Json:
    return {
        "check_method": method,
        "check_id": _check_id(name, basis),
        "organization": issuer.organisation,
        "time": _time(at),
    }


def _check_id(name: str, basis: Basis) -> str:
    """Resolves to details in the audit: `txn` is unique, so this is."""
    return f"{name}-{basis.record.txn}"


def _references(checks: Sequence[Json]) -> list[Json]:
    return [{"check_id": check["check_id"]} for check in checks]


def _document_details(holder: Holder) -> Json:
    details: Json = {
        "type": "passport" if holder.document_code.startswith("P") else "idcard",
        "document_number": holder.document_number,
        "issuer": ({} if holder.issuing_authority is None else {"name": holder.issuing_authority})
        | ({"country_code": holder.issuing_state} if _STATE.fullmatch(holder.issuing_state) else {}),
    }
    for name, day in (("date_of_issuance", holder.date_of_issuance), ("date_of_expiry", holder.date_of_expiry)):
        if day is not None:
            details[name] = day.isoformat()
    return details


def _person(holder: Holder) -> Json:
    place: Json = {} if holder.place_of_birth is None else {"place_of_birth": {"locality": holder.place_of_birth}}
    return _names(holder.names) | _birthdate(holder.date_of_birth) | _nationalities(holder.nationality) | place


def _names(names: Names) -> Json:
    """A person without one of the names has none in the claims either."""
    named: Json = {"family_name": names.family_name, "given_name": names.given_name}
    return {claim: name for claim, name in named.items() if name}


def _nationalities(code: str) -> Json:
    """`nationalities` are three-letter codes (ICAO 9303-3 §5); what is none is left out, never passed on."""
    return {"nationalities": [code]} if _STATE.fullmatch(code) else {}


def _birthdate(date_of_birth: date | None) -> Json:
    """`birthdate` is a whole date or absent (the schema knows no partial one)."""
    return {} if date_of_birth is None else {"birthdate": date_of_birth.isoformat()}


def _time(at: datetime) -> str:
    """RFC 3339 with seconds and zone, as the schema's `date-time` asks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

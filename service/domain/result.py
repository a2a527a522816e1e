"""The signed identity: OpenID Identity Assurance `verified_claims` and one claim of our own (RULES.md section 3).

No image and no administrator stands in a result; both are found by `txn`. Failed cases have no result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Holder, Names
from service.domain.issuing import TRUST_FRAMEWORKS, IssuingPolicy, label, population
from service.domain.judgement import ChipProof, Judgement
from service.domain.review import Review
from service.domain.verification import State, Verification

#: A result is fetched and used at once; a fresh one costs a GET.
LIFETIME: Final = timedelta(minutes=15)
#: Own explicit types (RFC 8725 §3.11): a specimen can never be taken for a result.
TOKEN_TYPES: Final = {Realm.PRODUCTION: "verification-result+jwt", Realm.SPECIMEN: "specimen-result+jwt"}

CHECK_METHODS: Final = ("vcrypt", "vpip", "pvp")
CLAIMS: Final = ("family_name", "given_name", "birthdate", "nationalities")

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """A result that exists: the same `jti` and `txn` at each fetch. Consumed once, by one order."""

    jti: str
    txn: str
    verification_id: str
    issued_at: datetime
    consumed_by_order: str | None = None
    consumed_at: datetime | None = None


class ResultStatus(StrEnum):
    """What a portal may still do with a result."""

    VALID = "valid"
    CONSUMED = "consumed"
    REVOKED = "revoked"


def result_status(record: ResultRecord, verification: Verification) -> ResultStatus:
    """Revoked wins over consumed: whoever asks must hear of it."""
    if verification.state is State.REVOKED:
        return ResultStatus.REVOKED
    return ResultStatus.VALID if record.consumed_at is None else ResultStatus.CONSUMED


def require_order(record: ResultRecord, verification: Verification, order_reference: str) -> None:
    """Refuse an order other than the one the verification was opened for, or the one that used the result."""
    bound_to = {verification.order_reference, record.consumed_by_order} - {None}
    if bound_to - {order_reference}:
        raise ServiceError(ProblemCode.ORDER_MISMATCH, state=verification.state.value)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, for whom, in which realm, at which organisation."""

    iss: str
    aud: str
    realm: Realm
    organisation: str
    policy: IssuingPolicy


def claims(
    issuer: Issuer,
    verification: Verification,
    record: ResultRecord,
    judgement: Judgement,
    reviews: Sequence[Review],
    holder: Holder,
    now: datetime,
) -> Json:
    """The payload of the JWS. `now` makes `iat` and `exp`; all else is the same at each fetch."""
    people = population(verification.kind)
    return {
        "iss": issuer.iss,
        "aud": issuer.aud,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": record.jti,
        "txn": record.txn,
        "sub": verification.id,
        "verified_claims": _verified_claims(issuer, record, judgement, reviews, holder, verification),
        "passkoll": {
            "order_reference": verification.order_reference,
            "kind": verification.kind.value,
            "population": people.value,
            "decision": {"policy": issuer.policy.version, "obligations": []},
            "name_match": None,
            "report_sha256": judgement.report_sha256,
            "chip_proof": judgement.chip_proof.value,
            "proof_origin": judgement.proof_origin.value,
        },
    }


def _verified_claims(
    issuer: Issuer,
    record: ResultRecord,
    judgement: Judgement,
    reviews: Sequence[Review],
    holder: Holder,
    verification: Verification,
) -> Json:
    chip = _chip_checks(record, judgement)
    inspections = _person_checks("vpip", "insp", issuer, record, reviews)
    faces = _person_checks("pvp", "face", issuer, record, reviews)
    process: Json = {
        "policy": "ETSI TS 119 461 V2.1.1",
        "procedure": "9.2.1",
        "assurance_details": [
            {"assurance_type": "evidence_validation", "evidence_ref": _references([*chip, *inspections])},
            {"assurance_type": "verification", "evidence_ref": _references(faces)},
        ],
    }
    document: Json = {
        "type": "document",
        "check_details": [*chip, *inspections, *faces],
        "document_details": _document_details(holder),
        "derived_claims": _names(holder.printed) | _birthdate(holder.date_of_birth),
    }
    return {
        "verification": {
            "trust_framework": TRUST_FRAMEWORKS[issuer.realm],
            "assurance_level": label(issuer.realm, population(verification.kind), issuer.policy).value,
            "assurance_process": process,
            "time": _time(reviews[-1].at),
            "verification_process": record.txn,
            "evidence": [document],
        },
        "claims": _names(holder.native or holder.printed)
        | _birthdate(holder.date_of_birth)
        | _nationalities(holder.nationality),
    }


def _chip_checks(record: ResultRecord, judgement: Judgement) -> list[Json]:
    """Passive Authentication and the proof that the chip is no clone: two `vcrypt` with an id each."""
    proofs = ["pa"] if judgement.chip_proof is ChipProof.NONE else ["pa", judgement.chip_proof.value]
    return [
        {"check_method": "vcrypt", "check_id": _check_id(proof, record), "time": _time(judgement.at)}
        for proof in proofs
    ]


def _person_checks(
    method: str, name: str, issuer: Issuer, record: ResultRecord, reviews: Sequence[Review]
) -> list[Json]:
    return [
        {
            "check_method": method,
            "check_id": _check_id(f"{name}{number}", record),
            "organization": issuer.organisation,
            "time": _time(review.at),
        }
        for number, review in enumerate(reviews, start=1)
    ]


def _check_id(name: str, record: ResultRecord) -> str:
    """Resolves to details in the audit: `txn` is unique, so this is."""
    return f"{name}-{record.txn}"


def _references(checks: Sequence[Json]) -> list[Json]:
    return [{"check_id": check["check_id"]} for check in checks]


def _document_details(holder: Holder) -> Json:
    details: Json = {
        "type": "passport" if holder.document_code.startswith("P") else "idcard",
        "document_number": holder.document_number,
        "issuer": {"country_code": holder.issuing_state},
    }
    if holder.date_of_expiry is not None:
        details["date_of_expiry"] = holder.date_of_expiry.isoformat()
    return details


def _names(names: Names) -> Json:
    """A person without one of the names has none in the claims either."""
    named: Json = {"family_name": names.family_name, "given_name": names.given_name}
    return {claim: name for claim, name in named.items() if name}


def _nationalities(code: str) -> Json:
    """`nationalities` are three-letter codes (ICAO 9303-3 §5); what is none is left out, never passed on."""
    return {"nationalities": [code]} if re.fullmatch("[A-Z]{3}", code) else {}


def _birthdate(date_of_birth: date | None) -> Json:
    """`birthdate` is a whole date or absent (the schema knows no partial one)."""
    return {} if date_of_birth is None else {"birthdate": date_of_birth.isoformat()}


def _time(at: datetime) -> str:
    """RFC 3339 with seconds and zone, as the schema's `date-time` asks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

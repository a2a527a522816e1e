"""The signed identity, checked by the schemas of OpenID Identity Assurance and by an independent verifier."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter, from_base64url


def payload_of(token: str) -> dict:
    """The claims of a JWS, unverified."""
    return json.loads(from_base64url(token.split(".")[1]))


def verified(token: str, keys: dict) -> tuple[dict, dict]:
    """Header and claims of a JWS (RFC 7515), verified with pyca alone."""
    header, _, signature = token.split(".")
    (key,) = [key for key in keys["keys"] if key["kid"] == json.loads(from_base64url(header))["kid"]]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    x, y = (int.from_bytes(from_base64url(key[name])) for name in ("x", "y"))
    raw = from_base64url(signature)
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
        encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])),
        token.rpartition(".")[0].encode(),
        ec.ECDSA(hashes.SHA256()),
    )
    return json.loads(from_base64url(header)), payload_of(token)


@pytest.fixture
def token(counter: Counter, document) -> str:
    """A result of this service."""
    return counter.get(f"{counter.approved(document, 'order-1')}/result").text


@pytest.fixture
def verified_claims_schema(real_data: Path) -> Draft202012Validator:
    """`verified_claims` of the schema of 2026-07-01; its references are remote, so a local registry answers them."""
    folder = real_data / "schemas" / "openid"
    contents = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    registry = Registry().with_resources((content["$id"], Resource.from_contents(content)) for content in contents)
    base = "https://bitbucket.org/openid/ekyc-ida/raw/master/schema/verified_claims.json"
    return Draft202012Validator(
        {"$ref": f"{base}#/$defs/verified_claims_def"},
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def test_signature_and_header(counter: Counter, token: str) -> None:
    keys = counter.client.get("/.well-known/jwks.json").json()
    header, claims = verified(token, keys)
    assert header == {"alg": "ES256", "typ": "specimen-result+jwt", "kid": keys["keys"][0]["kid"]}
    assert claims["iss"].endswith(".invalid")
    assert claims["exp"] - claims["iat"] == 900
    head, body, signature = token.split(".")
    forged = base64.urlsafe_b64encode(from_base64url(body).replace(b"specimen", b"produced")).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        verified(".".join((head, forged, signature)), keys)


def test_the_claims_say_who_what_and_how(token: str) -> None:
    claims = payload_of(token)
    verification = claims["verified_claims"]["verification"]
    assert (verification["trust_framework"], verification["assurance_level"]) == ("specimen", "specimen")
    assert verification["verification_process"] == claims["txn"]
    assert verification["time"] == "2026-11-24T09:30:00Z"
    assert claims["verified_claims"]["claims"] == {
        "family_name": "Åkerström",
        "given_name": "Märta Linnéa",
        "birthdate": "1984-03-17",
        "nationalities": ["UTO"],
    }
    (document,) = verification["evidence"]
    assert document["derived_claims"] == {
        "family_name": "AAKERSTROEM",
        "given_name": "MAERTA LINNEA",
        "birthdate": "1984-03-17",
    }
    assert document["document_details"] == {
        "type": "passport",
        "document_number": "UT0000001",
        "date_of_expiry": "2036-11-23",
        "issuer": {"country_code": "UTO"},
    }
    methods = [check["check_method"] for check in document["check_details"]]
    assert methods == ["vcrypt", "vcrypt", "vpip", "vpip", "pvp", "pvp"]
    ids = [check["check_id"] for check in document["check_details"]]
    referred = [
        reference["check_id"]
        for detail in verification["assurance_process"]["assurance_details"]
        for reference in detail["evidence_ref"]
    ]
    assert referred == ids
    assert len(set(ids)) == len(ids)


def test_the_own_claim(counter: Counter, token: str) -> None:
    own = payload_of(token)["passkoll"]
    case = f"/v1/verifications/{payload_of(token)['sub']}"
    assert own == {
        "order_reference": "order-1",
        "kind": "reserve_card_no_pnr",
        "population": "no_identity_number",
        "decision": {"policy": "2026-11-01", "obligations": []},
        "name_match": None,
        "report_sha256": counter.get(case).json()["report"]["report_sha256"],
        "chip_proof": "aa",
        "proof_origin": "server_challenge",
    }


def test_no_administrator_and_no_swedish_number_in_a_result(token: str) -> None:
    """RULES.md section 3: both are found by `txn`; a non-resident has no number."""
    text = json.dumps(payload_of(token))
    assert "unsafe-administrator" not in text
    assert "id.oidc.se" not in text


@pytest.mark.real
def test_verified_claims_follow_the_schema(token: str, verified_claims_schema: Draft202012Validator) -> None:
    verified_claims_schema.validate(payload_of(token)["verified_claims"])


BREAKAGES = {
    "something else": lambda claims: claims.clear() or claims.update(foo=1),
    "time without seconds": lambda claims: claims["verification"].update(time="2026-10-22T09:41Z"),
    "year-only birthdate": lambda claims: claims["claims"].update(birthdate="1984"),
    "MRZ code for Germany": lambda claims: claims["claims"].update(nationalities=["D"]),
    "no trust framework": lambda claims: claims["verification"].pop("trust_framework"),
    "unknown evidence": lambda claims: claims["verification"]["evidence"][0].update(type="photo"),
    "expiry as printed": lambda claims: claims["verification"]["evidence"][0]["document_details"].update(
        date_of_expiry="361123"
    ),
}


@pytest.mark.real
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_schema_would_notice(token: str, verified_claims_schema: Draft202012Validator, breakage: str) -> None:
    """A schema that accepts anything proves nothing (ENGINEERING.md "Tests")."""
    claims = deepcopy(payload_of(token)["verified_claims"])
    BREAKAGES[breakage](claims)
    assert not verified_claims_schema.is_valid(claims)


def test_the_same_result_each_time(counter: Counter, document, clock: ManualClock) -> None:
    case = counter.approved(document)
    first = payload_of(counter.get(f"{case}/result").text)
    clock.advance(hours=5)
    second = payload_of(counter.get(f"{case}/result").text)
    assert first.pop("iat") == int(NOW.timestamp())
    assert second.pop("iat") - int(NOW.timestamp()) == 5 * 3600
    assert second.pop("exp") - first.pop("exp") == 5 * 3600
    assert first == second


def test_a_result_is_used_once_by_one_order(counter: Counter, document, clock: ManualClock) -> None:
    case = counter.approved(document)
    jti = payload_of(counter.get(f"{case}/result").text)["jti"]
    assert counter.get(f"/v1/results/{jti}").json() == {"jti": jti, "status": "valid"}
    receipt = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"})
    assert receipt.json() == {
        "jti": jti,
        "status": "consumed",
        "order_reference": "order-7",
        "consumed_at": "2026-11-24T09:30:00Z",
    }
    clock.advance(hours=1)
    again = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"})
    assert (again.status_code, again.json()) == (200, receipt.json())
    other = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-8"})
    assert (other.status_code, other.json()["code"]) == (409, "order_mismatch")
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "consumed"
    assert counter.get(case).json()["state"] == "consumed"


@pytest.mark.parametrize("reviews", [0, 1])
def test_no_result_before_two_persons_approved(counter: Counter, document, reviews: int) -> None:
    case = counter.checked(document)
    for person in range(reviews):
        counter.review(case, person)
    refused = counter.get(f"{case}/result")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["state"] == ("review_1" if reviews else "checked")


def test_unknown_results(counter: Counter) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    assert counter.get(f"/v1/results/{unknown}").json()["code"] == "not_found"
    assert counter.post(f"/v1/results/{unknown}/consume", {"order_reference": "a"}).json()["code"] == "not_found"
    assert counter.get("/v1/results/%00").json()["code"] == "not_found"

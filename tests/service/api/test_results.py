"""The signed identity, checked by the schemas of OpenID Identity Assurance and by an independent verifier."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal
from service.domain.retention import RetentionClass
from service.usecases.fetch_result import FetchResult
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter, from_base64url
from tests.service.result.conftest import follows_both, own_schema  # noqa: F401 - fixtures


def payload_of(token: str) -> dict:
    """The claims of a JWS, unverified."""
    return json.loads(from_base64url(token.split(".")[1]))


def verified(token: str, keys: dict) -> tuple[dict, dict]:
    """Header and claims of a JWS (RFC 7515), verified with pyca alone."""
    header, _, signature = token.split(".")
    (key,) = [key for key in keys["keys"] if key["kid"] == json.loads(from_base64url(header))["kid"]]
    assert set(key) - {"exp"} == {"kty", "crv", "x", "y", "kid", "alg", "use"}
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
        "place_of_birth": {"locality": "Ankeborg, Utopia"},
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
        "date_of_issuance": "2026-11-24",
        "date_of_expiry": "2036-11-23",
        "issuer": {"name": "Utopia SPECIMEN", "country_code": "UTO"},
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
        "decision": {
            "policy": "2026-11-01",
            "obligations": [
                {"code": "min_age", "value": 18},
                {"code": "max_validity_days", "value": 180},
                {"code": "compare_with_order"},
                {"code": "uncertified_level"},
            ],
        },
        "name_match": None,
        "report_sha256": counter.get(case).json()["report"]["report_sha256"],
        "chip_proof": "aa",
        "proof_origin": "server_challenge",
    }


def test_no_administrator_and_no_swedish_number_in_a_result(token: str) -> None:
    """RULES.md section 3: both are found by `txn`; a non-resident has no number."""
    text = json.dumps(payload_of(token))
    assert "person-at-the-counter" not in text
    assert "id.oidc.se" not in text


@pytest.mark.real
def test_what_is_signed_follows_both_schemas(token: str, follows_both) -> None:  # noqa: F811
    follows_both(payload_of(token))


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
    receipt = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"}, key="first")
    assert receipt.json() == {
        "jti": jti,
        "status": "consumed",
        "order_reference": "order-7",
        "consumed_at": "2026-11-24T09:30:00Z",
    }
    clock.advance(hours=1)
    again = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"}, key="first")
    assert (again.status_code, again.json()) == (200, receipt.json())
    other = counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-8"})
    assert (other.status_code, other.json()["code"]) == (409, "order_mismatch")
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "consumed"
    assert counter.get(case).json()["state"] == "consumed"
    # what was used can still be read, by the same portal
    assert payload_of(counter.get(f"{case}/result").text)["jti"] == jti


def test_a_result_ends_with_its_deadline(counter: Counter, document, clock: ManualClock) -> None:
    """API.md section 5: 72 hours from the approval; the end is durable, and the clock set back changes nothing."""
    case = counter.approved(document)
    jti = payload_of(counter.get(f"{case}/result").text)["jti"]
    clock.advance(hours=72, seconds=-1)
    assert counter.get(f"{case}/result").status_code == 200
    clock.advance(seconds=1)
    for _ in range(2):
        refused = counter.get(f"{case}/result")
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
        assert refused.json()["state"] == "expired"
        clock.advance(hours=-71)
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "expired"


def test_each_handing_over_is_audited_with_its_key(counter: Counter, services, document) -> None:
    """So that a key that came into other hands names its results."""
    case = counter.approved(document)
    before = counter.get(f"{case}/result").text
    services.signer.rotate()
    after = counter.get(f"{case}/result").text
    kids = [json.loads(from_base64url(token.split(".")[0]))["kid"] for token in (before, after)]
    with services.database.reading() as work:
        written = [entry for entry in work.audit.of(case.rpartition("/")[2]) if entry.action.startswith("result_")]
    assert [entry.action for entry in written] == ["result_issued", "result_fetched", "result_fetched"]
    assert [entry.details.get("kid") for entry in written] == [None, *kids]
    assert len(set(kids)) == 2
    assert len({entry.details["txn"] for entry in written}) == 1
    # both verify with the published keys, and neither is hidden by the other
    keys = counter.client.get("/.well-known/jwks.json").json()
    assert [verified(token, keys)[1]["jti"] for token in (before, after)] == [payload_of(before)["jti"]] * 2


class SlowSigner:
    """A token that takes its time; something else happens meanwhile."""

    def __init__(self, signer, meanwhile) -> None:
        self.signer, self.meanwhile = signer, meanwhile

    def sign(self, claims, token_type):
        self.meanwhile()
        return self.signer.sign(claims, token_type)

    def key_of(self, token):
        return self.signer.key_of(token)


@pytest.fixture
def portal(services) -> Principal:
    """A portal of the organisation."""
    return Principal("portal", services.issuer.organisation, frozenset({Caller.PORTAL}))


def fetching(services, meanwhile) -> FetchResult:
    fetch = services.fetch_result
    return dataclasses.replace(fetch, signer=SlowSigner(fetch.signer, meanwhile))


def test_a_slow_token_holds_nobody_up(counter: Counter, services, document, portal: Principal) -> None:
    """No transaction is open while the token signs: others write."""
    case = counter.approved(document)
    token = fetching(services, counter.open)(portal, case.rpartition("/")[2])
    assert payload_of(token)["sub"] == case.rpartition("/")[2]


def test_nothing_is_handed_over_that_ended_meanwhile(
    counter: Counter, services, document, clock: ManualClock, portal: Principal
) -> None:
    case = counter.approved(document)
    with pytest.raises(ServiceError) as refused:
        fetching(services, lambda: clock.advance(hours=73))(portal, case.rpartition("/")[2])
    assert (refused.value.code, refused.value.state) == (ProblemCode.WRONG_STATE, "expired")
    with services.database.reading() as work:
        actions = [entry.action for entry in work.audit.of(case.rpartition("/")[2])]
    assert "result_fetched" not in actions


def test_a_token_that_does_not_answer(counter: Counter, services, document, portal: Principal) -> None:
    """503, and the same result a moment later: what was issued stays issued."""
    case = counter.approved(document).rpartition("/")[2]

    def fails() -> None:
        raise ServiceError(ProblemCode.NOT_READY, retry_after_s=5)

    with pytest.raises(ServiceError):
        fetching(services, fails)(portal, case)
    with services.database.reading() as work:
        issued = work.results.of(case)
    assert payload_of(services.fetch_result(portal, case))["jti"] == issued.jti


def test_two_fetches_at_the_same_time_make_one_result(
    counter: Counter, services, document, portal: Principal
) -> None:
    case = counter.approved(document).rpartition("/")[2]
    barrier = threading.Barrier(4)

    def fetch(_: int) -> str:
        barrier.wait()
        return payload_of(services.fetch_result(portal, case))["jti"]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(fetch, range(4)))) == 1


def test_another_organisation_gets_nothing(counter: Counter, services, document) -> None:
    """For a portal of another organisation the verification does not exist, and nothing is written."""
    case = counter.approved(document)
    stranger = Principal("portal", "Another organisation", frozenset({Caller.PORTAL}))
    with pytest.raises(ServiceError) as refused:
        services.fetch_result(stranger, case.rpartition("/")[2])
    assert refused.value.code is ProblemCode.NOT_FOUND
    assert counter.get(case).json()["state"] == "approved"


def test_only_a_portal_fetches(counter: Counter, services, document) -> None:
    """SECURITY.md 7.4: not even the service's own code hands a result to anybody else."""
    case = counter.approved(document).rpartition("/")[2]
    for caller in set(Caller) - {Caller.PORTAL}:
        with pytest.raises(ServiceError) as refused:
            services.fetch_result(Principal("x", services.issuer.organisation, frozenset({caller})), case)
        assert refused.value.code is ProblemCode.FORBIDDEN


@pytest.mark.parametrize("group", [11, 12])
def test_details_only_from_their_data_groups(counter: Counter, issuer, group: int) -> None:
    """Traps of RULES.md section 3: a place of birth only from DG11, a date of issue only from DG12."""
    without = issuer.issue(MARTA, IssuingProfile(groups=((group, None),)))
    claims = payload_of(counter.get(f"{counter.approved(without)}/result").text)["verified_claims"]
    details = claims["verification"]["evidence"][0]["document_details"]
    if group == 11:
        assert claims["claims"] == {
            "family_name": "AAKERSTROEM",
            "given_name": "MAERTA LINNEA",
            "birthdate": "1984-03-17",
            "nationalities": ["UTO"],
        }
    else:
        assert "date_of_issuance" not in details
        assert details["issuer"] == {"country_code": "UTO"}


def test_the_metadata(counter: Counter) -> None:
    """The same under both names; ours says more."""
    openid = counter.client.get("/.well-known/openid-configuration").json()
    own = counter.client.get("/.well-known/passkoll-configuration").json()
    assert openid.items() <= own.items()
    assert openid["jwks_uri"] == f"{openid['issuer']}/.well-known/jwks.json"
    assert {name for name in openid if name.endswith("_supported")} == {
        "verified_claims_supported",
        "trust_frameworks_supported",
        "assurance_levels_supported",
        "evidence_supported",
        "documents_supported",
        "documents_check_methods_supported",
        "electronic_records_supported",
        "claims_in_verified_claims_supported",
        "attachments_supported",
    }
    assert (own["realm"], own["result_typ"], own["assurance_levels_supported"]) == (
        "specimen",
        "specimen-result+jwt",
        ["specimen"],
    )


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


def test_what_was_erased_is_said_to_be(counter: Counter, services, document) -> None:
    """A consumed result can be read until the holder's data are erased; then the problem says so."""
    case = counter.approved(document)
    jti = payload_of(counter.get(f"{case}/result").text)["jti"]
    counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"})
    with services.database.changing() as work:
        work.vault.erase(case.rpartition("/")[2], RetentionClass.HOLDER)
    refused = counter.get(f"{case}/result")
    assert (refused.status_code, refused.json()["code"]) == (410, "erased")
    assert counter.get(f"/v1/results/{jti}").json()["status"] == "consumed"

"""What a result says (RULES.md section 3), by both schemas and line by line."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mrtd.pki.realm import Realm
from service.domain.claims import claims, metadata
from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Holder, Names, parts
from service.domain.issuing import IssuingPolicy
from service.domain.judgement import ChipProof
from service.domain.names import NameMatch
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusAnswer, StatusSource
from tests.service.findings import AT
from tests.service.result.basis import HOLDER, ISSUER, NATIVE, PRINTED, basis
from tests.service.result.conftest import openid_validator


def said(**changes: object) -> dict:
    """The claims of a result with these changes, as JSON has them."""
    return json.loads(json.dumps(claims(ISSUER, basis(**changes), AT)))


def evidence(claimed: dict) -> list[dict]:
    return claimed["verified_claims"]["verification"]["evidence"]


VALID = StatusAnswer(StatusSource.POLISEN, RegisteredDocument.PASSPORT, DocumentStatus.VALID, AT)
SWEDISH = {"issuing_state": "SWE", "nationality": "SWE", "status": VALID}

VARIANTS: dict[str, dict[str, object]] = {
    "everything": {},
    "MRZ alone": {
        "native": None,
        "place_of_birth": None,
        "date_of_issuance": None,
        "issuing_authority": None,
    },
    "confirmed print": {"native": None, "confirmed": NATIVE},
    "partial birth date": {"date_of_birth": None},
    "no expiry": {"date_of_expiry": None},
    "one name": {"printed": Names("MONONYM", ""), "native": None},
    "German": {"issuing_state": "DEU", "nationality": "DEU"},
    "stateless": {"nationality": "XXA"},
    "no nationality": {"nationality": ""},
    "identity card": {"document_code": "ID"},
    "Swedish, looked up": SWEDISH,
    "name matched": {"name_match": NameMatch.FUZZY},
}


@pytest.mark.real
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("realm", Realm)
@pytest.mark.parametrize("certified", [False, True])
def test_every_result_follows_both_schemas(variant: str, realm: Realm, certified: bool, follows_both) -> None:
    issuer = replace(ISSUER, realm=realm, policy=IssuingPolicy(certified=certified))
    follows_both(json.loads(json.dumps(claims(issuer, basis(**VARIANTS[variant]), AT))))


@pytest.mark.real
@pytest.mark.parametrize("proof", ChipProof)
def test_every_proof_of_the_chip(proof: ChipProof, follows_both) -> None:
    whole = basis()
    claimed = claims(ISSUER, replace(whole, judgement=replace(whole.judgement, chip_proof=proof)), AT)
    follows_both(json.loads(json.dumps(claimed)))
    methods = [check["check_method"] for check in evidence(claimed)[0]["check_details"]]
    assert methods.count("vcrypt") == (1 if proof is ChipProof.NONE else 2)


BREAKAGES = {
    "something else": lambda claimed: claimed.clear() or claimed.update(foo=1),
    "time without seconds": lambda claimed: claimed["verification"].update(time="2026-10-22T09:41Z"),
    "time without zone": lambda claimed: claimed["verification"].update(time="2026-10-22T09:41:07"),
    "year-only birthdate": lambda claimed: claimed["claims"].update(birthdate="1984"),
    "MRZ code for Germany": lambda claimed: claimed["claims"].update(nationalities=["D"]),
    "no nationality at all": lambda claimed: claimed["claims"].update(nationalities=[]),
    "no trust framework": lambda claimed: claimed["verification"].pop("trust_framework"),
    "unknown evidence": lambda claimed: claimed["verification"]["evidence"][0].update(type="photo"),
    "check without method": lambda claimed: claimed["verification"]["evidence"][0]["check_details"][0].pop(
        "check_method"
    ),
    "expiry as printed": lambda claimed: claimed["verification"]["evidence"][0]["document_details"].update(
        date_of_expiry="361123"
    ),
    "empty place of birth": lambda claimed: claimed["claims"].update(place_of_birth={}),
}


@pytest.mark.real
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_schemas_would_notice(breakage: str, real_data, own_schema: Draft202012Validator) -> None:
    """A schema that accepts anything proves nothing (ENGINEERING.md "Tests")."""
    whole = said()
    BREAKAGES[breakage](whole["verified_claims"])
    assert not openid_validator(real_data).is_valid(whole["verified_claims"])
    assert not own_schema.is_valid(whole)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("portrait",), "data:"),
        (("verified_claims", "claims", "picture"), "x"),
        (("verified_claims", "claims", "birthdate"), "1984-00-00"),
        (("verified_claims", "verification", "assurance_level"), "loa4"),
        (("verified_claims", "verification", "evidence", 0, "check_details", 0, "organisation"), "x"),
        (("verified_claims", "claims", "https://id.oidc.se/claim/personalIdentityNumber"), "196408233234"),
        (("passkoll", "population"), "everybody"),
        (("passkoll", "decision", "obligations", 0, "code"), "do_something"),
        (("passkoll", "chip_proof"), "yes"),
    ],
)
def test_our_own_schema_is_closed(where: tuple, value: object, own_schema: Draft202012Validator) -> None:
    whole = said()
    assert own_schema.is_valid(whole)
    inner = whole
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    assert not own_schema.is_valid(whole)


def test_every_check_is_referred_to_once_and_has_an_id_of_its_own() -> None:
    for variant in ({}, SWEDISH, {"native": None, "confirmed": NATIVE}):
        claimed = said(**variant)
        ids = [check["check_id"] for item in evidence(claimed) for check in item["check_details"]]
        details = claimed["verified_claims"]["verification"]["assurance_process"]["assurance_details"]
        referred = [reference["check_id"] for detail in details for reference in detail["evidence_ref"]]
        assert len(set(ids)) == len(ids)
        assert sorted(referred) == sorted(ids)
        assert all(check_id.endswith(claimed["txn"]) for check_id in ids)


# --- names and dates


def test_signed_spelling_before_confirmed_print_before_mrz() -> None:
    other = Names("Aaström", "Anna Maria")
    for native, confirmed, name in (
        (NATIVE, other, "Åström-Öberg"),
        (None, other, "Aaström"),
        (None, None, "AASTROEM OEBERG"),
    ):
        claimed = said(native=native, confirmed=confirmed)
        assert claimed["verified_claims"]["claims"]["family_name"] == name
        # the MRZ's form stands beside it, always
        assert evidence(claimed)[0]["derived_claims"]["family_name"] == "AASTROEM OEBERG"


def test_a_confirmed_print_has_a_check_of_its_own() -> None:
    """SECURITY.md 7.8: `vpip`, by each of the two, and only where the name rests on it."""

    def prints(claimed: dict) -> list[str]:
        checks = evidence(claimed)[0]["check_details"]
        return [check["check_method"] for check in checks if check["check_id"].startswith("print")]

    assert prints(said(native=None, confirmed=NATIVE)) == ["vpip", "vpip"]
    assert prints(said(confirmed=NATIVE)) == prints(said()) == []


def test_what_the_document_does_not_say_is_absent() -> None:
    claimed = said(**VARIANTS["MRZ alone"], date_of_birth=None, date_of_expiry=None)
    details = evidence(claimed)[0]["document_details"]
    assert set(details) == {"type", "document_number", "issuer"}
    assert details["issuer"] == {"country_code": "UTO"}
    assert set(claimed["verified_claims"]["claims"]) == {"family_name", "given_name", "nationalities"}


def test_date_of_issuance_and_place_of_birth() -> None:
    claimed = said()
    assert evidence(claimed)[0]["document_details"]["date_of_issuance"] == "2021-03-15"
    assert claimed["verified_claims"]["claims"]["place_of_birth"] == {"locality": "Ankeborg, Utopia"}


@pytest.mark.parametrize(
    ("stored", "said_as"),
    [
        ("Ankeborg<Utopia", "Ankeborg, Utopia"),
        ("ANKEBORG", "ANKEBORG"),
        ("Ankeborg<<<", "Ankeborg"),
        ("", None),
        ("<<", None),
        ("-", None),
        ("  ", None),
    ],
)
def test_places_stay_together(stored: str, said_as: str | None) -> None:
    """No standard says which part is the town."""
    assert parts(stored) == said_as


# --- the register of the police


def test_a_look_up_that_found_the_document_valid_is_evidence() -> None:
    document, record = evidence(said(**SWEDISH))
    assert document["type"] == "document"
    assert record == {
        "type": "electronic_record",
        "check_details": [
            {
                "check_method": "data",
                "check_id": "status-2c6fb585-d51b-465a-9dca-b8cd22a11451",
                "organization": "Region Exempel",
                "time": "2026-11-24T12:00:00Z",
            }
        ],
        "record": {
            "type": "se_police_document_status",
            "source": {"name": "Polismyndigheten", "country_code": "SWE"},
        },
    }


@pytest.mark.parametrize("status", [None, replace(VALID, status=DocumentStatus.UNKNOWN)])
def test_a_look_up_that_was_not_made_is_left_out(status: StatusAnswer | None) -> None:
    assert len(evidence(said(**{**SWEDISH, "status": status}))) == 1


# --- nobody who may not be in it


def test_no_administrator_stands_in_a_result() -> None:
    text = json.dumps(said())
    assert "anna" not in text
    assert "bengt" not in text


NUMBERS = ["640823-3234", "19640823-3234", "196408233234", "6408233234", "701063-2391", "197010632391", "640823+3234"]
NUMBERS += ["640823\u20133234", "\uff16\uff14\uff10\uff18\uff12\uff13-\uff13\uff12\uff13\uff14"]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize("certified", [False, True])
def test_no_swedish_number_beside_nonresident(number: str, certified: bool) -> None:
    """RULES.md 0.1: whoever brings it, wherever it is said of the person."""
    issuer = replace(ISSUER, policy=IssuingPolicy(certified=certified))
    smuggled = [
        {"place_of_birth": f"Malmö {number}"},
        {"native": Names(f"Öberg {number}", "Anna")},
        {"native": None, "confirmed": Names("Öberg", number)},
        {"printed": Names("OEBERG", number)},
    ]
    for changes in smuggled:
        with pytest.raises(ServiceError) as refused:
            claims(issuer, basis(**changes), AT)
        assert refused.value.code is ProblemCode.NOT_APPROVABLE


@pytest.mark.parametrize("number", [number for number in NUMBERS if len(number) > 10])
def test_no_swedish_number_as_the_name_of_an_order(number: str) -> None:
    whole = basis()
    ordered = replace(whole, verification=replace(whole.verification, order_reference=f"order {number}"))
    with pytest.raises(ServiceError):
        claims(ISSUER, ordered, AT)


@pytest.mark.parametrize("reference", ["order-1", "2611240003", "640823-3235", "6408233234", "199913331234", None])
def test_other_numbers_of_orders_pass(reference: str | None) -> None:
    """Ten digits are an order's number as easily; a wrong check digit or an impossible day is no Swedish number."""
    whole = basis()
    ordered = replace(whole, verification=replace(whole.verification, order_reference=reference))
    assert claims(ISSUER, ordered, AT)["passkoll"]["order_reference"] == reference


def _with_check_digit(nine: str) -> str:
    """Luhn, from the end, as ISO/IEC 7812-1 Annex B writes it; the product adds from the front."""
    total = 0
    for place, digit in enumerate(reversed(nine)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += sum(map(int, str(doubled)))
    return nine + str(-total % 10)


@given(
    born=st.dates(date(1900, 1, 1), date(2026, 11, 24)),
    serial=st.integers(1, 999),
    coordination=st.booleans(),
    century=st.booleans(),
    mark=st.sampled_from(["", "-", "+"]),
)
def test_every_swedish_number_is_found(born: date, serial: int, coordination: bool, century: bool, mark: str) -> None:
    nine = f"{born:%y%m}{born.day + 60 * coordination:02}{serial:03}"
    ten = _with_check_digit(nine)
    written = (
        (f"{born.year // 100}" if century else "") + ten[:6] + ("-" if century and mark == "+" else mark) + ten[6:]
    )
    with pytest.raises(ServiceError):
        claims(ISSUER, basis(place_of_birth=written), AT)


def test_a_document_number_is_no_identity_number() -> None:
    assert said(document_number="6408233234")


# --- levels, obligations, time


def test_a_swedish_document_is_nobody_without_any_number() -> None:
    """RULES.md 0.6: an open question, so only an uncertified label, whatever the process is."""
    issuer = replace(ISSUER, policy=IssuingPolicy(certified=True))
    claimed = claims(issuer, basis(**SWEDISH), AT)
    assert claimed["verified_claims"]["verification"]["assurance_level"] == "uncertified-loa3-nonresident"
    assert claimed["passkoll"]["population"] == "not_registered"
    codes = [bound["code"] for bound in claimed["passkoll"]["decision"]["obligations"]]
    assert codes == [
        "min_age",
        "max_validity_days",
        "compare_with_order",
        "uncertified_level",
        "population_undecided",
    ]


def test_obligations_of_an_approved_process() -> None:
    issuer = replace(ISSUER, policy=IssuingPolicy(certified=True))
    own = claims(issuer, basis(name_match=NameMatch.EXACT), AT)["passkoll"]
    assert own["decision"]["obligations"] == [
        {"code": "min_age", "value": 18},
        {"code": "max_validity_days", "value": 180},
    ]
    assert own["name_match"] == "exact"


def test_only_the_times_change() -> None:
    first = claims(ISSUER, basis(), AT)
    second = claims(ISSUER, basis(), AT + timedelta(hours=70))
    assert (first["exp"] - first["iat"], second["iat"] - first["iat"]) == (900, 70 * 3600)
    assert {**first, "iat": 0, "exp": 0} == {**second, "iat": 0, "exp": 0}


def test_the_metadata_names_all_that_can_be_said() -> None:
    """OpenID Connect for Identity Assurance 1.0, OP metadata: what a result holds is listed, for every variant."""
    listed = metadata(ISSUER)
    assert listed["jwks_uri"] == "https://idproof.example.se/.well-known/jwks.json"
    for variant in VARIANTS.values():
        claimed = said(**variant)
        assert set(claimed["verified_claims"]["claims"]) <= set(listed["claims_in_verified_claims_supported"])
        verification = claimed["verified_claims"]["verification"]
        assert verification["trust_framework"] in listed["trust_frameworks_supported"]
        assert verification["assurance_level"] in listed["assurance_levels_supported"]
        for item in verification["evidence"]:
            assert item["type"] in listed["evidence_supported"]
            if item["type"] == "document":
                assert item["document_details"]["type"] in listed["documents_supported"]
                methods = {check["check_method"] for check in item["check_details"]}
                assert methods <= set(listed["documents_check_methods_supported"])
            else:
                assert item["record"]["type"] in listed["electronic_records_supported"]


def test_the_levels_of_an_issuer() -> None:
    def levels(realm: Realm, certified: bool) -> object:
        return metadata(replace(ISSUER, realm=realm, policy=IssuingPolicy(certified=certified)))[
            "assurance_levels_supported"
        ]

    assert levels(Realm.PRODUCTION, False) == ["uncertified-loa3", "uncertified-loa3-nonresident"]
    assert levels(Realm.PRODUCTION, True) == ["loa3", "loa3-nonresident", "uncertified-loa3-nonresident"]
    assert levels(Realm.SPECIMEN, True) == levels(Realm.SPECIMEN, False) == ["specimen"]


def test_nothing_personal_shows_in_a_repr() -> None:
    text = repr(basis()) + repr(HOLDER) + repr(PRINTED)
    assert not any(word in text for word in ("OEBERG", "Öberg", "UT1234567", "1984", "Ankeborg"))
    assert isinstance(deepcopy(HOLDER), Holder)

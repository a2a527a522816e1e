"""The day at the counter: from the first tap to the signed result, and the ways to be refused."""

from __future__ import annotations

import hashlib

import cbor2
import pytest
import rfc8785

import mrz
from mrtd.evidence import ElementaryFile
from mrtd.specimen import breakage
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter, from_base64url
from tests.service.findings import GOOD


def other_lines(document: SpecimenDocument) -> tuple[str, str]:
    """The lines of another document number, with good check digits."""
    expiry = mrz.parse("\n".join(document.mrz_lines), today=NOW.date()).fields.date_of_expiry
    return machine_readable_zone(MARTA, document_number="UT0000009", date_of_expiry=expiry)


def test_a_genuine_passport_becomes_a_signed_identity(counter: Counter, document) -> None:
    case = counter.checked(document)
    before = counter.get(case).json()
    assert (before["identity_verified"], before["next_step"]) == (False, "wait_review_1")
    assert (before["report"]["outcome"], before["report"]["attention"]) == ("verified", [])
    assert counter.review(case, 0).json()["next_step"] == "wait_review_2"
    assert counter.get(case).json()["identity_verified"] is False
    approved = counter.review(case, 1).json()
    assert (approved["state"], approved["identity_verified"]) == ("approved", True)
    assert [review["own"] for review in approved["reviews"]] == [False, True]
    result = counter.get(f"{case}/result")
    assert result.headers["content-type"] == "application/jwt"
    assert counter.get(case).json()["state"] == "result_issued"


def test_the_digest_can_be_made_again_from_the_answer(counter: Counter, document) -> None:
    """CHECKS.md rule 5: `report_sha256` is over the report part, which an answer holds whole."""
    report = counter.get(counter.checked(document)).json()["report"]
    verdict = set(GOOD.to_json())
    part = {name: value for name, value in report.items() if name not in verdict | {"report_sha256"}}
    assert hashlib.sha256(rfc8785.dumps(part)).hexdigest() == report["report_sha256"]


def test_the_same_chip_in_cbor(counter: Counter, document) -> None:
    case = counter.captured(document)
    evidence = SpecimenChip(document).evidence(counter.challenge(case))
    body = {
        "files": {name.value: data for name, data in evidence.files.items()},
        "active_authentication": {
            "challenge": evidence.active_authentication.challenge,
            "response": evidence.active_authentication.response,
        },
    }
    answer = counter.request(
        "POST", f"{case}/chip", content=cbor2.dumps(body), headers={"Content-Type": "application/cbor"}
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "checked")


REFUSED = {
    "tampered DG1": ("pa.dg_hash", "mismatch"),
    "clone": ("aa.signature", "bad_signature"),
    "expired": ("cross.expiry", "expired"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_broken_document_is_refused_with_data(counter: Counter, issuer, document, how: str) -> None:
    """200 with the report; the case stops at once, and its reason is the check's."""
    broken = {
        "tampered DG1": lambda: breakage.tampered_dg1(document, other_lines(document)),
        "clone": lambda: breakage.clone(document, BRAINPOOL_P256R1),
        "expired": lambda: breakage.expired(issuer, MARTA),
    }[how]()
    check, reason = REFUSED[how]
    case = counter.captured(broken)
    answer = counter.read_chip(case, broken)
    assert (answer["state"], answer["next_step"], answer["reason"]) == ("refused", "stop", reason)
    assert (check, "FAILED", reason) in {
        (result["id"], result["status"], result["reason"]) for result in answer["report"]["checks"]
    }
    shown = counter.get(case).json()
    assert (shown["state"], shown["identity_verified"], shown["report"]["outcome"]) == ("refused", False, "refused")
    assert counter.get(f"{case}/result").json()["code"] == "wrong_state"
    assert counter.review(case, 0).json()["code"] == "wrong_state"


def test_a_forgers_chain_is_refused(counter: Counter, issuer) -> None:
    forged = breakage.wrong_csca(issuer, MARTA)
    case = counter.captured(forged)
    assert counter.read_chip(case, forged)["state"] in ("refused", "checked")
    assert counter.get(case).json()["next_step"] == "stop"


def test_a_recorded_dump_does_not_show_that_the_chip_is_there(counter: Counter, document) -> None:
    """Genuine files without an answer to our challenge: the case stays open for a live reading."""
    case = counter.captured(document)
    answer = counter.post(f"{case}/chip", SpecimenChip(document).to_json_body())
    assert (answer.json()["state"], answer.json()["next_step"]) == ("mrz_captured", "read_chip_live")
    assert answer.json()["report"]["chip_genuine"] == "undetermined"
    # A second attempt with an answer settles it.
    assert counter.read_chip(case, document)["state"] == "checked"


def test_provenance_in_a_dump_is_never_believed(counter: Counter, document) -> None:
    """A stranger's challenge with words of praise stays a claim: the server never made one for this case."""
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(b"8 octets")
    body |= {"provenance": "server_challenge", "source": "live", "access": {"protocol": "PACE"}}
    report = counter.post(f"{case}/chip", body).json()["report"]
    assert report["chip_genuine"] == "undetermined"
    assert report["evidence"]["source"] == "dump"
    bound = next(check for check in report["checks"] if check["id"] == "aa.challenge_bound")
    assert (bound["status"], bound["reason"]) == ("INDETERMINATE", "claimed")


def test_an_answer_to_another_challenge_is_refused(counter: Counter, document) -> None:
    case = counter.captured(document)
    counter.challenge(case)
    other = counter.challenge(counter.captured(document))
    answer = counter.post(f"{case}/chip", SpecimenChip(document).to_json_body(other)).json()
    assert (answer["state"], answer["reason"]) == ("refused", "other_challenge")


def test_a_late_answer_costs_an_attempt_and_nothing_else(counter: Counter, document, clock: ManualClock) -> None:
    case = counter.captured(document)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    clock.advance(seconds=121)
    answer = counter.post(f"{case}/chip", body).json()
    assert (answer["state"], answer["next_step"], answer["reason"]) == (
        "mrz_captured",
        "retry_chip",
        "challenge_expired",
    )
    assert counter.read_chip(case, document)["state"] == "checked"


def test_missing_files_are_read_again(counter: Counter, document) -> None:
    case = counter.captured(document)
    answer = counter.read_chip(case, document.without_file(ElementaryFile.DG2))
    assert (answer["state"], answer["next_step"]) == ("mrz_captured", "retry_chip")
    assert counter.read_chip(case, document)["state"] == "checked"


def test_a_state_without_a_csca_stops_before_anyone_reviews_in_vain(counter: Counter, issuer) -> None:
    stranger = SpecimenIssuer.create(
        BRAINPOOL_P256R1, now=issuer.now, csca_role="stranger-csca", dsc_role="stranger-dsc"
    ).issue(MARTA)
    case = counter.captured(stranger)
    answer = counter.read_chip(case, stranger)
    assert (answer["state"], answer["next_step"]) == ("checked", "stop")
    refused = counter.review(case, 0)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approvable")
    assert counter.review(case, 0, "refuse").json()["state"] == "refused"


# --- the printed lines


def test_a_misread_photo_is_not_a_false_passport(counter: Counter, document) -> None:
    """A difference is first undetermined; a person confirms the page, and the same chip reading is judged again."""
    case = counter.open()
    misread = other_lines(document)
    assert counter.mrz(case, misread)["status"] == "accepted"
    answer = counter.read_chip(case, document)
    assert (answer["state"], answer["next_step"], answer["reason"]) == (
        "mrz_captured",
        "confirm_mrz",
        "unconfirmed",
    )
    assert answer["report"]["mrz_matches_chip"] == "undetermined"
    confirmed = counter.mrz(case, document.mrz_lines, "confirmed")
    assert (confirmed["state"], confirmed["next_step"]) == ("checked", "wait_review_1")
    assert counter.get(case).json()["report"]["outcome"] == "verified"


def test_a_person_who_confirms_another_page_refuses(counter: Counter, document) -> None:
    case = counter.open()
    counter.mrz(case, other_lines(document))
    counter.read_chip(case, document)
    confirmed = counter.mrz(case, other_lines(document), "confirmed")
    assert (confirmed["state"], confirmed["next_step"], confirmed["reason"]) == ("refused", "stop", "differs")


def test_two_photos_that_differ_in_a_number_refuse(counter: Counter, document) -> None:
    case = counter.open()
    counter.mrz(case, other_lines(document))
    assert counter.read_chip(case, document)["next_step"] == "confirm_mrz"
    assert counter.mrz(case, other_lines(document))["state"] == "refused"


def test_a_second_photo_can_put_it_right(counter: Counter, document) -> None:
    case = counter.open()
    counter.mrz(case, other_lines(document))
    counter.read_chip(case, document)
    assert counter.mrz(case, document.mrz_lines)["state"] == "checked"


def test_a_doubtful_reading_is_confirmed_before_the_chip(counter: Counter, document) -> None:
    first, second = document.mrz_lines
    doubtful = (first, second[:9] + str((int(second[9]) + 1) % 10) + second[10:])
    case = counter.open()
    answer = counter.mrz(case, doubtful)
    assert (answer["status"], answer["state"], answer["next_step"]) == ("confirm", "created", "confirm_mrz")
    assert next(digit["field"] for digit in answer["reading"]["check_digits"] if not digit["ok"]) == "document_number"
    assert counter.mrz(case, document.mrz_lines, "confirmed")["state"] == "mrz_captured"


def test_no_mrz_is_advice(counter: Counter) -> None:
    answer = counter.mrz(counter.open(), ["THIS IS NO ZONE"])
    assert answer["status"] == "unreadable"
    assert (answer["reading"], answer["advice"], answer["next_step"]) == (None, ["no_mrz"], "take_photo")
    assert answer["attempts_left"] == 19


# --- people


@pytest.mark.parametrize(
    ("decision", "state", "reason"),
    [
        ("refuse", "refused", "reviewers_disagree"),
        ("suspect_fraud", "suspected_fraud", "suspected_by_reviewer"),
    ],
)
def test_one_refusal_refuses(counter: Counter, document, decision: str, state: str, reason: str) -> None:
    case = counter.checked(document)
    counter.review(case, 0)
    ended = counter.review(case, 1, decision).json()
    assert (ended["state"], ended["reason"], ended["next_step"]) == (state, reason, "stop")


def test_the_reviewer_is_never_taken_from_the_body(counter: Counter, document) -> None:
    case = counter.checked(document)
    counter.review(case, 0)
    for name in ("reviewer", "by", "reviewer_id"):
        answer = counter.review(case, 0, **{name: "person-at-the-counter-2"})
        assert answer.json()["code"] == "validation_failed"
    assert counter.review(case, 0).json()["code"] == "same_reviewer"
    assert counter.get(case).json()["state"] == "review_1"


def test_attention_needs_a_reason(counter: Counter, document, settings, clock: ManualClock) -> None:
    """The list of revoked certificates grows old: people may approve that, with a reason."""
    clock.advance(days=200)
    case = counter.captured(document)
    answer = counter.read_chip(case, document)
    assert answer["report"]["outcome"] == "review"
    assert answer["report"]["attention"]
    assert answer["next_step"] == "wait_review_1", answer["reason"]
    assert counter.review(case, 0).json()["code"] == "reason_required"
    assert counter.review(case, 0, reason="the list of that state is late").status_code == 201


def test_cancel(counter: Counter, document) -> None:
    case = counter.captured(document)
    answer = counter.post(f"{case}/cancel").json()
    assert (answer["state"], answer["next_step"], list(answer["links"])) == ("cancelled", "stop", ["self"])
    assert counter.post(f"{case}/cancel").json()["code"] == "wrong_state"


def test_the_challenge_is_eight_fresh_bytes(counter: Counter, document) -> None:
    case = counter.captured(document)
    answers = [counter.post(f"{case}/chip-challenges").json() for _ in range(3)]
    values = {from_base64url(answer["challenge"]) for answer in answers}
    assert len(values) == 3
    assert {len(value) for value in values} == {8}
    assert answers[0]["expires_at"] == "2026-11-24T09:32:00Z"

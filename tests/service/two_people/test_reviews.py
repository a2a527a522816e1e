"""Attacks on "two people", over HTTP with real sessions (SECURITY.md 7.3, 7.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from mrtd.specimen.holder import MARTA
from service.adapters.db.tables import reviews
from service.domain.people import Grip
from tests.service.counter import CHECKLIST
from tests.service.two_people.desk import Desk, post


@pytest.fixture
def waiting(desk: Desk) -> str:
    """A case that one person approved."""
    case = desk.captured()
    answer = desk.review(desk.first, case)
    assert (answer.status_code, answer.json()["next_step"]) == (201, "wait_review_2"), answer.text
    return case


def test_two_people_approve(desk: Desk, waiting: str) -> None:
    answer = desk.review(desk.second, waiting)
    assert (answer.status_code, answer.json()["state"]) == (201, "approved")


def test_another_sign_in_is_no_other_person(desk: Desk, waiting: str) -> None:
    assert desk.refused(desk.world.console(desk.first.person), waiting) == "same_reviewer"


def test_another_hsa_id_is_no_other_person(desk: Desk, waiting: str) -> None:
    """One person with two employments, and so two accounts: the personal number is the same."""
    number = desk.first.person.personal_number
    assert desk.refused(desk.world.person("TWICE", personal_number=number), waiting) == "second_account"


def test_a_fresh_account_is_no_other_person(desk: Desk, waiting: str) -> None:
    """Nobody stands for who it is, whatever somebody wrote into it."""
    fresh = desk.world.person("FRESH", vouched_by=())
    assert desk.refused(fresh, waiting) == "identifiers_unverified"
    known_to_one = desk.world.person("KNOWN", vouched_by=("pe_V",))
    assert desk.refused(known_to_one, waiting) == "identifiers_unverified"


@pytest.mark.parametrize("missing", ["hsa_id", "personal_number"])
def test_an_identifier_that_is_missing_denies(desk: Desk, waiting: str, missing: str) -> None:
    assert desk.refused(desk.world.person("HALF", **{missing: None}), waiting) == "identifiers_unverified"


def test_it_denies_the_first_review_too(desk: Desk) -> None:
    case = desk.captured()
    assert desk.refused(desk.world.person("FRESH", vouched_by=()), case) == "identifiers_unverified"


@pytest.mark.parametrize("grip", [Grip.CREATED, Grip.RE_ENROLLED, Grip.RESET, Grip.VOUCHED])
@pytest.mark.parametrize("handled", ["second", "first"])
def test_who_made_the_account_of_the_other(desk: Desk, waiting: str, grip: Grip, handled: str) -> None:
    one, other = (desk.second, desk.first) if handled == "second" else (desk.first, desk.second)
    desk.handle(one, grip, other.person, timedelta(days=30))
    assert desk.refused(desk.second, waiting) == "handled_account"
    desk.world.clock.advance(seconds=1)
    assert desk.review(desk.second, waiting).status_code == 201


def test_one_sign_in_for_two(desk: Desk, waiting: str) -> None:
    """The session of the first review, whoever is said to be behind it."""
    with desk.world.services.database.engine.begin() as connection:
        connection.execute(update(reviews).values(session=desk.second.session))
    assert desk.refused(desk.second, waiting) == "same_session"


def test_a_sign_in_of_this_morning(desk: Desk, waiting: str) -> None:
    desk.world.clock.advance(minutes=5, seconds=1)
    answer = desk.review(desk.second, waiting)
    assert (answer.status_code, answer.json()["code"], answer.json()["retry"]) == (
        403,
        "step_up_required",
        "same_request",
    )
    assert desk.review(desk.world.console(desk.second.person), waiting).status_code == 201


def test_a_passkey_that_signed_something_else(desk: Desk, waiting: str) -> None:
    """A sign-in a moment ago is not this decision: the authenticator must have signed its hash."""
    body = {"decision": "approve", **CHECKLIST, "decision_hash": desk.second.get(waiting).json()["decision_hash"]}
    for signed in (None, "0" * 64):
        desk.sign(desk.second, signed)
        assert post(desk.second, f"{waiting}/reviews", body).json()["code"] == "step_up_required"
    desk.sign(desk.second, body["decision_hash"])
    assert post(desk.second, f"{waiting}/reviews", body).status_code == 201


def test_a_password_alone_approves_nothing(desk: Desk, waiting: str) -> None:
    assert desk.refused(desk.world.console(desk.second.person, "pwd"), waiting) == "step_up_required"


def test_a_refusal_needs_no_second_proof(desk: Desk, waiting: str) -> None:
    """What only denies is taken from whoever may review."""
    desk.world.clock.advance(minutes=20)
    answer = desk.review(desk.second, waiting, "refuse")
    assert (answer.status_code, answer.json()["reason"]) == (201, "reviewers_disagree")


def test_the_token_of_a_phone_reviews_nothing_and_fetches_nothing(desk: Desk, waiting: str) -> None:
    body = {"decision": "refuse", "decision_hash": "0" * 64}
    for path in ("reviews", "result"):
        answer = desk.phone.request("GET" if path == "result" else "POST", f"{waiting}/{path}", desk.token, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_another_phone_does_not_go_on(desk: Desk) -> None:
    """One phone for each case: the one that captures is known."""
    case = desk.phone.post("/v1/verifications", desk.token, {"kind": "reserve_card_no_pnr"}).json()["links"]["self"]
    lines = {"lines": list(desk.document.mrz_lines), "source": "app_ocr"}
    assert desk.phone.post(f"{case}/mrz", desk.token, lines).status_code == 200
    other = desk.world.enrolled(desk.first, desk.second)
    token = desk.world.signed_in(other, desk.first)
    for path, body in (("mrz", lines), ("chip-challenges", None)):
        answer = other.post(f"{case}/{path}", token, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "other_device")


def test_both_before_the_screen_of_the_capturing_phone(desk: Desk) -> None:
    """The second person signs in for this case on the screen of the first one, whose session is on the phone."""
    case = desk.captured()
    assert desk.review(desk.first, case).status_code == 201
    with desk.world.services.database.engine.begin() as connection:
        connection.execute(update(reviews).values(elsewhere=False))
    # nobody called: nobody knows which screen it is
    assert desk.refused(desk.one_case(desk.second, case), case) == "same_screen"
    # called from the phone that captured
    assert desk.phone.post(f"{case}/hand-overs", desk.token).status_code == 201
    assert desk.refused(desk.one_case(desk.second, case), case) == "same_screen"
    # on a screen of their own
    assert desk.review(desk.second, case).status_code == 201


@pytest.mark.parametrize(
    ("column", "code"),
    [("session", "same_session"), ("signed_in_at", "step_up_required"), ("elsewhere", "same_screen")],
)
def test_rows_of_older_software_make_no_result(desk: Desk, waiting: str, column: str, code: str) -> None:
    """The last gate asks again: a review that does not say how it was made is none."""
    assert desk.review(desk.second, waiting).json()["state"] == "approved"
    portal = desk.portal(audience=desk.world.services.issuer.aud)
    with desk.world.services.database.engine.begin() as connection:
        connection.execute(update(reviews).values({column: None}))
    assert portal.get(f"{waiting}/result").json()["code"] == code


def test_a_person_that_turns_out_to_be_the_other_one(desk: Desk, waiting: str) -> None:
    """What is known of people when the result is made counts."""
    assert desk.review(desk.second, waiting).json()["state"] == "approved"
    desk.change(desk.second, personal_number=desk.first.person.personal_number)
    portal = desk.portal(audience=desk.world.services.issuer.aud)
    assert portal.get(f"{waiting}/result").json()["code"] == "second_account"


def test_own_passport_by_name_and_date(desk: Desk) -> None:
    """Marta of the specimen passport works here."""
    family, given = MARTA.full_name
    marta = desk.world.person("MARTA", names=(given, family), born=MARTA.date_of_birth.isoformat())
    case = desk.captured()
    assert desk.refused(marta, case) == "own_passport"
    namesake = desk.world.person("NAMESAKE", names=(given, family), born="1984-03-18")
    assert desk.review(namesake, case).status_code == 201


def test_what_a_review_says_of_itself_is_kept(desk: Desk, waiting: str) -> None:
    with desk.world.services.database.reading() as work:
        (review,) = work.reviews.of(waiting.rpartition("/")[2])
        verification = work.verifications.get(waiting.rpartition("/")[2])
    assert (review.session, review.signed_in_at) == (desk.first.session, desk.world.clock.now())
    assert (review.device, review.elsewhere, review.remote) == (None, True, False)
    assert verification.captured_by_device == desk.phone.id


def test_whoever_is_elsewhere_can_refuse_alone(desk: Desk) -> None:
    case = desk.captured()
    assert desk.refused(desk.first, case, remote=True) == "not_approvable"
    answer = desk.review(desk.first, case, "refuse", remote=True)
    assert (answer.status_code, answer.json()["state"]) == (201, "refused")


def test_the_same_review_again_is_answered_again(desk: Desk) -> None:
    case = desk.captured()
    shown = desk.first.get(case).json()
    desk.sign(desk.first, shown["decision_hash"])
    body = {"decision": "approve", **CHECKLIST, "decision_hash": shown["decision_hash"]}
    once = post(desk.first, f"{case}/reviews", body, key="mine")
    assert post(desk.first, f"{case}/reviews", body, key="mine").content == once.content

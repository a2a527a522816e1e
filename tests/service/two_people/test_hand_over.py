"""The hand-over to the second person: its code, and attacks on it (USERS.md "At the counter" 6)."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.db.hand_over_tables import hand_overs
from service.domain.errors import ServiceError
from service.domain.hand_over import ALPHABET, CODE_LENGTH, code_of, qr_text, read_code, require_patience
from service.domain.identity import Role
from tests.budgets import light
from tests.service.conftest import NOW
from tests.service.devices.world import ELSEWHERE, Console
from tests.service.two_people.desk import Desk, post

CLAIM = "/v1/hand-overs/claim"


# --- the code alone


def test_no_character_is_taken_for_another() -> None:
    """Crockford, "Base 32": ten digits and 22 letters, without I, L, O and U."""
    assert ALPHABET == "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_each_character_is_as_likely() -> None:
    drawn = Tally(code_of(bytes([octet] * CODE_LENGTH))[0] for octet in range(256))
    assert set(drawn.values()) == {8}


@light
@given(st.binary(min_size=CODE_LENGTH, max_size=CODE_LENGTH), st.data())
def test_a_code_is_read_however_it_is_written(octets: bytes, data: st.DataObject) -> None:
    code = code_of(octets)
    assert read_code(qr_text(code)) == code
    written = ""
    for character in code:
        spelled = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        written += data.draw(st.sampled_from(spelled)) + data.draw(st.sampled_from(["", "-", " "]))
    assert read_code(f" {written} ") == code


@light
@given(st.text())
def test_whatever_is_read_is_a_code_or_nothing(text: str) -> None:
    code = read_code(text)
    assert code is None or (len(code) == CODE_LENGTH and set(code) <= set(ALPHABET))


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12345U", "12345Å", "１２３４５６", "PASSKOLL-CASE:", "1234\n56"]
)
def test_what_is_no_code(text: str) -> None:
    assert read_code(text) is None


def test_patience() -> None:
    """Five wrong ones within fifteen minutes; the oldest of them says until when."""
    tries = [NOW + timedelta(minutes=minute) for minute in range(5)]
    require_patience(tries[:4], NOW + timedelta(minutes=4))
    with pytest.raises(ServiceError) as error:
        require_patience(tries, NOW + timedelta(minutes=4))
    assert error.value.retry_after_s == 11 * 60
    require_patience(tries, NOW + timedelta(minutes=15))


# --- over HTTP


@pytest.fixture
def case(desk: Desk) -> str:
    """A case that one person approved."""
    path = desk.captured()
    assert desk.review(desk.first, path).status_code == 201
    return path


def called(console: Console, case: str) -> str:
    """The code on the screen of somebody who calls."""
    answer = console.post(f"{case}/hand-overs")
    assert answer.status_code == 201, answer.text
    assert answer.json()["qr"] == f"PASSKOLL-CASE:{answer.json()['code']}"
    return answer.json()["code"]


def claimed(console: Console, code: str) -> tuple[int, str]:
    """What somebody is answered who claims."""
    answer = console.post(CLAIM, {"code": code})
    return answer.status_code, answer.json().get("code") or answer.json()["links"]["verification"]


def wrong(code: str) -> str:
    """Another code."""
    return ("1" if code[0] == "0" else "0") + code[1:]


def test_the_second_person_finds_the_case(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    assert claimed(desk.second, code.lower()) == (200, case)
    assert desk.review(desk.second, case).json()["state"] == "approved"


def test_from_the_app_of_both(desk: Desk, case: str) -> None:
    answer = desk.phone.post(f"{case}/hand-overs", desk.token)
    other = desk.world.enrolled(desk.first, desk.second)
    token = desk.world.signed_in(other, desk.second)
    assert other.post(CLAIM, token, {"code": answer.json()["qr"]}).json()["links"]["verification"] == case


def test_a_code_is_good_once(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    assert claimed(desk.second, code) == (200, case)
    assert claimed(desk.world.person("THIRD"), code) == (404, "not_found")


def test_a_code_is_good_for_a_quarter_of_an_hour(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    desk.world.clock.advance(minutes=15)
    assert claimed(desk.world.console(desk.second.person), code) == (404, "not_found")


def test_a_new_code_ends_the_one_before(desk: Desk, case: str) -> None:
    before, code = called(desk.first, case), called(desk.first, case)
    assert claimed(desk.second, before) == (404, "not_found")
    assert claimed(desk.second, code) == (200, case)


def test_a_case_that_nobody_can_review_is_not_handed_over(desk: Desk, case: str) -> None:
    assert desk.review(desk.second, case).json()["state"] == "approved"
    assert desk.first.post(f"{case}/hand-overs").json()["code"] == "wrong_state"


def test_whoever_called_is_not_the_second_person(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    assert claimed(desk.first, code) == (409, "same_reviewer")
    twice = desk.world.person("TWICE", personal_number=desk.first.person.personal_number)
    assert claimed(twice, code) == (409, "second_account")
    # and the code stays good for the right one
    assert claimed(desk.second, code) == (200, case)


def test_guessing(desk: Desk, case: str) -> None:
    """Five wrong codes, and this person waits, whatever comes next; the others do not."""
    code = called(desk.first, case)
    assert [claimed(desk.second, wrong(code)) for _ in range(5)] == [(404, "not_found")] * 5
    answer = desk.second.post(CLAIM, {"code": code})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    again = desk.world.console(desk.second.person)
    assert claimed(again, code) == (429, "too_many_requests")
    assert claimed(desk.world.person("THIRD"), code) == (200, case)


def test_guessing_by_many(desk: Desk, case: str) -> None:
    """Twenty wrong codes in the organisation, by whomever, and nobody can claim it any more."""
    code = called(desk.first, case)
    for number in range(4):
        guesser = desk.world.person(f"GUESSER{number}".replace("0", "A").replace("1", "B"))
        assert {claimed(guesser, wrong(code)) for _ in range(5)} == {(404, "not_found")}
    assert claimed(desk.second, code) == (404, "not_found")
    assert claimed(desk.second, called(desk.first, case)) == (200, case)


def test_another_organisation_scans_the_code(desk: Desk, case: str) -> None:
    """QR-jacking: for them there is nothing, and the code stays good."""
    code = called(desk.first, case)
    stranger = desk.world.person("STRANGER", *Role, organisation=ELSEWHERE)
    assert claimed(stranger, code) == claimed(stranger, wrong(code)) == (404, "not_found")
    assert claimed(desk.second, code) == (200, case)


def test_a_colleague_of_another_area_scans_the_code(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    elsewhere = desk.world.person("NORTH")
    desk.change(elsewhere, areas=frozenset({"north"}))
    assert claimed(elsewhere, code) == (404, "not_found")
    assert claimed(desk.second, code) == (200, case)


def test_a_code_gives_no_right(desk: Desk, case: str) -> None:
    code = called(desk.first, case)
    assert claimed(desk.world.person("AUDITOR", Role.AUDITOR), code) == (403, "forbidden")
    holder_of_nothing = desk.phone.request("POST", CLAIM, desk.phone.token(), json={"code": code})
    assert holder_of_nothing.status_code == 403


def test_the_code_lies_nowhere(desk: Desk, case: str) -> None:
    """Not as it is, and not as a hash that could be found by trying all of them without the key."""
    import hashlib

    code = called(desk.first, case)
    with desk.world.services.database.engine.connect() as connection:
        (row,) = connection.execute(hand_overs.select()).all()
    kept = row.code_digest
    assert code not in repr(row)
    assert kept not in {hashlib.sha256(text.encode()).hexdigest() for text in (code, qr_text(code), code.lower())}
    assert [action for action in desk.world.actions() if action.startswith("hand_over")] == ["hand_over_opened"]
    assert code not in repr(desk.world.recorded())


def test_colleagues_are_told_without_a_name(desk: Desk, case: str) -> None:
    called(desk.first, case)
    with desk.world.services.database.reading() as work:
        events = work.events.of(case.rpartition("/")[2])
    assert [(event.event.type.value, dict(event.event.data)) for event in events] == [
        ("verification.hand_over", {"state": "review_1"})
    ]


# --- the session for one case


def test_on_the_screen_of_the_first_person(desk: Desk, case: str) -> None:
    """It sees the one case, decides, and is over; the session of the first one is whole."""
    called(desk.first, case)
    other = desk.opened()
    only = desk.one_case(desk.second, case)
    assert only.get(case).status_code == 200
    assert only.get(other).status_code == 404
    assert [shown["id"] for shown in only.get("/v1/verifications?mine").json()["verifications"]] == []
    for path, body in (
        ("/v1/verifications", {"kind": "reserve_card_no_pnr"}),
        (f"{case}/hand-overs", None),
        (CLAIM, {"code": "000000"}),
        ("/v1/devices/invitations", None),
        ("/v1/pairings", None),
    ):
        answer = post(only, path, body or {})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
    assert only.get("/v1/devices").status_code == 403
    assert only.get("/v1/people").status_code == 403
    assert desk.review(only, case).json()["state"] == "approved"
    assert only.get(case).status_code == 401
    assert desk.first.get(case).status_code == 200


def test_yesterdays_codes_are_forgotten(desk: Desk, case: str) -> None:
    from service.usecases.forget_codes import ForgetCodes

    code = called(desk.first, case)
    assert claimed(desk.second, wrong(code)) == (404, "not_found")
    forget = ForgetCodes(desk.world.services.database, desk.world.clock)
    desk.world.clock.advance(hours=24, minutes=14)
    forget()
    with desk.world.services.database.engine.connect() as connection:
        assert len(connection.execute(hand_overs.select()).all()) == 1
    desk.world.clock.advance(minutes=2)
    forget()
    with desk.world.services.database.engine.connect() as connection:
        assert connection.execute(hand_overs.select()).all() == []

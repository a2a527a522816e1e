"""When two accounts are two people, and none of them the holder (SECURITY.md 7.3, 7.4): the rules alone."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from service.domain.errors import ProblemCode, ServiceError
from service.domain.holder import Names
from service.domain.identity import Principal
from service.domain.names import DocumentName
from service.domain.people import Grip, Handling, Person, PersonStatus
from service.domain.two_people import (
    Subject,
    elsewhere,
    require_fresh,
    require_not_one,
    require_other,
    require_two,
    require_two_sessions,
    require_unhandled,
    require_verified,
)
from tests.service.findings import AT

Code = ProblemCode
DAYS = timedelta(days=1)


def person(name: str, **changes: object) -> Person:
    """Somebody whose identifiers an identity provider asserted."""
    known = Person(
        name,
        "Utopia",
        frozenset(),
        None,
        PersonStatus.ACTIVE,
        AT,
        names=(name.title(), "Andersson"),
        born="1970-01-01",
        hsa_id=f"SE2321000016-{name}",
        personal_number=name.encode(),
        asserted_at=AT,
    )
    return replace(known, **changes)


ANNA, BENGT = person("anna"), person("bengt")


def code_of(rule, *arguments: object) -> ProblemCode | None:
    """Why a rule refuses; None where it does not."""
    try:
        rule(*arguments)
    except ServiceError as error:
        return error.code
    return None


#: id, HSA-id, personal number of the second account: the first one's, another one, or none.
TABLE = list(itertools.product(("same", "other"), ("same", "other", None), ("same", "other", None)))


@pytest.mark.parametrize(("account", "hsa_id", "number"), TABLE)
def test_every_combination_of_identifiers(account: str, hsa_id: str | None, number: str | None) -> None:
    """Only where all three are there and differ are two accounts two people."""
    second = person(
        "anna" if account == "same" else "bengt",
        hsa_id={"same": ANNA.hsa_id, "other": "SE2321000016-X", None: None}[hsa_id],
        personal_number={"same": ANNA.personal_number, "other": b"x", None: None}[number],
    )
    if account == "same":
        expected = Code.SAME_REVIEWER
    elif None in (hsa_id, number):
        expected = Code.IDENTIFIERS_UNVERIFIED
    else:
        expected = Code.SECOND_ACCOUNT if "same" in (hsa_id, number) else None
    assert code_of(require_two, ANNA, second) is expected
    assert code_of(require_two, second, ANNA) is expected


def test_an_hsa_id_is_the_same_in_any_case() -> None:
    assert code_of(require_two, ANNA, replace(BENGT, hsa_id="se2321000016-ANNA")) is Code.SECOND_ACCOUNT


@pytest.mark.parametrize("missing", ["hsa_id", "personal_number", "born", "names"])
def test_what_is_missing_denies(missing: str) -> None:
    incomplete = replace(ANNA, **{missing: ("", "") if missing == "names" else None})
    assert code_of(require_verified, incomplete) is Code.IDENTIFIERS_UNVERIFIED


def test_nobody_is_no_reviewer() -> None:
    assert code_of(require_verified, None) is Code.IDENTIFIERS_UNVERIFIED


@pytest.mark.parametrize(
    ("vouched_by", "counts"),
    [((), False), (("x",), False), (("x", "x"), False), (("x", "anna"), False), (("x", "y"), True)],
    ids=str,
)
def test_a_local_account_counts_when_two_others_vouched(vouched_by: tuple[str, ...], counts: bool) -> None:
    local = replace(ANNA, asserted_at=None, vouched_by=vouched_by)
    assert code_of(require_verified, local) is (None if counts else Code.IDENTIFIERS_UNVERIFIED)


@pytest.mark.parametrize("grip", Grip)
@pytest.mark.parametrize(
    ("ago", "denied"),
    [(-DAYS, True), (0 * DAYS, True), (30 * DAYS, True), (30 * DAYS + timedelta(seconds=1), False)],
    ids=str,
)
def test_who_had_the_account_of_the_other_in_hand(grip: Grip, ago: timedelta, denied: bool) -> None:
    """Thirty days; a clock that was set back frees nobody."""
    handled = replace(BENGT, handlings=(Handling(grip, ANNA.id, AT - ago),))
    expected = Code.HANDLED_ACCOUNT if denied else None
    assert code_of(require_unhandled, ANNA, handled, AT) is expected
    assert code_of(require_unhandled, handled, ANNA, AT) is expected


def test_what_others_did_is_no_matter() -> None:
    handled = replace(BENGT, handlings=(Handling(Grip.RESET, "cecilia", AT), Handling(Grip.CREATED, "bengt", AT)))
    assert code_of(require_unhandled, ANNA, handled, AT) is None


def who(**changes: object) -> Principal:
    """A reviewer."""
    return replace(Principal("anna", "Utopia", frozenset(), session="ss", signed_in_at=AT), **changes)


@pytest.mark.parametrize(
    ("changes", "fresh"),
    [
        ({}, True),
        ({"signed_in_at": AT - timedelta(minutes=5)}, True),
        ({"signed_in_at": AT - timedelta(minutes=5, seconds=1)}, False),
        ({"signed_in_at": AT + timedelta(seconds=1)}, False),
        ({"signed_in_at": None}, False),
        ({"session": None}, False),
        ({"approves": "a" * 64}, True),
        ({"approves": "b" * 64}, False),
    ],
    ids=str,
)
def test_an_approval_needs_a_fresh_proof(changes: dict, fresh: bool) -> None:
    """RULES.md section 5: `auth_time` at most five minutes; SECURITY.md 7.3: what was signed is this decision."""
    found = code_of(partial(require_fresh, signs=False), who(**changes), "a" * 64, AT)
    assert found is (None if fresh else Code.STEP_UP_REQUIRED)


@pytest.mark.parametrize(("approves", "good"), [("a" * 64, True), ("b" * 64, False), (None, False)])
def test_a_passkey_signs_this_decision(approves: str | None, good: bool) -> None:
    found = code_of(partial(require_fresh, signs=True), who(approves=approves), "a" * 64, AT)
    assert found is (None if good else Code.STEP_UP_REQUIRED)


def subject(family: str, given: str, born: tuple[str, ...], numbers: tuple[bytes, ...] = ()) -> Subject:
    """The person of a passport, as its zone prints the name."""
    return Subject(DocumentName(Names(family, given)), frozenset(born), frozenset(numbers))


@pytest.mark.parametrize(
    ("names", "born", "passport", "own"),
    [
        # ICAO 9303-3 §6 A: Å is AA, Ö is OE
        (("Åsa", "Öberg"), "1984-08-12", subject("OEBERG", "AASA", ("1984-08-12",)), True),
        (("Åsa", "Öberg"), "1984-08-12", subject("OEBERG", "AASA MARIA", ("1984-08-12",)), True),
        (("Åsa", "Öberg"), "1984-08-12", subject("AASA", "OEBERG", ("1984-08-12",)), True),
        # a married name beside the old one, and a slip
        (("Åsa", "Öberg"), "1984-08-12", subject("OEBERG LIND", "AASA", ("1984-08-12",)), True),
        (("Kristina", "Lindberg"), "1984-08-12", subject("LINDBERG", "CRISTINA", ("1984-08-12",)), True),
        # another day, or a day that the document leaves open
        (("Åsa", "Öberg"), "1984-08-12", subject("OEBERG", "AASA", ("1984-08-13",)), False),
        (("Åsa", "Öberg"), "1984-08-12", subject("OEBERG", "AASA", ()), True),
        (("Åsa", "Öberg"), "1924-08-12", subject("OEBERG", "AASA", ("1924-08-12", "2024-08-12")), True),
        # somebody else born on that day
        (("Åsa", "Öberg"), "1984-08-12", subject("MUELLER", "HANS", ("1984-08-12",)), False),
        # their number under whatever name
        (("Åsa", "Öberg"), "1984-08-12", subject("MUELLER", "HANS", ("1950-01-01",), (b"anna",)), True),
        (("Åsa", "Öberg"), "1984-08-12", subject("MUELLER", "HANS", ("1950-01-01",), (b"bengt",)), False),
    ],
)
def test_nobody_reviews_their_own_passport(names, born: str, passport: Subject, own: bool) -> None:
    reviewer = replace(ANNA, names=names, born=born)
    assert code_of(require_other, reviewer, passport) is (Code.OWN_PASSPORT if own else None)


@pytest.mark.parametrize(
    ("device", "captured", "other"),
    [
        ("de_1", "de_1", False),
        ("de_2", "de_1", True),
        (None, "de_1", True),
        ("de_1", None, False),
        (None, None, False),
    ],
)
def test_another_screen(device: str | None, captured: str | None, other: bool) -> None:
    """Where nobody knows which phone captured, no screen is another one."""
    assert elsewhere(device, captured) is other


@pytest.mark.parametrize(
    ("sessions", "two"),
    [(["a", "b"], True), (["a", "a"], False), (["a", None], False), ([None, None], False)],
    ids=str,
)
def test_a_sign_in_each(sessions: list[str | None], two: bool) -> None:
    assert code_of(require_two_sessions, sessions) is (None if two else Code.SAME_SESSION)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (ANNA, BENGT, None),
        (ANNA, replace(BENGT, hsa_id="se2321000016-ANNA"), Code.SECOND_ACCOUNT),
        (ANNA, replace(BENGT, personal_number=ANNA.personal_number), Code.SECOND_ACCOUNT),
        (ANNA, replace(BENGT, hsa_id=None, personal_number=None), None),
        (replace(ANNA, hsa_id=None, personal_number=None), replace(BENGT, hsa_id=None, personal_number=None), None),
        (ANNA, None, None),
        (None, BENGT, None),
    ],
)
def test_what_only_stops_asks_for_less(one: Person | None, other: Person | None, refused: ProblemCode | None) -> None:
    """A revocation does not wait for identifiers, and two accounts of one person are still one."""
    assert code_of(require_not_one, one, other) == refused

"""Four eyes on the trust store (SECURITY.md 4.4): who may activate what, and when not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.pki.realm import Realm
from service.domain.trust import (
    MAX_ACTOR,
    MAX_REASON,
    Activation,
    Actor,
    Draft,
    TrustError,
    TrustProblem,
    activate,
    named_digest,
)
from tests.budgets import light

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, NOW_IN_USE, NEW = "0" * 64, "1" * 64, "2" * 64
DRAFT = Draft(NEW, Realm.SPECIMEN, "h" * 64, NOW_IN_USE, AT, "anna")
ANNA, BERTIL = Actor.named("anna"), Actor.named("bertil")
HISTORY = (
    Activation(OLD, "g" * 64, None, AT - timedelta(days=9), "anna", "bertil"),
    Activation(NOW_IN_USE, "i" * 64, OLD, AT - timedelta(days=5), "anna", "bertil"),
)


def attempt(draft: Draft | None = DRAFT, named: str = NEW, first: Actor = ANNA, second: Actor = BERTIL, **changes):
    options = {"realm": Realm.SPECIMEN, "history": HISTORY, "at": AT} | changes
    return activate(draft, named, first, second, **options)


def refused(*arguments, **options) -> TrustProblem:
    with pytest.raises(TrustError) as error:
        attempt(*arguments, **options)
    return error.value.code


def test_two_people_activate_the_draft() -> None:
    expected = Activation(NEW, "h" * 64, NOW_IN_USE, AT, "anna", "bertil", None)
    assert attempt() == expected
    assert attempt(named=NEW[:16]) == expected
    assert attempt(named=f" {NEW.upper()} ", reason="  a new list ") == replace(expected, reason="a new list")


@pytest.mark.parametrize(
    "second",
    ["anna", "ANNA", " Anna ", "ａｎｎａ", "anna\t", "\u00a0anna", ""],
    ids=["same", "capitals", "blanks", "full width", "tab", "no-break space", "nobody"],
)
def test_one_person_is_not_two(second: str) -> None:
    person = Actor.named(second) if second.strip() else Actor(second)
    assert refused(second=person) is TrustProblem.SECOND_PERSON_REQUIRED
    assert refused(first=person, second=ANNA) is TrustProblem.SECOND_PERSON_REQUIRED


def test_letters_that_fold_into_several_are_one_person() -> None:
    assert Actor.named("STRAẞE").person == Actor.named("strasse").person
    assert refused(first=Actor.named("Straße"), second=Actor.named("STRASSE")) is TrustProblem.SECOND_PERSON_REQUIRED
    composed, decomposed = "Åsa", "A\u030asa"
    assert refused(first=Actor.named(composed), second=Actor.named(decomposed)) is TrustProblem.SECOND_PERSON_REQUIRED


@pytest.mark.parametrize("name", ["an\u200bna", "anna\u202e", "an\x00na", "x" * (MAX_ACTOR + 1)], ids=range(4))
def test_names_that_hide_something_are_refused(name: str) -> None:
    """A zero-width space makes two names of one that looks the same."""
    with pytest.raises(TrustError) as error:
        Actor.named(name)
    assert error.value.code is TrustProblem.ACTOR_UNREADABLE


#: Default ignorable or blank, and printable all the same (Unicode 15: DerivedCoreProperties.txt, Blocks.txt).
UNSEEN = [
    0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180D, 0x180F,
    0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFFA0, 0xE0100, 0xE01EF,
]  # fmt: skip


@pytest.mark.parametrize("code", UNSEEN, ids=hex)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_no_character_of_a_name_is_unseen(code: int, place: int) -> None:
    """Or `anna` would be two people who look the same."""
    with pytest.raises(TrustError) as error:
        Actor.named("anna"[:place] + chr(code) + "anna"[place:])
    assert error.value.code is TrustProblem.ACTOR_UNREADABLE


@pytest.mark.parametrize("name", ["аnna", "anna αnna", "b\u0435rtil"], ids=["Cyrillic a", "Greek word", "Cyrillic e"])
def test_one_name_has_one_alphabet(name: str) -> None:
    with pytest.raises(TrustError) as error:
        Actor.named(name)
    assert (error.value.code, error.value.detail) == (TrustProblem.ACTOR_UNREADABLE, "it mixes alphabets")


@pytest.mark.parametrize(
    "name", ["Åsa Öberg-O'Neill", "Анна Каренина", "Άννα", "山田 はなこ", "anna@example.org", "7"]
)
def test_names_of_people(name: str) -> None:
    assert Actor.named(name).id == name


@pytest.mark.parametrize("name", [None, "", "  ", "\u3000"], ids=range(4))
def test_nobody_is_no_actor(name: str | None) -> None:
    with pytest.raises(TrustError) as error:
        Actor.named(name)
    assert error.value.code is TrustProblem.ACTOR_MISSING


@light
@given(st.text(min_size=1, max_size=40))
def test_however_a_name_is_written_it_is_one_person(name: str) -> None:
    try:
        actor = Actor.named(name)
    except TrustError:
        return
    for written in (f" {name} ", actor.id, name.casefold()):
        assert Actor.named(written).person == actor.person


def test_what_is_not_there_cannot_be_activated() -> None:
    assert refused(None) is TrustProblem.NO_DRAFT


def test_both_name_the_very_draft() -> None:
    assert refused(named=OLD) is TrustProblem.NOT_THE_DRAFT
    assert refused(named=NEW[:15]) is TrustProblem.BAD_DIGEST
    assert refused(named="") is TrustProblem.BAD_DIGEST
    assert refused(named=NEW + "2") is TrustProblem.BAD_DIGEST


@pytest.mark.parametrize("based_on", [OLD, None], ids=["an earlier store", "nothing"])
def test_somebody_activated_in_between(based_on: str | None) -> None:
    assert refused(replace(DRAFT, based_on=based_on)) is TrustProblem.DRAFT_OUTDATED
    assert refused(history=()) is TrustProblem.DRAFT_OUTDATED


def test_realms_never_meet() -> None:
    """SECURITY.md 4.5."""
    assert refused(realm=Realm.PRODUCTION) is TrustProblem.OTHER_REALM
    assert refused(replace(DRAFT, realm=Realm.PRODUCTION)) is TrustProblem.OTHER_REALM


def test_an_earlier_store_comes_back_for_a_reason() -> None:
    back = replace(DRAFT, digest=OLD)
    assert refused(back, OLD) is TrustProblem.REASON_REQUIRED
    assert refused(back, OLD, reason="   ") is TrustProblem.REASON_REQUIRED
    assert attempt(back, OLD, reason="the new list was withdrawn").reason == "the new list was withdrawn"


def test_what_is_in_use_is_not_activated_again() -> None:
    assert refused(replace(DRAFT, digest=NOW_IN_USE), NOW_IN_USE) is TrustProblem.ALREADY_ACTIVE


def test_a_reason_is_no_novel() -> None:
    assert refused(reason="x" * (MAX_REASON + 1)) is TrustProblem.REASON_TOO_LONG


@pytest.mark.parametrize(
    "history",
    [HISTORY[1:], (HISTORY[0], replace(HISTORY[1], previous=None)), (replace(HISTORY[0], previous=NEW), HISTORY[1])],
    ids=["the first is missing", "a link is missing", "something came before the first"],
)
def test_nothing_follows_a_history_with_a_gap(history: tuple[Activation, ...]) -> None:
    assert refused(history=history) is TrustProblem.STORE_DAMAGED


def test_prefixes() -> None:
    assert named_digest(" ABCDEF0123456789\n") == "abcdef0123456789"
    assert refused(named=NEW[:15] + "3") is TrustProblem.NOT_THE_DRAFT

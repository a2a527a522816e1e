"""The second reviewer decides without knowing what the first one wrote (USERS.md, at the counter, 6)."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.blind_review import visible_reviews
from service.domain.identity import Caller, Presented, Principal
from service.domain.review import Decision, decision_hash
from service.domain.verification import State
from tests.service.counter import Counter
from tests.service.findings import JUDGED, ORGANISATION, case, review_by
from tests.service.two_persons import TwoPersons

#: What the first reviewer wrote, in words that nobody else would.
WORDS = "the laminate lifts at the corner ZZFIRST"
UNDECIDED = (State.CREATED, State.MRZ_CAPTURED, State.CHECKED, State.REVIEW_1, State.REVIEW_2)
SYSTEMS = (Caller.APP, Caller.HOLDER, Caller.PORTAL, Caller.HARNESS, Caller.DEVICE)


def somebody(name: str, *callers: Caller) -> Principal:
    return Principal(name, ORGANISATION, frozenset(callers))


# --- the rule


@pytest.mark.parametrize("state", State)
def test_a_reviewer_sees_others_after_the_decision_or_their_own_word(state: State) -> None:
    anna, bo = review_by("anna"), review_by("bo")
    verification = case(state)
    decided = state not in UNDECIDED
    for given, reviewer, shown in [
        ([anna], "anna", [anna]),
        ([anna], "bo", [anna] if decided else []),
        ([anna], "cecilia", [anna] if decided else []),
        ([anna, bo], "bo", [anna, bo]),
        ([anna, bo], "cecilia", [anna, bo] if decided else []),
        ([], "bo", []),
    ]:
        assert list(visible_reviews(verification, given, somebody(reviewer, Caller.REVIEWER))) == shown


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("caller", SYSTEMS)
def test_systems_and_phones_see_none(state: State, caller: Caller) -> None:
    """Not even the phone of somebody who reviewed: the screen of a counter is seen by many."""
    assert visible_reviews(case(state), [review_by("anna")], somebody("anna", caller)) == ()


# --- over HTTP


def reviewed_once(counter: Counter, document, **changes) -> str:
    """A verification that the first person approved, in their own words."""
    path = counter.checked(document, "order-1")
    assert counter.review(path, 0, reason=WORDS, **changes).status_code == 201
    return path


def test_the_second_one_is_told_that_one_is_given_and_nothing_of_it(counter: Counter, document) -> None:
    path = reviewed_once(counter, document)
    mine, theirs = counter.get(path).json(), counter.get(path, person=1).json()
    assert [(review["decision"], review["own"]) for review in mine["reviews"]] == [("approve", True)]
    assert (theirs["reviews"], theirs["reviews_given"], theirs["state"]) == ([], 1, "review_1")
    # all else is the same for both: nothing beside the list depends on who wrote it
    assert {**mine, "reviews": []} == theirs


def test_after_their_own_word_they_see_the_other(counter: Counter, document) -> None:
    path = reviewed_once(counter, document)
    answer = counter.review(path, 1).json()
    assert answer["state"] == "approved"
    for shown in (answer, counter.get(path, person=1).json()):
        assert [(review["decision"], review["own"]) for review in shown["reviews"]] == [
            ("approve", False),
            ("approve", True),
        ]
        assert shown["reviews_given"] == 2


def test_nothing_that_the_second_one_can_ask_for_shows_it(counter: Counter, document) -> None:
    """Every operation that a reviewer may call, and problems: neither the words nor the time of the first review."""
    path = reviewed_once(counter, document)
    at = counter.get(path).json()["reviews"][0]["at"]
    said: list[str] = []
    for route in ("", "/portrait", "/page", "/mrz-crop"):
        said.append(counter.get(path + route, person=1).text)
    said.append(counter.get("/v1/verifications?mine", person=1).text)
    stale = {"decision_hash": "0" * 64}
    contradicted = {"face": {"same_person": False, "features_compared": True}}
    for changes in (stale, contradicted):
        answer = counter.review(path, 1, **changes)
        assert answer.status_code in (409, 422)
        said.append(answer.text)
    lookup = {"source": "polisen", "status": "valid", "document": "passport"}
    said.append(counter.post(f"{path}/status-lookups", lookup, person=1).text)
    said.append(counter.post(f"{path}/revoke", {"reason": "wrong_person"}, person=1).text)
    said.append(counter.post(f"{path}/cancel", person=1).text)
    first_answer = [text for text in said if at in text and '"reviews":[]' not in text]
    assert first_answer == []
    assert not any("ZZFIRST" in text for text in said)


def test_an_idempotency_key_of_the_first_one_gives_the_second_nothing(counter: Counter, document) -> None:
    """The scope of a key is its principal (SECURITY.md 7.6)."""
    path = counter.checked(document)
    body = {
        "decision": "approve", "inspection": _yes("document_as_expected", "page_and_laminate_intact",
        "chip_in_this_booklet", "printed_page_equals_screen"), "face": _yes("same_person", "features_compared"),
        "reason": WORDS, "decision_hash": counter.get(path).json()["decision_hash"],
    }  # fmt: skip
    assert counter.post(f"{path}/reviews", body, key="one-key").status_code == 201
    answer = counter.post(f"{path}/reviews", body, person=1, key="one-key")
    assert (answer.status_code, answer.json()["code"]) == (409, "decision_changed")
    assert "ZZFIRST" not in answer.text


def _yes(*questions: str) -> dict[str, bool]:
    return dict.fromkeys(questions, True)


class OneKindOfCaller:
    """The same people, each with one right alone."""

    def __init__(self, inner: TwoPersons) -> None:
        self.inner, self.caller = inner, Caller.PORTAL

    def authenticate(self, presented: Presented) -> Principal | None:
        """Who it is, as `caller`."""
        who = self.inner.authenticate(presented)
        return who and replace(who, callers=frozenset({self.caller}))

    def banner(self) -> tuple[str, ...]:
        """Nothing unusual."""
        return ()


@pytest.mark.parametrize("caller", [Caller.APP, Caller.PORTAL])
def test_others_are_told_how_many(counter: Counter, services: wiring.Services, document, caller: Caller) -> None:
    path = reviewed_once(counter, document)
    others = OneKindOfCaller(services.identity)
    others.caller = caller
    with TestClient(application(replace(services, identity=others, close=lambda: None))) as client:
        asked = Counter(client, counter.tokens)
        for reviews_given in (1, 2):
            for person in (0, 1):
                shown = asked.get(path, person=person).json()
                assert (shown["reviews"], shown["reviews_given"]) == ([], reviews_given)
            counter.review(path, 1)


# --- the decision hash, which both can read


def test_the_hash_covers_what_the_first_one_wrote(counter: Counter, document) -> None:
    """So the second word is bound to the first, though unseen: other answers, another hash."""
    first = review_by("anna")
    other = replace(first, reason="other words")
    assert decision_hash(JUDGED, [first]) != decision_hash(JUDGED, [other]) != decision_hash(JUDGED, [])


def test_the_hash_tells_nobody_what_was_written(counter: Counter, services, document) -> None:
    """A hash could be tried against guesses by who knows all the rest of it. Nobody but the service does.

    It covers the digest of what the chip signed, which no answer holds. Nor can the reviewer read it off the
    passport: the chip signs another challenge.
    """
    path = reviewed_once(counter, document)
    shown = counter.get(path, person=1).json()
    with services.database.reading() as work:
        judgement = work.judgements.latest(path.rpartition("/")[2])
        (written,) = work.reviews.of(path.rpartition("/")[2])
    assert decision_hash(judgement, [written]) == shown["decision_hash"]
    secret = judgement.evidence_digests["AA.response"]
    assert secret not in json.dumps(shown)
    known = {name: digest for name, digest in judgement.evidence_digests.items() if digest in json.dumps(shown)}
    assert "AA.response" not in known
    # with everything that the second one is shown, the right guess is still not told from a wrong one
    as_seen = replace(judgement, evidence_digests=known)
    guesses = [replace(written, reason=reason) for reason in (WORDS, None, "other words")]
    decisions = [replace(guess, decision=decision) for guess, decision in itertools.product(guesses, Decision)]
    assert shown["decision_hash"] not in {decision_hash(as_seen, [guess]) for guess in decisions}

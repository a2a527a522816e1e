"""A live session against a chip that shares no protocol code with it: what is judged, kept, and never kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mrtd.evidence import ElementaryFile
from mrtd.specimen.card import (
    Behaviour,
    ChipAuthenticationOffer,
    Fault,
    PaceOffer,
    SpecimenCard,
    make_card,
)
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from service import wiring
from service.api.v1 import answers
from service.domain.audit import Action
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Caller, Principal, Role
from service.domain.live import (
    MAX_CONNECTIONS,
    MAX_SESSION_S,
    Apdus,
    Cancel,
    Done,
    Failed,
    LiveCode,
    NextTry,
    Responses,
    Restart,
    TagLost,
)
from service.domain.mrz_capture import CaptureSource
from service.domain.verification import Kind, NextStep, State
from service.usecases.judging import Judging
from service.usecases.live_reading import LiveReading, LiveTools
from service.usecases.live_sessions import LiveSessions
from tests.service.live.phone import HELLO, Phone

CA = (ChipAuthenticationOffer(),)
GM = (PaceOffer(),)
WHO = Principal(
    "person-at-the-counter-1",
    "specimen",
    frozenset({Caller.APP}),
    frozenset({Role.ID_ADMINISTRATOR}),
    device="phone-1",
)


def rendered(judged: Any) -> bytes:
    """As the routes answer."""
    return answers.octets(answers.chip_judged(judged))


class Seconds:
    """A stopwatch that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A counter of one service: opens cases, and reads chips for them."""

    def __init__(self, services: wiring.Services) -> None:
        self.services = services
        self.seconds = Seconds()
        tools: LiveTools = services.live._tools
        self.live = LiveSessions(replace(tools, monotonic=self.seconds))
        self.who = replace(WHO, organisation=services.identity.organisation)  # type: ignore[attr-defined]
        self.keys = 0

    def case(
        self, card: SpecimenCard, lines: tuple[str, ...] | None = None, source: CaptureSource = CaptureSource.TYPED
    ) -> str:
        """A verification whose lines are captured."""
        once: Any = _NotKept()
        opened = self.services.open_verification(
            self.who, Kind.RESERVE_CARD_NO_PNR, None, None, once, area=None, protected=False
        )
        self.services.capture_mrz(self.who, opened.id, lines or card.document.mrz_lines, source)
        return opened.id

    def session(self, case: str, who: Principal | None = None) -> LiveReading:
        """A session for it."""
        return self.live.open(who or self.who, case, rendered)

    def read(self, card: SpecimenCard) -> tuple[str, dict[str, Any], Phone]:
        """A case from its lines to the judgement."""
        case = self.case(card)
        session = self.session(case)
        phone = Phone(card, session.take)
        done = phone.read()
        assert isinstance(done, Done), done
        return case, json.loads(done.answer), phone

    def state(self, case: str) -> State:
        """Where it stands."""
        with self.services.database.reading() as work:
            return work.verifications.get(case).state


class _NotKept:
    """Nobody sends it again."""

    def remember(self, *_args: object) -> None:
        """Not."""


@pytest.fixture
def desk(services: wiring.Services) -> Desk:
    return Desk(services)


@pytest.fixture(scope="module")
def card_of(issuer: SpecimenIssuer) -> Callable[..., SpecimenCard]:
    number = 0

    def make(behaviour: Behaviour) -> SpecimenCard:
        nonlocal number
        number += 1
        return make_card(issuer, behaviour, profile=IssuingProfile(document_number=f"UL{number:07}"))

    return make


CardOf = Callable[[Behaviour], SpecimenCard]

PROOFS = {
    "aa": (Behaviour(pace=GM), "server_challenge", "PACE-GM"),
    "ca": (Behaviour(pace=GM, active_authentication=False, chip_authentication=CA), "server_key", "PACE-GM"),
    "cam": (
        Behaviour(pace=(PaceOffer("6.2"), PaceOffer("2.2")), active_authentication=False),
        "server_key",
        "PACE-CAM",
    ),
    "aa over BAC": (Behaviour(), "server_challenge", "BAC"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_genuine_chip_is_verified_and_kept_to_be_judged_again(desk: Desk, card_of: CardOf, name: str) -> None:
    behaviour, origin, access = PROOFS[name]
    card = card_of(behaviour)
    case, answer, _ = desk.read(card)
    assert answer["state"] == "checked"
    assert answer["next_step"] == "wait_review_1"
    assert (answer["report"]["outcome"], answer["report"]["chip_genuine"]) == ("verified", "yes")
    checks = {check["id"]: check for check in answer["report"]["checks"]}
    assert checks["evidence.source"]["facts"]["source"] == "live"
    assert checks["access.protocol"]["facts"]["protocol"] == access
    with desk.services.database.reading() as work:
        stored = work.evidence.latest(case)
        judgement = work.judgements.latest(case)
        told = work.audit.of(case)
    assert stored is not None
    assert judgement is not None
    assert stored.live is not None
    assert judgement.proof_origin.value == origin
    for file in (ElementaryFile.SOD, ElementaryFile.DG1, ElementaryFile.DG2):
        assert stored.evidence.files[file] == card.document.files[file]
    judged = [row for row in told if row.action == Action.CHIP_JUDGED]
    assert judged[0].details["source"] == "live"
    # the same evidence gives the same report, from what is kept alone
    with desk.services.database.reading() as work:
        capture = work.captures.of(case)[-1]
    again = desk.services.submit_chip.judging.judge_stored(stored, capture, judgement.at)
    assert again == judgement


@pytest.mark.parametrize(
    ("behaviour", "check", "reason"),
    [
        (Behaviour(fault=Fault.CLONE), "aa.signature", "bad_signature"),
        (
            Behaviour(pace=GM, active_authentication=False, chip_authentication=CA, fault=Fault.CLONE),
            "ca.secure_messaging",
            "bad_mac",
        ),
    ],
    ids=["its own key for Active Authentication", "its own key for Chip Authentication"],
)
def test_a_clone_is_refused(desk: Desk, card_of: CardOf, behaviour: Behaviour, check: str, reason: str) -> None:
    case, answer, _ = desk.read(card_of(behaviour))
    assert (answer["state"], answer["next_step"]) == ("refused", "stop")
    failed = {(one["id"], one["reason"]) for one in answer["report"]["checks"] if one["status"] == "FAILED"}
    assert (check, reason) in failed
    assert desk.state(case) is State.REFUSED


def test_a_clone_that_refuses_to_prove_itself_stays_open(desk: Desk, card_of: CardOf) -> None:
    behaviour = Behaviour(active_authentication=False, chip_authentication=CA, fault=Fault.CLONE_THAT_REFUSES)
    case, answer, _ = desk.read(card_of(behaviour))
    assert answer["report"]["chip_genuine"] == "undetermined"
    assert (answer["state"], answer["next_step"]) == ("mrz_captured", "read_chip_live")
    assert desk.state(case) is State.MRZ_CAPTURED


def test_a_lost_tag_begins_anew_inside_the_case(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour(pace=GM, chip_authentication=CA, fault=Fault.TAG_LOST, at=14))
    case, answer, phone = desk.read(card)
    assert answer["state"] == "checked"
    assert [frame.reason for frame in phone.seen if isinstance(frame, Restart)] == [LiveCode.TAG_LOST]
    with desk.services.database.reading() as work:
        challenges = work.challenges.of(case)
        stored = work.evidence.latest(case)
    # each connection has a challenge of its own, and the one that counts is the last
    assert len(challenges) == 2
    assert stored is not None
    assert stored.challenge is not None
    (answered,) = [challenge for challenge in challenges if challenge.answered_at is not None]
    assert stored.challenge.challenge == answered.value
    assert stored.evidence.active_authentication is not None
    assert stored.evidence.active_authentication.challenge == answered.value
    first = [frame for frame in phone.seen if isinstance(frame, Apdus) and frame.connection == 1]
    second = [frame for frame in phone.seen if isinstance(frame, Apdus) and frame.connection == 2]
    assert not {c for f in first for c in f.commands if c[0] & 0x0C} & {c for f in second for c in f.commands}


def test_a_tag_that_is_always_lost_ends_the_session(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    case = desk.case(card)
    session = desk.session(case)
    frame = session.take(HELLO)
    connections = 1
    while not isinstance(frame, Failed):
        if isinstance(frame, Restart):
            connections += 1
            frame = session.take(Phone(card, session.take).carry(frame))
        else:
            assert isinstance(frame, Apdus)
            frame = session.take(TagLost(frame.batch))
    assert frame == Failed(LiveCode.TAG_LOST)
    assert (connections, session.next_try) == (MAX_CONNECTIONS, NextTry.NEW_CHIP_ATTEMPT)
    assert desk.state(case) is State.MRZ_CAPTURED


def test_lines_that_do_not_open_the_chip_are_compared_by_a_person(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    other = card_of(Behaviour())
    case = desk.case(card, other.document.mrz_lines)
    session = desk.session(case)
    failed = Phone(card, session.take).read()
    assert isinstance(failed, Failed)
    assert failed.code is LiveCode.ACCESS_DENIED
    assert session.next_try is NextTry.CONFIRM_MRZ


@pytest.mark.parametrize("source", [CaptureSource.TYPED, CaptureSource.CONFIRMED, CaptureSource.APP_OCR])
@pytest.mark.parametrize("pace", [(), GM], ids=["BAC", "PACE"])
def test_a_digit_taken_for_a_letter_is_found_and_confirmed(
    desk: Desk, issuer: SpecimenIssuer, source: CaptureSource, pace: tuple[PaceOffer, ...]
) -> None:
    # G and 6 weigh the same under a check digit: nobody sees by the lines alone that they are wrong
    number = f"UG6{source.value[0].upper()}{'P' if pace else 'B'}0001"
    card = make_card(issuer, Behaviour(pace=pace), profile=IssuingProfile(document_number=number))
    first, second = card.document.mrz_lines
    misread = (first, second.replace("UG6", "UGG", 1))
    case = desk.case(card, misread, source)
    done = Phone(card, desk.session(case).take).read()
    assert isinstance(done, Done)
    answer = json.loads(done.answer)
    # nothing is refused for a slip of the reader, and nothing is verified for lines that nobody compared
    assert (answer["state"], answer["next_step"]) == ("mrz_captured", "confirm_mrz")
    assert answer["report"]["mrz_matches_chip"] == "undetermined"
    assert done.proposed_lines == card.document.mrz_lines
    captured = desk.services.capture_mrz(desk.who, case, done.proposed_lines, CaptureSource.CONFIRMED)
    assert captured.verification.state is State.CHECKED
    assert captured.verification.next_step is NextStep.WAIT_REVIEW_1


@pytest.mark.parametrize(
    ("behaviour", "can"),
    [
        (Behaviour(pace=GM, can="500540"), "500540"),
        (Behaviour(pace=GM, can="500540"), "111111"),
        (Behaviour(pace=GM, can="500540"), None),
        (Behaviour(), "500540"),
    ],
    ids=["the right number", "a wrong one, then the lines", "the lines", "a chip that has none"],
)
def test_a_card_access_number_is_tried_first(
    desk: Desk, card_of: CardOf, behaviour: Behaviour, can: str | None
) -> None:
    card = card_of(behaviour)
    once: Any = _NotKept()
    opened = desk.services.open_verification(
        desk.who, Kind.RESERVE_CARD_NO_PNR, None, None, once, area=None, protected=False
    )
    desk.services.capture_mrz(desk.who, opened.id, card.document.mrz_lines, CaptureSource.TYPED, can)
    phone = Phone(card, desk.session(opened.id).take)
    done = phone.read()
    assert isinstance(done, Done)
    assert done.proposed_lines == ()
    assert json.loads(done.answer)["state"] == "checked"
    restarts = sum(isinstance(frame, Restart) for frame in phone.seen)
    assert restarts == (1 if can is not None and can != behaviour.can else 0)


def test_a_person_who_insists_on_other_lines_is_refused(desk: Desk, issuer: SpecimenIssuer) -> None:
    card = make_card(issuer, Behaviour(), profile=IssuingProfile(document_number="UG6000077"))
    first, second = card.document.mrz_lines
    misread = (first, second.replace("UG6", "UGG", 1))
    case = desk.case(card, misread)
    assert isinstance(Phone(card, desk.session(case).take).read(), Done)
    captured = desk.services.capture_mrz(desk.who, case, misread, CaptureSource.CONFIRMED)
    assert captured.verification.state is State.REFUSED


def test_a_newer_session_ends_the_older_one(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    case = desk.case(card)
    older = desk.session(case)
    assert isinstance(older.take(HELLO), Apdus)
    newer = desk.session(case)
    assert older.take(Cancel()) == Failed(LiveCode.SUPERSEDED)
    assert isinstance(Phone(card, newer.take).read(), Done)


def test_a_session_elsewhere_ends_this_one(desk: Desk, card_of: CardOf) -> None:
    """Two processes know nothing of each other but what the database tells."""
    card = card_of(Behaviour())
    case = desk.case(card)
    here = desk.session(case)
    elsewhere = LiveSessions(desk.live._tools)
    phone = Phone(card, here.take)
    frame = phone.read(until=4)
    other = elsewhere.open(desk.who, case, rendered)
    while not isinstance(frame, (Done, Failed)):
        frame = phone.send(phone.carry(frame))
    assert frame == Failed(LiveCode.SUPERSEDED)
    assert desk.state(case) is State.MRZ_CAPTURED
    assert isinstance(Phone(card, other.take).read(), Done)


def test_a_dump_cannot_slip_in_beside(desk: Desk, card_of: CardOf) -> None:
    """A challenge that was asked for meanwhile is another terminal's."""
    card = card_of(Behaviour())
    case = desk.case(card)
    phone = Phone(card, desk.session(case).take)
    frame = phone.read(until=4)
    desk.services.issue_challenge(desk.who, case)
    while not isinstance(frame, (Done, Failed)):
        frame = phone.send(phone.carry(frame))
    assert frame == Failed(LiveCode.SUPERSEDED)


def test_nobody_else_finds_a_session(desk: Desk, card_of: CardOf) -> None:
    case = desk.case(card_of(Behaviour()))
    session = desk.session(case)
    assert desk.live.of(desk.who, case, session.id) is session
    strangers = (
        replace(desk.who, id="person-at-the-counter-2"),
        replace(desk.who, device="phone-2"),
        replace(desk.who, organisation="other"),
    )
    for stranger in strangers:
        with pytest.raises(ServiceError) as refused:
            desk.live.of(stranger, case, session.id)
        assert refused.value.code is ProblemCode.NOT_FOUND
    with pytest.raises(ServiceError):
        desk.live.of(desk.who, case, "ls_AAAAAAAAAAAAAAAAAAAAAAAAAA")


def test_another_phone_does_not_go_on(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    case = desk.case(card)
    with pytest.raises(ServiceError) as refused:
        desk.session(case, replace(desk.who, device="phone-2"))
    assert refused.value.code is ProblemCode.OTHER_DEVICE


def test_a_phone_that_is_revoked_in_the_middle_reads_no_more(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    case = desk.case(card)
    _enrol(desk)
    session = desk.session(case)
    phone = Phone(card, session.take)
    frame = phone.read(until=3)
    _revoke(desk)
    assert phone.send(phone.carry(frame)) == Failed(ProblemCode.UNAUTHENTICATED)
    assert session.next_try is NextTry.STOP


def test_a_phone_that_is_revoked_at_the_end_leaves_nothing(
    desk: Desk, card_of: CardOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the look at the last frame nobody asks but the transaction that would keep what was read."""
    card = card_of(Behaviour())
    case = desk.case(card)
    _enrol(desk)
    judge = Judging.judge_stored

    def revoked_meanwhile(*arguments: Any) -> Any:
        _revoke(desk)
        return judge(*arguments)

    monkeypatch.setattr(Judging, "judge_stored", revoked_meanwhile)
    assert Phone(card, desk.session(case).take).read() == Failed(ProblemCode.UNAUTHENTICATED)
    with desk.services.database.reading() as work:
        assert work.evidence.latest(case) is None


def test_time_over(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    session = desk.session(desk.case(card))
    phone = Phone(card, session.take)
    frame = phone.read(until=3)
    desk.seconds.now += MAX_SESSION_S
    assert session.seconds_left == 0
    assert phone.send(phone.carry(frame)) == Failed(LiveCode.TIME_OVER)


def test_too_much(desk: Desk, card_of: CardOf) -> None:
    session = desk.session(desk.case(card_of(Behaviour())))
    frame = session.take(HELLO)
    assert isinstance(frame, Apdus)
    flood = (bytes(4 * 1024 * 1024) + b"\x90\x00",)
    assert session.take(Responses(frame.batch, flood)) == Failed(LiveCode.TOO_MUCH_DATA)


@pytest.mark.parametrize("milliseconds", [30, 400])
def test_how_long_commands_take_is_judged(desk: Desk, card_of: CardOf, milliseconds: int) -> None:
    card = card_of(Behaviour())
    case = desk.case(card)
    session = desk.session(case)

    class Slow(Phone):
        def carry(self, frame: Any) -> Any:
            answer = super().carry(frame)
            if isinstance(answer, Responses):
                desk.seconds.now += len(answer.answers) * milliseconds / 1000
            return answer

    done = Slow(card, session.take).read()
    assert isinstance(done, Done)
    (timing,) = [check for check in json.loads(done.answer)["report"]["checks"] if check["id"] == "live.timing"]
    assert timing["facts"] == {"command_ms": milliseconds}
    assert (timing["status"], timing["reason"]) == (
        ("PASSED", None) if milliseconds == 30 else ("INDETERMINATE", "outlier")
    )


def test_an_answer_that_was_lost_is_given_again(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour(pace=GM, fault=Fault.TAG_LOST, at=9))
    session = desk.session(desk.case(card))
    phone = Phone(card, session.take)
    frame = phone.send(HELLO)
    card.put_on()
    while not isinstance(frame, (Done, Failed)):
        sent = phone.carry(frame)
        frame = session.take(sent)
        assert session.take(sent) is frame
    assert isinstance(frame, Done)


@pytest.mark.parametrize(
    "wrong",
    [HELLO, Responses(7, ()), TagLost(7), Responses(0, ())],
    ids=["hello twice", "another batch", "another batch lost", "no batch"],
)
def test_what_nobody_waits_for_ends_the_session(desk: Desk, card_of: CardOf, wrong: Any) -> None:
    session = desk.session(desk.case(card_of(Behaviour())))
    session.take(HELLO)
    assert session.take(wrong) == Failed(LiveCode.BAD_FRAME)
    assert session.next_try is NextTry.STOP


def test_cancelled(desk: Desk, card_of: CardOf) -> None:
    case = desk.case(card_of(Behaviour()))
    session = desk.session(case)
    session.take(HELLO)
    assert session.take(Cancel()) == Failed(LiveCode.CANCELLED)
    assert desk.state(case) is State.MRZ_CAPTURED


def test_a_case_without_lines_has_no_session(desk: Desk, card_of: CardOf) -> None:
    case, _, _ = desk.read(card_of(Behaviour()))
    with pytest.raises(ServiceError) as refused:
        desk.session(case)
    assert refused.value.code is ProblemCode.WRONG_STATE


def test_nothing_personal_in_a_repr(desk: Desk, card_of: CardOf) -> None:
    card = card_of(Behaviour())
    session = desk.session(desk.case(card))
    phone = Phone(card, session.take)
    phone.read()
    number = card.document.mrz_lines[1][:9]
    for thing in (session, *phone.seen, *phone.sent):
        assert number not in repr(thing)
        assert "MARTA" not in repr(thing)


def _enrol(desk: Desk) -> None:
    """The phone of `WHO` is one that this database knows."""
    now = desk.services.clock.now()
    with desk.services.database.changing() as work:
        work.devices.add(
            Device(
                id="phone-1",
                organisation=desk.who.organisation,
                key="k" * 43,
                public_key="{}",
                platform=Platform.HARNESS,
                protection=KeyProtection.SOFTWARE,
                status=DeviceStatus.ACTIVE,
                enrolled_at=now,
                enrolled_by="person-at-the-counter-2",
            )
        )


def _revoke(desk: Desk) -> None:
    with desk.services.database.changing() as work:
        device = work.devices.held("phone-1")
        assert device is not None
        work.devices.save(replace(device, status=DeviceStatus.REVOKED))

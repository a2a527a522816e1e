"""What a phone tries that belongs to whoever wants a passport verified that is not there (SECURITY.md section 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from mrtd.protocols.exchange import Phase
from mrtd.specimen import chip_protocols
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, TagLostError
from mrtd.specimen.card.apdu import Received
from mrtd.specimen.card.card import CLONE
from service import wiring
from service.domain.errors import ProblemCode, ServiceError
from service.domain.judgement import Judgement
from service.domain.live import (
    MAX_SESSION_COMMANDS,
    MAX_SESSION_OCTETS,
    MIN_TIMED,
    Apdus,
    ClientFrame,
    Done,
    Failed,
    LiveCode,
    Ready,
    Responses,
    Restart,
    ServerFrame,
    Stopwatch,
    TagLost,
)
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.repositories import StoredEvidence
from service.domain.verification import State
from service.usecases.judging import Judging
from service.usecases.live_reading import LiveReading
from service.usecases.live_sessions import LiveSessions
from tests.service.live.phone import HELLO, Phone
from tests.service.live.test_reading import CA, GM, Desk, rendered

Chip = Callable[..., SpecimenCard]


@pytest.fixture
def desk(services: wiring.Services) -> Desk:
    """A counter of one service."""
    return Desk(services)


class NotKept:
    """A request that nobody sends again."""

    def remember(self, *_args: object) -> None:
        """Not."""


class Overheard(SpecimenCard):
    """A chip whose answers to challenges the phone keeps: it is the other end of every channel that it opened."""

    def __init__(self, card: SpecimenCard) -> None:
        super().__init__(card.document, card.behaviour)
        self.heard: list[ActiveAuthenticationResponse] = []

    def _internal_authenticate(self, command: Received) -> bytes:
        answer = super()._internal_authenticate(command)
        self.heard.append(ActiveAuthenticationResponse(command.data, answer))
        return answer

    def dump(self) -> ChipEvidence:
        """All files, with the last answer that was overheard."""
        return ChipEvidence(self.document.files, self.heard[-1])


def submit(desk: Desk, case: str, evidence: ChipEvidence) -> State:
    """A dump, as by `POST .../chip`; where the case stands then."""
    once: Any = NotKept()
    return desk.services.submit_chip(desk.who, case, evidence, once).verification.state


def answered(desk: Desk, case: str) -> int:
    """How many challenges of a case were answered."""
    with desk.services.database.reading() as work:
        return sum(one.answered_at is not None for one in work.challenges.of(case))


def sources(desk: Desk, case: str) -> list[str]:
    """How what was judged for a case came."""
    with desk.services.database.reading() as work:
        return [str(row.details["source"]) for row in work.audit.of(case) if "source" in row.details][1:]


def unsure(desk: Desk, card: SpecimenCard) -> str:
    """A case that stays open when the chip was judged: a letter of the name, as an app read it, is another one."""
    first, second = card.document.mrz_lines
    wrong = first[:5] + ("A" if first[5] != "A" else "B") + first[6:]
    return desk.case(card, (wrong, second), CaptureSource.APP_OCR)


# --- 2.6: one challenge, one answer, whichever way it comes


def test_what_was_answered_live_is_not_answered_once_more_by_a_dump(desk: Desk, chip: Chip) -> None:
    card = Overheard(chip(Behaviour(pace=GM)))
    case = unsure(desk, card)
    assert isinstance(Phone(card, desk.session(case).take).read(), Done)
    assert desk.state(case) is State.MRZ_CAPTURED
    with pytest.raises(ServiceError) as refused:
        submit(desk, case, card.dump())
    assert refused.value.code is ProblemCode.CHALLENGE_USED
    assert answered(desk, case) == 1


def test_what_was_answered_by_a_dump_does_not_end_a_live_reading(desk: Desk, chip: Chip) -> None:
    """The phone has the answer before the server has it: inside the last batch of the session."""
    card = Overheard(chip(Behaviour(pace=GM)))
    case = unsure(desk, card)
    session = desk.session(case)
    phone = Phone(card, session.take)
    frame = phone.send(HELLO)
    while not card.heard:
        assert isinstance(frame, Apdus)
        held = phone.carry(frame)
        if not card.heard:
            frame = phone.send(held)
    assert submit(desk, case, card.dump()) is State.MRZ_CAPTURED
    assert phone.send(held) == Failed(ProblemCode.CHALLENGE_USED)
    assert answered(desk, case) == 1


@pytest.mark.parametrize("challenge", [b"", bytes(7), bytes(8)], ids=len)
def test_a_dump_with_a_challenge_that_nobody_made_uses_none_up(desk: Desk, chip: Chip, challenge: bytes) -> None:
    card = Overheard(chip(Behaviour()))
    case = desk.case(card)
    desk.services.issue_challenge(desk.who, case)
    evidence = ChipEvidence(card.document.files, ActiveAuthenticationResponse(challenge, bytes(64)))
    assert submit(desk, case, evidence) is State.REFUSED
    assert answered(desk, case) == 0


# --- 6.1: nothing of an earlier connection


class Replaying(Overheard):
    """Loses the tag at its first answer to a challenge, and gives that answer on the next connection."""

    def _internal_authenticate(self, command: Received) -> bytes:
        if self.heard:
            return self.heard[0].response
        super()._internal_authenticate(command)
        raise TagLostError


@pytest.mark.parametrize("pace", [(), GM], ids=["BAC", "PACE"])
def test_an_answer_of_the_connection_before_proves_nothing(
    desk: Desk, chip: Chip, pace: tuple[PaceOffer, ...]
) -> None:
    card = Replaying(chip(Behaviour(pace=pace)))
    case = desk.case(card)
    phone = Phone(card, desk.session(case).take)
    done = phone.read()
    assert isinstance(done, Done)
    assert [frame.reason for frame in phone.seen if isinstance(frame, Restart)] == [LiveCode.TAG_LOST]
    failed = [row for row in json.loads(done.answer)["report"]["checks"] if row["status"] == "FAILED"]
    assert [(row["id"], row["reason"]) for row in failed] == [("aa.signature", "bad_signature")]
    assert desk.state(case) is State.REFUSED


class Swapped(SpecimenCard):
    """A copy that loses the tag when it fails to prove itself; then the phone lies on another genuine passport."""

    def __init__(self, copy: SpecimenCard, genuine: SpecimenCard) -> None:
        super().__init__(copy.document, copy.behaviour, owner=CLONE)
        self._genuine = genuine
        self._failures = 0

    def put_on(self) -> None:
        """From the third connection on, the genuine one."""
        super().put_on()
        self._connections = getattr(self, "_connections", -1) + 1
        if self._connections > 2:
            self._genuine.put_on()

    def transmit(self, command: bytes) -> bytes:
        """The answer of whichever chip is on."""
        return self._genuine.transmit(command) if self._connections > 2 else super().transmit(command)


def test_a_false_proof_is_not_forgotten_for_a_better_chip(desk: Desk, chip: Chip) -> None:
    """Twice a copy, then the genuine passport with the very same lines: what failed stays on record."""
    genuine = chip(Behaviour(pace=GM, active_authentication=False, chip_authentication=CA))
    card = Swapped(genuine, SpecimenCard(genuine.document, genuine.behaviour))
    case = desk.case(card)
    done = Phone(card, desk.session(case).take).read()
    assert isinstance(done, Done)
    report = json.loads(done.answer)["report"]
    assert report["chip_genuine"] == "no"
    assert desk.state(case) is State.REFUSED


# --- 6.3: one terminal a verification, also while the chip is being judged


@dataclass
class Interrupted:
    """Judges as ever; before the first judgement is kept, something else happens to the case."""

    judging: Judging
    meanwhile: Callable[[], object] | None

    def judge_stored(self, stored: StoredEvidence, capture: MrzCapture, at: datetime) -> Judgement:
        """As `Judging`."""
        judgement = self.judging.judge_stored(stored, capture, at)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return judgement


def interrupted(desk: Desk, case: str, meanwhile: Callable[[], object]) -> LiveReading:
    """A session that is interrupted so."""
    submit_chip = desk.services.submit_chip
    judging: Any = Interrupted(submit_chip.judging, meanwhile)
    tools = replace(desk.live._tools, submit_chip=replace(submit_chip, judging=judging))
    return LiveSessions(tools).open(desk.who, case, rendered)


@pytest.mark.parametrize("other", ["a session", "a challenge"])
def test_another_terminal_while_the_chip_is_judged(desk: Desk, chip: Chip, other: str) -> None:
    card = chip(Behaviour(pace=GM, chip_authentication=CA))
    case = desk.case(card)
    happens = {
        "a session": lambda: desk.live.open(desk.who, case, rendered),
        "a challenge": lambda: desk.services.issue_challenge(desk.who, case),
    }[other]
    session = interrupted(desk, case, happens)
    assert Phone(card, session.take).read() == Failed(LiveCode.SUPERSEDED)
    assert desk.state(case) is State.MRZ_CAPTURED
    with desk.services.database.reading() as work:
        assert work.evidence.latest(case) is None


@pytest.mark.parametrize("open_", [True, False], ids=["the case stays open", "the case is done"])
def test_a_dump_with_the_same_answer_while_it_is_judged(desk: Desk, chip: Chip, open_: bool) -> None:
    card = Overheard(chip(Behaviour(pace=GM)))
    case = unsure(desk, card) if open_ else desk.case(card)
    session = interrupted(desk, case, lambda: submit(desk, case, card.dump()))
    code = ProblemCode.CHALLENGE_USED if open_ else ProblemCode.WRONG_STATE
    assert Phone(card, session.take).read() == Failed(code)
    assert answered(desk, case) == 1
    assert sources(desk, case) == ["dump"]


def test_other_lines_while_the_chip_is_judged(desk: Desk, chip: Chip) -> None:
    """The judgement that is kept is by the lines that count when it is kept."""
    card, other = chip(Behaviour(pace=GM)), chip(Behaviour())
    case = desk.case(card)
    lines = other.document.mrz_lines
    session = interrupted(
        desk, case, lambda: desk.services.capture_mrz(desk.who, case, lines, CaptureSource.CONFIRMED)
    )
    done = Phone(card, session.take).read()
    assert isinstance(done, Done)
    assert json.loads(done.answer)["report"]["mrz_matches_chip"] == "no"
    assert desk.state(case) is State.REFUSED


def test_a_case_that_ends_while_the_chip_is_judged(desk: Desk, chip: Chip) -> None:
    card = chip(Behaviour())
    case = desk.case(card)
    session = interrupted(desk, case, lambda: desk.services.cancel_verification(desk.who, case))
    assert Phone(card, session.take).read() == Failed(ProblemCode.WRONG_STATE)
    assert desk.state(case) is State.CANCELLED
    with desk.services.database.reading() as work:
        assert work.evidence.latest(case) is None


def test_who_lost_the_tag_does_not_begin_anew_beside_another_terminal(desk: Desk, chip: Chip) -> None:
    """A process that knows nothing of the other terminal but what the database says."""
    card = chip(Behaviour())
    case = desk.case(card)
    phone = Phone(card, desk.session(case).take)
    apdus = phone.read(until=3)
    assert isinstance(apdus, Apdus)
    LiveSessions(desk.live._tools).open(desk.who, case, rendered)
    restart = phone.send(TagLost(apdus.batch))
    assert isinstance(restart, Restart)
    assert phone.send(Ready(restart.connection)) == Failed(LiveCode.SUPERSEDED)


# --- 2.3, 5.8: what is withheld


def test_a_copy_that_withholds_the_one_proof_is_not_reviewed_as_a_chip_without(desk: Desk, chip: Chip) -> None:
    """Where chips without a proof are let through, a copy of one that has PACE-CAM must not look like them."""
    genuine = chip(Behaviour(pace=(PaceOffer("6.2"), PaceOffer("2.2")), active_authentication=False))
    offer = chip_protocols.card_access([chip_protocols.pace_info("0.4.0.127.0.7.2.2.4.2.2", 13)])
    document = genuine.document.with_file(ElementaryFile.CARD_ACCESS, offer)
    document = document.without_file(ElementaryFile.CARD_SECURITY)
    copy = SpecimenCard(document, replace(genuine.behaviour, pace=(PaceOffer("2.2"),)), owner=CLONE)
    case = desk.case(copy)
    lenient = replace(desk.services.submit_chip, chip_proof_required=False)
    live = LiveSessions(replace(desk.live._tools, submit_chip=lenient))
    done = Phone(copy, live.open(desk.who, case, rendered).take).read()
    assert isinstance(done, Done)
    answer = json.loads(done.answer)
    assert (answer["state"], answer["next_step"]) == ("mrz_captured", "read_chip_live")
    assert answer["report"]["chip_genuine"] == "undetermined"


def test_a_downgrade_without_a_trace_is_read_again(desk: Desk, chip: Chip) -> None:
    genuine = chip(Behaviour(pace=GM))
    document = genuine.document.without_file(ElementaryFile.CARD_ACCESS).without_file(ElementaryFile.DG14)
    behind = SpecimenCard(document, replace(genuine.behaviour, pace=()))
    case = desk.case(behind)
    done = Phone(behind, desk.session(case).take).read()
    assert isinstance(done, Done)
    answer = json.loads(done.answer)
    assert (answer["state"], answer["next_step"]) == ("mrz_captured", "retry_chip")
    assert answer["report"]["outcome"] == "review"


# --- 6.2: time, as the server sees it


def test_too_few_commands_say_nothing_about_time() -> None:
    """Whoever has few commands of reading to answer is not thereby quick; other phases are no measure."""
    watch = Stopwatch()
    watch.add(Phase.ACTIVE_AUTHENTICATION, 100, 0.1)
    watch.add(Phase.READ, MIN_TIMED - 1, 0.1)
    assert (watch.command_ms, watch.slow) == (None, None)
    watch.add(Phase.READ, 1, 0.1)
    assert (watch.command_ms, watch.slow) == (25, False)


# --- 6.3: what one phone can take


class Trickling(Phone):
    """Gives one octet of a portrait at a time, and keeps what else was asked for to itself.

    The word outside is nobody's but the phone's: it says that the batch stopped.
    """

    def carry(self, frame: ServerFrame) -> ClientFrame:
        """The answers to the first two commands where a large file is read."""
        if not isinstance(frame, Apdus) or len(frame.commands) < 100:
            return super().carry(frame)
        selected, read = (self.card.transmit(command) for command in frame.commands[:2])
        return Responses(frame.batch, (selected, read[:-2] + bytes.fromhex("6A82")))


class LargePortrait(SpecimenCard):
    """Holds a portrait of nearly the largest size; gives one octet of it at a time."""

    def __init__(self, card: SpecimenCard) -> None:
        large = card.document.files[ElementaryFile.DG2][:1] + bytes.fromhex("830FFFF0") + bytes(0xFFFF0)
        super().__init__(card.document.with_file(ElementaryFile.DG2, large), card.behaviour)

    def _read(self, command: Received) -> bytes:
        octets = super()._read(command)
        return octets[:1] if self._file is ElementaryFile.DG2 and len(octets) > 5 else octets


def test_commands_have_a_number(desk: Desk, chip: Chip) -> None:
    """Each is made, coded and sent by the server; a phone that answers none of them pays nothing."""
    card = LargePortrait(chip(Behaviour(active_authentication=False)))
    phone = Trickling(card, desk.session(desk.case(card)).take)
    assert phone.read() == Failed(LiveCode.TOO_MUCH_DATA)
    batches = [frame for frame in phone.seen if isinstance(frame, Apdus)]
    assert MAX_SESSION_COMMANDS - 512 < sum(len(one.commands) for one in batches) <= MAX_SESSION_COMMANDS
    sent = sum(len(answer) for one in phone.sent if isinstance(one, Responses) for answer in one.answers)
    assert sent + sum(len(command) for one in batches for command in one.commands) < MAX_SESSION_OCTETS


def test_octets_of_commands_count_as_those_of_answers(desk: Desk, chip: Chip) -> None:
    session = desk.session(desk.case(chip(Behaviour())))
    first = session.take(HELLO)
    assert isinstance(first, Apdus)
    # as much as there may be: it is no answer of a chip, so that another connection begins
    flood = bytes(MAX_SESSION_OCTETS - sum(map(len, first.commands)))
    restart = session.take(Responses(first.batch, (flood,)))
    assert isinstance(restart, Restart)
    assert session.take(Ready(restart.connection)) == Failed(LiveCode.TOO_MUCH_DATA)


@pytest.mark.parametrize("shift", [1, 2, -2])
def test_good_answers_to_another_batch_are_none(desk: Desk, chip: Chip, shift: int) -> None:
    """What a chip said to one batch is never taken for what it said to another (SECURITY.md 5.1)."""
    card = chip(Behaviour(pace=GM))
    phone = Phone(card, desk.session(desk.case(card)).take)
    held = phone.carry(phone.read(until=4))
    assert isinstance(held, Responses)
    assert phone.send(replace(held, batch=held.batch + shift)) == Failed(LiveCode.BAD_FRAME)


@pytest.mark.parametrize("connection", [1, 3])
def test_another_connection_than_the_next_one_is_none(desk: Desk, chip: Chip, connection: int) -> None:
    card = chip(Behaviour())
    phone = Phone(card, desk.session(desk.case(card)).take)
    apdus = phone.read(until=3)
    assert isinstance(apdus, Apdus)
    restart = phone.send(TagLost(apdus.batch))
    assert isinstance(restart, Restart)
    assert restart.connection == 2
    assert phone.send(Ready(connection)) == Failed(LiveCode.BAD_FRAME)


def test_a_key_that_cannot_be_named_is_no_fault_of_the_service(desk: Desk, chip: Chip) -> None:
    """A stranger's DG14 with a negative number for its key."""
    genuine = chip(Behaviour(active_authentication=False, chip_authentication=(ChipAuthenticationOffer(key_id=1),)))
    content = genuine.document.files[ElementaryFile.DG14]
    # versions and numbers of keys alike
    forged = content.replace(bytes.fromhex("020101"), bytes.fromhex("0201ff"))
    assert forged != content
    card = SpecimenCard(genuine.document.with_file(ElementaryFile.DG14, forged), genuine.behaviour)
    case = desk.case(card)
    assert isinstance(Phone(card, desk.session(case).take).read(), Done)
    assert desk.state(case) is State.REFUSED

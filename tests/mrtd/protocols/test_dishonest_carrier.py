"""A carrier that lies: whatever it does to the answers, no octet of its own becomes data (SECURITY.md 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection import POLICIES, judge
from mrtd.protocols.apdu import CLA_SECURE
from mrtd.protocols.exchange import Batch, Phase
from mrtd.protocols.read_session import Reading, read_chip
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, SpecimenCard, make_card
from tests.budgets import light
from tests.mrtd.protocols.reading import ACCESS, issuer, password_of, report_of, seeded, status, wanted

SESSIONS: dict[str, dict[str, Any]] = {
    "bac": {**ACCESS["bac"], "chip_authentication": (ChipAuthenticationOffer(cipher=1, declared=False),)},
    "gm": {**ACCESS["gm"], "chip_authentication": (ChipAuthenticationOffer(),)},
    "cam": ACCESS["cam"],
}
#: Read in the clear, before there are keys; the inspection compares them with what is signed.
FREE = (ElementaryFile.CARD_ACCESS, ElementaryFile.ATR_INFO)
#: 6700 and 6Cxx are a case of their own: a read may be tried again in smaller steps.
WORDS = ("9000", "6282", "6988")
LENGTH_WORDS = ("6700", "6c10")


@cache
def card(name: str) -> SpecimenCard:
    """The chip of a session."""
    return make_card(issuer(), Behaviour(**SESSIONS[name]))


Lie = Callable[[list[bytes], int], list[bytes]]


@dataclass
class Remembered:
    """A chip that is asked the same again and again: what it answered to the same commands in the same order.

    From the first command that is another one on, a real one goes on, after it was asked everything before.
    """

    name: str
    asked: list[bytes] = field(default_factory=list)
    real: SpecimenCard | None = None

    def __call__(self, command: bytes) -> bytes:
        self.asked.append(command)
        known = MEMORY.setdefault(self.name, {})
        if self.real is None and (answer := known.get(tuple(self.asked))) is not None:
            return answer
        if self.real is None:
            self.real = SpecimenCard(card(self.name).document, card(self.name).behaviour)
            for earlier in self.asked[:-1]:
                self.real.transmit(earlier)
        answer = self.real.transmit(command)
        if len(known) < MAX_MEMORY:
            known[tuple(self.asked)] = answer
        return answer


MEMORY: dict[str, dict[tuple[bytes, ...], bytes]] = {}
MAX_MEMORY = 2_000


@dataclass
class Carrier:
    """Carries batches to a chip, and answers the one that command number `at` is in with what `lie` makes of it.

    `unasked`: whether the chip gets that command, and those behind it, at all.
    """

    name: str
    at: int
    lie: Lie
    unasked: bool = False
    #: what the lie was about, if it changed anything
    lied: Phase | None = None
    #: and whether that was a command in the clear
    clear: bool = False
    commands: int = 0

    def read(self) -> Reading:
        """A whole session."""
        exchange = read_chip(password_of(card(self.name)), seeded(), wanted())
        transmit = Remembered(self.name)
        try:
            batch = next(exchange)
            while True:
                batch = exchange.send(self._answers(batch, transmit))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _answers(self, batch: Batch, transmit: Callable[[bytes], bytes]) -> list[bytes]:
        place = self.at - self.commands
        answers: list[bytes] = []
        for index, command in enumerate(batch.commands):
            if index == place and self.unasked:
                break
            answers.append(transmit(command))
            if int.from_bytes(answers[-1][-2:]) not in batch.accept:
                break
        asked = self.unasked and place == len(answers) < len(batch.commands)
        self.commands += len(batch.commands)
        if place < 0 or not (asked or place < len(answers)):
            return answers
        changed = self.lie(answers, place)
        self.lied = batch.phase if changed != answers else None
        self.clear = not batch.commands[place][0] & CLA_SECURE
        return changed


def word(value: str) -> Lie:
    """A status word in the clear, in the place of an answer; what was sent behind it counts for nothing."""
    return lambda answers, place: [*answers[:place], bytes.fromhex(value)]


def data(answers: list[bytes], place: int) -> list[bytes]:
    """Octets in the clear."""
    return [*answers[:place], b"\x60\x05" + bytes(5) + b"\x90\x00", *answers[place + 1 :]]


def turned(octet: int) -> Lie:
    """A bit turned somewhere."""

    def lie(answers: list[bytes], place: int) -> list[bytes]:
        changed = bytearray(answers[place])
        changed[octet % len(changed)] ^= 0x10
        return [*answers[:place], bytes(changed), *answers[place + 1 :]]

    return lie


def swapped(answers: list[bytes], place: int) -> list[bytes]:
    """Two answers in the wrong order."""
    return [*answers[:place], *answers[place : place + 2][::-1], *answers[place + 2 :]]


def left_out(answers: list[bytes], place: int) -> list[bytes]:
    """One answer less."""
    return answers[:place] + answers[place + 1 :]


def twice(answers: list[bytes], place: int) -> list[bytes]:
    """An answer in its own place and in the next one's."""
    return [*answers[: place + 1], answers[place], *answers[place + 2 :]]


def cut(answers: list[bytes], place: int) -> list[bytes]:
    """Without the code, but with the rest."""
    return [*answers[:place], answers[place][:-12] + answers[place][-2:], *answers[place + 1 :]]


def bare_status(answers: list[bytes], place: int) -> list[bytes]:
    """DO99 alone."""
    return [*answers[:place], bytes.fromhex("990290009000"), *answers[place + 1 :]]


#: Words that one session is enough for.
REST = ("6100", "6300", "6982", "6987", "6a82", "6d00")
LIES: dict[str, Lie] = {
    **{f"word {value}": word(value) for value in (*WORDS, *REST)},
    "data in the clear": data,
    "first bit": turned(0),
    "a bit inside": turned(7),
    "a bit of the code": turned(-3),
    "swapped": swapped,
    "left out": left_out,
    "twice": twice,
    "without its code": cut,
    "a status word without a code": bare_status,
}


@cache
def honest(name: str) -> tuple[Reading, int]:
    """What is read of that chip, and how many commands it takes."""
    carrier = Carrier(name, -1, lambda answers, _: answers)
    return carrier.read(), carrier.commands


def believed(carrier: Carrier, *, length: bool = False) -> None:
    """Either the session is over, or what was read is octet by octet what the chip says."""
    whole, _ = honest(carrier.name)
    try:
        reading = carrier.read()
    except MrtdError:
        return
    if carrier.lied is None:
        assert reading.files == whole.files
        return
    if carrier.lied is not Phase.CARD_ACCESS and not length:
        # under keys no lie leaves a session alive; before, one about a command that brings no data may
        assert carrier.clear
        assert (reading.files, reading.session) == (whole.files, whole.session)
        return
    assert carrier.lied is Phase.CARD_ACCESS or reading.session.length_quirk
    left_out = {*FREE, ElementaryFile.CARD_SECURITY} if carrier.lied is Phase.CARD_ACCESS else set()
    assert set(whole.files) - set(reading.files) <= left_out
    assert all(octets == whole.files[name] for name, octets in reading.files.items() if name not in FREE)
    assert reading.active_authentication == whole.active_authentication
    if all(reading.files.get(name) == whole.files.get(name) for name in FREE):
        assert reading.session.access == whole.session.access
        assert reading.session.read_under_proof == whole.session.read_under_proof
        return
    # lies about what the chip offers, told before there were keys: the signed files say otherwise
    report = report_of(card(carrier.name), reading)
    rows = status(report, "access.pace_downgrade"), status(report, "access.card_access_signed")
    if carrier.name == "bac":
        # nothing is signed about PACE, and nothing was offered that could be used
        assert reading.session.access == "BAC"
    else:
        assert rows[0][0] == "FAILED" or rows[1] in (("FAILED", "differs"), ("NOT_PERFORMED", "earlier_step"))
    if carrier.name != "bac" and reading.session.access == "BAC":
        assert judge(report, POLICIES["strict-level3"]).outcome.value == "refused"


@pytest.mark.parametrize(
    ("name", "lie"),
    [(name, lie) for name in SESSIONS for lie in LIES if name == "gm" or lie.removeprefix("word ") not in REST],
)
def test_no_lie_becomes_data_at_any_command(name: str, lie: str) -> None:
    for at in range(honest(name)[1] + 1):
        believed(Carrier(name, at, LIES[lie]))


@pytest.mark.parametrize("value", ["9000", *LENGTH_WORDS])
@pytest.mark.parametrize("name", SESSIONS)
def test_no_word_is_believed_that_the_chip_never_said(name: str, value: str) -> None:
    """The command does not reach the chip; a complaint about a length makes the reader ask for less, once."""
    for at in range(honest(name)[1] + 1):
        believed(Carrier(name, at, word(value), unasked=True), length=value in LENGTH_WORDS)


@pytest.mark.parametrize("value", LENGTH_WORDS)
@pytest.mark.parametrize("name", SESSIONS)
def test_a_word_about_a_length_after_the_chip_answered(name: str, value: str) -> None:
    for at in range(honest(name)[1] + 1):
        believed(Carrier(name, at, word(value)), length=True)


@settings(light, max_examples=min(light.max_examples, 300))
@given(
    st.sampled_from(sorted(SESSIONS)),
    st.integers(0, 60),
    st.binary(max_size=40) | st.binary(max_size=40).map(lambda octets: b"\x99\x02\x90\x00\x8e\x08" + octets),
    st.sampled_from(["9000", "6282", "6a82", ""]),
)
def test_no_octets_of_a_stranger_become_data(name: str, at: int, octets: bytes, value: str) -> None:
    invented = octets + bytes.fromhex(value)
    carrier = Carrier(name, at, lambda answers, place: [*answers[:place], invented, *answers[place + 1 :]])
    believed(carrier, length=len(invented) == 2 and invented[:1] in (b"\x67", b"\x6c"))


@settings(light, max_examples=min(light.max_examples, 300))
@given(st.sampled_from(sorted(SESSIONS)), st.integers(0, 60), st.randoms(use_true_random=False))
def test_no_other_order_becomes_data(name: str, at: int, random: Any) -> None:
    def shuffled(answers: list[bytes], _place: int) -> list[bytes]:
        return random.sample(answers, len(answers))  # type: ignore[no-any-return]

    believed(Carrier(name, at, shuffled))

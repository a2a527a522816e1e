"""What the next connection does differently: which error leads where, how often, and never two ways at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.errors import MalformedError, MrtdError
from mrtd.evidence import ChipAuthenticationProof
from mrtd.protocols.connections import MAX_FAILURES, Connections, Next
from mrtd.protocols.errors import AccessDeniedError, NewKeysError, ProofFailedError, ProtocolError
from mrtd.protocols.exchange import Batch, Phase
from mrtd.protocols.files import STEPS, Terminal
from mrtd.protocols.password import from_can
from mrtd.protocols.read_session import Wanted, read_chip
from mrtd.specimen.card import (
    Behaviour,
    ChipAuthenticationOffer,
    Fault,
    PaceOffer,
    SpecimenCard,
    TagLostError,
    make_card,
)
from tests.budgets import light
from tests.mrtd.protocols.playing import play
from tests.mrtd.protocols.reading import (
    ACCESS,
    CHALLENGE,
    PHONES,
    issuer,
    password_of,
    persist,
    report_of,
    seeded,
    status,
    wanted,
)

PHONE = Terminal(max_apdu=4096, extended_length=True)
PROOF = ChipAuthenticationProof("0.4.0.127.0.7.2.2.3.2.2", b"\x04" + bytes(64), inferred=False, proved=False)
BROKEN = ProtocolError("sm.unprotected_response", sw=0x6988)
#: Failures that are nobody's password and nobody's proof.
ACCIDENTS = [
    BROKEN,
    ProtocolError("sm.bad_mac"),
    ProtocolError("read.bad_file"),
    ProtocolError("pace.bad_token"),
    NewKeysError("sm.unprotected_response"),
    MalformedError("wrong_answer_count"),
]


def after(*failures: tuple[MrtdError, Phase]) -> tuple[Wanted, list[Next]]:
    """How the next connection is used after these, and what was said to each."""
    connections = Connections(PHONE)
    said = [connections.after(error, phase) for error, phase in failures]
    return connections.wanted(CHALLENGE), said


FRESH = Wanted(PHONE, challenge=CHALLENGE)


def test_the_first_connection_wants_everything() -> None:
    assert after() == (FRESH, [])


@pytest.mark.parametrize("error", ACCIDENTS, ids=lambda error: error.code)
@pytest.mark.parametrize("phase", [Phase.CARD_ACCESS, Phase.PACE, Phase.BAC, Phase.CHIP_AUTHENTICATION])
def test_one_accident_changes_nothing(error: MrtdError, phase: Phase) -> None:
    assert after((error, phase)) == (FRESH, [Next.AGAIN])


@pytest.mark.parametrize("phase", [Phase.READ, Phase.SELECT, Phase.ACTIVE_AUTHENTICATION])
def test_after_a_read_that_failed_less_is_asked_for(phase: Phase) -> None:
    found, said = after((BROKEN, phase))
    assert said == [Next.AGAIN]
    assert found == replace(FRESH, terminal=PHONE.cautious())
    assert found.terminal.first_step(None) == STEPS[0] < PHONE.first_step(None)


def test_each_step_is_smaller_until_the_smallest() -> None:
    terminal, steps = PHONE, []
    for _ in range(len(STEPS) + 2):
        terminal = terminal.cautious()
        steps.append(terminal.first_step(None))
    assert steps == [*STEPS, STEPS[-1], STEPS[-1]]


@pytest.mark.parametrize(
    ("phase", "changes"),
    [
        (Phase.PACE, {"use_bac": True}),
        (Phase.CHIP_AUTHENTICATION, {"skip_chip_authentication": True}),
        (Phase.ACTIVE_AUTHENTICATION, {"skip_active_authentication": True, "challenge": b""}),
        (Phase.READ, {"terminal": PHONE.cautious().cautious()}),
        (Phase.SELECT, {"terminal": PHONE.cautious().cautious()}),
    ],
)
def test_what_fails_twice_is_done_in_another_way(phase: Phase, changes: dict[str, Any]) -> None:
    found, said = after((BROKEN, phase), (BROKEN, phase))
    assert said == [Next.AGAIN, Next.AGAIN]
    kept = found if "terminal" in changes else replace(found, terminal=PHONE)
    assert kept == replace(FRESH, **changes)


@pytest.mark.parametrize("phase", [Phase.CARD_ACCESS, Phase.BAC])
def test_what_has_no_other_way_is_given_up(phase: Phase) -> None:
    assert after((BROKEN, phase), (BROKEN, phase))[1] == [Next.AGAIN, Next.GIVE_UP]


def test_bac_after_pace_is_the_last_way() -> None:
    _, said = after(*[(BROKEN, Phase.PACE)] * 3)
    assert said == [Next.AGAIN, Next.AGAIN, Next.GIVE_UP]


@pytest.mark.parametrize("error", [AccessDeniedError("pace.denied"), ProtocolError("bac.needs_mrz")])
def test_a_password_that_is_refused_asks_for_another_and_counts_for_nothing(error: MrtdError) -> None:
    found, said = after(*[(error, Phase.PACE)] * (2 * MAX_FAILURES))
    assert set(said) == {Next.OTHER_PASSWORD}
    assert found == FRESH


def test_a_file_of_no_passport_is_not_read_again() -> None:
    assert after((ProtocolError("read.too_long"), Phase.READ))[1] == [Next.GIVE_UP]


def test_a_false_proof_twice_is_told_and_left_out() -> None:
    once, _ = after((ProofFailedError("ca.bad_mac", PROOF), Phase.CHIP_AUTHENTICATION))
    assert once == FRESH
    twice, said = after(*[(ProofFailedError("ca.bad_mac", PROOF), Phase.CHIP_AUTHENTICATION)] * 2)
    assert said == [Next.AGAIN, Next.AGAIN]
    assert twice == replace(FRESH, failed_chip_authentication=PROOF)
    assert not PROOF.proved
    cam, _ = after(*[(ProofFailedError("cam.bad_data"), Phase.PACE)] * 2)
    assert cam == replace(FRESH, failed_cam=True)


def test_what_was_learned_is_kept() -> None:
    found, _ = after(
        (BROKEN, Phase.PACE),
        (BROKEN, Phase.PACE),
        *[(ProofFailedError("ca.bad_mac", PROOF), Phase.CHIP_AUTHENTICATION)] * 2,
    )
    assert (found.use_bac, found.failed_chip_authentication) == (True, PROOF)


@light
@given(st.lists(st.tuples(st.sampled_from(ACCIDENTS), st.sampled_from(Phase)), min_size=MAX_FAILURES))
def test_failures_have_an_end(failures: list[tuple[MrtdError, Phase]]) -> None:
    _, said = after(*failures)
    assert Next.GIVE_UP in said[:MAX_FAILURES]
    assert said[MAX_FAILURES - 1] is Next.GIVE_UP


# --- with chips


def test_a_clone_is_told_by_its_second_false_proof() -> None:
    offers = (ChipAuthenticationOffer(),)
    card = make_card(issuer(), Behaviour(**ACCESS["gm"], chip_authentication=offers, fault=Fault.CLONE))
    story = persist(card)
    assert story.errors == ["ca.bad_mac", "ca.bad_mac"]
    proof = story.read.session.chip_authentication
    assert proof is not None
    assert not proof.proved
    assert story.read.session.read_under_proof == {}
    assert status(report_of(card, story.read), "ca.secure_messaging") == ("FAILED", "bad_mac")


def kinds_of(commands: list[bytes]) -> set[str]:
    """The ways in that a connection tried: EXTERNAL AUTHENTICATE, or MSE:Set AT for mutual authentication."""
    ways = {b"\x82": "BAC", b"\x22": "PACE"}
    return {ways[one[1:2]] for one in commands if one[1:2] == b"\x82" or one[:4] == bytes.fromhex("0022C1A4")}


@pytest.mark.parametrize("fault", [None, *sorted(set(Fault) - {Fault.SECOND_CHIP})])
@pytest.mark.parametrize("offers", [(), (PaceOffer(),), (PaceOffer("6.2"), PaceOffer("2.2"))], ids=len)
@pytest.mark.parametrize("use_bac", [False, True])
def test_bac_and_pace_are_never_on_one_connection(
    fault: Fault | None, offers: tuple[PaceOffer, ...], use_bac: bool
) -> None:
    """SECURITY.md 5.4: whatever the chip does, and whatever was learned before."""
    for at in (1, 2, 3, 5, 7):
        card = make_card(issuer(), Behaviour(pace=offers, fault=fault, at=at))
        sent: list[bytes] = []

        def seen(command: bytes) -> bytes:
            sent.append(command)  # noqa: B023
            return card.transmit(command)  # noqa: B023

        batches: list[Batch] = []
        with suppress(MrtdError, TagLostError):
            play(read_chip(password_of(card), seeded(), wanted(use_bac=use_bac)), seen, batches)
        assert len(kinds_of(sent)) <= 1
        assert len({batch.phase for batch in batches} & {Phase.PACE, Phase.BAC}) <= 1


def test_a_number_that_opens_no_bac_asks_for_lines() -> None:
    card = make_card(issuer(), Behaviour())
    story = persist(card, password=from_can("123456"))
    assert story.errors == ["bac.needs_mrz"]
    assert story.reading is None


class Mute(SpecimenCard):
    """A chip that has no words for INTERNAL AUTHENTICATE."""

    def transmit(self, command: bytes) -> bytes:
        """As ever, but for one instruction."""
        return b"\x6f\x00" if command[1] == 0x88 else super().transmit(command)


def test_a_chip_that_breaks_off_at_active_authentication_is_read_without() -> None:
    made = make_card(issuer(), Behaviour(**ACCESS["gm"]))
    card = Mute(made.document, made.behaviour)
    story = persist(card)
    assert story.errors == ["sm.unprotected_response"] * 2
    assert story.read.active_authentication is None
    assert status(report_of(card, story.read), "aa.signature") == ("NOT_PERFORMED", "not_sent")
    assert PHONES["long"] == PHONE


@pytest.mark.parametrize("phase", list(Phase))
def test_a_chip_that_is_lost_twice_where_answers_are_long(phase: Phase) -> None:
    """Once is a hand that moved. It is no failure: as many may follow as before."""
    connections = Connections(PHONE)
    connections.lost(phase)
    assert connections.wanted(CHALLENGE) == FRESH
    connections.lost(phase)
    long = phase in (Phase.READ, Phase.SELECT, Phase.ACTIVE_AUTHENTICATION)
    assert connections.wanted(CHALLENGE) == (replace(FRESH, terminal=PHONE.cautious()) if long else FRESH)
    assert [connections.after(BROKEN, Phase.READ) for _ in range(MAX_FAILURES)][-2:] == [Next.AGAIN, Next.GIVE_UP]


def test_losses_of_two_phases_are_not_added() -> None:
    connections = Connections(PHONE)
    connections.lost(Phase.READ)
    connections.lost(Phase.PACE)
    assert connections.wanted(CHALLENGE) == FRESH

"""A lost tag, and another genuine chip behind a relay on the next connection (SECURITY.md 6.1, 6.2)."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import count

import pytest

from mrtd.evidence import ElementaryFile
from mrtd.inspection import POLICIES, judge
from mrtd.inspection.verdict import ChipGenuine
from mrtd.protocols.errors import ProtocolError
from mrtd.protocols.read_session import Wanted, read_chip
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer, TranslatingRelay, make_card
from tests.mrtd.protocols.playing import play
from tests.mrtd.protocols.reading import (
    ACCESS,
    PROOFS,
    Counted,
    carried,
    issuer,
    password_of,
    persist,
    report_of,
    seeded,
    status,
    wanted,
)

#: What is the same on both chips: it says what a chip can, not whose it is.
COMMON = {ElementaryFile.CARD_ACCESS, ElementaryFile.COM}
#: Data groups (0: EF.SOD) that the relay gives from its copies of the first chip.
COPIES = [(), (0,), (1,), (2,), (14,), (15,), (14, 15), (0, 1), (0, 1, 2, 11, 12, 14), (0, 1, 2, 11, 12, 14, 15)]
BOTH = {"active_authentication": True, "chip_authentication": (ChipAuthenticationOffer(),)}


def behaviour_of(access: str, proof: str) -> Behaviour:
    """A chip without faults."""
    return Behaviour(**ACCESS[access], **(BOTH if proof == "both" else PROOFS[proof]))


def relay_with(behaviour: Behaviour, at: int = 20, kept: tuple[int, ...] = ()) -> TranslatingRelay:
    """Two chips, and somebody between."""
    card = make_card(issuer(), replace(behaviour, fault=Fault.SECOND_CHIP, at=at, kept=kept))
    assert isinstance(card, TranslatingRelay)
    return card


@pytest.mark.parametrize("access", ["bac", "gm", "im", "cam"])
@pytest.mark.parametrize("proof", ["aa", "ca-ecdh", "ca-dh", "both"])
@pytest.mark.parametrize("kept", COPIES, ids=lambda kept: "-".join(map(str, kept)) or "nothing")
def test_two_chips_are_never_one_document(access: str, proof: str, kept: tuple[int, ...]) -> None:
    card = relay_with(behaviour_of(access, proof), kept=kept)
    story = persist(card)
    assert story.errors[0] == "tag_lost"
    if story.reading is None:
        return
    first, second = card.document.files, card.second.document.files
    files = {name: data for name, data in story.read.files.items() if name not in COMMON}
    # what was read is what the relay gave on this connection, and nothing of the first one
    copied = {ElementaryFile.of_data_group(number) if number else ElementaryFile.SOD for number in kept}
    copied.add(ElementaryFile.CARD_SECURITY)
    for name, data in files.items():
        assert data == second.get(name) or (name in copied and data == first[name])
    report = report_of(card, story.read)
    verdict = judge(report, POLICIES["strict-level3"])
    assert verdict.outcome.value == "refused"
    whole = all(data == second.get(name) for name, data in files.items())
    if verdict.chip_genuine is ChipGenuine.YES:
        # a genuine chip it is: the second one, with every file that counts; the printed lines are another's
        assert whole
    if whole:
        assert "FAILED" in {one.status.value for one in report.results("cross.mrz_dg1")}


def test_a_relay_that_gives_nothing_from_copies_is_read_as_the_other_passport() -> None:
    card = relay_with(behaviour_of("bac", "ca-ecdh"))
    story = persist(card)
    report = report_of(card, story.read)
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.YES
    assert status(report, "ca.secure_messaging") == ("PASSED", None)
    assert story.read.files[ElementaryFile.DG1] == card.second.document.files[ElementaryFile.DG1]


def test_a_challenge_that_was_passed_on_is_answered_by_the_other_key() -> None:
    """All files of the first passport, the nonce signed by the second one."""
    card = relay_with(behaviour_of("gm", "aa"), kept=(0, 1, 2, 11, 12, 14, 15))
    report = report_of(card, persist(card).read)
    assert status(report, "pa.sod.signature") == ("PASSED", None)
    assert status(report, "aa.challenge_bound") == ("PASSED", None)
    assert status(report, "aa.signature") == ("FAILED", "bad_signature")
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.NO


def test_nothing_of_the_first_connection_is_evidence_wherever_the_tag_is_lost() -> None:
    behaviour = behaviour_of("gm", "both")
    for at in count(1):
        card = relay_with(behaviour, at)
        story = persist(card)
        if not story.errors:
            break
        assert story.errors[0] == "tag_lost"
        second = card.second.document.files
        assert all(second[name] == data for name, data in story.read.files.items())
    assert at > 40


@pytest.mark.parametrize(
    ("access", "proof"), [("bac", "both"), ("gm", "both"), ("im", "ca-dh"), ("cam", "aa"), ("bac", "none")]
)
def test_a_tag_may_be_lost_at_every_command(access: str, proof: str) -> None:
    behaviour = behaviour_of(access, proof)
    honest = Counted(make_card(issuer(), behaviour)).read(wanted())
    for at in count(1):
        card = make_card(issuer(), replace(behaviour, fault=Fault.TAG_LOST, at=at))
        story = persist(card)
        assert story.read.files == honest.files
        proofs = story.read.session.chip_authentication, story.read.session.pace_cam is None
        assert proofs == (honest.session.chip_authentication, honest.session.pace_cam is None)
        assert story.read.session.read_under_proof == honest.session.read_under_proof
        if not story.errors:
            break
        assert story.errors == ["tag_lost"]
    assert at > 30


def test_a_connection_hands_nothing_on_but_how_to_read() -> None:
    """What a connection begins with: no file, no key, no counter; and one that ended does not go on."""
    card = make_card(issuer(), behaviour_of("gm", "both"))
    exchange = read_chip(password_of(card), seeded(), wanted())
    next(exchange)
    exchange.close()
    with pytest.raises(StopIteration):
        exchange.send([b"\x90\x00"])
    kinds = {
        "terminal": "Terminal",
        "failed_chip_authentication": "ChipAuthenticationProof | None",
        "challenge": "bytes",
    }
    assert {one.name: one.type for one in fields(Wanted) if one.type != "bool"} == kinds


@pytest.mark.parametrize("access", ["bac", "gm", "cam"])
def test_a_chip_that_is_changed_without_a_word_ends_the_connection(access: str) -> None:
    """The phone says nothing, and goes on with another chip, at every command of a session."""
    behaviour = behaviour_of(access, "both")
    for at in count(1):
        first = make_card(issuer(), behaviour)
        other = relay_with(behaviour).second
        seen = 0

        def changing(command: bytes) -> bytes:
            nonlocal seen
            seen += 1
            return (first if seen < at else other).transmit(command)  # noqa: B023

        try:
            reading = play(read_chip(password_of(first), seeded(), wanted()), changing)
        except ProtocolError:
            continue
        # behind the last command there is nothing to change any more
        assert seen < at
        assert all(first.document.files[name] == data for name, data in reading.files.items())
        return


@pytest.mark.parametrize("access", ["bac", "gm", "cam"])
def test_the_answers_of_the_first_connection_do_not_pass_on_the_second(access: str) -> None:
    """The same chip, recorded, and played back to a terminal with other random numbers."""
    card = make_card(issuer(), Behaviour(**ACCESS[access], chip_authentication=(ChipAuthenticationOffer(),)))
    transmit, recorded = carried(card, wanted().terminal), []

    def recording(command: bytes) -> bytes:
        recorded.append(transmit(command))
        return recorded[-1]

    play(read_chip(password_of(card), seeded(b"first"), wanted()), recording)
    answers = iter(recorded)
    with pytest.raises(ProtocolError) as caught:
        play(read_chip(password_of(card), seeded(b"second"), wanted()), lambda _: next(answers))
    assert caught.value.code == {"bac": "bac.bad_response"}.get(access, "pace.bad_token")


def test_both_kinds_of_pace_are_refused_beside_a_relay() -> None:
    """PACE-CAM by the relay is made with a key of its own: the mapping is not of the signed key."""
    offers = (PaceOffer("6.2"), PaceOffer("2.2"))
    card = relay_with(Behaviour(pace=offers, active_authentication=False), kept=(0, 1, 2, 11, 12, 14))
    report = report_of(card, persist(card).read)
    assert status(report, "pace_cam.mapping")[0] == "FAILED"
    assert judge(report, POLICIES["strict-level3"]).chip_genuine is ChipGenuine.NO

"""Every way into a chip with every proof, read by the habits of chips that were met, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from mrtd.evidence import ElementaryFile, ProofOrigin
from mrtd.inspection import POLICIES, judge
from mrtd.inspection.verdict import ChipGenuine
from mrtd.protocols.password import from_can
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, make_card
from tests.mrtd.protocols.reading import issuer, persist, report_of, status

CAN = "246810"

#: Arcs after id-PACE (ICAO 9303-11 §9.2.1) with parameters (§9.5.1, table 6): every mapping, every cipher.
ACCESSES: dict[str, PaceOffer | None] = {
    "BAC": None,
    "GM-DH-3DES": PaceOffer("1.1", 0),
    "GM-DH-AES-128": PaceOffer("1.2", 1),
    "GM-DH-AES-192": PaceOffer("1.3", 2),
    "GM-DH-AES-256": PaceOffer("1.4", 2),
    "GM-ECDH-3DES": PaceOffer("2.1", 10),
    "GM-ECDH-AES-128": PaceOffer("2.2", 12),
    "GM-ECDH-AES-192": PaceOffer("2.3", 15),
    "GM-ECDH-AES-256": PaceOffer("2.4", 18),
    "IM-DH-3DES": PaceOffer("3.1", 0),
    "IM-DH-AES-128": PaceOffer("3.2", 1),
    "IM-DH-AES-192": PaceOffer("3.3", 2),
    "IM-DH-AES-256": PaceOffer("3.4", 2),
    "IM-ECDH-3DES": PaceOffer("4.1", 11),
    "IM-ECDH-AES-128": PaceOffer("4.2", 13),
    "IM-ECDH-AES-192": PaceOffer("4.3", 16),
    "IM-ECDH-AES-256": PaceOffer("4.4", 17),
    "CAM-ECDH-AES-128": PaceOffer("6.2", 13),
    "CAM-ECDH-AES-192": PaceOffer("6.3", 13),
    "CAM-ECDH-AES-256": PaceOffer("6.4", 13),
}
#: The last arc of Chip Authentication (§9.2.5) goes round with the accesses, so that each cipher meets each.
PROOFS = ("none", "aa-ecdsa", "aa-rsa", "ca-ecdh", "ca-dh")
#: What chips do differently (ANCHORS.md, pains 16 to 20), and the phone that meets it.
HABITS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, "long"),
    "phone-without-extended-length": ({}, "short"),
    "few-octets-at-once": ({"max_expected": 192, "extended_length": False}, "long"),
    "lengths-in-the-clear": ({"max_expected": 160, "naked_length_word": True}, "long"),
    "no-master-file": ({"select_mf": 0x6A81}, "ios"),
    "no-le-too-many": ({"strict_le": True}, "ios"),
    "announces-lengths": ({"atr_info": True}, "long"),
    "card-access-number": ({"can": CAN}, "long"),
    "lists-what-it-has-not": ({"missing": (11,)}, "short"),
}

#: One access of each kind; these meet every habit.
EVERY_HABIT = ("BAC", "GM-ECDH-AES-128", "IM-ECDH-AES-192", "CAM-ECDH-AES-256", "GM-DH-3DES")


@cache
def document_of(access: str, proof: str, atr_info: bool) -> SpecimenCard:
    """A chip without habits; signing is what takes time."""
    offer = ACCESSES[access]
    cipher = list(ACCESSES).index(access) % 4 + 1
    kind = proof.removeprefix("ca-")
    behaviour = Behaviour(
        pace=() if offer is None else (offer,),
        active_authentication=proof.startswith("aa"),
        chip_authentication=(ChipAuthenticationOffer(kind, cipher),) if proof.startswith("ca") else (),
        atr_info=atr_info,
    )
    return make_card(issuer(rsa_chips=proof == "aa-rsa"), behaviour)


def chip(access: str, proof: str, habit: str) -> SpecimenCard:
    """A chip with a habit."""
    changes, _ = HABITS[habit]
    made = document_of(access, proof, "atr_info" in changes)
    document = made.document
    for number in changes.get("missing", ()):
        document = document.without_file(ElementaryFile.of_data_group(number))
    return SpecimenCard(document, replace(made.behaviour, **changes))


def cases() -> Iterator[tuple[str, str, str]]:
    """One access of each kind with every proof and every habit; the others with every proof and three habits."""
    for row, access in enumerate(ACCESSES):
        for column, proof in enumerate(PROOFS):
            turn = row + 2 * column
            some = ["plain", *(list(HABITS)[1:][(turn + step) % (len(HABITS) - 1)] for step in (0, 3))]
            for habit in HABITS if access in EVERY_HABIT else some:
                if fits(access, proof, habit):
                    yield access, proof, habit


def fits(access: str, proof: str, habit: str) -> bool:
    """Numbers of 2048 bits need lengths of three octets, on the chip as well as on its way there."""
    offer = ACCESSES[access]
    field = offer is not None and "-DH-" in access and offer.parameter_id > 0
    long = field or proof == "aa-rsa" or (proof == "ca-dh" and not access.startswith("CAM"))
    return not (long and habit in ("phone-without-extended-length", "few-octets-at-once", "lists-what-it-has-not"))


CASES = list(cases())


def test_nothing_is_left_out() -> None:
    assert {(access, proof) for access, proof, _ in CASES} == {(one, other) for one in ACCESSES for other in PROOFS}
    for access in EVERY_HABIT:
        assert {habit for one, _, habit in CASES if one == access} == set(HABITS)
    ciphers = {access.rpartition("-")[2] for access in ACCESSES}
    assert ciphers == {"BAC", "3DES", "128", "192", "256"}


@pytest.mark.parametrize(("access", "proof", "habit"), CASES)
def test_is_read_whole_and_judged(access: str, proof: str, habit: str) -> None:
    card = chip(access, proof, habit)
    by_number = habit == "card-access-number" and access != "BAC"
    story = persist(card, HABITS[habit][1], from_can(CAN) if by_number else None)
    files = story.read.files
    # whole, octet by octet; EF.CardSecurity is read where it proves something, and EF.ATR/INFO is asked for together
    # with EF.CardAccess: of a chip that has none, a shorter reading of its own finds out the lengths
    left_out: set[ElementaryFile] = set() if access.startswith("CAM") else {ElementaryFile.CARD_SECURITY}
    left_out |= {ElementaryFile.ATR_INFO} if access == "BAC" else set()
    assert files == {name: data for name, data in card.document.files.items() if name not in left_out}
    report = report_of(card, story.read)
    (protocol,) = report.results("access.protocol")
    assert protocol.facts == {"protocol": "BAC" if access == "BAC" else f"PACE-{access.partition('-')[0]}"}
    assert status(report, "access.pace_downgrade") == ("PASSED", None)
    quirk = story.read.session.length_quirk
    assert status(report, "access.sm") == ("PASSED", "length_quirk" if quirk else None)
    if access != "BAC":
        assert status(report, "access.card_access_signed") == ("PASSED", None)
    assert {row: status(report, row) for row in passing(access, proof)} == dict.fromkeys(
        passing(access, proof), ("PASSED", None)
    )
    verdict = judge(report, POLICIES["strict-level3"])
    proved = proof != "none" or access.startswith("CAM")
    assert verdict.chip_genuine is (ChipGenuine.YES if proved else ChipGenuine.NOT_SUPPORTED)
    if proved and not quirk and habit != "lists-what-it-has-not":
        assert verdict.outcome.value == "verified", (verdict.attention, verdict.refused_by)
    assert (report.proof_origin is ProofOrigin.CLAIMED) is not proved


def passing(access: str, proof: str) -> tuple[str, ...]:
    """The rows by which the chip is proved: PACE-CAM makes Chip Authentication needless."""
    cam = access.startswith("CAM")
    rows: tuple[str, ...] = ()
    if cam:
        rows += ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session")
    if proof.startswith("aa"):
        rows += ("aa.key", "aa.signature", "aa.challenge_bound")
    if proof.startswith("ca") and not cam:
        rows += ("ca.key", "ca.secure_messaging", "ca.rebind")
    return rows

"""Whole readings of specimen chips, and what the inspection makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import mrz
from mrtd.errors import MrtdError
from mrtd.evidence import (
    ChipEvidence,
    EvidenceSource,
    IssuedChallenge,
    Provenance,
)
from mrtd.inspection import inspect
from mrtd.inspection.mrz_evidence import MrzEvidence, MrzSource
from mrtd.inspection.report import InspectionReport
from mrtd.pki.trust_store import TrustStore
from mrtd.protocols.connections import MAX_FAILURES, Connections, Next
from mrtd.protocols.exchange import Batch
from mrtd.protocols.files import Terminal
from mrtd.protocols.password import Password, from_mrz
from mrtd.protocols.read_session import Reading, Wanted, read_chip
from mrtd.specimen.card import (
    ChipAuthenticationOffer,
    PaceOffer,
    SpecimenCard,
    TagLostError,
)
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1, RsaKeySpec
from tests.mrtd.inspection.documents import trust_in as trust_of
from tests.mrtd.protocols.playing import play

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CHALLENGE = bytes.fromhex("0123456789ABCDEF")
PHONES = {
    "short": Terminal(),
    "long": Terminal(max_apdu=4096, extended_length=True),
    "ios": Terminal(max_apdu=4096, extended_length=True, application_selected=True),
}


@lru_cache
def issuer(*, rsa_chips: bool = False) -> SpecimenIssuer:
    """The state of Utopia; its chips sign with ECDSA, or with RSA."""
    key = RsaKeySpec(2048) if rsa_chips else BRAINPOOL_P256R1.active_authentication_key
    return SpecimenIssuer.create(replace(BRAINPOOL_P256R1, active_authentication_key=key), now=NOW)


@lru_cache
def trusted() -> TrustStore:
    """Trust in that state: its CSCA is the same for all chips."""
    return trust_of(issuer())


def seeded(seed: bytes = b"terminal") -> Callable[[int], bytes]:
    """Random octets that come again."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(seed + drawn.to_bytes(4)).digest(count)

    return draw


def password_of(card: SpecimenCard) -> Password:
    """What is printed on the page."""
    return from_mrz(mrz.parse("\n".join(card.document.mrz_lines), today=NOW.date()))


class Counted:
    """A card whose batches are counted."""

    def __init__(self, card: SpecimenCard) -> None:
        self.card = card
        self.trips = 0

    def read(self, wanted: Wanted, password: Password | None = None, *, seed: bytes = b"terminal") -> Reading:
        """One connection."""
        self.card.put_on()
        seen: list[Batch] = []
        exchange = read_chip(password or password_of(self.card), seeded(seed), wanted)
        reading = play(exchange, self.card.transmit, seen)
        self.trips = len(seen)
        return reading


def wanted(phone: str = "long", **changes: object) -> Wanted:
    """How this server reads."""
    return replace(Wanted(PHONES[phone], challenge=CHALLENGE), **changes)  # type: ignore[arg-type]


def report_of(card: SpecimenCard, reading: Reading) -> InspectionReport:
    """The inspection of a live reading."""
    issued = IssuedChallenge(CHALLENGE, NOW - timedelta(seconds=5), NOW)
    live = replace(reading.session, slow=False)
    provenance = Provenance(EvidenceSource.LIVE, issued if reading.active_authentication else None, live)
    evidence = ChipEvidence(reading.files, reading.active_authentication)
    lines = MrzEvidence(mrz.parse("\n".join(card.document.mrz_lines), today=NOW.date()), MrzSource.TYPED)
    return inspect(evidence, lines, trusted(), NOW, provenance=provenance)


def status(report: InspectionReport, check: str) -> tuple[str, str | None]:
    """Status and reason of a check with one subject."""
    (result,) = report.results(check)
    return result.status.value, None if result.reason is None else result.reason.value


ACCESS: dict[str, Any] = {
    "bac": {},
    "gm": {"pace": (PaceOffer("2.2"),)},
    "im": {"pace": (PaceOffer("4.2"),)},
    "cam": {"pace": (PaceOffer("6.2"),)},
}
PROOFS: dict[str, Any] = {
    "none": {"active_authentication": False},
    "aa": {},
    "ca-ecdh": {"active_authentication": False, "chip_authentication": (ChipAuthenticationOffer(),)},
    "ca-dh": {"active_authentication": False, "chip_authentication": (ChipAuthenticationOffer("dh"),)},
}


@dataclass
class Story:
    """Connections to one chip until it was read, or given up. `errors`: how each that failed ended."""

    connections: Connections
    reading: Reading | None = None
    errors: list[str] = field(default_factory=list)
    trips: int = 0

    @property
    def read(self) -> Reading:
        """What was read."""
        assert self.reading is not None, self.errors
        return self.reading


def carried(card: SpecimenCard, phone: Terminal) -> Callable[[bytes], bytes]:
    """A chip behind a phone that passes on no more than it says."""

    def transmit(command: bytes) -> bytes:
        assert len(command) <= phone.max_apdu
        assert phone.extended_length or len(command) <= 5 or command[4] != 0, "a length of three octets"
        answer = card.transmit(command)
        assert len(answer) <= phone.max_apdu
        return answer

    return transmit


def persist(card: SpecimenCard, phone: str = "long", password: Password | None = None) -> Story:
    """Read a chip as the service does: anew after each failure, as `Connections` says; lost tags do not count."""
    story = Story(Connections(PHONES[phone]))
    for attempt in range(MAX_FAILURES + 1):
        card.put_on()
        seen: list[Batch] = []
        exchange = read_chip(
            password or password_of(card),
            seeded(f"connection {attempt}".encode()),
            story.connections.wanted(CHALLENGE),
        )
        try:
            story.reading = play(exchange, carried(card, PHONES[phone]), seen)
        except TagLostError:
            story.errors.append("tag_lost")
        except MrtdError as error:
            story.errors.append(error.code)
            if story.connections.after(error, seen[-1].phase) is not Next.AGAIN:
                return story
        else:
            story.trips = len(seen)
            return story
    return story

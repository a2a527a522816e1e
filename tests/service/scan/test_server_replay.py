"""The server's side of a kept session: with the same random octets it says the same commands, octet by octet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cbor2
import pytest

from service import wiring
from service.api.live_codec import Form, decode, encode
from service.api.v1 import answers
from service.client.cards.recording import RecordedCard
from service.client.live import Frame, Show, carry
from service.domain.challenge import CHALLENGE_BYTES
from service.domain.mrz_capture import CaptureSource
from service.domain.verification import Kind
from service.usecases.live_reading import LiveReading
from tests.service.live.test_reading import WHO
from tests.service.scan.test_local import lines_of
from tests.service.scan.test_transcript import KEPT


@dataclass
class Challenges:
    """Draws for the opening of a connection: the challenge as recorded; a transcript has no ids."""

    card: RecordedCard
    ids: int = 0

    def octets(self, count: int) -> bytes:
        """The next ones."""
        if count == CHALLENGE_BYTES:
            return self.card.octets(count)
        self.ids += 1
        return self.ids.to_bytes(count)


@dataclass
class InProcess:
    """A line to a session of this process, through the frames as they are sent."""

    session: LiveReading

    def send(self, frame: Frame, show: Show) -> Frame:
        """One frame, and its answer."""
        told = self.session.take(decode(cbor2.dumps(frame), Form.CBOR).frame)
        answer: Frame = cbor2.loads(encode(told, self.session.id, Form.CBOR))
        return answer


class _NotKept:
    """Nobody sends it again."""

    def remember(self, *_args: object) -> None:
        """Not."""


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.stem)
def test_the_server_drives_a_kept_session_octet_by_octet(services: wiring.Services, file: Path) -> None:
    """A command that was not recorded raises, and so does another draw."""
    card, tools = RecordedCard(file.read_bytes()), services.live._tools
    who = replace(WHO, organisation=services.identity.organisation)  # type: ignore[attr-defined]
    once: Any = _NotKept()
    kind = Kind.RESERVE_CARD_NO_PNR
    case = services.open_verification(who, kind, None, None, once, area=None, protected=False).id
    lines = lines_of(card.reader.partition(":")[2])
    services.capture_mrz(who, case, lines, CaptureSource.TYPED, card.password.get("can"))
    opening = replace(tools.open_connection, randomness=Challenges(card))
    session = LiveReading(
        "ls_" + "A" * 26,
        who,
        case,
        replace(tools, randomness=card, open_connection=opening),
        opening(who, case),
        lambda judged: answers.octets(answers.chip_judged(judged)),
    )
    end = carry(card, InProcess(session))
    assert end.answer is not None, end.code
    assert card.finished
    assert end.answer["state"] == "checked"
    assert end.answer["report"]["evidence"]["files"] == card.files

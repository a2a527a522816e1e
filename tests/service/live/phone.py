"""A phone that carries what the server says to a specimen chip, frame by frame, without a network between."""

from __future__ import annotations

from collections.abc import Callable

from mrtd.specimen.card import SpecimenCard, TagLostError
from service.domain.live import (
    Apdus,
    ClientFrame,
    Done,
    Failed,
    Hello,
    Ready,
    Responses,
    Restart,
    ServerFrame,
    TagLost,
)

HELLO = Hello("test", "test", max_apdu=4096, extended_length=True)

Take = Callable[[ClientFrame], ServerFrame]


class Phone:
    """Sees what passes: `seen` are the server's frames, `sent` its own."""

    def __init__(self, card: SpecimenCard, take: Take) -> None:
        self.card = card
        self.take = take
        self.sent: list[ClientFrame] = []
        self.seen: list[ServerFrame] = []

    def send(self, frame: ClientFrame) -> ServerFrame:
        """One frame, and what it is answered with."""
        self.sent.append(frame)
        self.seen.append(self.take(frame))
        return self.seen[-1]

    def carry(self, frame: ServerFrame) -> ClientFrame:
        """What a frame of the server is answered with."""
        if isinstance(frame, Restart):
            self.card.put_on()
            return Ready(frame.connection)
        assert isinstance(frame, Apdus)
        answers: list[bytes] = []
        try:
            for command in frame.commands:
                answers.append(self.card.transmit(command))
                if int.from_bytes(answers[-1][-2:]) not in frame.accept:
                    break
        except TagLostError:
            return TagLost(frame.batch)
        return Responses(frame.batch, tuple(answers))

    def read(self, hello: Hello = HELLO, until: int = 1_000) -> ServerFrame:
        """From the first frame to the last, or to the one with this number."""
        self.card.put_on()
        frame = self.send(hello)
        while not isinstance(frame, (Done, Failed)) and len(self.seen) < until:
            frame = self.send(self.carry(frame))
        return frame

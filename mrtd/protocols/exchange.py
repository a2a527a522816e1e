"""How protocols speak with a chip without touching it: generators that yield batches and are sent answers.

The same code serves the relay to a phone, a card reader, the specimen chip and a recorded session.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from mrtd.errors import MalformedError
from mrtd.protocols.apdu import MAX_EXPECTED, MAX_SHORT_EXPECTED, Command, Response, Sw, parse_response

#: Commands of one batch at most: two files of the largest size in the smallest steps.
MAX_BATCH: Final = 512


class Phase(StrEnum):
    """What a batch is for; the phone shows it."""

    CARD_ACCESS = "card_access"
    PACE = "pace"
    BAC = "bac"
    SELECT = "select"
    CHIP_AUTHENTICATION = "chip_authentication"
    ACTIVE_AUTHENTICATION = "active_authentication"
    READ = "read"


@dataclass(frozen=True, slots=True, repr=False)
class Batch:
    """Commands for the chip, in this order.

    The carrier sends one after the other and stops after the first whose status word is not in `accept`; what it got
    until then, that one included, is the answer. `file`: what is being read, if one file is. `octets`: about how many
    the answers bring.
    """

    commands: tuple[bytes, ...]
    phase: Phase
    accept: frozenset[int] = frozenset({Sw.OK})
    file: str | None = None
    octets: int = 0

    def __repr__(self) -> str:
        return f"Batch({len(self.commands)} commands, {self.phase})"


_OK: Final = frozenset({int(Sw.OK)})
_Result = TypeVar("_Result")
#: A protocol: yields batches, is sent what the chip answered, ends with its result.
Exchange = Generator[Batch, Sequence[bytes], _Result]


def answers_of(batch: Batch, answers: Sequence[bytes]) -> list[Response]:
    """The answers to a batch, taken apart.

    Raises:
        MalformedError: `wrong_answer_count`: none, more than there were commands, or fewer though none of them
            stopped the batch; and as `parse_response`.
    """
    responses = [parse_response(answer) for answer in answers]
    if not responses or len(responses) > len(batch.commands):
        raise MalformedError("wrong_answer_count")
    stopped = [index for index, response in enumerate(responses) if response.sw not in batch.accept]
    if stopped and stopped[0] != len(responses) - 1:
        raise MalformedError("wrong_answer_count", detail="commands were sent after one that should have been last")
    if not stopped and len(responses) < len(batch.commands):
        raise MalformedError("wrong_answer_count", detail="the batch was not finished")
    return responses


def expected_of(commands: Sequence[Command]) -> int:
    """About how many octets the answers bring: what is asked for, where it is not just all that there is."""
    return sum(MAX_SHORT_EXPECTED if command.expected == MAX_EXPECTED else command.expected for command in commands)


def send(phase: Phase, *commands: Command, accept: frozenset[int] = _OK) -> Exchange[list[Response]]:
    """Send commands in the clear; the answers until the first whose status word is not in `accept`."""
    batch = Batch(tuple(command.encode() for command in commands), phase, accept, octets=expected_of(commands))
    answers = yield batch
    return answers_of(batch, answers)

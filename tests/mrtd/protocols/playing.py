"""Chips of paper: recorded answers, given only for the recorded commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mrtd.protocols.exchange import Batch, Exchange

T = TypeVar("T")


def play(exchange: Exchange[T], chip: Callable[[bytes], bytes], seen: list[Batch] | None = None) -> T:
    """Run a protocol against something that answers single commands; `seen` gets every batch."""
    try:
        batch = next(exchange)
        while True:
            if seen is not None:
                seen.append(batch)
            answers = []
            for command in batch.commands:
                answers.append(chip(command))
                if int.from_bytes(answers[-1][-2:]) not in batch.accept:
                    break
            batch = exchange.send(answers)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


class Transcript:
    """Answers command by command, each exactly once, and refuses any other."""

    def __init__(self, apdus: Iterable[Sequence[str]]) -> None:
        self._left = [(bytes.fromhex(command), bytes.fromhex(answer)) for command, answer in apdus]

    def __call__(self, command: bytes) -> bytes:
        expected, answer = self._left.pop(0)
        assert command.hex() == expected.hex()
        return answer

    @property
    def finished(self) -> bool:
        """Whether every command came."""
        return not self._left


def drawn(*values: int) -> Callable[[int], int]:
    """Private keys, one after the other."""
    left = list(values)

    def draw(order: int) -> int:
        value = left.pop(0)
        assert 0 < value < order
        return value

    return draw


def octets(*values: bytes) -> Callable[[int], bytes]:
    """Random octets, one value after the other."""
    left = list(values)

    def draw(count: int) -> bytes:
        value = left.pop(0)
        assert len(value) == count
        return value

    return draw


def none_drawn(_count: int) -> bytes:
    """Nothing random is needed."""
    raise AssertionError("nothing random was expected")

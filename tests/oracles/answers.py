"""What an oracle says: a value, that the octets are no such thing, or that it cannot tell and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cannot:
    """The oracle cannot answer for this file, for a reason of its own."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The octets are not such a structure."""


UNREADABLE: Final = Unreadable()

Answer = Hashable


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every item of a kind, and how we and each oracle answer."""

    name: str
    ours: Callable[..., Answer]
    oracles: Mapping[str, Callable[..., Answer]]

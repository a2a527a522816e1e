"""A typed walk through JSON: every mistake is told with its place and without its content."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

from mrtd import dump_body
from mrtd.errors import MrtdError
from service.replay.errors import ReplayError


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A value and where it stands, as in `expected.inspect.checks[3].status`."""

    value: object
    place: str = ""

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The object in `data` (RFC 8259, UTF-8, no key twice, bounded depth).

        Raises:
            ReplayError: no such JSON.
        """
        try:
            return cls(dump_body.read_json(data))
        except MrtdError as error:
            raise ReplayError(f"no JSON object: {error.code}") from None

    @property
    def is_null(self) -> bool:
        """Whether the value is null."""
        return self.value is None

    def members(self, required: Collection[str], optional: Collection[str] = (), *, more: bool = False) -> Members:
        """The members of an object: all `required`, none but `required` and `optional` unless `more`.

        Raises:
            ReplayError: no object, or other members.
        """
        if not isinstance(self.value, dict):
            raise self.error("an object")
        missing = [name for name in required if name not in self.value]
        if missing:
            raise self.error(f"an object with the member {missing[0]}")
        if not more and not self.value.keys() <= {*required, *optional}:
            raise self.error(f"an object of {', '.join([*required, *optional])}, and nothing else")
        return Members(self)

    def items(self, least: int = 0, most: int | None = None) -> Iterator[Node]:
        """The items of an array.

        Raises:
            ReplayError: no array, or another number of items.
        """
        if not isinstance(self.value, list) or len(self.value) < least:
            raise self.error("an array" if least == 0 else f"an array of at least {least}")
        if most is not None and len(self.value) > most:
            raise self.error(f"an array of at most {most}")
        return (Node(item, f"{self.place}[{number}]") for number, item in enumerate(self.value))

    def text(self, pattern: re.Pattern[str] | None = None, most: int | None = None) -> str:
        """A text that is not empty, of the whole `pattern` where one is given.

        Raises:
            ReplayError: something else.
        """
        if not isinstance(self.value, str) or not self.value:
            raise self.error("a text")
        if most is not None and len(self.value) > most:
            raise self.error(f"a text of at most {most} characters")
        if pattern is not None and pattern.fullmatch(self.value) is None:
            raise self.error(f"a text like {pattern.pattern}")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """An array of texts, each once.

        Raises:
            ReplayError: something else.
        """
        found = tuple(item.text() for item in self.items())
        if len(set(found)) != len(found):
            raise self.error("an array in which nothing stands twice")
        return found

    def word(self, words: Collection[str]) -> str:
        """One of `words`.

        Raises:
            ReplayError: something else.
        """
        if not isinstance(self.value, str) or self.value not in words:
            raise self.error(f"one of {', '.join(words)}")
        return self.value

    def integer(self, least: int, most: int) -> int:
        """An integer within bounds.

        Raises:
            ReplayError: something else.
        """
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= most:
            raise self.error(f"an integer from {least} to {most}")
        return self.value

    def boolean(self) -> bool:
        """True or false.

        Raises:
            ReplayError: something else.
        """
        if not isinstance(self.value, bool):
            raise self.error("true or false")
        return self.value

    def error(self, wanted: str) -> ReplayError:
        """That something else was wanted here."""
        return ReplayError(f"{self.place or 'the file'}: not {wanted}")


@dataclass(frozen=True, slots=True, repr=False)
class Members:
    """The members of an object, by name."""

    node: Node

    def __getitem__(self, name: str) -> Node:
        place = f"{self.node.place}.{name}" if self.node.place else name
        return Node(self._object()[name], place)

    def __contains__(self, name: str) -> bool:
        return name in self._object()

    def __iter__(self) -> Iterator[str]:
        return iter(self._object())

    def _object(self) -> dict[str, object]:
        if not isinstance(self.node.value, dict):
            raise self.node.error("an object")
        return self.node.value

"""What every reader promises, whatever the bytes: typed errors, short and silent `repr`, bounded time."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable

from mrtd.errors import MrtdError
from mrz import MrzError

#: CPU seconds for one input of at most `MAX_INPUT` octets, under coverage. The slowest seed takes a tenth of it.
MAX_SECONDS = 1.0
#: Longer inputs than any seed, so that work that grows with the square of the length shows.
MAX_INPUT = 32 * 1024
#: The longest are those of a CRL whose number has the 64 octets that are read, and of a dump of all files of a chip.
MAX_REPR = 1024
#: An object identifier of 64 octets, the longest that is read, is the longest part of any detail.
MAX_MESSAGE = 400

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PLACE = re.compile(r"[A-Za-z0-9_./ -]{0,40}")
#: Country codes, numbers, the beginning of a hash and our own words: no name, no text, no bytes.
_VALUES = (
    r"None|True|False",
    r"-?[0-9]+(?: bytes| fields| infos)?",
    r"[A-Z]{2,3}|[0-9a-f]{16}|[a-z][a-z_]*|'name'",
    r"TD[123]|MRV-[AB]",
    r"\[<ElementaryFile[^']*'[^']*'>(?:, <ElementaryFile[^']*'[^']*'>)*\]",
)
_VALUE = f"(?:{'|'.join(_VALUES)})"
_REPR = re.compile(rf"[A-Z]\w+\((?:(?:\w+=)?{_VALUE}(?:, (?!\)))?)*\)")


class PromiseBrokenError(AssertionError):
    """A reader did what no input may make it do."""


def require(held: bool, promise: str) -> None:
    """Raise PromiseBrokenError unless `held`."""
    if not held:
        raise PromiseBrokenError(promise)


def silent(*things: object) -> None:
    """Each `repr` is short and made of codes and numbers alone."""
    for thing in things:
        text = repr(thing)
        require(len(text) <= MAX_REPR, f"repr of {type(thing).__name__} is too long")
        require(_REPR.fullmatch(text) is not None, f"repr of {type(thing).__name__} says too much")


def answers(read: Callable[[bytes], object], data: bytes) -> bool:
    """Whether `read` understood the bytes; anything but an answer or a proper error, in time, goes up.

    Raises:
        PromiseBrokenError: an error that says too much, or too long a time.
    """
    start = time.process_time()
    answered = True
    try:
        read(data)
    except (MrtdError, MrzError) as error:
        answered = False
        _proper(error)
    require(time.process_time() - start <= MAX_SECONDS, f"more than {MAX_SECONDS} s for {len(data)} octets")
    return answered


def _proper(error: MrtdError | MrzError) -> None:
    """Codes and places are words, and whatever a log would print of the error holds nothing of the input."""
    if isinstance(error, MrtdError):
        require(_WORD.fullmatch(error.code) is not None, "an error code is no word")
        require(_PLACE.fullmatch(error.where) is not None, "an error names more than a place")
    shown = traceback.TracebackException.from_exception(error, limit=0)
    while shown is not None:
        text = "".join(shown.format_exception_only())
        require(len(text) <= MAX_MESSAGE, "an error is too long")
        require(text.isascii() and text.strip().isprintable() and "'" not in text, "an error quotes its input")
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)

"""Readers with a bug each, which the harness must find: otherwise its silence about the real ones means nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from mrtd.errors import MalformedError
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from tests.fuzz.promises import MAX_SECONDS, silent

_NAMES: Final = dict.fromkeys((*oids.KNOWN_EXTENSIONS, oids.SPECIMEN_MARK), "known")


def wrong_error(data: bytes) -> None:
    """The bug sits behind the whole certificate: an extension of no name is a KeyError."""
    for extension in Certificate.parse(data).extensions:
        _NAMES[extension.oid]


def slow(data: bytes) -> None:
    """A search that does not come to an end where nothing is found."""
    if Certificate.parse(data).subject.country is None:
        end = time.process_time() + 1.5 * MAX_SECONDS
        while time.process_time() < end:
            pass


def talkative_error(data: bytes) -> None:
    """The error holds the name that could not be read."""
    certificate = Certificate.parse(data)
    if certificate.subject.country is None:
        raise MalformedError("no_country", detail=f"{certificate.subject.attributes}")


def talkative_repr(data: bytes) -> None:
    """The repr holds the name."""
    silent(_Talkative(Certificate.parse(data)))


class _Talkative:
    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate

    def __repr__(self) -> str:
        return f"Certificate(country=UT, name={self._certificate.subject.common_name})"


#: By name, none of them a name of `TARGETS`; they start from the seeds that `certificate` has.
BROKEN: Final[Mapping[str, Callable[[bytes], None]]] = {
    "wrong_error": wrong_error,
    "slow": slow,
    "talkative_error": talkative_error,
    "talkative_repr": talkative_repr,
}

"""Passwords as argon2id (RFC 9106), by pwdlib."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

#: Of one process at a time: each takes the memory below, and a guesser must not take all there is.
AT_ONCE: Final = 2
#: The second recommended choice of RFC 9106 §4: three passes, four lanes, 64 MiB.
PASSES: Final = 3
LANES: Final = 4
MEMORY_KIB: Final = 64 * 1024


class Argon2Passwords:
    """Answers `service.domain.accounts.PasswordHasher`."""

    def __init__(self) -> None:
        self._hashes: Final = PasswordHash((Argon2Hasher(PASSES, MEMORY_KIB, LANES),))
        self._turn: Final = threading.BoundedSemaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        with self._turn:
            return self._hashes.hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        # Where there is no account, the time of a hash passes all the same: it tells nobody which accounts exist.
        against = self._nobody if hashed is None else hashed
        with self._turn:
            try:
                same = self._hashes.verify(password, against)
            except UnknownHashError:
                return False
        return same and hashed is not None

    @cached_property
    def _nobody(self) -> str:
        return self.hashed("nobody has this password")

"""What the next connection to a chip does differently, after the one before it failed (SECURITY.md 5 and 6.1).

A connection that failed leaves nothing but this knowledge behind: no octet that it read, no key, no counter.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from mrtd.errors import MrtdError
from mrtd.protocols.errors import AccessDeniedError, ProofFailedError
from mrtd.protocols.exchange import Phase
from mrtd.protocols.files import Terminal
from mrtd.protocols.read_session import Wanted

#: Connections that may fail for another reason than that the chip was lost.
MAX_FAILURES: Final = 5
#: Failures in one phase before the next connection leaves it out, or goes another way.
_SECOND: Final = 2

#: The file is no eMRTD's, and will be none the next time.
_HOPELESS: Final = frozenset({"read.too_long"})
#: The chip knows BAC alone, which a card access number does not open.
_NEEDS_LINES: Final = "bac.needs_mrz"


class Next(StrEnum):
    """What to do after a connection failed."""

    AGAIN = "again"
    #: with another password
    OTHER_PASSWORD = "other_password"
    GIVE_UP = "give_up"


class Connections:
    """Remembers how connections to one chip failed.

    Args:
        terminal: what the phone can.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._wanted = Wanted(terminal)
        self._failures: dict[Phase, int] = {}
        self._losses: dict[Phase, int] = {}

    def wanted(self, challenge: bytes) -> Wanted:
        """How the next connection is used; `challenge`: made for it alone."""
        return replace(self._wanted, challenge=b"" if self._wanted.skip_active_authentication else challenge)

    def after(self, error: MrtdError, phase: Phase) -> Next:
        """Learn from a connection that failed in `phase`."""
        if isinstance(error, AccessDeniedError) or error.code == _NEEDS_LINES:
            return Next.OTHER_PASSWORD
        if error.code in _HOPELESS:
            return Next.GIVE_UP
        count = self._failures[phase] = self._failures.get(phase, 0) + 1
        if sum(self._failures.values()) >= MAX_FAILURES:
            return Next.GIVE_UP
        if isinstance(error, ProofFailedError):
            return self._proof_failed(error, count)
        if count < _SECOND:
            # once may be an accident of the air between phone and passport
            self._ask_for_less(phase)
            return Next.AGAIN
        return self._other_way(phase)

    def lost(self, phase: Phase) -> None:
        """Learn from a chip that was lost in `phase`: a hand that moved, or an answer too long for phone or chip."""
        count = self._losses[phase] = self._losses.get(phase, 0) + 1
        if count >= _SECOND:
            self._ask_for_less(phase)

    def _proof_failed(self, error: ProofFailedError, count: int) -> Next:
        """A false proof that comes twice is what the inspection must be told: the rest is read without it."""
        if count >= _SECOND and error.chip_authentication is not None:
            self._wanted = replace(self._wanted, failed_chip_authentication=error.chip_authentication)
        elif count >= _SECOND:
            self._wanted = replace(self._wanted, failed_cam=True)
        return Next.AGAIN

    def _ask_for_less(self, phase: Phase) -> None:
        if phase in (Phase.READ, Phase.SELECT, Phase.ACTIVE_AUTHENTICATION):
            self._wanted = replace(self._wanted, terminal=self._wanted.terminal.cautious())

    def _other_way(self, phase: Phase) -> Next:
        match phase:
            case Phase.PACE if not self._wanted.use_bac:
                # the inspection reports it, and a strict policy refuses it (SECURITY.md 5.8)
                self._wanted = replace(self._wanted, use_bac=True)
            case Phase.CHIP_AUTHENTICATION:
                self._wanted = replace(self._wanted, skip_chip_authentication=True)
            case Phase.ACTIVE_AUTHENTICATION:
                self._wanted = replace(self._wanted, skip_active_authentication=True)
            case Phase.READ | Phase.SELECT:
                self._ask_for_less(phase)
            case _:
                return Next.GIVE_UP
        return Next.AGAIN

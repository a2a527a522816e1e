"""What opens a chip in a live session: passwords in the order in which they are tried (API.md section 6)."""

from __future__ import annotations

from datetime import date

import mrz
from mrtd.protocols import password
from service.domain.mrz_candidates import candidates


class LivePasswords:
    """The card access number, the captured lines, and those that are tried after them.

    Args:
        captured: the lines that count.
        can: the card access number beside them, which is tried first.
        today: the day against which two-digit years are resolved.
    """

    def __init__(self, captured: mrz.MrzDocument, can: str | None, today: date) -> None:
        self._captured = captured
        self._can = can
        self._today = today
        self._others: list[mrz.MrzDocument] | None = None
        self._now = captured

    @property
    def current(self) -> password.Password:
        """What is tried now."""
        return password.from_can(self._can) if self._can is not None else password.from_mrz(self._now)

    @property
    def are_others(self) -> bool:
        """Whether they are not the captured ones."""
        return self._now is not self._captured

    @property
    def proposed(self) -> tuple[str, ...]:
        """The lines that opened the chip, where they are not the captured ones."""
        return self._now.lines if self.are_others else ()

    def use_next(self) -> bool:
        """Try the next one; False where there is none."""
        if self._can is not None:
            self._can = None
            return True
        if self._others is None:
            self._others = list(candidates(self._captured, self._today))
        if not self._others:
            return False
        self._now = self._others.pop(0)
        return True

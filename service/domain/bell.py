"""Tells workers of this process that something waits, so that they need not ask all the time."""

from __future__ import annotations

import threading


class Bell:
    """Rung when a job was enqueued. Whoever looked for work before it rang looks again; no ring is missed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rung = 0

    @property
    def rung(self) -> int:
        """How often it rang; to be read before looking for work."""
        return self._rung

    def ring(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._rung += 1
            self._condition.notify_all()

    def wait(self, heard: int, timeout_s: float) -> None:
        """Until it rang more often than `heard`, or `timeout_s` seconds passed."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung != heard, timeout_s)

"""The live sessions of this process: one a verification, bounded in number, forgotten when they are over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from service.domain import ids
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Principal
from service.domain.live import MAX_SESSIONS, MAX_SESSIONS_OF_ONE, LiveCode
from service.usecases.live_reading import LiveReading, LiveTools
from service.usecases.submit_chip import ChipJudged

#: Seconds after which it may be tried again where too many read at once.
_RETRY_S: Final = 5


class LiveSessions:
    """Opens and finds sessions. `MAX_SESSIONS` of them at a time; those that are over make room.

    A session that ended stays until its time is over, so that a lost last answer can be asked for again.

    Args:
        tools: of the service.
        most_of_one: sessions of one phone that may go on at a time.
    """

    def __init__(self, tools: LiveTools, most_of_one: int = MAX_SESSIONS_OF_ONE) -> None:
        self._tools = tools
        self._most_of_one = most_of_one
        self._lock = threading.Lock()
        self._sessions: dict[str, LiveReading] = {}

    @property
    def open_now(self) -> int:
        """How many go on."""
        with self._lock:
            return sum(map(_goes_on, self._sessions.values()))

    def open(self, who: Principal, verification_id: str, render: Callable[[ChipJudged], bytes]) -> LiveReading:
        """Begin to read for a verification; an older session for it ends (SECURITY.md 6.3).

        Raises:
            ServiceError: `too_many_requests`: no more sessions now, or none of this phone; as `OpenLiveConnection`.
        """
        self._make_room()
        self._require_few(who, verification_id)
        connection = self._tools.open_connection(who, verification_id)
        session_id = ids.live_session_id(self._tools.randomness.octets(ids.ID_BYTES))
        session = LiveReading(session_id, who, verification_id, self._tools, connection, render)
        with self._lock:
            older = self._sessions.pop(verification_id, None)
            self._sessions[verification_id] = session
        if older is not None:
            older.fail(LiveCode.SUPERSEDED)
        return session

    def of(self, who: Principal, verification_id: str, session_id: str) -> LiveReading:
        """The session that somebody opened here.

        Raises:
            ServiceError: `not_found`: it is over, was begun in another process, or is not theirs.
        """
        with self._lock:
            session = self._sessions.get(verification_id)
        if session is None or session.id != session_id or not _same(session.who, who) or session.seconds_left == 0:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return session

    def _make_room(self) -> None:
        with self._lock:
            over = [name for name, session in self._sessions.items() if session.seconds_left == 0]
            left_behind = [self._sessions.pop(name) for name in over]
            if len(self._sessions) >= MAX_SESSIONS:
                # the answers of those that ended are of less use than a reading that waits
                ended = [name for name, session in self._sessions.items() if session.ended]
                for name in ended:
                    del self._sessions[name]
            full = len(self._sessions) >= MAX_SESSIONS
        for session in left_behind:
            session.fail(LiveCode.TIME_OVER)
        if full:
            raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=_RETRY_S)

    def _require_few(self, who: Principal, verification_id: str) -> None:
        """One phone must not take the room of all others."""
        with self._lock:
            theirs = sum(
                _goes_on(session) and _reader(session.who) == _reader(who)
                for name, session in self._sessions.items()
                if name != verification_id
            )
        if theirs >= self._most_of_one:
            raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=_RETRY_S)


def _goes_on(session: LiveReading) -> bool:
    return not session.ended and session.seconds_left > 0


def _reader(who: Principal) -> str:
    return who.device or who.id


def _same(one: Principal, other: Principal) -> bool:
    return (one.id, one.organisation, one.device) == (other.id, other.organisation, other.device)

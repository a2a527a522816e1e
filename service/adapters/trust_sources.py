"""Where the trust store of judgements comes from: paths of the operator, or the store that two people activated."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

import structlog

from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from service.domain.errors import ProblemCode, ServiceError
from service.domain.opened_trust import kept, open_store
from service.domain.repositories import Database
from service.domain.trust import Activation, TrustError
from service.log import named

log = structlog.stdlib.get_logger("passkoll.trust")

#: People must mend a damaged store; a client that asks every half minute finds out soon enough.
_RETRY_S: Final = 30


@dataclass(frozen=True, slots=True)
class FixedTrust:
    """Answers `service.domain.ports.TrustSource` with one store for the life of the process."""

    store: TrustStore

    def current(self) -> TrustStore:
        return self.store


class AdministeredTrust:
    """Answers `service.domain.ports.TrustSource` with the store in use; before the first activation an empty one.

    Each question is one small query, so that a store that another process activated counts from the next judgement
    on; the file is opened when the answer changed.

    Args:
        database: with connections of its own: questions come inside transactions of others, and must not wait for
            a connection that those hold.
        realm: of this service.
    """

    def __init__(self, database: Database, realm: Realm) -> None:
        self._database = database
        self._realm = realm
        self._lock = Lock()
        self._held: tuple[Activation, TrustStore] | None = None
        self._empty = TrustStore.empty(realm)

    def current(self) -> TrustStore:
        active = self._active()
        if active is None:
            return self._empty
        held = self._held
        if held is not None and held[0] == active:
            return held[1]
        with self._lock:
            if self._held is None or self._held[0] != active:
                self._held = (active, self._open(active))
            return self._held[1]

    def _active(self) -> Activation | None:
        try:
            with self._database.reading() as work:
                return work.trust.active()
        except TrustError as error:
            raise _not_ready(error, None) from error

    def _open(self, active: Activation) -> TrustStore:
        try:
            with self._database.reading() as work:
                stored = kept(work.trust, active.digest)
            store = open_store(stored, active.holdings, self._realm)
        except TrustError as error:
            raise _not_ready(error, active.digest) from error
        if store.digest != active.digest:
            log.warning("this version made the trust store anew", trust_store=store.digest)
        return store


def _not_ready(error: TrustError, digest: str | None) -> ServiceError:
    log.error(
        f"nothing is judged: the trust store in use cannot be opened ({error.code})",
        trust_store=digest,
        **named(error),
    )
    return ServiceError(ProblemCode.NOT_READY, retry_after_s=_RETRY_S)

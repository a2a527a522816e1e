"""Trust stores, the draft and the activations as rows, and which verifications hold evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.exc import IntegrityError, MultipleResultsFound

from mrtd.pki.realm import Realm
from service.adapters.db import tables
from service.domain.trust import (
    Activation,
    Draft,
    StoredTrust,
    TrustError,
    TrustProblem,
    draft_changed,
    require_chained,
)

#: The id of the only row of `trust_draft`.
_THE_DRAFT: Final = 1


@dataclass(frozen=True, slots=True)
class TrustRows:
    """Answers `service.domain.repositories.TrustStores`. What was changed by hand, and is no such row any more, is
    `store_damaged`."""

    connection: Connection

    def stored(self, digest: str) -> StoredTrust:
        table = tables.trust_stores
        with _whole():
            row = self.connection.execute(select(table).where(table.c.digest == digest)).one_or_none()
            if row is None:
                raise TrustError(TrustProblem.UNKNOWN_STORE)
            return StoredTrust(row.digest, Realm(row.realm), bytes(row.file), _text(row.file_sha256))

    def digests(self) -> Sequence[str]:
        return list(self.connection.execute(select(tables.trust_stores.c.digest)).scalars())

    def draft(self) -> Draft | None:
        draft, stores = tables.trust_draft, tables.trust_stores
        # without its store it is a draft all the same: people see that it is damaged, and discard it
        query = select(draft, stores.c.realm).outerjoin(stores, stores.c.digest == draft.c.digest)
        with _whole():
            row = self.connection.execute(query).one_or_none()
            return None if row is None else _draft(row)

    def stage(self, draft: Draft, stored: StoredTrust, *, replaces: str | None) -> None:
        if replaces is not None:
            self.drop_draft(replaces, keep=draft.digest)
        if self._is_unknown(stored.digest):
            self.connection.execute(
                insert(tables.trust_stores).values(
                    digest=stored.digest, realm=stored.realm, file=stored.file, file_sha256=stored.file_sha256
                )
            )
        try:
            self.connection.execute(
                insert(tables.trust_draft).values(
                    id=_THE_DRAFT,
                    digest=draft.digest,
                    holdings=draft.holdings,
                    based_on=draft.based_on,
                    staged_at=draft.staged_at,
                    staged_by=draft.staged_by,
                )
            )
        except IntegrityError:
            # Somebody else began one at the same time.
            raise draft_changed() from None

    def drop_draft(self, digest: str, *, keep: str | None = None) -> None:
        table = tables.trust_draft
        if self.connection.execute(delete(table).where(table.c.digest == digest)).rowcount != 1:
            raise draft_changed()
        if digest != keep and not self._was_activated(digest):
            stores = tables.trust_stores
            self.connection.execute(delete(stores).where(stores.c.digest == digest))

    def activate(self, activation: Activation) -> None:
        # The row is the lock: of two that activate or stage at once, one finds it gone.
        self.drop_draft(activation.digest, keep=activation.digest)
        self.connection.execute(
            insert(tables.trust_activations).values(
                digest=activation.digest,
                holdings=activation.holdings,
                previous=activation.previous,
                at=activation.at,
                first_actor=activation.first,
                second_actor=activation.second,
                reason=activation.reason,
            )
        )

    def active(self) -> Activation | None:
        table = tables.trust_activations
        with _whole():
            rows = self.connection.execute(select(table).order_by(table.c.id.desc()).limit(2)).all()
            before, last = (None, None, *map(_activation, reversed(rows)))[-2:]
            if last is not None:
                require_chained((last,), None if before is None else before.digest)
            return last

    def history(self) -> Sequence[Activation]:
        table = tables.trust_activations
        with _whole():
            return [_activation(row) for row in self.connection.execute(select(table).order_by(table.c.id))]

    def _was_activated(self, digest: str) -> bool:
        table = tables.trust_activations
        query = select(table.c.id).where(table.c.digest == digest).limit(1)
        return self.connection.execute(query).one_or_none() is not None

    def _is_unknown(self, digest: str) -> bool:
        table = tables.trust_stores
        return self.connection.execute(select(table.c.digest).where(table.c.digest == digest)).one_or_none() is None


@contextmanager
def _whole() -> Iterator[None]:
    """SQLite keeps what it is given, whatever the type of the column: a word for a realm, text for a time."""
    try:
        yield
    except (TypeError, ValueError, MultipleResultsFound) as error:
        raise TrustError(TrustProblem.STORE_DAMAGED, "a row was changed by hand") from error


def _activation(row: Row[Any]) -> Activation:
    return Activation(
        _text(row.digest),
        _text(row.holdings),
        _text_or_none(row.previous),
        row.at,
        _text(row.first_actor),
        _text(row.second_actor),
        _text_or_none(row.reason),
    )


def _draft(row: Row[Any]) -> Draft:
    realm = Realm(row.realm) if row.realm in set(Realm) else None
    return Draft(
        _text(row.digest),
        realm,
        _text(row.holdings),
        _text_or_none(row.based_on),
        row.staged_at,
        _text(row.staged_by),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


@dataclass(frozen=True, slots=True)
class EvidenceTrail:
    """Answers `service.domain.repositories.EvidenceTrail`."""

    connection: Connection

    def since(self, moment: datetime, limit: int) -> Sequence[str]:
        table = tables.evidence
        latest = func.max(table.c.id)
        query = (
            select(table.c.verification_id)
            .where(table.c.received_at >= moment)
            .group_by(table.c.verification_id)
            .order_by(latest.desc())
            .limit(limit)
        )
        return list(self.connection.execute(query).scalars())

"""Access tokens, and the ids of proofs that were used, as rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.db.token_tables import access_tokens, used_ids
from service.domain.tokens import AccessToken, TokenKind


@dataclass(frozen=True, slots=True)
class AccessTokenRows:
    """Answers `service.domain.tokens.AccessTokens`."""

    connection: Connection

    def add(self, token: AccessToken) -> None:
        names = (column.name for column in access_tokens.columns)
        values = {name: getattr(token, name) for name in names}
        self.connection.execute(insert(access_tokens).values({**values, "scopes": sorted(token.scopes)}))

    def find(self, digest: str) -> AccessToken | None:
        row = self.connection.execute(select(access_tokens).where(access_tokens.c.digest == digest)).one_or_none()
        if row is None:
            return None
        return AccessToken(**{**row._mapping, "kind": TokenKind(row.kind), "scopes": frozenset(row.scopes)})

    def revoke(self, digest: str) -> None:
        self._delete(access_tokens.c.digest == digest)

    def revoke_client(self, client: str) -> int:
        return self._delete(access_tokens.c.client == client)

    def revoke_person(self, person: str) -> int:
        return self._delete(access_tokens.c.person == person)

    def revoke_session(self, session: str) -> int:
        return self._delete(access_tokens.c.session == session)

    def forget(self, now: datetime) -> int:
        return self._delete(access_tokens.c.expires_at <= now)

    def _delete(self, which: ColumnElement[bool]) -> int:
        return self.connection.execute(delete(access_tokens).where(which)).rowcount


@dataclass(frozen=True, slots=True)
class UsedIdRows:
    """Answers `service.domain.proofs.UsedIds`: the primary key is what makes a second use fail, on every replica."""

    connection: Connection

    def use(self, issuer: str, jti: str, until: datetime) -> bool:
        # The length keeps two pairs apart whose texts together are the same.
        named = f"{len(issuer)} {issuer}{jti}".encode("utf-8", "surrogatepass")
        values = {"digest": hashlib.sha256(named).hexdigest(), "until": until}
        dialect = sqlite if self.connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(used_ids).values(values).on_conflict_do_nothing().returning(used_ids.c.digest)
        # Not by the count of rows, which drivers need not tell of an INSERT.
        return self.connection.execute(statement).one_or_none() is not None

    def forget(self, now: datetime) -> int:
        return self.connection.execute(delete(used_ids).where(used_ids.c.until <= now)).rowcount

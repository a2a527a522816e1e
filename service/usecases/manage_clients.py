"""Register the systems that call by themselves, change their keys, and end them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.audit import Action, AuditEntry, Details
from service.domain.clients import Client, ClientError, ClientKind, ClientProblem
from service.domain.errors import ProblemCode, ServiceError
from service.domain.ids import ID_BYTES, client_id
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database, Work
from service.domain.tokens import SCOPES_OF, Scope, TokenKind

#: What people call it.
MAX_NAME: Final = 128
#: A URI (RFC 7519 §2 StringOrURI): printable, without blanks.
_AUDIENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,240}")
_KINDS: Final = {ClientKind.PORTAL: TokenKind.PORTAL, ClientKind.HARNESS: TokenKind.HARNESS}
#: What a client has only where somebody named it: few portals are for people with protected identity.
BY_NAME_ALONE: Final = frozenset({Scope.PROTECTED_IDENTITY})
#: The key that a client changes to, and the one that it changes from.
KEPT_KEYS: Final = 2


@dataclass(frozen=True, slots=True)
class ManageClients:
    """`passkoll client`. Keys are public ones, as JWKs in JSON, read and judged before they come here."""

    database: Database
    clock: Clock
    randomness: Randomness
    realm: Realm
    organisation: str

    def add(
        self, actor: str, kind: ClientKind, name: str, audience: str, scopes: Collection[str], key: str
    ) -> Client:
        """A new client; without scopes named, it gets the usual ones of its kind.

        Raises:
            ClientError: it cannot be.
        """
        client = Client(
            client_id(self.randomness.octets(ID_BYTES)),
            self.organisation,
            kind,
            _name(name),
            _audience(audience),
            self._scopes(kind, scopes),
            (key,),
            self.clock.now(),
        )
        with self.database.changing() as work:
            try:
                work.clients.add(client)
            except ServiceError as error:
                if error.code is not ProblemCode.CONFLICT:
                    raise
                raise ClientError(ClientProblem.AUDIENCE_TAKEN) from None
            self._audit(work, actor, Action.CLIENT_ADDED, client, {"kind": kind.value})
        return client

    def all(self) -> Sequence[Client]:
        """Every client of the organisation, revoked ones too."""
        with self.database.reading() as work:
            return work.clients.of(self.organisation)

    def rotate(self, actor: str, wanted: str, key: str, *, at_once: bool = False) -> Client:
        """A new key. The one before counts until the next change, or no longer: `at_once`, when it may be stolen.

        Raises:
            ClientError: `unknown_client`, `revoked`.
        """
        with self.database.changing() as work:
            client = self._open(work, wanted)
            kept = [] if at_once else [known for known in client.keys if known != key]
            changed = replace(client, keys=(key, *kept)[:KEPT_KEYS])
            work.clients.save(changed)
            if at_once:
                work.access_tokens.revoke_client(client.id)
            self._audit(work, actor, Action.CLIENT_KEYS_CHANGED, client, {"at_once": at_once})
        return changed

    def revoke(self, actor: str, wanted: str) -> None:
        """It may not ask any more, and what it has been given ends now.

        Raises:
            ClientError: `unknown_client`, `revoked`.
        """
        with self.database.changing() as work:
            client = self._open(work, wanted)
            work.clients.save(replace(client, revoked_at=self.clock.now()))
            ended = work.access_tokens.revoke_client(client.id)
            self._audit(work, actor, Action.CLIENT_REVOKED, client, {"tokens": ended})

    def _open(self, work: Work, wanted: str) -> Client:
        client = work.clients.find(wanted)
        if client is None or client.organisation != self.organisation:
            raise ClientError(ClientProblem.UNKNOWN_CLIENT)
        if client.revoked_at is not None:
            raise ClientError(ClientProblem.REVOKED)
        return client

    def _scopes(self, kind: ClientKind, wanted: Collection[str]) -> frozenset[str]:
        if kind is ClientKind.HARNESS and self.realm is not Realm.SPECIMEN:
            raise ClientError(ClientProblem.HARNESS_REFUSED)
        possible = frozenset[str](SCOPES_OF[_KINDS[kind]])
        chosen = frozenset(wanted) or possible - BY_NAME_ALONE
        if not chosen <= possible:
            raise ClientError(ClientProblem.BAD_SCOPE)
        return chosen

    def _audit(self, work: Work, actor: str, action: Action, client: Client, details: Details) -> None:
        said: Details = {"client": client.id, **details}
        work.audit.write(AuditEntry(self.clock.now(), actor, client.organisation, action, None, said))


def _name(written: str) -> str:
    name = written.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ClientError(ClientProblem.BAD_NAME)
    return name


def _audience(written: str) -> str:
    if _AUDIENCE.fullmatch(written) is None:
        raise ClientError(ClientProblem.BAD_AUDIENCE)
    return written

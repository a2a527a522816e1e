"""Make an end of an access token before its time."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.audit import Action, AuditEntry
from service.domain.grants import ClientProof, RevocationRequest
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.domain.tokens import OAuthError, OAuthErrorCode, digest_of
from service.usecases.authenticate_client import AuthenticateClient


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """`POST /v1/oauth/revoke` (RFC 7009). An unknown token, or somebody else's, is answered as one that ended."""

    database: Database
    clock: Clock
    authenticate_client: AuthenticateClient

    def __call__(self, client: ClientProof, asked: RevocationRequest) -> None:
        """It opens nothing any more.

        Raises:
            OAuthError: nobody asked who may.
        """
        if asked.token is None:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "token is needed")
        party = self.authenticate_client(client)
        with self.database.changing() as work:
            token = work.access_tokens.find(digest_of(asked.token))
            if token is None or token.client != party.id:
                return
            work.access_tokens.revoke(token.digest)
            actor, details = token.person or token.client, {"kind": token.kind.value, "client": token.client}
            work.audit.write(
                AuditEntry(self.clock.now(), actor, token.organisation, Action.TOKEN_REVOKED, None, details)
            )

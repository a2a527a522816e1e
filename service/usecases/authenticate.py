"""Who is behind a request: an access token with the proof of its key, or the session of the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.domain.clients import Client
from service.domain.devices import Device, DevicePolicy, may_act
from service.domain.identity import Presented, Principal
from service.domain.ports import Clock
from service.domain.proofs import ProofCheck
from service.domain.repositories import Database, Work
from service.domain.tokens import CALLERS, AccessToken, TokenKind, digest_of
from service.usecases.token_parties import client_behind, device_behind, person_behind


class ConsoleSessions(Protocol):
    """Knows people by the session of their browser."""

    def principal(self, presented: Presented) -> Principal | None:
        """The person; None where the cookie opens nothing, or a page of another origin sent the request."""
        ...


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Answers `service.domain.ports.Identity`.

    One way of saying who it is, or nobody: whoever shows a token and a cookie could be taken for either. Nothing is
    taken from the token but its digest; who is behind it is looked up at each request.
    """

    database: Database
    clock: Clock
    verify_proof: ProofCheck
    sessions: ConsoleSessions
    devices: DevicePolicy

    def authenticate(self, presented: Presented) -> Principal | None:
        """The person or system behind a request.

        Raises:
            ServiceError: `invalid_proof`: the token is good, and nothing proves that its owner sent it.
        """
        shows_token = bool(presented.scheme) or presented.proof is not None
        if shows_token == (presented.session is not None):
            return None
        if not shows_token:
            return self.sessions.principal(presented)
        return self._of_token(presented) if presented.scheme == "dpop" else None

    def banner(self) -> tuple[str, ...]:
        """Nothing is unusual."""
        return ()

    def _of_token(self, presented: Presented) -> Principal | None:
        now = self.clock.now()
        with self.database.reading() as work:
            token = work.access_tokens.find(digest_of(presented.token))
            who = self._principal(work, token, now) if token is not None and token.is_live(now) else None
        if token is None or who is None:
            return None
        self.verify_proof(presented, token=presented.token, key=token.key)
        return who

    def _principal(self, work: Work, token: AccessToken, now: datetime) -> Principal | None:
        """Who a token speaks for now; None where they may not act any more."""
        if token.kind in (TokenKind.PORTAL, TokenKind.HARNESS):
            client = client_behind(work, token)
            return None if client is None else _of_client(token, client)
        device = device_behind(work, token)
        if device is None or not self._may_speak(device, token, now):
            return None
        callers = frozenset({CALLERS[token.kind]})
        if token.kind is not TokenKind.APP:
            return Principal(
                device.id,
                token.organisation,
                callers,
                device=device.id,
                only=token.only,
                scopes=token.scopes,
                token=token.digest,
            )
        person = person_behind(work, token, now)
        if person is None:
            return None
        return Principal(
            person.id,
            token.organisation,
            callers,
            person.roles,
            person.areas,
            device.id,
            token.session,
            token.signed_in_at,
            scopes=token.scopes,
            token=token.digest,
        )

    def _may_speak(self, device: Device, token: AccessToken, now: datetime) -> bool:
        """The phone of a holder speaks for its order alone, no other one does, each while its attestation counts.

        One whose attestation is too old may by itself renew it, and do nothing else.
        """
        if (token.kind is TokenKind.HOLDER) != (device.order is not None) or device.order != token.only:
            return False
        return token.kind is TokenKind.DEVICE or may_act(device, now, self.devices)


def _of_client(token: AccessToken, client: Client) -> Principal:
    """What was taken from its registration since counts at once."""
    callers = frozenset({CALLERS[token.kind]})
    return Principal(client.id, token.organisation, callers, scopes=token.scopes & client.scopes)

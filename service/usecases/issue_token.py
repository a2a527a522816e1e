"""Give access tokens: to phones and systems by themselves, and to phones for a person who signed in on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.domain.audit import Action, AuditEntry
from service.domain.devices import DevicePolicy, may_act
from service.domain.errors import ProblemCode, ServiceError
from service.domain.grants import (
    ACCESS_TOKEN_TYPE,
    ClientProof,
    GrantType,
    Party,
    TokenRequest,
    granted_scopes,
    may_be_spoken_for,
    require_plain_exchange,
)
from service.domain.identity import Presented
from service.domain.people import SubjectTokens
from service.domain.ports import Clock, Randomness
from service.domain.proofs import ProofCheck
from service.domain.repositories import Database
from service.domain.tokens import (
    SCOPES_OF,
    SIGN_IN_LIFE,
    TOKEN_BYTES,
    TOKEN_LIFE,
    AccessToken,
    OAuthError,
    OAuthErrorCode,
    TokenKind,
    digest_of,
    written,
)
from service.usecases.authenticate_client import AuthenticateClient
from service.usecases.token_parties import person_behind

_NOBODY: Final = "subject_token proves nobody whom this device may act for"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; it is shown this once."""

    text: str
    token: AccessToken
    #: of an exchange (RFC 8693 §2.2.1)
    issued_token_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A person whom a phone may act for, and since when that is proven."""

    person: str
    session: str
    signed_in_at: datetime
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class IssueToken:
    """`POST /v1/oauth/token`. Nobody gets one without an assertion and a DPoP proof (RFC 9449 §5)."""

    database: Database
    clock: Clock
    randomness: Randomness
    authenticate_client: AuthenticateClient
    verify_proof: ProofCheck
    subjects: SubjectTokens
    devices: DevicePolicy

    def __call__(self, presented: Presented, client: ClientProof, asked: TokenRequest) -> Issued:
        """A token that is bound to the key of the proof.

        Raises:
            OAuthError: none is given.
            ServiceError: `not_ready`: the service cannot do that now.
        """
        grant = _grant_type(asked)
        party = self.authenticate_client(client)
        key = self._proven_key(presented, party)
        if grant is not GrantType.CLIENT_CREDENTIALS or party.kind is TokenKind.HOLDER:
            self._require_fit_device(party)
        if grant is GrantType.CLIENT_CREDENTIALS:
            return self._issue(party, key, granted_scopes(asked.scope, party.scopes))
        return self._exchange(party, key, asked)

    def _proven_key(self, presented: Presented, party: Party) -> str:
        """The key that the token will be bound to: of a phone its enrolled one, of a system any."""
        try:
            return self.verify_proof(presented, key=party.key).thumbprint
        except ServiceError as error:
            if error.code is not ProblemCode.INVALID_PROOF:
                raise
            raise OAuthError(
                OAuthErrorCode.INVALID_DPOP_PROOF, "the DPoP header is missing, or proves nothing for this request"
            ) from None

    def _require_fit_device(self, party: Party) -> None:
        """People work with a phone only while its attestation is young; by itself it may renew it."""
        with self.database.reading() as work:
            device = work.devices.find(party.id)
        if device is not None and not may_act(device, self.clock.now(), self.devices):
            raise OAuthError(
                OAuthErrorCode.UNAUTHORIZED_CLIENT, "the attestation of this device must be renewed first"
            )

    def _exchange(self, party: Party, key: str, asked: TokenRequest) -> Issued:
        if party.kind is not TokenKind.DEVICE:
            raise OAuthError(OAuthErrorCode.UNAUTHORIZED_CLIENT, "only a device of staff may act for a person")
        require_plain_exchange(asked)
        spoken = self._spoken_for(party, key, asked)
        scopes = granted_scopes(asked.scope, spoken.scopes)
        if not scopes:
            raise OAuthError(OAuthErrorCode.INVALID_SCOPE, "a token for a person needs a scope")
        return self._issue(party, key, scopes, spoken)

    def _spoken_for(self, party: Party, key: str, asked: TokenRequest) -> _Spoken:
        token, kind = str(asked.subject_token), asked.subject_token_type
        if kind == ACCESS_TOKEN_TYPE:
            return self._still_spoken_for(party, key, token)
        signed_in = self.subjects.verify(token, str(kind), key, party.organisation)
        if signed_in is None or not may_be_spoken_for(signed_in.person, party.organisation):
            raise OAuthError(OAuthErrorCode.INVALID_GRANT, _NOBODY)
        scopes = frozenset(SCOPES_OF[TokenKind.APP])
        return _Spoken(signed_in.person.id, signed_in.session, signed_in.at, scopes)

    def _still_spoken_for(self, party: Party, key: str, text: str) -> _Spoken:
        """Whom the phone acts for already: its token may be renewed until the sign-in is too old."""
        now = self.clock.now()
        with self.database.reading() as work:
            token = work.access_tokens.find(digest_of(text))
            # of this phone and this key: nobody else's token proves anything here
            own = token is not None and token.is_live(now) and (token.client, token.key) == (party.id, key)
            person = person_behind(work, token, now) if token is not None and own else None
        if token is None or person is None or token.session is None or token.signed_in_at is None:
            raise OAuthError(OAuthErrorCode.INVALID_GRANT, _NOBODY)
        if now >= token.signed_in_at + SIGN_IN_LIFE:
            raise OAuthError(OAuthErrorCode.INVALID_GRANT, "the person signed in too long ago, and must do so again")
        return _Spoken(person.id, token.session, token.signed_in_at, token.scopes)

    def _issue(self, party: Party, key: str, scopes: frozenset[str], spoken: _Spoken | None = None) -> Issued:
        text, now = written(self.randomness.octets(TOKEN_BYTES)), self.clock.now()
        token = AccessToken(
            digest_of(text),
            party.kind if spoken is None else TokenKind.APP,
            party.organisation,
            party.id,
            key,
            scopes,
            now,
            now + TOKEN_LIFE,
            person=None if spoken is None else spoken.person,
            session=None if spoken is None else spoken.session,
            signed_in_at=None if spoken is None else spoken.signed_in_at,
            only=party.order,
        )
        details = {"kind": token.kind.value, "client": token.client}
        with self.database.changing() as work:
            work.access_tokens.add(token)
            actor = token.person or token.client
            work.audit.write(AuditEntry(now, actor, token.organisation, Action.TOKEN_ISSUED, None, details))
        return Issued(text, token, None if spoken is None else ACCESS_TOKEN_TYPE)


def _grant_type(asked: TokenRequest) -> GrantType:
    if asked.grant_type is None:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "grant_type is needed")
    try:
        return GrantType(asked.grant_type)
    except ValueError:
        raise OAuthError(
            OAuthErrorCode.UNSUPPORTED_GRANT_TYPE, "client_credentials and token exchange (RFC 8693) are supported"
        ) from None

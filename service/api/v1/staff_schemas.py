"""The JSON of invitations, sign-ins and sessions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from service.api.v1.model import Answer, Request
from service.domain.accounts import MAX_LOGIN, MAX_PASSWORD, MIN_LOGIN
from service.domain.identity import Role
from service.domain.people import Person
from service.domain.sessions import IDLE_TIME, Session
from service.domain.sign_in import Method, SignIn
from service.usecases.begin_sign_in import Begun
from service.usecases.finish_sign_in import Answer as Proof

#: Base64url of 32 octets.
_SECRET: Final = r"^[A-Za-z0-9_-]{43}$"


Secret = Annotated[str, Field(pattern=_SECRET)]
Thumbprint = Annotated[str, Field(pattern=_SECRET, description="RFC 7638 thumbprint (SHA-256) of the phone's key")]
DecisionHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CaseId = Annotated[str, Field(pattern=r"^vs_[A-Z2-7]{26}$")]
OwnPath = Annotated[str, Field(max_length=200)]
Login = Annotated[str, Field(min_length=MIN_LOGIN, max_length=MAX_LOGIN, pattern=r"^[^\x00-\x20\x7f]*$")]
#: What is too short is refused with a code of its own, by the use case.
Password = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD)]


class BeginSignIn(Request):
    """How somebody wants to sign in.

    `device_key`: in the app; the sign-in is then finished with a DPoP proof of that key, and gives a one-time code
    for the token endpoint. `return_to`: one of our own pages, after the identity provider. `only`: the one case that
    the session may touch, for somebody who signs in on the screen of another person.
    """

    method: Method
    device_key: Thumbprint | None = None
    return_to: OwnPath | None = None
    only: CaseId | None = None


class BeginStepUp(Request):
    """How somebody wants to prove anew who they are. `decision_hash`: what they approve by it."""

    method: Literal[Method.PASSKEY, Method.OIDC, Method.LINK]
    decision_hash: DecisionHash | None = None
    return_to: OwnPath | None = None


class SignInBegun(Answer):
    """A sign-in that waits for its proof.

    `public_key`: for `navigator.credentials.get()` (`parseRequestOptionsFromJSON`). `redirect`: where the browser
    goes.
    """

    id: str
    method: Method
    expires_at: datetime
    public_key: dict[str, Any] | None = None
    redirect: str | None = None


class FinishSignIn(Request):
    """The proof: one of the three. `assertion`: `PublicKeyCredential.toJSON()`."""

    assertion: dict[str, Any] | None = None
    login: Login | None = None
    password: Password | None = None
    link: Secret | None = None

    def proof(self) -> Proof:
        """The same, for the use case."""
        text = None if self.assertion is None else json.dumps(self.assertion)
        return Proof(text, self.login, self.password, self.link)


class SessionShown(Answer):
    """A session. `strong`: whether it was proved well enough for an approval; `signed_in_at`: when."""

    id: str
    methods: list[str]
    signed_in_at: datetime
    strong: bool
    began_at: datetime
    expires_at: datetime
    idle_until: datetime | None
    current: bool
    only: str | None = None


class Me(Answer):
    """Whoever is signed in. `csrf`: to be sent back as `X-Passkoll-CSRF` with whatever changes something."""

    id: str
    organisation: str
    given_name: str
    family_name: str
    roles: list[Role]
    areas: list[str] | None
    identified: bool
    session: SessionShown | None = None
    csrf: str | None = None


class SignedIn(Answer):
    """Somebody is signed in: with a cookie and `me`, or on a phone with a code for the token endpoint."""

    me: Me | None = None
    sign_in_code: str | None = None
    subject_token_type: str | None = None
    expires_in: int | None = None


class Sessions(Answer):
    """Where somebody is signed in, oldest first."""

    sessions: list[SessionShown]


class SessionsEnded(Answer):
    """How many there were."""

    ended: int


class ShowInvitation(Request):
    """The code of an invitation."""

    code: Secret


class InvitationShown(Answer):
    """Whom it is for. `public_key`: for `navigator.credentials.create()` (`parseCreationOptionsFromJSON`)."""

    given_name: str
    family_name: str
    organisation: str
    expires_at: datetime
    public_key: dict[str, Any]


class AcceptInvitation(Request):
    """What somebody will sign in with: a passkey (`PublicKeyCredential.toJSON()`), name and password, or both."""

    code: Secret
    registration: dict[str, Any] | None = None
    login: Login | None = None
    password: Password | None = None


class InvitationAccepted(Answer):
    """The account is somebody's; they sign in now."""

    person: str


def begun(found: Begun) -> SignInBegun:
    """A sign-in, as JSON."""
    sign_in: SignIn = found.sign_in
    options = None if found.options is None else json.loads(found.options)
    return SignInBegun(
        id=sign_in.id,
        method=sign_in.method,
        expires_at=sign_in.until,
        public_key=options,
        redirect=found.redirect,
    )


def session_shown(session: Session, current: str | None) -> SessionShown:
    """A session, as JSON."""
    return SessionShown(
        id=session.id,
        methods=list(session.methods),
        signed_in_at=session.proved_at,
        strong=session.is_strong,
        began_at=session.began_at,
        expires_at=session.until,
        idle_until=None if session.device_key is not None else session.seen_at + IDLE_TIME,
        current=session.id == current,
        only=session.only,
    )


def me(person: Person, session: Session | None, csrf: str | None) -> Me:
    """Whoever asks, as JSON."""
    given, family = person.names
    return Me(
        id=person.id,
        organisation=person.organisation,
        given_name=given,
        family_name=family,
        roles=sorted(person.roles),
        areas=None if person.areas is None else sorted(person.areas),
        identified=person.is_identified,
        session=None if session is None else session_shown(session, session.id),
        csrf=csrf,
    )

"""People who work here: their accounts, sign-ins and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mrtd.pki.realm import Realm
from service.adapters.oidc import OidcProvider, OidcSettings
from service.adapters.passkeys import WebAuthnAuthenticators
from service.adapters.passwords import Argon2Passwords
from service.adapters.system import SystemRandomness
from service.adapters.vault.opening import secret
from service.domain.account_rules import Acting
from service.domain.errors import ConfigurationError
from service.domain.identity import Role
from service.domain.openid import ClaimNames, OpenIdProvider
from service.domain.ports import Clock, Randomness
from service.domain.repositories import Database
from service.domain.sign_in import Method, SignInPolicy
from service.exposure import is_loopback
from service.settings import Settings
from service.usecases.accept_invitation import AcceptInvitation
from service.usecases.begin_sign_in import BeginSignIn
from service.usecases.change_person import ChangePerson
from service.usecases.console_sessions import ConsoleSessions
from service.usecases.end_session import OwnSessions
from service.usecases.finish_openid import FinishOpenId
from service.usecases.finish_sign_in import FinishSignIn
from service.usecases.invite_person import Invited, InvitePerson, Written
from service.usecases.limit_requests import LimitRequests
from service.usecases.make_sign_in_link import MakeSignInLink
from service.usecases.opening_sessions import OpenSession
from service.usecases.verify_subject import VerifySubject
from service.usecases.vouch_for import VouchFor
from service.wiring.databases import clock_of, opened


@dataclass(frozen=True)
class Staff:
    """The use cases of people, and who is known by their cookie or by what they did on a phone."""

    begin: BeginSignIn
    finish: FinishSignIn
    finish_openid: FinishOpenId
    accept: AcceptInvitation
    own_sessions: OwnSessions
    invite: InvitePerson
    change: ChangePerson
    vouch: VouchFor
    sessions: ConsoleSessions
    subjects: VerifySubject
    policy: SignInPolicy


def sign_in_policy(settings: Settings) -> SignInPolicy:
    """How people may sign in."""
    methods = set()
    if settings.local_accounts:
        methods |= {Method.PASSKEY, Method.PASSWORD}
    if settings.oidc_issuer is not None:
        methods.add(Method.OIDC)
    # a way in without an authenticator: for specimens, on this machine alone
    if settings.realm is Realm.SPECIMEN and is_loopback(settings.host):
        methods.add(Method.LINK)
    return SignInPolicy(
        settings.organisation, frozenset(methods), settings.public_origin, settings.passkey_app_origins
    )


def open_id_provider(settings: Settings) -> OpenIdProvider | None:
    """The identity provider, where there is one.

    Raises:
        ConfigurationError: half of what it needs is set, or the production realm would ask it without TLS.
    """
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise ConfigurationError("PASSKOLL_OIDC_ISSUER needs PASSKOLL_OIDC_CLIENT_ID")
    if settings.realm is Realm.PRODUCTION and not settings.oidc_issuer.startswith("https://"):
        raise ConfigurationError("PASSKOLL_OIDC_ISSUER must be an https address in production")
    names = ClaimNames(settings.oidc_hsa_id_claim, settings.oidc_personal_number_claim)
    return OidcProvider(
        OidcSettings(
            settings.oidc_issuer,
            settings.oidc_client_id,
            secret("PASSKOLL_OIDC_CLIENT_SECRET", settings.oidc_client_secret, settings.oidc_client_secret_file),
            settings.oidc_acr,
            names,
            settings.oidc_app_client_id,
        )
    )


def staff_services(
    settings: Settings, database: Database, clock: Clock, randomness: Randomness, limits: LimitRequests
) -> Staff:
    """The use cases over a database.

    Raises:
        ConfigurationError: nobody could sign in, or the identity provider cannot be used like this.
    """
    policy, provider = sign_in_policy(settings), open_id_provider(settings)
    if not policy.methods - {Method.LINK}:
        raise ConfigurationError("nobody could sign in: set PASSKOLL_OIDC_ISSUER, or PASSKOLL_LOCAL_ACCOUNTS=true")
    authenticators, passwords, opening = WebAuthnAuthenticators(), Argon2Passwords(), OpenSession(randomness)
    return Staff(
        BeginSignIn(database, clock, randomness, authenticators, policy, provider),
        FinishSignIn(database, clock, authenticators, passwords, limits, policy, opening),
        FinishOpenId(database, clock, policy, opening, provider),
        AcceptInvitation(database, clock, authenticators, passwords, policy),
        OwnSessions(database, clock),
        InvitePerson(database, clock, randomness),
        ChangePerson(database, clock),
        VouchFor(database, clock),
        ConsoleSessions(database, clock),
        VerifySubject(database, clock, randomness, provider),
        policy,
    )


def invite_first(settings: Settings, *, clock: Clock | None = None) -> tuple[Invited, ...]:
    """Invitations for the first two system administrators; none where anybody was invited before.

    Two, since nobody changes their own account, and a change needs somebody who asked for none of it.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    operator = Acting("init", settings.organisation)
    with administer_staff(settings, clock=clock) as staff:
        if staff.change.everybody(operator):
            return ()
        named = [Written((word, "Administrator")) for word in ("First", "Second")]
        roles = frozenset({Role.SYSTEM_ADMINISTRATOR})
        return tuple(staff.invite(operator, written, roles) for written in named)


@dataclass(frozen=True)
class StaffAdministration:
    """`passkoll admin`: the use cases, and the database that says who may use them."""

    database: Database
    organisation: str
    invite: InvitePerson
    change: ChangePerson
    vouch: VouchFor
    link: MakeSignInLink
    origin: str | None


@contextmanager
def administer_staff(settings: Settings, *, clock: Clock | None = None) -> Iterator[StaffAdministration]:
    """The administration of people, over the database of a service with these settings.

    Raises:
        ConfigurationError: the database or the keys cannot be used.
    """
    clock, randomness = clock or clock_of(settings), SystemRandomness()
    with opened(settings, clock) as database:
        yield StaffAdministration(
            database,
            settings.organisation,
            InvitePerson(database, clock, randomness),
            ChangePerson(database, clock),
            VouchFor(database, clock),
            MakeSignInLink(database, clock, randomness, sign_in_policy(settings)),
            settings.public_origin,
        )

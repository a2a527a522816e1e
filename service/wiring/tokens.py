"""Tokens, proofs and clients."""

from __future__ import annotations

from dataclasses import dataclass

from service.adapters.proofs import JoseProofs
from service.domain.people import SubjectTokens
from service.domain.ports import Clock, Randomness
from service.domain.proofs import ProofCheck
from service.domain.repositories import Database
from service.settings import Settings
from service.usecases.authenticate import Authenticate, ConsoleSessions
from service.usecases.authenticate_client import AuthenticateClient
from service.usecases.forget_tokens import ForgetTokens
from service.usecases.issue_token import IssueToken
from service.usecases.revoke_token import RevokeToken
from service.usecases.verify_proof import VerifyProof
from service.wiring.devices import device_policy


@dataclass(frozen=True)
class Tokens:
    """The use cases of access tokens, and who is known by them."""

    issue: IssueToken
    revoke: RevokeToken
    forget: ForgetTokens
    identity: Authenticate
    #: how clients reach the service; None where they ask this machine directly
    origin: str | None


def proof_check(settings: Settings, database: Database, clock: Clock) -> VerifyProof:
    """What checks that whoever asks holds a key."""
    return VerifyProof(database, clock, JoseProofs(), settings.public_origin)


def tokens(
    settings: Settings,
    database: Database,
    clock: Clock,
    randomness: Randomness,
    proof: ProofCheck,
    subjects: SubjectTokens,
    sessions: ConsoleSessions,
) -> Tokens:
    """Access tokens over a database; `subjects` knows who signed in on a phone, `sessions` who did in a browser.

    Raises:
        ConfigurationError: keys of software in the production realm.
    """
    known, policy = AuthenticateClient(database, clock, JoseProofs(), settings.issuer), device_policy(settings)
    return Tokens(
        IssueToken(database, clock, randomness, known, proof, subjects, policy),
        RevokeToken(database, clock, known),
        ForgetTokens(database, clock),
        Authenticate(database, clock, proof, sessions, policy),
        settings.public_origin,
    )

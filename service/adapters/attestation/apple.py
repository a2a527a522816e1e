"""Apple App Attest (developer.apple.com, "Validating apps that connect to your server").

clientDataHash is SHA-256 of the challenge and the thumbprint of the phone's own key (USERS.md): App Attest has a key
of its own that signs nothing but assertions, so the key that DPoP proofs are made with is vouched for by the app that
Apple attests, not by Apple. The steps of the guide carry their numbers below.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from mrtd import tlv
from mrtd.crypto.algorithms import Scheme, SignatureAlgorithm
from mrtd.crypto.keys import EcPublicKey, parse_spki
from mrtd.crypto.signatures import verify
from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.tlv import OCTET_STRING, SEQUENCE
from service.adapters.attestation.app_attest import (
    AttestedCredential,
    read_assertion,
    read_attestation,
)
from service.adapters.attestation.chains import extension_value, find_path, read_chain
from service.adapters.attestation.keys import is_p256, thumbprint_octets, uncompressed_point
from service.adapters.attestation.roots import Roots
from service.domain.attestation import (
    AppleEvidence,
    AssertionReport,
    AttestationCheck,
    AttestationFinding,
    AttestationPolicy,
    AttestationReport,
    MalformedAttestationError,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform

NONCE: Final = "1.2.840.113635.100.8.2"
#: `aaguid` of apps that were distributed by Apple's ways (App Store, TestFlight, enterprise), and of other ones.
PRODUCTION: Final = b"appattest" + bytes(7)
DEVELOPMENT: Final = b"appattestdevelop"

_SHORTEST_CHAIN: Final = 2
_EXPLICIT_1: Final = 0xA1
_ECDSA_SHA256: Final = SignatureAlgorithm(Scheme.ECDSA, "sha256", None, None, "1.2.840.10045.4.3.2")


def client_data_hash(challenge: bytes, key: str) -> bytes:
    """What the app has attested or asserted: SHA-256(challenge || the 32 octets of the thumbprint of its key).

    Raises:
        ValueError: no challenge, or no thumbprint.
    """
    if not challenge:
        raise ValueError("no challenge")
    return hashlib.sha256(challenge + thumbprint_octets(key)).digest()


@dataclass(frozen=True, slots=True)
class AppleJudge:
    """Judges App Attest attestations and assertions."""

    roots: Roots
    policy: AttestationPolicy

    def judge(self, evidence: AppleEvidence, key: str, challenge: bytes, at: datetime) -> AttestationReport:
        """Every check of an attestation; as `service.domain.attestation.AttestationJudge`."""
        return self.judge_hash(evidence, key, client_data_hash(challenge, key), at)

    def judge_hash(self, evidence: AppleEvidence, key: str, data_hash: bytes, at: datetime) -> AttestationReport:
        """As `judge`, for a clientDataHash."""
        attestation = read_attestation(evidence.attestation)
        certificates = read_chain(attestation.x5c, shortest=_SHORTEST_CHAIN)
        # 1. x5c holds, up to Apple's root
        path = find_path(certificates, self.roots)
        leaf, credential = certificates[0], attestation.credential
        # 2. to 4. the nonce: SHA-256(authData || clientDataHash), in an extension of the leaf
        nonce = _nonce(leaf)
        expected = hashlib.sha256(attestation.auth_data + data_hash).digest()
        point = _leaf_point(leaf)
        findings = (
            AttestationFinding(AttestationCheck.CHAIN, path.chain),
            _finding(AttestationCheck.ROOT, path.root is not None, Refusal.ROOT_UNKNOWN),
            _finding(AttestationCheck.VALIDITY, path.valid_at(at, leaf=True), Refusal.CERTIFICATE_EXPIRED),
            _finding(AttestationCheck.EXTENSION, nonce is not None, Refusal.NOT_ATTESTED),
            _finding(
                AttestationCheck.CHALLENGE,
                nonce is not None and hmac.compare_digest(nonce, expected),
                Refusal.WRONG_CHALLENGE,
            ),
            _key(point, evidence.key_id),
            # 6. rpIdHash is SHA-256 of the id of one of our apps
            _finding(AttestationCheck.APP, self._is_ours(credential.rp_id_hash), Refusal.WRONG_APP),
            # 7. nothing was asserted before
            _finding(AttestationCheck.COUNTER, credential.counter == 0, Refusal.COUNTER_NOT_ZERO),
            self._environment(credential.aaguid),
            _credential(credential, point, evidence.key_id),
        )
        return AttestationReport(
            Platform.IOS,
            key,
            KeyProtection.SECURE_ENCLAVE,
            findings,
            facts=MappingProxyType(
                {
                    "root": path.root or "unknown",
                    "environment": _environment(credential.aaguid),
                    # SHA-256 of the App ID (team and bundle)
                    "app": credential.rp_id_hash.hex(),
                }
            ),
            app_attest_key=leaf.spki,
        )

    def judge_assertion(
        self, assertion: bytes, app_attest_key: bytes, counter: int, key: str, challenge: bytes
    ) -> AssertionReport:
        """Every check of an assertion; as `service.domain.attestation.AssertionJudge`."""
        return self.judge_assertion_hash(assertion, app_attest_key, counter, client_data_hash(challenge, key))

    def judge_assertion_hash(
        self, assertion: bytes, app_attest_key: bytes, counter: int, data_hash: bytes
    ) -> AssertionReport:
        """As `judge_assertion`, for a clientDataHash."""
        read = read_assertion(assertion)
        # 1. and 2. the nonce is SHA-256(authenticatorData || clientDataHash), and 3. what is signed
        nonce = hashlib.sha256(read.authenticator_data + data_hash).digest()
        refusals: list[Refusal] = []
        if not _signed(app_attest_key, nonce, read.signature):
            refusals.append(Refusal.BAD_SIGNATURE)
        if not self._is_ours(read.rp_id_hash):  # 4.
            refusals.append(Refusal.WRONG_APP)
        if read.counter <= counter:  # 5.
            refusals.append(Refusal.COUNTER_NOT_GROWN)
        return AssertionReport(read.counter, tuple(refusals))

    def _is_ours(self, rp_id_hash: bytes) -> bool:
        return any(hashlib.sha256(app.encode()).digest() == rp_id_hash for app in self.policy.apps)

    def _environment(self, aaguid: bytes) -> AttestationFinding:
        """8. An app that was released, or one on a developer's desk where the policy takes it."""
        if aaguid == DEVELOPMENT:
            return _finding(AttestationCheck.ENVIRONMENT, self.policy.development, Refusal.DEVELOPMENT_APP)
        return _finding(AttestationCheck.ENVIRONMENT, aaguid == PRODUCTION, Refusal.UNKNOWN_ENVIRONMENT)


def _finding(check: AttestationCheck, passed: bool, refusal: Refusal) -> AttestationFinding:
    return AttestationFinding(check, () if passed else (refusal,))


def _environment(aaguid: bytes) -> str:
    return {PRODUCTION: "production", DEVELOPMENT: "development"}.get(aaguid, "unknown")


def _nonce(leaf: Certificate) -> bytes | None:
    """The extension is SEQUENCE { [1] EXPLICIT OCTET STRING }.

    Raises:
        MalformedAttestationError: it is something else.
    """
    value = extension_value(leaf, NONCE)
    if value is None:
        return None
    try:
        members = tlv.read_only(value, SEQUENCE).children()
        inner = members[0].expect(_EXPLICIT_1).children() if len(members) == 1 else []
        if len(inner) != 1:
            raise MalformedAttestationError("bad_nonce")
        return inner[0].expect(OCTET_STRING).value
    except MrtdError as error:
        raise MalformedAttestationError(error.code) from None


def _leaf_point(leaf: Certificate) -> EcPublicKey | None:
    try:
        key = leaf.public_key()
    except MrtdError:
        return None
    return key if isinstance(key, EcPublicKey) and is_p256(key) else None


def _key(point: EcPublicKey | None, key_id: bytes) -> AttestationFinding:
    """5. The key id that the app named is SHA-256 of the key of the leaf."""
    if point is None:
        return AttestationFinding(AttestationCheck.KEY, (Refusal.KEY_TYPE,))
    named = hashlib.sha256(uncompressed_point(point)).digest() == key_id
    return _finding(AttestationCheck.KEY, named, Refusal.WRONG_KEY)


def _credential(credential: AttestedCredential, point: EcPublicKey | None, key_id: bytes) -> AttestationFinding:
    """9. credentialId is the key id, and the credential's key is that of the leaf."""
    same = point is not None and (credential.x, credential.y) == (point.x, point.y)
    named = credential.credential_id == key_id
    return _finding(AttestationCheck.CREDENTIAL, same and named, Refusal.WRONG_CREDENTIAL)


def _signed(spki: bytes, message: bytes, signature: bytes) -> bool:
    """ECDSA with SHA-256 over the nonce, so the nonce is hashed once more."""
    try:
        key = parse_spki(spki)
        return is_p256(key) and verify(key, _ECDSA_SHA256, message, signature)
    except MrtdError:
        return False

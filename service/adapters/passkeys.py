"""Passkeys, by py_webauthn: what a browser is asked, and whether what comes back proves anything (WebAuthn §7)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from service.domain.accounts import Assertion, Passkey, Registered, RelyingParty, UnprovenError

#: RFC 9053 §2: signatures of authenticators that are sold today. RS256 is for Windows Hello on old machines.
ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
#: An answer with attestation of a chain is smaller by far.
MAX_RESPONSE: Final = 32 * 1024
#: WebAuthn §5.4.3: what a credential id may have.
MAX_CREDENTIAL: Final = 1023
_NAME: Final = "Passkoll"
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_TIMEOUT_MS: Final = 120_000


class WebAuthnAuthenticators:
    """Answers `service.domain.accounts.Authenticators`.

    The user is verified (PIN or biometrics) each time: a passkey is then two factors. No attestation is asked for:
    which model of key an employee has is not ours to decide, and its chain would name it.
    """

    def registration(self, party: RelyingParty, person: str, challenge: bytes, known: Sequence[bytes]) -> str:
        options = generate_registration_options(
            rp_id=party.id,
            rp_name=_NAME,
            # shown by the authenticator's list; it is kept there, so that it says no name
            user_name=person,
            user_id=person.encode(),
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
            supported_pub_key_algs=list(ALGORITHMS),
        )
        return options_to_json(options)

    def registered(self, response: str, party: RelyingParty, challenge: bytes) -> Registered:
        with _unproven():
            credential = parse_registration_credential_json(_bounded(response))
            _require_top_page(credential.response.client_data_json)
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
                require_user_verification=True,
                supported_pub_key_algs=list(ALGORITHMS),
            )
            # §7.1 step 25; that the credential is the one that the outer id names is a rule of FIDO's only
            if made.credential_id != credential.raw_id or len(made.credential_id) > MAX_CREDENTIAL:
                raise UnprovenError
        return Registered(made.credential_id, made.credential_public_key, made.sign_count, made.credential_backed_up)

    def request(self, party: RelyingParty, challenge: bytes, allowed: Sequence[bytes]) -> str:
        options = generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in allowed],
            user_verification=_VERIFIED,
        )
        return options_to_json(options)

    def answered(self, response: str) -> Assertion:
        with _unproven():
            credential = parse_authentication_credential_json(_bounded(response))
            return Assertion(response, credential.raw_id, credential.response.user_handle)

    def proved(self, assertion: Assertion, party: RelyingParty, challenge: bytes, passkey: Passkey) -> Passkey:
        with _unproven():
            credential = parse_authentication_credential_json(assertion.response)
            _require_top_page(credential.response.client_data_json)
            proof = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.counter,
                require_user_verification=True,
            )
            if proof.credential_id != passkey.credential:
                raise UnprovenError
        return replace(passkey, counter=proof.new_sign_count, backed_up=proof.credential_backed_up)


def _bounded(response: str) -> str:
    if len(response) > MAX_RESPONSE:
        raise UnprovenError
    return response


def _require_top_page(client_data: bytes) -> None:
    """§7.1 step 10, §7.2 step 14: no page of another site has ours in a frame."""
    said = json.loads(client_data)
    if not isinstance(said, dict) or said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise UnprovenError


@contextmanager
def _unproven() -> Iterator[None]:
    """Whatever goes wrong with what a stranger sent: it proves nothing."""
    try:
        yield
    except Exception:
        # The library raises its own errors, and for octets that it does not foresee anything at all
        # (KeyError, struct.error, ValueError of base64 and CBOR). None of them may be a proof.
        raise UnprovenError from None

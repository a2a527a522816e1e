"""The CBOR objects of App Attest and their authenticator data (WebAuthn Level 2 §6.1, §6.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mrtd.dump_body import read_cbor
from mrtd.errors import MrtdError
from service.domain.attestation import MalformedAttestationError

#: A real one, with the receipt inside, has below 6 KiB.
MAX_ATTESTATION: Final = 64 * 1024
#: A signature and 37 octets.
MAX_ASSERTION: Final = 1024
FORMAT: Final = "apple-appattest"

_RP_ID_HASH: Final = 32
_HEAD: Final = 37  # rpIdHash, flags, signCount
_CREDENTIAL: Final = 55  # aaguid and the length of the credential id behind it
_ATTESTED: Final = 0x40  # flag AT: attested credential data included
#: COSE_Key of an ES256 key (RFC 9052 §7, RFC 9053 §7.1.1), the only one that App Attest writes, in canonical CBOR.
_COSE_ES256: Final = re.compile(rb"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20(.{32})\x22\x58\x20(.{32})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AttestedCredential:
    """Authenticator data with attested credential data, taken apart."""

    rp_id_hash: bytes
    counter: int
    aaguid: bytes
    credential_id: bytes
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class AppAttestation:
    """The attestation object. The receipt inside, for Apple's fraud metric, is not used."""

    x5c: tuple[bytes, ...]
    auth_data: bytes
    credential: AttestedCredential


@dataclass(frozen=True, slots=True)
class AppAssertion:
    """The assertion object."""

    signature: bytes
    authenticator_data: bytes
    rp_id_hash: bytes
    counter: int


def read_attestation(data: bytes) -> AppAttestation:
    """Read an attestation object.

    Raises:
        MalformedAttestationError: not what App Attest writes, or over a limit.
    """
    tree = _map(data, MAX_ATTESTATION, {"fmt", "attStmt", "authData"})
    statement, auth_data = tree["attStmt"], tree["authData"]
    if tree["fmt"] != FORMAT or not isinstance(statement, dict) or not isinstance(auth_data, bytes):
        raise MalformedAttestationError("bad_attestation")
    x5c = statement.get("x5c")
    if (
        set(statement) != {"x5c", "receipt"}
        or not isinstance(x5c, list)
        or not isinstance(statement["receipt"], bytes)
    ):
        raise MalformedAttestationError("bad_attestation")
    if not all(isinstance(certificate, bytes) for certificate in x5c):
        raise MalformedAttestationError("bad_attestation")
    return AppAttestation(tuple(x5c), auth_data, _credential(auth_data))


def read_assertion(data: bytes) -> AppAssertion:
    """Read an assertion object.

    Raises:
        MalformedAttestationError: not what App Attest writes, or over a limit.
    """
    tree = _map(data, MAX_ASSERTION, {"signature", "authenticatorData"})
    signature, authenticator_data = tree["signature"], tree["authenticatorData"]
    if not isinstance(signature, bytes) or not isinstance(authenticator_data, bytes):
        raise MalformedAttestationError("bad_assertion")
    if len(authenticator_data) != _HEAD:
        raise MalformedAttestationError("bad_authenticator_data")
    rp_id_hash, counter = authenticator_data[:_RP_ID_HASH], int.from_bytes(authenticator_data[33:_HEAD])
    return AppAssertion(signature, authenticator_data, rp_id_hash, counter)


def _map(data: bytes, limit: int, members: set[str]) -> dict[str, object]:
    if len(data) > limit:
        raise MalformedAttestationError("too_long")
    try:
        tree = read_cbor(data)
    except MrtdError as error:
        # without its cause: a traceback would carry what the phone said
        raise MalformedAttestationError(error.code) from None
    if set(tree) != members:
        raise MalformedAttestationError("other_members")
    return tree


def _credential(auth_data: bytes) -> AttestedCredential:
    """rpIdHash (32), flags (1), signCount (4), aaguid (16), length (2), credentialId, credentialPublicKey."""
    if len(auth_data) < _CREDENTIAL or auth_data[_RP_ID_HASH] != _ATTESTED:
        raise MalformedAttestationError("bad_authenticator_data")
    key_at = _CREDENTIAL + int.from_bytes(auth_data[53:_CREDENTIAL])
    key = _COSE_ES256.fullmatch(auth_data[key_at:])
    if key is None:
        raise MalformedAttestationError("bad_authenticator_data")
    return AttestedCredential(
        rp_id_hash=auth_data[:_RP_ID_HASH],
        counter=int.from_bytes(auth_data[33:_HEAD]),
        aaguid=auth_data[_HEAD:53],
        credential_id=auth_data[_CREDENTIAL:key_at],
        x=int.from_bytes(key[1]),
        y=int.from_bytes(key[2]),
    )

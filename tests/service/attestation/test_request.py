"""What a request carries reaches the judge."""

from __future__ import annotations

import base64

import pytest
from pydantic import ValidationError

from service.api.v1.device_schemas import MAX_INTEGRITY_TOKEN, AndroidAttestation
from service.domain.attestation import AndroidEvidence

CHAIN = [base64.urlsafe_b64encode(octets).decode().rstrip("=") for octets in (b"leaf", b"root")]


def test_a_token_of_play_integrity_may_stand_beside_a_chain() -> None:
    with_token = AndroidAttestation(format="android", chain=CHAIN, integrity_token="a.b.c.d.e")
    assert with_token.evidence() == AndroidEvidence((b"leaf", b"root"), "a.b.c.d.e")
    without = AndroidAttestation(format="android", chain=CHAIN)
    assert without.evidence() == AndroidEvidence((b"leaf", b"root"), None)


@pytest.mark.parametrize("token", ["", "A" * (MAX_INTEGRITY_TOKEN + 1)], ids=["empty", "long"])
def test_a_token_has_a_length(token: str) -> None:
    with pytest.raises(ValidationError):
        AndroidAttestation(format="android", chain=CHAIN, integrity_token=token)

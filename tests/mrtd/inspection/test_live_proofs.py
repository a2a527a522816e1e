"""What a live session proves of the chip, judged by itself; whole sessions are read in tests/mrtd/protocols."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrtd.evidence import ChipAuthenticationProof, ElementaryFile, LiveSession
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.live_proofs import chip_authentication
from mrtd.inspection.reason import Reason
from mrtd.lds import dg14
from mrtd.protocols.chip_authentication import chip_keys

DIGESTS = {ElementaryFile.SOD: "1" * 64, ElementaryFile.DG1: "2" * 64}


@pytest.mark.real
@pytest.mark.parametrize(("state", "reason"), [("AT", None), ("FR", Reason.INFERRED_3DES)])
def test_a_cipher_that_no_info_names_is_told(real_data: Path, state: str, reason: Reason | None) -> None:
    """Two real DG14: Austria's names AES-128; France's has a key and no ChipAuthenticationInfo (SECURITY.md 5.2)."""
    recorded = json.loads((real_data / f"vectors/ca_transcript_{state}.json").read_text())
    signed = dg14.parse(bytes.fromhex(recorded["dg14"])).security_infos
    (key,) = chip_keys(signed)
    proof = ChipAuthenticationProof(key.oid, key.public, key.inferred)
    session = LiveSession("BAC", card_access_read=False, chip_authentication=proof, read_under_proof=DIGESTS)
    found = {result.id: (result.status, result.reason) for result in chip_authentication(session, signed, DIGESTS)}
    assert found == {
        "ca.secure_messaging": (CheckStatus.PASSED, reason),
        "ca.rebind": (CheckStatus.PASSED, None),
        "ca.claimed": (CheckStatus.NOT_APPLICABLE, Reason.NOT_SENT),
    }

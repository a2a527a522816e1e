"""What a live session saw, as it is kept beside the files: the chip is judged again from it."""

from __future__ import annotations

import json
from typing import Any

from mrtd.evidence import ChipAuthenticationProof, ElementaryFile, LiveSession, PaceCamProof


def to_json(live: LiveSession) -> dict[str, object]:
    """Plain values; octets in hexadecimal."""
    proof, cam = live.chip_authentication, live.pace_cam
    return {
        "access": live.access,
        "card_access_read": live.card_access_read,
        "length_quirk": live.length_quirk,
        "chip_authentication": None
        if proof is None
        else {
            "protocol": proof.protocol,
            "public_key": proof.public_key.hex(),
            "inferred": proof.inferred,
            "proved": proof.proved,
        },
        "pace_cam": None
        if cam is None
        else {"mapping_key": cam.mapping_key.hex(), "factor": f"{cam.factor:x}", "parameter_id": cam.parameter_id},
        "failed_cam": live.failed_cam,
        "read_under_proof": {name.value: digest for name, digest in live.read_under_proof.items()},
        "command_ms": live.command_ms,
        "slow": live.slow,
    }


def from_json(kept: dict[str, Any]) -> LiveSession:
    """The inverse of `to_json`.

    Raises:
        KeyError, TypeError, ValueError: it was not made by `to_json`.
    """
    proof, cam = kept["chip_authentication"], kept["pace_cam"]
    return LiveSession(
        access=str(kept["access"]),
        card_access_read=_flag(kept["card_access_read"]),
        length_quirk=_flag(kept["length_quirk"]),
        chip_authentication=None
        if proof is None
        else ChipAuthenticationProof(
            str(proof["protocol"]),
            bytes.fromhex(proof["public_key"]),
            _flag(proof["inferred"]),
            _flag(proof["proved"]),
        ),
        pace_cam=None
        if cam is None
        else PaceCamProof(bytes.fromhex(cam["mapping_key"]), int(cam["factor"], 16), int(cam["parameter_id"])),
        failed_cam=_flag(kept["failed_cam"]),
        read_under_proof={ElementaryFile(name): str(digest) for name, digest in kept["read_under_proof"].items()},
        command_ms=None if kept["command_ms"] is None else int(kept["command_ms"]),
        slow=None if kept["slow"] is None else _flag(kept["slow"]),
    )


def to_octets(live: LiveSession) -> bytes:
    """The same for all times: sorted JSON."""
    return json.dumps(to_json(live), sort_keys=True, separators=(",", ":")).encode()


def from_octets(octets: bytes) -> LiveSession:
    """The inverse of `to_octets`."""
    return from_json(json.loads(octets))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value

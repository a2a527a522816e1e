"""The real attestations under the folder of real data, as files have them."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from pathlib import Path

import yaml

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)

#: Chains of devices, each with what the publisher reads of it beside it.
DEVICES = tuple(
    f"{folder}/{name}"
    for folder, names in {
        "akita/sdk34": (
            "SB_RSA_NONE",
            "TEE_EC_NONE",
            "TEE_RSA_BASE+IMEI",
            "TEE_RSA_NONE",
            "TEE_RSA_NONE_USERAUTH",
        ),
        "blueline/sdk28": (
            "SB_RSA_NONE",
            "SB_RSA_NONE_USERAUTH",
            "TEE_EC_NONE",
            "TEE_RSA_BASE+IMEI",
            "TEE_RSA_NONE",
        ),
        "tegu/sdk36": ("SB_EC_2026_ROOT", "TEE_EC_2026_ROOT"),
        "tokay/sdk37": ("TEE_MLDSA_FACTORY", "TEE_MLDSA_RKP"),
    }.items()
    for name in names
)
SAMPLES = (
    "algorithm_EC_SecurityLevel_StrongBox",
    "algorithm_EC_SecurityLevel_TEE",
    "algorithm_RSA_SecurityLevel_StrongBox",
    "algorithm_RSA_SecurityLevel_TEE",
)
APPLE = ("ios-14.2", "ios-14.3-beta-2", "ios-14.3-beta-3", "ios-14.4-beta-1", "ios-14.4-beta-2")


def android(real_data: Path) -> Path:
    """The folder of Android's."""
    return real_data / "attestation" / "android"


def pem_chain(*paths: Path) -> tuple[bytes, ...]:
    """The certificates in files, in order."""
    return tuple(
        base64.b64decode("".join(block.split())) for path in paths for block in _PEM.findall(path.read_text("ascii"))
    )


def device_chain(real_data: Path, name: str) -> tuple[bytes, ...]:
    """The chain of a device."""
    return pem_chain(android(real_data) / f"{name}.pem")


def sample_chain(real_data: Path, name: str) -> tuple[bytes, ...]:
    """A chain of the publisher's sample."""
    return pem_chain(*(android(real_data) / "google_sample" / name / f"cert{i}.pem" for i in range(4)))


def expected(real_data: Path, name: str) -> dict[str, object]:
    """What the publisher reads of a chain; its JSON has comments."""
    return json.loads(_COMMENT.sub("", (android(real_data) / f"{name}.json").read_text("utf-8")))


@lru_cache
def apple_records(real_data: Path, name: str, kind: str) -> list[dict[str, object]]:
    """Records of one kind in a file of Apple's."""
    text = (real_data / "attestation" / "apple" / f"{name}.yaml").read_text("utf-8")
    return [record for record in yaml.safe_load_all(text) if record["type"] == kind]

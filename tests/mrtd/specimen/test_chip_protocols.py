"""SecurityInfos that the specimen state writes, read by asn1crypto's core and by the reader of `mrtd.lds`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from asn1crypto import core

from mrtd.asn1 import oids
from mrtd.lds import card_access, dg14
from mrtd.specimen import chip_protocols, data_groups
from mrtd.specimen.scheme import EcKeySpec
from mrtd.specimen.signing_key import load

STATIC = load("chip-authentication", EcKeySpec("brainpoolp256r1"))


def members(der: bytes) -> list[object]:
    sequence = core.Sequence.load(der, strict=True)
    return [sequence[place].native for place in range(len(sequence))]


def test_infos_by_asn1crypto() -> None:
    # ICAO 9303-11 §9.2: id-PACE-ECDH-GM-AES-CBC-CMAC-128, version 2, brainpoolP256r1 is 13
    assert members(chip_protocols.pace_info()) == ["0.4.0.127.0.7.2.2.4.2.2", 2, 13]
    assert members(chip_protocols.chip_authentication_info(key_id=5)) == ["0.4.0.127.0.7.2.2.3.2.2", 1, 5]
    assert members(chip_protocols.terminal_authentication_info()) == ["0.4.0.127.0.7.2.2.2", 1]
    declared = chip_protocols.active_authentication_info(oids.ECDSA_PLAIN_SHA256)
    assert members(declared) == ["2.23.136.1.1.5", 1, "0.4.0.127.0.7.1.1.4.1.3"]


def test_what_the_reader_finds() -> None:
    infos = (
        chip_protocols.pace_info(),
        *chip_protocols.chip_authentication_infos(STATIC.spki(), 3),
        chip_protocols.terminal_authentication_info(),
    )
    for found in (
        dg14.parse(data_groups.dg14(infos)).security_infos,
        card_access.parse(chip_protocols.card_access(infos)).security_infos,
    ):
        assert [info.parameter_id for info in found.pace_infos] == [13]
        assert [info.key_id for info in found.chip_authentication_infos] == [3]
        assert [(key.oid, key.key_id, key.spki) for key in found.chip_authentication_public_keys] == [
            ("0.4.0.127.0.7.2.2.1.2", 3, STATIC.spki())
        ]
        assert len(found.terminal_authentication_infos) == 1


def test_a_diffie_hellman_key_by_openssl(tmp_path: Path) -> None:
    """RFC 5114 §2.3: OpenSSL recognises the group by all its numbers, and finds the public value in it."""
    (tmp_path / "key.der").write_bytes(chip_protocols.diffie_hellman_spki("chip-authentication"))
    checked = subprocess.run(
        ["openssl", "pkey", "-pubin", "-inform", "DER", "-in", str(tmp_path / "key.der"), "-pubcheck", "-noout"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    shown = subprocess.run(
        ["openssl", "pkey", "-pubin", "-inform", "DER", "-in", str(tmp_path / "key.der"), "-text", "-noout"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert "DH Public-Key: (2048 bit)" in shown.stdout

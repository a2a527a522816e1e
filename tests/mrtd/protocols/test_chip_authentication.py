"""Chip Authentication, against two real passports, and keys that must not be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mrtd.crypto.key_agreement import DhGroup, EcGroup
from mrtd.crypto.session_ciphers import Cipher, SessionKeys, session_keys
from mrtd.errors import DuplicateError
from mrtd.lds import card_access as reader
from mrtd.lds import dg14
from mrtd.lds.security_infos import SecurityInfos
from mrtd.protocols.apdu import Command, parse_response
from mrtd.protocols.chip_authentication import attempt, chip_keys
from mrtd.protocols.secure_messaging import SecureMessaging
from mrtd.specimen import chip_protocols
from mrtd.specimen.chip_protocols import card_access
from tests.mrtd.protocols.playing import drawn


@pytest.mark.real
@pytest.mark.parametrize("state", ["AT", "FR"])
def test_real_chips(real_data: Path, state: str) -> None:
    """Every command of the recorded sessions, and every answer, before and after the keys changed."""
    found = json.loads((real_data / f"vectors/ca_transcript_{state}.json").read_text())
    old, new = found["secure_messaging"]
    cipher = Cipher.AES_128 if state == "AT" else Cipher.AES_256
    keys = SessionKeys(cipher, bytes.fromhex(old["ksenc"]), bytes.fromhex(old["ksmac"]))
    channel = SecureMessaging(keys, int(found["ssc"][0], 16))
    (key,) = chip_keys(dg14.parse(bytes.fromhex(found["dg14"])).security_infos)
    # Austria declares AES-128; France declares nothing, so it is 3DES
    assert (key.cipher, key.inferred) == ((Cipher.AES_128, False) if state == "AT" else (Cipher.TDES, True))
    made = attempt(key, drawn(int(found["terminal_private_keys"][0], 16)))
    *before, after = found["apdus"]
    for command, recorded in zip(made.commands, before, strict=True):
        protected = channel.protect(command)
        assert protected.octets.hex() == recorded["c"].lower()
        assert channel.unprotect(protected, parse_response(bytes.fromhex(recorded["r"]))).ok
    assert made.keys.encryption.hex() == new["ksenc"].lower()
    assert made.keys.authentication.hex() == new["ksmac"].lower()
    # both sessions go on with DG14
    fresh = SecureMessaging(made.keys)
    protected = fresh.protect(Command(0, 0xA4, 2, 0x0C, bytes.fromhex("010E")))
    assert protected.octets.hex() == after["c"].lower()
    assert fresh.unprotect(protected, parse_response(bytes.fromhex(after["r"]))).ok
    assert fresh.counter == int(found["ssc"][1], 16)


def infos(*entries: bytes) -> SecurityInfos:
    """SecurityInfos as a DG14 has them."""
    return reader.parse(card_access(entries)).security_infos


def test_prime_fields() -> None:
    spki = chip_protocols.diffie_hellman_spki("test")
    found = chip_keys(
        infos(
            chip_protocols.chip_authentication_info(chip_protocols.CA_DH_AES_128),
            chip_protocols.chip_authentication_public_key(spki, "0.4.0.127.0.7.2.2.1.1"),
        )
    )
    assert [(type(key.group), key.cipher, key.key_id) for key in found] == [(DhGroup, Cipher.AES_128, None)]
    made = attempt(found[0], drawn(12345))
    assert [command.p2 for command in made.commands] == [0xA4, 0]
    assert made.keys.cipher is Cipher.AES_128


def ec_spki(number: int) -> bytes:
    """A key on brainpoolP256r1."""
    private = ec.derive_private_key(number, ec.BrainpoolP256R1())
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public(number: int, key_id: int | None = None) -> bytes:
    """ChipAuthenticationPublicKeyInfo."""
    return chip_protocols.chip_authentication_public_key(ec_spki(number), key_id=key_id)


def suite(protocol: str, key_id: int | None = None) -> bytes:
    """ChipAuthenticationInfo."""
    return chip_protocols.chip_authentication_info(protocol, key_id)


def test_a_key_goes_with_the_suites_of_its_number() -> None:
    """Pain of Malta: several keys, told apart by keyId (ICAO 9303-11 §9.2.6)."""
    found = chip_keys(
        infos(
            suite(chip_protocols.CA_ECDH_3DES, 1),
            suite(chip_protocols.CA_ECDH_AES_256, 2),
            public(5, 1),
            public(6, 2),
        )
    )
    assert [(key.cipher, key.key_id, key.inferred) for key in found] == [
        (Cipher.AES_256, 2, False),
        (Cipher.TDES, 1, False),
    ]
    strongest = attempt(found[0], drawn(77)).commands[0]
    assert strongest.data.endswith(bytes.fromhex("840102"))
    weakest = attempt(found[1], drawn(77)).commands
    assert [command.p2 for command in weakest] == [0xA6]
    assert weakest[0].data[:2] == bytes.fromhex("9141")
    assert weakest[0].data.endswith(bytes.fromhex("840101"))


def test_a_key_without_a_suite_of_its_number_is_of_no_use() -> None:
    assert chip_keys(infos(suite(chip_protocols.CA_ECDH_AES_256, 9), public(5, 1))) == ()


@pytest.mark.parametrize("numbers", [(None, None), (3, 3)])
def test_keys_that_cannot_be_told_apart(numbers: tuple[int | None, int | None]) -> None:
    with pytest.raises(DuplicateError, match="ambiguous_key_id"):
        chip_keys(infos(*(public(5 + place, number) for place, number in enumerate(numbers))))


def test_both_sides_come_to_the_same_keys() -> None:
    """The agreement once more, by pyca."""
    (key,) = chip_keys(infos(suite(chip_protocols.CA_ECDH_AES_256), public(4711)))
    assert isinstance(key.group, EcGroup)
    made = attempt(key, drawn(815))
    terminal = ec.derive_private_key(815, ec.BrainpoolP256R1())
    secret = ec.derive_private_key(4711, ec.BrainpoolP256R1()).exchange(ec.ECDH(), terminal.public_key())
    assert made.keys == session_keys(Cipher.AES_256, secret)

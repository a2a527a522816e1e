"""Secure messaging: ICAO 9303-11 appendix D.4, real chips, and answers that must not be believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from Crypto.Cipher import AES, DES3
from cryptography.hazmat.primitives.ciphers.algorithms import AES as PycaAes
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.session_ciphers import Cipher, SessionKeys, session_keys
from mrtd.errors import MalformedError
from mrtd.protocols.apdu import Command, Response, data_object, parse_response
from mrtd.protocols.errors import ProtocolError
from mrtd.protocols.secure_messaging import Protected, SecureMessaging, is_naked_length_word
from tests.budgets import light

KEYS = SessionKeys(
    Cipher.TDES,
    bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"),
    bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
)
COUNTER = 0x887022120C06C226
SELECT_COM = Command(0, 0xA4, 2, 0x0C, bytes.fromhex("011E"))
SELECTED = bytes.fromhex("990290008E08FA855A5D4C50A8ED9000")


def opened(sm: SecureMessaging, command: Protected, answer: str) -> Response:
    """The answer, from hexadecimal."""
    return sm.unprotect(command, parse_response(bytes.fromhex(answer)))


def test_the_worked_example() -> None:
    """ICAO 9303-11 appendix D.4: SELECT EF.COM, READ BINARY of 4 and of 18 octets."""
    sm = SecureMessaging(KEYS, COUNTER)
    command = sm.protect(SELECT_COM)
    assert command.octets.hex().upper() == "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"
    assert opened(sm, command, SELECTED.hex()) == Response(b"", 0x9000)
    command = sm.protect(Command(0, 0xB0, 0, 0, expected=4))
    assert command.octets.hex().upper() == "0CB000000D9701048E08ED6705417E96BA5500"
    answer = opened(sm, command, "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000")
    assert answer == Response(bytes.fromhex("60145F01"), 0x9000)
    command = sm.protect(Command(0, 0xB0, 0, 4, expected=18))
    assert command.octets.hex().upper() == "0CB000040D9701128E082EA28A70F3C7B53500"
    answer = opened(
        sm, command, "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000"
    )
    assert answer.data.hex().upper() == "04303130365F36063034303030305C026175"


@pytest.mark.real
def test_the_retail_mac(real_data: Path) -> None:
    """The codes of appendices D.3 and D.4, over messages of whole blocks and others."""
    vector = json.loads((real_data / "vectors/iso9797_mac_dmrtd.json").read_text())
    keys = session_keys(Cipher.TDES, bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE"))
    assert keys.encryption.hex().upper() == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert keys.authentication.hex().upper() == "7962D9ECE03D1ACD4C76089DCE131543"
    codes = {
        "tvEifd": (keys.authentication, "5F1448EEA8AD90A7"),
        "tvEic": (keys.authentication, "2F2D235D074D7449"),
        "tvN": (KEYS.authentication, "BF8B92D635FF24F8"),
        "tvK": (KEYS.authentication, "FA855A5D4C50A8ED"),
    }
    for name, (key, code) in codes.items():
        assert ciphers.token(Cipher.TDES, key, bytes.fromhex(vector[name])).hex().upper() == code


@pytest.mark.real
@pytest.mark.parametrize("state", ["AT", "FR"])
def test_what_real_chips_answered(real_data: Path, state: str) -> None:
    """The first answer of each session is under the keys before Chip Authentication, the last under those after."""
    vector = json.loads((real_data / f"vectors/ca_transcript_{state}.json").read_text())
    for place, index in ((0, 0), (1, -1)):
        keys = vector["secure_messaging"][place]
        cipher = {
            ("TDES", 16): Cipher.TDES,
            ("AES", 16): Cipher.AES_128,
            ("AES", 32): Cipher.AES_256,
        }[keys["cipher"], len(keys["ksenc"]) // 2]
        counter = int(vector["ssc"][place], 16)
        answer = parse_response(bytes.fromhex(vector["apdus"][index]["r"]))
        sm = SecureMessaging(SessionKeys(cipher, *(bytes.fromhex(keys[name]) for name in ("ksenc", "ksmac"))))
        found = []
        for start in range(counter, counter + 3):
            try:
                found.append((start, SecureMessaging(sm.keys()).unprotect(Protected(b"", start), answer).sw))
            except ProtocolError:
                continue
        # before: the counter as the session begins; after: as it ends
        assert found == [(counter if place else counter + 2, 0x9000)]


@pytest.mark.parametrize("cipher", [Cipher.AES_128, Cipher.AES_192, Cipher.AES_256])
def test_aes_and_cmac_as_pyca_has_them(cipher: Cipher) -> None:
    keys = session_keys(cipher, b"some shared secret")
    sm = SecureMessaging(keys)
    command = sm.protect(Command(0, 0xA4, 2, 0x0C, bytes.fromhex("011E")))
    counter = (1).to_bytes(16)
    iv = AES.new(keys.encryption, AES.MODE_ECB).encrypt(counter)
    padded = bytes.fromhex("011E80") + bytes(13)
    body = data_object(0x87, b"\x01" + AES.new(keys.encryption, AES.MODE_CBC, iv).encrypt(padded))
    cmac = CMAC(PycaAes(keys.authentication))
    covered = counter + bytes.fromhex("0CA4020C80") + bytes(11) + body
    cmac.update(covered + b"\x80" + bytes(-(len(covered) + 1) % 16))
    expected = body + data_object(0x8E, cmac.finalize()[:8])
    assert command.octets == bytes.fromhex("0CA4020C") + bytes([len(expected)]) + expected + b"\x00"


def test_long_commands_and_answers_have_long_lengths() -> None:
    sm = SecureMessaging(KEYS, COUNTER)
    reading = sm.protect(Command(0, 0xB0, 0, 0, expected=1000)).octets
    assert reading[4:7] == bytes.fromhex("00000E")
    assert reading[7:11] == bytes.fromhex("970203E8")
    assert reading[-2:] == b"\x00\x00"
    odd = sm.protect(Command(0, 0xB1, 0, 0, bytes.fromhex("54020001"), 256)).octets
    # DO85 has no padding indicator
    assert odd[5] == 0x85
    assert odd[6] == 8


def naked(sw: int) -> bytes:
    """A status word in the clear."""
    return sw.to_bytes(2)


@pytest.mark.parametrize("sw", [0x9000, 0x6101, 0x6282, 0x6700, 0x6C10, 0x6982, 0x6987, 0x6988, 0x6A82])
def test_no_status_word_in_the_clear_is_believed(sw: int) -> None:
    sm = SecureMessaging(KEYS, COUNTER)
    command = sm.protect(SELECT_COM)
    with pytest.raises(ProtocolError, match=r"sm\.unprotected_response") as caught:
        sm.unprotect(command, parse_response(naked(sw)))
    assert caught.value.sw == sw
    assert not sm.open_
    with pytest.raises(ProtocolError, match=r"sm\.closed"):
        sm.protect(SELECT_COM)


def test_words_in_the_clear_about_a_length_are_told_apart() -> None:
    assert [sw for sw in (0x6700, 0x6C10, 0x9000, 0x6982) if is_naked_length_word(parse_response(naked(sw)))] == [
        0x6700,
        0x6C10,
    ]
    assert not is_naked_length_word(parse_response(b"x" + naked(0x6700)))


def made(keys: SessionKeys, counter: int, *objects: bytes, code: bytes | None = None) -> bytes:
    """An answer of somebody who has the keys."""
    covered = b"".join(objects)
    blocks = ciphers.pad(counter.to_bytes(keys.cipher.block_size) + covered, keys.cipher.block_size)
    right = ciphers.code(keys.cipher, keys.authentication, blocks)
    return covered + data_object(0x8E, right if code is None else code) + b"\x90\x00"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda n: made(KEYS, n, bytes.fromhex("99029000"), code=bytes(8)), "sm.bad_mac"),
        (lambda n: made(KEYS, n - 2, bytes.fromhex("99029000")), "sm.bad_mac"),
        (lambda n: made(KEYS, n, bytes.fromhex("99029000"), code=b""), "sm.bad_mac"),
        (lambda n: made(KEYS, n), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("9900")), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("99029000"), bytes.fromhex("99029000")), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("99029000"), bytes.fromhex("870901") + bytes(8)), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("870902") + bytes(8), bytes.fromhex("99029000")), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("870901") + bytes(8), bytes.fromhex("99029000")), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("870401") + bytes(3), bytes.fromhex("99029000")), "sm.bad_response"),
        (lambda n: made(KEYS, n, bytes.fromhex("8104") + bytes(4), bytes.fromhex("99029000")), "sm.bad_response"),
        (lambda _n: bytes.fromhex("99029000") + b"\x90\x00", "sm.bad_response"),
        (lambda _n: b"\xff\x90\x00", "sm.bad_response"),
    ],
)
def test_answers_that_end_the_session(answer: object, code: str) -> None:
    sm = SecureMessaging(KEYS, COUNTER)
    command = sm.protect(SELECT_COM)
    with pytest.raises(ProtocolError) as caught:
        sm.unprotect(command, parse_response(answer(command.answer_counter)))  # type: ignore[operator]
    assert caught.value.code == code
    assert not sm.open_


def test_the_status_word_inside_counts() -> None:
    sm = SecureMessaging(KEYS, COUNTER)
    command = sm.protect(SELECT_COM)
    answer = made(KEYS, command.answer_counter, bytes.fromhex("99026A82"))
    assert sm.unprotect(command, parse_response(answer)).sw == 0x6A82


def test_an_answer_belongs_to_one_command() -> None:
    sm = SecureMessaging(KEYS, COUNTER)
    first, second = sm.protect(SELECT_COM), sm.protect(SELECT_COM)
    with pytest.raises(ProtocolError, match=r"sm\.bad_mac"):
        sm.unprotect(second, parse_response(SELECTED))
    sm = SecureMessaging(KEYS, COUNTER)
    first = sm.protect(SELECT_COM)
    sm.protect(SELECT_COM)
    assert opened(sm, first, SELECTED.hex()).ok
    sm.rewind(first)
    assert sm.protect(Command(0, 0xB0, 0, 0, expected=4)).octets.hex().upper() == (
        "0CB000000D9701048E08ED6705417E96BA5500"
    )


def test_the_counter_begins_again_at_its_end() -> None:
    sm = SecureMessaging(KEYS, (1 << 64) - 1)
    assert sm.protect(SELECT_COM).answer_counter == 1
    assert sm.counter == 1


@light
@given(st.binary(max_size=200))
def test_nothing_but_the_typed_error_escapes(octets: bytes) -> None:
    sm = SecureMessaging(session_keys(Cipher.AES_256, b"x"))
    command = sm.protect(SELECT_COM)
    try:
        response = parse_response(octets)
    except MalformedError:
        return
    with pytest.raises(ProtocolError):
        sm.unprotect(command, response)


@light
@given(st.sampled_from(Cipher), st.binary(max_size=300), st.integers(0, 2**32))
def test_what_a_chip_with_the_keys_says_arrives(cipher: Cipher, data: bytes, start: int) -> None:
    keys = session_keys(cipher, b"agreed")
    sm = SecureMessaging(keys, start)
    command = sm.protect(SELECT_COM)
    counter = command.answer_counter.to_bytes(cipher.block_size)
    if cipher is Cipher.TDES:
        box = DES3.new(keys.encryption, DES3.MODE_CBC, bytes(8))
    else:
        iv = AES.new(keys.encryption, AES.MODE_ECB).encrypt(counter)
        box = AES.new(keys.encryption, AES.MODE_CBC, iv)
    padded = data + b"\x80" + bytes(-(len(data) + 1) % cipher.block_size)
    hidden = data_object(0x87, b"\x01" + box.encrypt(padded))
    answer = made(keys, command.answer_counter, hidden, bytes.fromhex("99029000"))
    assert sm.unprotect(command, parse_response(answer)) == Response(data, 0x9000)


def test_nothing_secret_is_shown() -> None:
    assert repr(KEYS) == "SessionKeys(3des)"

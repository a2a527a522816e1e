"""Commands and answers, against the cases of ISO/IEC 7816-3 §12.1.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd.errors import MalformedError
from mrtd.protocols.apdu import (
    MAX_RESPONSE,
    Command,
    chained,
    data_object,
    is_wrong_length,
    parse_response,
)
from tests.budgets import light


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (Command(0, 0xA4, 0, 0), "00a40000"),
        (Command(0, 0xB0, 0, 0, expected=256), "00b0000000"),
        (Command(0, 0xB0, 0, 0, expected=255), "00b00000ff"),
        (Command(0, 0xA4, 2, 0x0C, b"\x01\x1e"), "00a4020c02011e"),
        (Command(0, 0x88, 0, 0, bytes(8), 256), "0088000008" + "00" * 8 + "00"),
        (Command(0, 0xB0, 0, 0, expected=257), "00b00000000101"),
        (Command(0, 0xB0, 0, 0, expected=65536), "00b00000000000"),
        (Command(0, 0xB0, 0, 0, expected=256, extended=True), "00b00000000100"),
        (Command(0, 0x22, 0, 0, bytes(256)), "00220000000100" + "00" * 256),
        (Command(0, 0x86, 0, 0, bytes(2), 65536, extended=True), "00860000000002" + "0000" + "0000"),
    ],
)
def test_the_four_cases(command: Command, written: str) -> None:
    assert command.encode().hex() == written


@pytest.mark.parametrize("command", [Command(0, 0, 0, 0, bytes(65536)), Command(0, 0, 0, 0, expected=65537)])
def test_what_no_command_can_hold(command: Command) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        command.encode()


def test_chaining_marks_all_but_the_last() -> None:
    parts = chained(Command(0, 0x86, 0, 0, bytes(range(250)) * 2, 256))
    assert [part.cla for part in parts] == [0x10, 0]
    assert [len(part.data) for part in parts] == [255, 245]
    assert [part.expected for part in parts] == [0, 256]
    assert b"".join(part.data for part in parts) == bytes(range(250)) * 2
    assert chained(Command(0, 0x86, 0, 0, expected=256)) == (Command(0, 0x86, 0, 0, expected=256),)


@pytest.mark.parametrize(
    ("length", "header"), [(0, "8700"), (127, "877f"), (128, "878180"), (255, "8781ff"), (256, "87820100")]
)
def test_lengths_of_data_objects(length: int, header: str) -> None:
    assert data_object(0x87, bytes(length)).hex() == header + "00" * length
    assert data_object(0x7F49, b"").hex() == "7f4900"


@light
@given(st.binary(max_size=300))
def test_any_answer_is_taken_apart_or_refused(octets: bytes) -> None:
    if len(octets) < 2:
        with pytest.raises(MalformedError, match="no_status_word"):
            parse_response(octets)
        return
    response = parse_response(octets)
    assert response.data + response.sw.to_bytes(2) == octets


def test_an_answer_has_an_end() -> None:
    with pytest.raises(MalformedError, match="response_too_long"):
        parse_response(bytes(MAX_RESPONSE + 1))


@pytest.mark.parametrize(("sw", "is_one"), [(0x6700, True), (0x6C10, True), (0x6701, False), (0x6D00, False)])
def test_words_about_lengths(sw: int, *, is_one: bool) -> None:
    assert is_wrong_length(sw) is is_one


def test_nothing_of_the_content_is_shown() -> None:
    assert "secret" not in repr(Command(0, 0xA4, 0, 0, b"secret"))
    assert "secret" not in repr(parse_response(b"secret\x90\x00"))

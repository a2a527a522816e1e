"""Codes on screens: drawn so that another reader reads them, and read so that nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.qr import SegnoQr
from service.domain.qr import NoQrTextError, QrContent, QrKind, qr_text, read_qr

ORIGIN = "https://passkoll.example.se:8443"
CODE = "ABCDEFGHIJKLMNOPQRSTUVWX23"
CHALLENGE = bytes(range(32))
TEXT = qr_text(QrKind.ENROLMENT, ORIGIN, CODE, CHALLENGE)


def seen(modules: np.ndarray) -> str:
    """What OpenCV reads: dark is 1."""
    picture = np.kron(np.where(modules, 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    return text


def from_terminal(lines: str) -> np.ndarray:
    """Half blocks, two modules a character; ink is light on a dark terminal."""
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    plain = re.sub(r"\x1b\[[0-9;]*m", "", lines)
    rows = [line for line in plain.split("\n") if line]
    light = np.array([[halves[mark][half] for mark in row] for row in rows for half in (0, 1)])
    return 1 - light


def from_svg(svg: str) -> np.ndarray:
    """Strokes of one unit: `M x y` to a place, `m dx dy` from there, `h n` a stroke."""
    size = int(re.search(r'width="(\d+)"', svg)[1])
    scale = int(re.search(r"scale\((\d+)\)", svg)[1])
    modules = np.zeros((size // scale, size // scale), int)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", re.search(r' d="([^"]+)"', svg)[1]):
        given_numbers = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if command == "M":
            x, y = given_numbers
        elif command == "m":
            x, y = x + given_numbers[0], y + given_numbers[1]
        else:
            modules[int(y), int(x) : int(x + given_numbers[0])] = 1
            x += given_numbers[0]
    return modules


@pytest.mark.parametrize("kind", QrKind)
def test_a_reader_that_is_not_ours_reads_them(kind: QrKind) -> None:
    text = qr_text(kind, ORIGIN, CODE, CHALLENGE if kind is QrKind.ENROLMENT else None)
    assert seen(from_terminal(SegnoQr().terminal(text))) == text
    assert seen(from_svg(SegnoQr().svg(text))) == text


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    """It stands in a page whose policy allows no script and no style of others."""
    svg = SegnoQr().svg(TEXT)
    assert re.findall(r"<(\w+)", svg) in (["svg", "path"], ["svg", "g", "path"])
    assert not re.search(r"href|style|script|url|on\w+=", svg)


def test_what_is_said_is_read() -> None:
    assert read_qr(QrKind.ENROLMENT, TEXT) == QrContent(ORIGIN, CODE, CHALLENGE)
    assert read_qr(QrKind.PAIRING, qr_text(QrKind.PAIRING, ORIGIN, CODE)) == QrContent(ORIGIN, CODE)


def test_a_code_of_one_kind_is_none_of_another() -> None:
    with pytest.raises(NoQrTextError):
        read_qr(QrKind.PAIRING, TEXT)


def test_no_secret_is_shown_by_accident() -> None:
    content = read_qr(QrKind.ENROLMENT, TEXT)
    assert CODE not in repr(content)
    assert "challenge" not in repr(content)


def written(**changes: object) -> str:
    """A text with other members."""
    members = {"origin": ORIGIN, "code": CODE} | changes
    return "PKE1_" + base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PKE1_",
        "PKE1_e30",
        "PKE1_W10",
        "PKE1_####",
        "PKE2_" + TEXT[5:],
        TEXT[5:],
        TEXT + "A" * 2048,
        written(origin="ftp://passkoll.example.se"),
        written(origin="javascript:alert(1)"),
        written(origin="https://" + "a" * 300),
        written(origin="https://passkoll.example.se\n"),
        written(origin="https://pässkoll.example.se"),
        written(origin=5),
        written(code=""),
        written(code=CODE + "A"),
        written(code=[CODE]),
        written(code=None),
        written(challenge=5),
        written(challenge="*"),
        "PKE1_" + base64.urlsafe_b64encode(b"[" * 1000).decode().rstrip("="),
    ],
    ids=range(21),
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(NoQrTextError):
        read_qr(QrKind.ENROLMENT, text)


@given(st.text() | st.text().map("PKE1_".__add__) | st.binary().map(lambda octets: "PKE1_" + octets.hex()))
def test_whatever_is_on_a_wall(text: str) -> None:
    try:
        read_qr(QrKind.ENROLMENT, text)
    except NoQrTextError:
        return
    pytest.fail("taken for a code")


@given(st.integers(0, len(TEXT) - 1), st.characters(max_codepoint=127))
def test_a_damaged_code_says_the_same_or_nothing_else_than_ours(at: int, character: str) -> None:
    """Whatever one wrong character makes of it has the form of ours, or is none."""
    try:
        content = read_qr(QrKind.ENROLMENT, TEXT[:at] + character + TEXT[at + 1 :])
    except NoQrTextError:
        return
    assert content.origin.startswith(("https://", "http://"))
    assert len(content.code) == len(CODE)
    assert content.challenge is None or isinstance(content.challenge, bytes)

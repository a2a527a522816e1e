"""Which phones people may work with, as a table; and fingerprints in any handwriting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.devices import (
    Device,
    DevicePolicy,
    DeviceStatus,
    KeyProtection,
    Platform,
    fingerprint,
    may_act,
    same_fingerprint,
)
from service.domain.enrolment import Enrolment
from service.domain.one_time import code_digest, one_time_code
from tests.service.conftest import NOW
from tests.service.tokens.keys import Key

DAYS_90 = timedelta(days=90)
STRICT, LENIENT = DevicePolicy(False, DAYS_90), DevicePolicy(True, DAYS_90)
PHONE = Device(
    "de_" + "A" * 26,
    "Specimen organisation",
    Key().thumbprint,
    "{}",
    Platform.ANDROID,
    KeyProtection.STRONGBOX,
    DeviceStatus.ACTIVE,
    NOW,
    attested_at=NOW,
)
PROGRAM = replace(PHONE, platform=Platform.HARNESS, protection=KeyProtection.SOFTWARE, attested_at=None)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("device", "after", "policy", "may"),
    [
        (PHONE, timedelta(), STRICT, True),
        (PHONE, DAYS_90 - SECOND, STRICT, True),
        (PHONE, DAYS_90, STRICT, False),
        (PHONE, DAYS_90, LENIENT, False),
        (replace(PHONE, status=DeviceStatus.PENDING), timedelta(), STRICT, False),
        (replace(PHONE, status=DeviceStatus.REVOKED), timedelta(), LENIENT, False),
        (replace(PHONE, attested_at=None), timedelta(), LENIENT, False),
        (PROGRAM, timedelta(), STRICT, False),
        (PROGRAM, timedelta(days=1000), LENIENT, True),
        (replace(PROGRAM, attested_at=NOW), timedelta(), STRICT, False),
        (replace(PROGRAM, status=DeviceStatus.PENDING), timedelta(), LENIENT, False),
        (replace(PROGRAM, status=DeviceStatus.REVOKED), timedelta(), LENIENT, False),
    ],
    ids=range(12),
)
def test_who_may_act(device: Device, after: timedelta, policy: DevicePolicy, may: bool) -> None:
    assert may_act(device, NOW + after, policy) is may


@given(st.lists(st.sampled_from([" ", "-", ":", ".", "\t", "\n", ""]), min_size=40, max_size=40), st.booleans())
def test_a_fingerprint_in_any_handwriting(marks: list[str], upper: bool) -> None:
    shown = fingerprint(PHONE.key)
    parted = "".join(digit + mark for digit, mark in zip(shown.replace(" ", ""), marks, strict=False))
    assert same_fingerprint(PHONE.key, parted.upper() if upper else parted)


@given(st.text())
def test_nothing_else_is_the_fingerprint(written: str) -> None:
    assert not same_fingerprint(PHONE.key, written)


@given(st.integers(0, 38), st.sampled_from("0123456789abcdef"))
def test_one_wrong_digit_is_enough(at: int, digit: str) -> None:
    shown = fingerprint(PHONE.key)
    changed = shown[:at] + digit + shown[at + 1 :]
    assert same_fingerprint(PHONE.key, changed) is (changed == shown)


def test_a_code_is_all_its_random_bits() -> None:
    """RFC 4648 §10 has the alphabet; 128 bits make 26 characters, the last of which has three."""
    assert one_time_code(bytes(16)) == "A" * 26
    assert one_time_code(b"\xff" * 16) == "7" * 25 + "4"
    with pytest.raises(ValueError, match="16 random bytes"):
        one_time_code(bytes(15))


def test_the_digest_of_a_code() -> None:
    """FIPS 180-4: SHA-256 of "abc"."""
    assert code_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(("invited_by", "order"), [(None, None), ("pe_A", "or_A")])
def test_a_code_is_of_somebody_or_of_an_order(invited_by: str | None, order: str | None) -> None:
    with pytest.raises(ValueError, match="of an order"):
        Enrolment("Specimen organisation", bytes(32), NOW, NOW + SECOND, invited_by, order)

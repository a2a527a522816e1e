"""What is sealed opens as it was, or not at all."""

from __future__ import annotations

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.system import SystemRandomness
from service.adapters.vault.sealing import context, open_sealed, seal
from service.domain.vault import UnreadableError
from tests.budgets import light

KEY = bytes(range(32))
PLAIN = b"P<UTOERIKSSON<<ANNA<MARIA"
BOUND = context("sealed", "vs_A", "holder", "2026-11", "mrz_captures", "lines", "1")
RANDOM = SystemRandomness()


class FixedRandomness:
    """The nonce of a test."""

    def octets(self, count: int) -> bytes:
        return bytes(count)


def test_another_library_opens_it() -> None:
    """AES-256-GCM of pycryptodome, after the description of the format: byte 1, 12 of nonce, tag of 16 at the end."""
    sealed = seal(KEY, PLAIN, BOUND, RANDOM)
    assert sealed[0] == 1
    cipher = AES.new(KEY, AES.MODE_GCM, nonce=sealed[1:13])
    cipher.update(b"\x01" + BOUND)
    assert cipher.decrypt_and_verify(sealed[13:-16], sealed[-16:]) == PLAIN


def test_known_answer() -> None:
    """Test case 14 of the GCM specification (McGrew and Viega): key, nonce and block of zeros; its ciphertext."""
    sealed = seal(bytes(32), bytes(16), b"", FixedRandomness())
    assert sealed[13:29].hex() == "cea7403d4d606b6e074ec5d3baf39d18"


def test_every_changed_bit_is_noticed() -> None:
    sealed = seal(KEY, PLAIN, BOUND, RANDOM)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UnreadableError):
            open_sealed(KEY, bytes(changed), BOUND)


def test_every_cut_is_noticed() -> None:
    sealed = seal(KEY, PLAIN, BOUND, RANDOM)
    for cut in range(len(sealed)):
        for part in (sealed[:cut], sealed[cut + 1 :], sealed + sealed[:cut] if cut else sealed + b"\0"):
            with pytest.raises(UnreadableError):
                open_sealed(KEY, part, BOUND)


def test_another_key_does_not_open_it() -> None:
    sealed = seal(KEY, PLAIN, BOUND, RANDOM)
    for other in (bytes(32), KEY[::-1], KEY[:16], b""):
        with pytest.raises(UnreadableError):
            open_sealed(other, sealed, BOUND)


def test_two_are_never_alike() -> None:
    assert len({seal(KEY, PLAIN, BOUND, RANDOM) for _ in range(1_000)}) == 1_000


@light
@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=6))
def test_no_two_places_have_one_context(one: list[str], other: list[str]) -> None:
    """`("ab", "c")` and `("a", "bc")` must not be the same octets."""
    assert (context(*one) == context(*other)) is (one == other)


@light
@given(st.binary(max_size=2_000), st.text(max_size=20))
def test_what_is_sealed_opens(plain: bytes, where: str) -> None:
    bound = context(where)
    assert open_sealed(KEY, seal(KEY, plain, bound, RANDOM), bound) == plain

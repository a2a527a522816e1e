"""Which accounts of the machine are behind a command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.adapters.machine import shell_account


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"1000", 1000),
        (b"0\n", 0),
        # (uid_t) -1: nobody signed in, as for what a timer or an init system starts (proc(5))
        (b"4294967295", None),
        (b"", None),
        (b"-1", None),
        (b"\xff", None),
        (None, None),
    ],
)
def test_who_signed_in_to_the_machine(tmp_path: Path, written: bytes | None, expected: int | None) -> None:
    kept = tmp_path / "loginuid"
    if written is not None:
        kept.write_bytes(written)
    assert shell_account(kept) == {"shell_uid": os.getuid(), "login_uid": expected}

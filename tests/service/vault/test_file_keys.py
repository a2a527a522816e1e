"""The master key in a file: made once, whole, for its owner alone."""

from __future__ import annotations

import base64
import json
import stat
import threading

import pytest

from service.adapters.vault.file_keys import FileKeyProvider
from service.domain.errors import ConfigurationError
from service.domain.vault import StorageUnavailableError, UnreadableError, WrappedKey
from tests.service.vault.conftest import RANDOM

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "master.json"


def begin(path) -> FileKeyProvider:
    return FileKeyProvider.open(path, RANDOM, may_begin=True)


def test_the_first_start_makes_it(path) -> None:
    provider = begin(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["master.json"]
    (key,) = json.loads(path.read_text())["keys"]
    assert key["kty"] == "oct"
    assert len(base64.urlsafe_b64decode(key["k"] + "=")) == 32
    assert provider.versions() == (key["kid"],)
    assert begin(path).versions() == provider.versions()


def test_two_that_start_together_agree(path) -> None:
    start, found = threading.Barrier(8), []

    def one() -> None:
        start.wait()
        found.append(begin(path).versions())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_missing_file_is_not_replaced_where_something_is_sealed(path) -> None:
    with pytest.raises(ConfigurationError, match="bring it back"):
        FileKeyProvider.open(path, RANDOM, may_begin=False)
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610])
def test_what_others_may_read_is_refused(path, mode: int) -> None:
    provider = begin(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        begin(path)
    with pytest.raises(StorageUnavailableError):
        provider.wrap(SECRET, b"")


KEY = {"kty": "oct", "kid": "a", "k": base64.urlsafe_b64encode(SECRET).decode().rstrip("=")}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{}]}',
        '{"keys": 1}',
        json.dumps({"keys": [KEY | {"k": "AAAA"}]}),
        json.dumps({"keys": [{"kty": "oct", "k": KEY["k"]}]}),
        json.dumps({"keys": [KEY, KEY]}),
        json.dumps({"keys": [KEY, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "b"}]}),
    ],
    ids=range(10),
)
def test_what_is_no_set_of_keys_is_refused(path, content: str) -> None:
    begin(path)
    path.write_text(content)
    with pytest.raises(ConfigurationError) as refused:
        begin(path)
    assert KEY["k"] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_wrapping_and_rotation(path) -> None:
    provider, running = begin(path), begin(path)
    old = provider.wrap(SECRET, b"context")
    version = provider.rotate()
    assert provider.versions() == (old.master, version)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # a process that runs already uses it at once, and still opens what is older
    assert running.wrap(SECRET, b"context").master == version
    assert running.unwrap(old, b"context") == SECRET


def test_what_does_not_fit_does_not_open(path) -> None:
    provider = begin(path)
    wrapped = provider.wrap(SECRET, b"context")
    provider.rotate()
    newest = provider.versions()[-1]
    for wrong, context in (
        (wrapped, b"other"),
        (WrappedKey("unknown", wrapped.data), b"context"),
        (WrappedKey(newest, wrapped.data), b"context"),
        (WrappedKey(wrapped.master, wrapped.data[:-1] + bytes([wrapped.data[-1] ^ 1])), b"context"),
    ):
        with pytest.raises(UnreadableError):
            provider.unwrap(wrong, context)


def test_two_rotations_at_once_lose_nothing(path) -> None:
    provider, start, made = begin(path), threading.Barrier(4), []

    def one() -> None:
        start.wait()
        made.append(provider.rotate())

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4
    assert set(made) < set(provider.versions())


def test_no_key_is_in_a_repr(path) -> None:
    provider = begin(path)
    wrapped = provider.wrap(SECRET, b"")
    secret = json.loads(path.read_text())["keys"][0]["k"]
    assert secret not in repr(provider) + repr(wrapped)
    assert repr(wrapped.data) not in repr(wrapped)

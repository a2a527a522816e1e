"""The master key in a file of its own: a JWK Set (RFC 7517 §5) of symmetric keys, made at the first start."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from service.adapters.vault.sealing import open_sealed, seal
from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness
from service.domain.vault import KEY_BYTES, StorageUnavailableError, UnreadableError, WrappedKey

#: Octets of the name of a version.
_VERSION_BYTES: Final = 8
#: Somebody would have to rotate every day for years.
MAX_FILE_BYTES: Final = 1024 * 1024


class FileKeyProvider:
    """Answers `service.domain.vault.KeyProvider` with a file that only its owner reads.

    The file is read at every call, which epoch keys make seldom: after a rotation by the command line, a running
    service wraps with the new version, and holds no master key in between.
    """

    def __init__(self, path: Path, randomness: Randomness) -> None:
        self._path: Final = path
        self._randomness: Final = randomness

    @classmethod
    def open(cls, path: Path, randomness: Randomness, *, may_begin: bool) -> FileKeyProvider:
        """The keys of a file; a first start makes it if it `may_begin`, which is only where nothing is sealed yet.

        Raises:
            ConfigurationError: it is missing where it must not be, it is no set of keys, or others may read it.
        """
        provider = cls(path, randomness)
        if not path.exists():
            if not may_begin:
                raise ConfigurationError(f"{path} is missing, and something is sealed with it: bring it back")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = _new_key(randomness)
            with contextlib.suppress(FileExistsError), _written(path, {str(key.kid): key}) as whole:
                # A link from a finished file: two processes that start together agree on one.
                os.link(whole, path)
            _sync_folder(path)
        provider.load()
        return provider

    def wrap(self, secret: bytes, context: bytes) -> WrappedKey:
        keys = self._keys()
        newest = list(keys)[-1]
        return WrappedKey(newest, seal(_octets(keys[newest]), secret, context, self._randomness))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        key = self._keys().get(wrapped.master)
        if key is None:
            raise UnreadableError
        return open_sealed(_octets(key), wrapped.data, context)

    def versions(self) -> Sequence[str]:
        return tuple(self._keys())

    def rotate(self) -> str:
        """Make a new version.

        Raises:
            StorageUnavailableError: the file cannot be written.
        """
        key = _new_key(self._randomness)
        try:
            with self._alone(), _written(self._path, {**self._keys(), str(key.kid): key}) as whole:
                os.replace(whole, self._path)
            _sync_folder(self._path)
        except OSError:
            raise StorageUnavailableError from None
        return str(key.kid)

    def load(self) -> Mapping[str, OctKey]:
        """The versions by name, the newest last.

        Raises:
            ConfigurationError: the file cannot be read, is no set of keys, or others may read it.
        """
        try:
            if self._path.stat().st_mode & 0o077:
                raise ConfigurationError(f"{self._path} can be read by others; run: chmod 600 {self._path}")
            if self._path.stat().st_size > MAX_FILE_BYTES:
                raise ConfigurationError(f"{self._path} is too large for a set of keys")
            members = json.loads(self._path.read_text("utf-8"))["keys"]
            # the name as it is written: an absent one would become a digest of the key
            found = {str(member["kid"]): OctKey.import_key(member) for member in members}
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be read") from error
        except (ValueError, TypeError, KeyError, AttributeError, JoseError):
            # without its cause: the words of a parser may hold a part of the file
            raise ConfigurationError(f"{self._path} is no set of keys") from None
        if not found or len(found) != len(members) or any(len(_octets(key)) != KEY_BYTES for key in found.values()):
            raise ConfigurationError(f"{self._path} is no set of 256-bit keys with a name each")
        return found

    def _keys(self) -> Mapping[str, OctKey]:
        try:
            return self.load()
        except ConfigurationError:
            raise StorageUnavailableError from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two rotations at once would lose one of their keys; a process that dies lets go."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _octets(key: OctKey) -> bytes:
    octets: bytes = key.raw_value
    return octets


def _new_key(randomness: Randomness) -> OctKey:
    version = randomness.octets(_VERSION_BYTES).hex()
    return OctKey.import_key(randomness.octets(KEY_BYTES), {"kid": version, "alg": "A256GCM", "use": "enc"})


@contextmanager
def _written(path: Path, keys: Mapping[str, OctKey]) -> Iterator[str]:
    """A finished file beside `path`, on the disk, for its owner alone; gone when the block ends."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".master-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"keys": [key.as_dict(private=True) for key in keys.values()]}, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        yield name
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

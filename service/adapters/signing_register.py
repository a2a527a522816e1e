"""Which signing keys there are: a JWK Set (RFC 7517 §5) without private parts, in a file of its own for each realm.

A key is described as OpenID Federation 1.0 describes historical keys: `iat` when it was made, `exp` when it signed
for the last time, `revoked` with the time and the reason if it is compromised.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError
from service.domain.signing_keys import SigningKey

ALGORITHM: Final = "ES256"
CURVE: Final = "P-256"
#: Beyond this an operator rotates by a faulty script.
MAX_KEYS: Final = 1000

#: Of one state of the file: inode, time of change in nanoseconds, size.
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key and its public part as a JWK of four members."""

    key: SigningKey
    public: ECKey

    def jwk(self) -> dict[str, object]:
        """The public JWK, ready for a JWK Set."""
        return {**public_members(self.public), "kid": self.key.kid, "alg": ALGORITHM, "use": "sig"}


class KeyRegister:
    """The file; each change replaces it whole, under a lock that other processes respect."""

    def __init__(self, folder: Path, realm: Realm) -> None:
        self._path: Final = folder / f"signing-{realm.value}.jwks.json"
        self._lock: Final = folder / f"signing-{realm.value}.lock"
        self._realm: Final = realm

    def stamp(self) -> Stamp | None:
        """What changes when the file does; None while there is none."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self) -> tuple[RegisteredKey, ...]:
        """The keys, oldest first; none before the first start.

        Raises:
            ConfigurationError: the file is not what this software wrote, or is of the other realm.
        """
        if not self._path.exists():
            return ()
        try:
            content = json.loads(self._path.read_text("utf-8"))
            realm, keys = content["realm"], tuple(_key(member) for member in content["keys"])
        except (ValueError, KeyError, TypeError, AttributeError, OSError, OverflowError, JoseError) as error:
            raise ConfigurationError(f"{self._path} is no register of signing keys") from error
        if realm != self._realm.value:
            raise ConfigurationError(f"{self._path} holds keys of the realm {realm}")
        return keys

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all processes that share the folder."""
        with self._lock.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def write(self, keys: Sequence[RegisteredKey]) -> None:
        """Replace the file; to be called while `locked`."""
        if len(keys) > MAX_KEYS:
            raise ConfigurationError(f"more than {MAX_KEYS} signing keys")
        content = {"realm": self._realm.value, "keys": [_member(key) for key in keys]}
        write_whole(self._path, json.dumps(content, indent=1), mode=0o644)


def public_members(key: ECKey) -> dict[str, str]:
    """The four members of RFC 7638 §3.2 that are the key; nothing else, and nothing private."""
    return {name: str(key[name]) for name in ("kty", "crv", "x", "y")}


def write_whole(path: Path, text: str, *, mode: int) -> None:
    """Put `text` in the place of the file: whole and on the disk, or the file is as it was."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".signing-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _member(registered: RegisteredKey) -> dict[str, object]:
    key = registered.key
    member = registered.jwk() | {"iat": _seconds(key.created_at)}
    if key.retired_at is not None:
        member["exp"] = _seconds(key.retired_at)
    if key.compromised_at is not None:
        member["revoked"] = {"revoked_at": _seconds(key.compromised_at), "reason": "compromised"}
    return member


def _key(member: dict[str, Any]) -> RegisteredKey:
    public = ECKey.import_key({name: member[name] for name in ("kty", "crv", "x", "y")})
    if public.curve_name != CURVE or public.thumbprint() != member["kid"]:
        raise ValueError("not the key that its name says")
    revoked = member.get("revoked")
    key = SigningKey(
        kid=member["kid"],
        created_at=_time(member["iat"]),
        retired_at=_time(member["exp"]) if "exp" in member else None,
        compromised_at=None if revoked is None else _time(revoked["revoked_at"]),
    )
    return RegisteredKey(key, public)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""The key that results are signed with: ES256 in a file of its own for each realm, made at the first start."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError

ALGORITHM: Final = "ES256"


class FileSigner:
    """Answers `service.domain.ports.Signer` with a key in a file that only its owner reads."""

    def __init__(self, key: ECKey) -> None:
        self._key: Final = key

    @classmethod
    def open(cls, folder: Path, realm: Realm) -> FileSigner:
        """The key of `realm` in `folder`; a first start makes it.

        Raises:
            ConfigurationError: the file is not a P-256 key, or others may read it.
        """
        path = folder / f"signing-{realm.value}.jwk.json"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_new(path, _new_key())
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
        try:
            key = ECKey.import_key(json.loads(path.read_text("utf-8")))
        except (ValueError, JoseError) as error:
            raise ConfigurationError(f"{path} is no signing key") from error
        if key.curve_name != "P-256" or not key.is_private:
            raise ConfigurationError(f"{path} is no private key on P-256")
        return cls(key)

    def sign(self, claims: Mapping[str, object], token_type: str) -> str:
        header = {"alg": ALGORITHM, "kid": self._kid, "typ": token_type}
        return jwt.encode(header, dict(claims), self._key, algorithms=[ALGORITHM])

    def public_keys(self) -> Mapping[str, object]:
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._kid, "alg": ALGORITHM, "use": "sig"}]}

    @property
    def _kid(self) -> str:
        return self._key.thumbprint()


class RefusingSigner:
    """A signer without a key, for tools that must never issue anything. Loud: it raises."""

    def sign(self, claims: Mapping[str, object], token_type: str) -> NoReturn:
        raise ConfigurationError("signing is switched off here")

    def public_keys(self) -> Mapping[str, object]:
        return {"keys": []}


def _new_key() -> str:
    return json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True))


def _write_new(path: Path, text: str) -> None:
    """Make the file, for its owner alone, whole and on the disk, or leave the one that is there.

    A link from a finished temporary file: two processes that start together agree on one key.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".signing-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)

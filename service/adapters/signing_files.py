"""Private signing keys as files, one a key (RFC 7517), that only their owner reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mrtd.pki.realm import Realm
from service.adapters.signing_register import CURVE, write_whole
from service.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class FileKeys:
    """Answers `service.adapters.signing.PrivateKeys`. Each file names its realm, so that none moves to another."""

    folder: Path
    realm: Realm

    def create(self) -> ECKey:
        key = ECKey.generate_key(CURVE, private=True)
        content = key.as_dict(private=True) | {"realm": self.realm.value}
        write_whole(self._path(key.thumbprint()), json.dumps(content), mode=0o600)
        return key

    def existing(self) -> ECKey | None:
        # a first start that was cut off after it made the key, or a register that was lost: the key is the same one
        prefix, suffix = f"signing-{self.realm.value}-", ".jwk.json"
        kids = [path.name[len(prefix) : -len(suffix)] for path in self.folder.glob(f"{prefix}*{suffix}")]
        if len(kids) > 1:
            raise ConfigurationError(
                f"{self.folder} holds {len(kids)} signing keys, and no register says which one signs: bring it back"
            )
        return self.open(kids[0]) if kids else None

    def open(self, kid: str) -> ECKey:
        path = self._path(kid)
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
            content = json.loads(path.read_text("utf-8"))
            realm = content.pop("realm", None)
            key = ECKey.import_key(content)
        except FileNotFoundError as error:
            raise ConfigurationError(f"the signing key {path} is missing") from error
        except (ValueError, KeyError, AttributeError, TypeError, OSError, JoseError) as error:
            raise ConfigurationError(f"{path} is no signing key") from error
        if realm != self.realm.value:
            raise ConfigurationError(f"{path} is a key of the realm {realm}, not of {self.realm}")
        if key.curve_name != CURVE or not key.is_private:
            raise ConfigurationError(f"{path} is no private key on {CURVE}")
        return key

    def destroy(self, kid: str) -> None:
        self._path(kid).unlink(missing_ok=True)

    def _path(self, kid: str) -> Path:
        return self.folder / f"signing-{self.realm.value}-{kid}.jwk.json"

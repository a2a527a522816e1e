"""The secrets of endpoints: a file each, for its owner alone, beside the other keys and never in the database."""

from __future__ import annotations

import base64
import json
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness

#: Standard Webhooks: between 24 and 64 random bytes.
SECRET_BYTES: Final = 32
#: The new one, and the one before while the portal changes over.
IN_USE: Final = 2
_PREFIX: Final = "whsec_"
_NAME: Final = re.compile(r"we_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class FileWebhookSecrets:
    """Answers `service.domain.ports.WebhookSecrets`.

    Raises:
        ConfigurationError: a file can be read by others, or is none of ours.
    """

    folder: Path
    randomness: Randomness

    def of(self, endpoint_id: str) -> Sequence[str]:
        path = self._path(endpoint_id)
        try:
            with path.open("rb") as stream:
                mode, text = os.fstat(stream.fileno()).st_mode, stream.read()
        except FileNotFoundError:
            return ()
        if mode & 0o077:
            raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
        try:
            secrets = json.loads(text)["secrets"]
            for secret in secrets:
                base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise ConfigurationError(f"{path} holds no secrets of a webhook") from None
        return tuple(secrets)

    def renew(self, endpoint_id: str) -> str:
        new = _PREFIX + base64.b64encode(self.randomness.octets(SECRET_BYTES)).decode()
        self._write(self._path(endpoint_id), (new, *self.of(endpoint_id))[:IN_USE])
        return new

    def forget(self, endpoint_id: str) -> None:
        self._path(endpoint_id).unlink(missing_ok=True)

    def _path(self, endpoint_id: str) -> Path:
        if not _NAME.fullmatch(endpoint_id):
            raise ConfigurationError("the database names an endpoint that is none: it was changed by hand")
        return self.folder / f"{endpoint_id}.json"

    def _write(self, path: Path, secrets: Sequence[str]) -> None:
        """Whole and on the disk, or as it was."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".secret-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump({"secrets": list(secrets)}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

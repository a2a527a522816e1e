"""Where checkpoints of the audit trail are kept outside of the database, and how they are read again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.domain.audit_checkpoint import AnchorError, CheckpointAnchor, KeptCheckpoint
from service.domain.errors import ConfigurationError
from service.exposure import is_loopback

if TYPE_CHECKING:
    from obstore.store import ObjectStore

#: Twenty digits hold every number of a chain, and names sort as numbers do.
_NAME: Final = "checkpoint-{:020d}.jws"
_NAMED: Final = re.compile(r"checkpoint-(\d{20})\.jws")
#: What the service signs with (RULES.md section 3); nothing that a token says of itself adds to it.
_ALGORITHMS: Final = ["ES256"]
#: A compact JWS over four claims is below 600 characters.
_MAX_TOKEN: Final = 16 * 1024
_TIMEOUT_S: Final = 15.0


def open_anchor(place: str) -> CheckpointAnchor:
    """The anchor that an operator names: a folder, `https://...` to post to, or the URL of an object store.

    Raises:
        ConfigurationError: it is none of these.
    """
    parts = urlsplit(place)
    if not parts.scheme:
        return FolderAnchor(Path(place))
    if parts.scheme in ("http", "https"):
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ConfigurationError("PASSKOLL_AUDIT_ANCHOR: checkpoints are posted by https")
        return WebhookAnchor(place)
    # Loaded here alone: whoever anchors in a folder needs no object store.
    from obstore.exceptions import BaseError  # noqa: PLC0415
    from obstore.store import from_url  # noqa: PLC0415

    try:
        return StoreAnchor(from_url(place))
    except (BaseError, ValueError) as error:
        # named by its class: an address can hold a password
        raise ConfigurationError(f"PASSKOLL_AUDIT_ANCHOR cannot be opened ({type(error).__name__})") from None


@dataclass(frozen=True, slots=True)
class FolderAnchor:
    """Answers `CheckpointAnchor` with a file for each checkpoint; made once, never opened for writing again.

    The folder is meant to lie on another machine, or on a volume that keeps what was written.
    """

    folder: Path

    def keep(self, number: int, token: str) -> str:
        path = self.folder / _NAME.format(number)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(path, token)
            return _token(path.read_bytes())
        except OSError:
            raise AnchorError("anchor_unwritable") from None

    def kept(self) -> Iterator[KeptCheckpoint]:
        try:
            for path in sorted(self.folder.iterdir()):
                named = _NAMED.fullmatch(path.name)
                if named is not None:
                    yield KeptCheckpoint(int(named[1]), _token(path.read_bytes()))
        except OSError:
            raise AnchorError("anchor_unreadable") from None


def _write_once(path: Path, text: str) -> None:
    """Whole and on the disk under its name, or not there; what is there already stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".checkpoint-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o400)
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class StoreAnchor:
    """Answers `CheckpointAnchor` with an object for each checkpoint, created and never replaced.

    A bucket with object lock keeps even its owner from that.
    """

    store: ObjectStore

    def keep(self, number: int, token: str) -> str:
        from obstore.exceptions import AlreadyExistsError, BaseError  # noqa: PLC0415 - as in `open_anchor`

        name = _NAME.format(number)
        try:
            try:
                self.store.put(name, token.encode(), mode="create")
            except AlreadyExistsError:
                return _token(bytes(self.store.get(name).bytes()))
        except BaseError:
            raise AnchorError("anchor_unwritable") from None
        return token

    def kept(self) -> Iterator[KeptCheckpoint]:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - as in `open_anchor`

        try:
            found = [found["path"] for batch in self.store.list() for found in batch]
            for path in sorted(found):
                named = _NAMED.fullmatch(path)
                if named is not None:
                    yield KeptCheckpoint(int(named[1]), _token(bytes(self.store.get(path).bytes())))
        except BaseError:
            raise AnchorError("anchor_unreadable") from None


@dataclass(frozen=True, slots=True, repr=False)
class WebhookAnchor:
    """Answers `CheckpointAnchor` by posting each checkpoint as a compact JWS (`application/jose`, RFC 7515 §9.2.1).

    Whoever takes it keeps it; it is compared from there (`audit verify --anchor FOLDER`), not through this address.
    """

    url: str

    def keep(self, number: int, token: str) -> str:
        try:
            answer = httpx2.post(
                self.url,
                content=token.encode(),
                headers={"Content-Type": "application/jose"},
                timeout=_TIMEOUT_S,
                follow_redirects=False,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise AnchorError("anchor_unreachable") from None
        if not answer.is_success:
            raise AnchorError("anchor_refused")
        return token

    def kept(self) -> Iterator[KeptCheckpoint]:
        raise AnchorError("anchor_write_only")


class JwksReader:
    """Answers `SignedReader` with the keys of a JWK Set (RFC 7517 §5), asked for each time: keys come and go."""

    def __init__(self, keys: Callable[[], Mapping[str, Any]]) -> None:
        self._keys: Final = keys

    def read(self, token: str, token_type: str) -> Mapping[str, object]:
        try:
            keys = KeySet.import_key_set({"keys": list(self._keys()["keys"])})
            signed = jws.deserialize_compact(token, keys, algorithms=_ALGORITHMS)
            claims = json.loads(signed.payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError("not signed by a key of this service") from error
        if signed.headers().get("typ") != token_type or not isinstance(claims, dict):
            raise ValueError("signed, and of another type")
        return claims


def _token(octets: bytes) -> str:
    """What was kept, as text; anything else than a token is found out by whoever reads it."""
    return octets[:_MAX_TOKEN].decode("ascii", "replace").strip()

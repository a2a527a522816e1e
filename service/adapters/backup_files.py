"""The folder of a backup, and the file of its keys: whole and on the disk, for their owner alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mrtd.pki.realm import Realm
from service.adapters.blobs import ObjectExistsError, Objects
from service.adapters.people_keys import FOLDER as PEOPLE_FOLDER
from service.adapters.trace_keys import SUBJECTS_FOLDER
from service.domain.backup import MANIFEST, BackupError, BackupProblem, FileDigest, Manifest
from service.domain.retention import RetentionClass

KEYS_SCHEMA: Final = "passkoll/backup-keys/1"
_CHUNK: Final = 1024 * 1024
#: A manifest names each blob in about 150 octets.
_MAX_MANIFEST: Final = 1024 * 1024 * 1024


def begin(folder: Path) -> None:
    """An empty folder for a backup.

    Raises:
        BackupError: something is in it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BackupError(BackupProblem.NOT_EMPTY, str(folder))
    folder.chmod(0o700)


def digest_of(path: Path) -> FileDigest:
    """Of a file, however large; the file is on the disk after that."""
    found, octets = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
            octets += len(chunk)
        os.fsync(stream.fileno())
    return FileDigest(found.hexdigest(), octets)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        BackupError: there is none, or it is something else.
    """
    try:
        with (folder / MANIFEST).open("rb") as stream:
            return Manifest.read(stream.read(_MAX_MANIFEST))
    except OSError:
        raise BackupError(BackupProblem.UNREADABLE, MANIFEST) from None


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with the manifest.

    Raises:
        BackupError: `backup_damaged`, with the first file that differs.
    """
    for name, expected in manifest.files.items():
        try:
            found = digest_of(folder / name)
        except OSError:
            raise BackupError(BackupProblem.DAMAGED, name) from None
        if found != expected:
            raise BackupError(BackupProblem.DAMAGED, name)


def write_new(path: Path, octets: bytes) -> None:
    """A file that appears whole, mode 0600. FileExistsError if it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(octets)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, path)
    finally:
        os.unlink(name)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names in it survive a crash of the machine after this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, repr=False)
class KeyFiles:
    """All keys of an installation but those of pictures: files of a folder, and the wrapped keys of epochs."""

    folder: Path
    epochs: Objects
    realm: Realm

    def save(self, path: Path) -> None:
        """Write them into one new file.

        Raises:
            BackupError: the file is there already, or is in no folder that can be written.
        """
        files = {str(found.relative_to(self.folder)): _text(found.read_bytes()) for found in self._files()}
        wrapped = {name: _text(self.epochs.read(name).data) for name in self._epochs()}
        content = {"schema": KEYS_SCHEMA, "realm": self.realm.value, "files": files, "epochs": wrapped}
        try:
            write_new(path, json.dumps(content).encode())
        except OSError:
            raise BackupError(BackupProblem.NOT_EMPTY, str(path)) from None

    def put_back(self, path: Path) -> None:
        """Put back what is not here. Nothing is replaced: a destroyed epoch stays destroyed.

        Raises:
            BackupError: it is no file of keys, of the other realm, or another key is here under the same name.
        """
        files, wrapped = self._read(path)
        for name, octets in files.items():
            target = self.folder / name
            if not target.exists():
                write_new(target, octets)
            elif target.read_bytes() != octets:
                raise BackupError(BackupProblem.KEYS_DIFFER, name)
        for name, octets in wrapped.items():
            with suppress(ObjectExistsError):
                self.epochs.create(name, octets)

    def _files(self) -> Iterator[Path]:
        """The epochs may lie below the folder of keys: they are asked for by themselves."""
        for found in sorted(self.folder.rglob("*")):
            inside = found.relative_to(self.folder).parts
            hidden = any(part.startswith(".") for part in inside)
            if found.is_file() and inside[0] != "epochs" and not hidden and found.suffix != ".lock":
                yield found

    def _epochs(self) -> Iterator[str]:
        for name, _ in self.epochs.listing():
            folders = (RetentionClass.HOLDER, RetentionClass.EVIDENCE, PEOPLE_FOLDER, SUBJECTS_FOLDER)
            if name.partition("/")[0] in folders:
                yield name

    def _read(self, path: Path) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            files, wrapped = ({n: _octets(v) for n, v in content[part].items()} for part in ("files", "epochs"))
            outside = [
                name for name in files if not (self.folder / name).resolve().is_relative_to(self.folder.resolve())
            ]
            if content["schema"] != KEYS_SCHEMA or outside:
                raise ValueError
            realm = content["realm"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise BackupError(BackupProblem.KEYS_UNREADABLE) from None
        if realm != self.realm.value:
            raise BackupError(BackupProblem.OTHER_REALM, str(realm))
        return files, wrapped


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)

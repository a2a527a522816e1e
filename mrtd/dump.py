"""Dumps of chips, from bytes: a folder's entries, zip, JSON, CBOR, or one elementary file.

A dump is a stranger's word. Files become evidence; everything else the sender says about source, access and times
ends in `ChipEvidence.claimed` and is never believed. What could be read in two ways is an error: the same file under
two names, even if equal, or the same key twice (SECURITY.md 2.5).
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Final

from mrtd import dump_body
from mrtd.dump_names import elementary_file
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, MrtdError, UnsupportedError
from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from mrtd.lds.elementary_file import recognise

#: SECURITY.md 6.3 gives a session 4 MiB; base64 makes that 5.4 MiB, and a folder may hold other things.
MAX_DUMP_SIZE: Final = 8 * 1024 * 1024
#: A chip has 22 files; the rest of a folder is skipped, but not without end.
MAX_ENTRIES: Final = 512
#: A challenge has 8 bytes (ICAO 9303-11 §6.1), the longest RSA response is that of an 8192-bit key.
MAX_CHALLENGE_SIZE: Final = 64
MAX_RESPONSE_SIZE: Final = 1024

#: What a sender may claim; words of other names could carry personal data into a report.
_CLAIMS: Final = ("source", "provenance", "captured_at", "read_at", "inspection_time", "access", "platform", "app")
#: Statements under one name; real bodies hold fewer than five.
MAX_CLAIMS: Final = 16
_CLAIM_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CLAIM_TEXT: Final = re.compile(r"[ -~]{1,64}")
_CASE_FILE: Final = "case.json"


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """Bounds on an archive.

    `entries`: members, folders included. `total`: bytes after decompression. `ratio`: how much a member may grow;
    members below `ratio_from` bytes are exempt, since elementary files are often filled up with zeros.
    """

    entries: int = MAX_ENTRIES
    total: int = MAX_DUMP_SIZE
    ratio: int = 100
    ratio_from: int = 64 * 1024


def loads(data: bytes, name: str) -> ChipEvidence:
    """Read a dump of any format from memory (DESIGN.md section 4).

    Zip, JSON and CBOR are told by their first byte; anything else is one elementary file, told by `name` or by its
    outer tag.

    Raises:
        MalformedError: no dump (`unknown_format`, `no_files`), or a broken one.
        DuplicateError: a file, name or key twice.
        LimitExceededError: too large, too deep, too many.
        UnsupportedError: a zip method other than stored and deflated.
    """
    if len(data) > MAX_DUMP_SIZE:
        raise LimitExceededError("dump_too_large", "dump", f"{len(data)} bytes")
    if data.startswith(b"PK"):
        return from_files(zip_entries(data, wanted=is_wanted))
    if data.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"{"):
        return _from_body(dump_body.read_json(data.removeprefix(b"\xef\xbb\xbf")))
    if data[:1] and data[0] >> 5 == 5:
        return _from_body(dump_body.read_cbor(data))
    file = elementary_file(name, data) or recognise(data)
    if file is None:
        raise MalformedError("unknown_format", "dump")
    return from_files([(file.value, data)])


def from_files(entries: Iterable[tuple[str, bytes]]) -> ChipEvidence:
    """Evidence from named files, in any order; unknown names are skipped and counted.

    A `case.json` gives claims alone; one that cannot be read is skipped like an unknown file.

    Raises:
        DuplicateError: the same elementary file under two names, even if equal.
        LimitExceededError: a file larger than `ElementaryFile.max_size`, or too many entries.
        MalformedError: `no_files`.
    """
    files: dict[ElementaryFile, bytes] = {}
    claimed: dict[str, str] = {}
    skipped = 0
    for number, (name, data) in enumerate(entries):
        if number >= MAX_ENTRIES:
            raise LimitExceededError("too_many_entries", "dump")
        file = elementary_file(name, data)
        if file is not None:
            _add(files, file, data)
        elif _is_case_file(name):
            claims = _case_claims(data)
            claimed.update(claims or {})
            skipped += claims is None
        else:
            skipped += 1
    return _evidence(files, None, skipped, claimed)


def is_wanted(name: str) -> bool:
    """Whether an entry of this name is worth reading; what 011D is, its content decides."""
    return elementary_file(name, b"\x77") is not None or _is_case_file(name)


def zip_entries(
    data: bytes, *, wanted: Callable[[str], bool], limits: ZipLimits = ZipLimits()
) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, decompressed in memory one by one; unwanted ones as empty, unread.

    Raises:
        MalformedError: no archive, damaged, encrypted, with links, special files, or names that lead outside.
        DuplicateError: a name twice.
        LimitExceededError: beyond `limits`.
        UnsupportedError: a method other than stored and deflated.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members, limits)
            left = limits.total
            for info in members:
                if info.is_dir():
                    continue
                content = _extract(archive, info, left) if wanted(info.filename) else b""
                left -= len(content)
                yield info.filename, content
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as error:
        raise MalformedError("bad_zip", "zip", type(error).__name__) from None


def _check_members(members: list[zipfile.ZipInfo], limits: ZipLimits) -> None:
    """All rules that the directory of an archive can break, before a byte is decompressed."""
    if len(members) > limits.entries:
        raise LimitExceededError("too_many_entries", "zip", f"{len(members)}")
    names: set[str] = set()
    for info in members:
        name = info.filename
        if not name or "\0" in info.orig_filename or "\\" in name or ":" in name or name.startswith("/"):
            raise MalformedError("unsafe_name", "zip")
        if ".." in name.split("/"):
            raise MalformedError("unsafe_name", "zip")
        if name.casefold() in names:
            raise DuplicateError("duplicate_name", "zip")
        names.add(name.casefold())
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise MalformedError("special_file", "zip", "a link or a device")
        if info.flag_bits & 0x41:
            raise MalformedError("encrypted", "zip")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedError("zip_method", "zip", f"method {info.compress_type}")
        if info.file_size > max(limits.ratio_from, limits.ratio * info.compress_size):
            raise LimitExceededError("zip_ratio", "zip")
    if sum(info.file_size for info in members) > limits.total:
        raise LimitExceededError("zip_too_large", "zip")


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    """One member, whose stated size is not believed."""
    with archive.open(info) as stream:
        content = stream.read(left + 1)
    if len(content) > left:
        raise LimitExceededError("zip_too_large", "zip")
    return content


def _from_body(tree: dict[str, object]) -> ChipEvidence:
    """The body of `POST .../chip` (API.md section 5), or a flat object of file names."""
    named = dump_body.member(tree, "files")
    files: dict[ElementaryFile, bytes] = {}
    if named is None:
        return _evidence(files, None, _add_all(files, tree), {})
    skipped = _add_all(files, named)
    known = {"files", "active_authentication", *_CLAIMS}
    skipped += sum(key not in known for key in tree)
    response = dump_body.member(tree, "active_authentication")
    return _evidence(files, _active_authentication(response), skipped, _claims(tree))


def _add_all(files: dict[ElementaryFile, bytes], named: Mapping[str, object]) -> int:
    """Add every member that is named like an elementary file; the number of the others."""
    if len(named) > MAX_ENTRIES:
        raise LimitExceededError("too_many_entries", "dump")
    skipped = 0
    for name, value in named.items():
        if elementary_file(name, b"\x77") is None:
            skipped += 1
            continue
        data = dump_body.octets(value, "dump")
        file = elementary_file(name, data)
        if file is None:
            skipped += 1
        else:
            _add(files, file, data)
    return skipped


def _add(files: dict[ElementaryFile, bytes], file: ElementaryFile, data: bytes) -> None:
    if file in files:
        raise DuplicateError("duplicate_file", file.value)
    if len(data) > file.max_size:
        raise LimitExceededError("file_too_large", file.value, f"{len(data)} bytes")
    files[file] = data


def _evidence(
    files: dict[ElementaryFile, bytes],
    response: ActiveAuthenticationResponse | None,
    skipped: int,
    claimed: dict[str, str],
) -> ChipEvidence:
    if not files:
        raise MalformedError("no_files", "dump", f"{skipped} entries are no elementary files")
    return ChipEvidence(files, response, skipped, claimed)


def _active_authentication(tree: dict[str, object] | None) -> ActiveAuthenticationResponse | None:
    if tree is None:
        return None
    where = "active_authentication"
    challenge = dump_body.octets(tree.get("challenge"), where)
    response = dump_body.octets(tree.get("response"), where)
    if len(challenge) > MAX_CHALLENGE_SIZE or len(response) > MAX_RESPONSE_SIZE:
        raise LimitExceededError("response_too_large", where)
    return ActiveAuthenticationResponse(challenge, response)


def _is_case_file(name: str) -> bool:
    return name.rpartition("/")[2].lower() == _CASE_FILE


def _case_claims(data: bytes) -> dict[str, str] | None:
    try:
        return _claims(dump_body.read_json(data))
    except MrtdError:
        return None


def _claims(tree: Mapping[str, object]) -> dict[str, str]:
    """The sender's statements that are short printable ASCII, one level deep: `access.protocol`."""
    claimed: dict[str, str] = {}
    for key in _CLAIMS:
        value = tree.get(key)
        members = value.items() if isinstance(value, dict) else [("", value)]
        for name, statement in islice(members, MAX_CLAIMS):
            if name and not (isinstance(name, str) and _CLAIM_KEY.fullmatch(name)):
                continue
            if isinstance(statement, str) and _CLAIM_TEXT.fullmatch(statement):
                claimed[f"{key}.{name}" if name else key] = statement
    return claimed
